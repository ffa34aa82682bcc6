/* SPDX-License-Identifier: MIT */
/* A job without an engine: the test runs phases and work functions directly. */
#include "core/install/phases.h"

#include "tests/lib/sandbox.h"

#include <errno.h>
#include <signal.h>

#define LIMIT_MS 60000 /* only a bug takes this long */

static struct plan plan;
static unsigned settled, messages;

static void on_settled(struct job *job)
{
	(void)job;
	settled++;
}

static void on_message(struct job *job, const char *text)
{
	(void)job;
	(void)text;
	messages++;
}

static void begin(struct job *job, const struct sandbox *box)
{
	settled = messages = 0;
	STR_COPY(plan.target.name, "board.img");
	assert_int_equal(job_init(job, &plan, NULL,
				 &(struct install_world){.root = box->root, .dir = box->dir}),
		0);
	job->reactor = reactor_new();
	assert_true(job->reactor >= 0);
	job->settled = on_settled;
	job->message = on_message;
}

static void run_until_settled(struct job *job)
{
	uint64_t limit = now_ms() + LIMIT_MS;

	while (settled == 0) {
		assert_true(now_ms() < limit);
		assert_true(reactor_dispatch(job->reactor, 20) >= 0);
		job_tick(job);
	}
	assert_int_equal(settled, 1);
	assert_false(job_has_children(job));
}

static void end(struct job *job)
{
	job_finish(job, false);
	close_fd(&job->reactor);
}

static int good_work(void *arg, int report_fd)
{
	(void)arg;
	child_report_send(report_fd, 3, 7);
	return 0;
}

static int bad_work(void *arg, int report_fd)
{
	const struct job *job = arg;

	return child_report_fail(report_fd, -EIO, "%s is broken", job_target_name(job));
}

static int silent_work(void *arg, int report_fd)
{
	(void)arg;
	(void)report_fd;
	return -EIO;
}

static int endless_work(void *arg, int report_fd)
{
	(void)arg;
	(void)report_fd;
	return pause();
}

static void work_settles(void **state)
{
	static const struct {
		int (*work)(void *arg, int report_fd);
		const char *why;
	} cases[] = {
		{good_work, NULL},
		{bad_work, "board.img is broken"},
		{silent_work, "test failed on board.img: "},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct job job;

		begin(&job, *state);
		assert_int_equal(job_work(&job, "test", cases[i].work), PHASE_WAITS);
		assert_true(job_has_children(&job));
		run_until_settled(&job);
		assert_int_equal(job.failure.set, cases[i].why != NULL);
		assert_int_equal(job.failure.code, 0);
		if (cases[i].why)
			assert_non_null(strstr(job.failure.text, cases[i].why));
		else
			assert_true(job.done == 3 && job.total == 7);
		end(&job);
	}
}

static void programs_settle(void **state)
{
	static const struct {
		const char *program, *why;
	} cases[] = {
		{"true", NULL},
		{"false", "false failed on board.img: exit status 1"},
		{"no-such-program", "no-such-program failed on board.img: not found"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *const argv[] = {cases[i].program, NULL};
		struct job job;

		begin(&job, *state);
		assert_int_equal(job_run(&job, cases[i].program, argv), PHASE_WAITS);
		run_until_settled(&job);
		assert_int_equal(job.failure.set, cases[i].why != NULL);
		assert_string_equal(job.failure.text, cases[i].why ? cases[i].why : "");
		end(&job);
	}
}

static void stops(void **state)
{
	struct job job;

	begin(&job, *state);
	assert_int_equal(job_work(&job, "test", endless_work), PHASE_WAITS);
	job_stop(&job, SIGTERM);
	run_until_settled(&job);
	assert_true(job.failure.set);
	/* Also while nothing waits for the end. */
	settled = 0;
	assert_int_equal(job_work(&job, "test", endless_work), PHASE_WAITS);
	end(&job);
	assert_int_equal(settled, 0);
}

static void opens_the_archive_that_was_read(void **state)
{
	const struct sandbox *box = *state;
	char path[PATH_MAX], block[513];
	struct stat st;
	struct job job;

	memset(block, 'x', sizeof(block) - 1);
	memcpy(block + 257, "ustar", 5);
	block[512] = '\0';
	sandbox_file(box, "f.tar", block);
	plan.archives.count = 1;
	STR_COPY(plan.archives.list[0].path, sandbox_path(box, "f.tar", path));
	assert_int_equal(stat(path, &st), 0);
	plan.archives.list[0].id = file_id_of(&st);
	begin(&job, box);
	assert_int_equal(phase_open_archives(&job), PHASE_DONE);
	end(&job);
	plan.archives.list[0].id.size_bytes++;
	begin(&job, box);
	assert_int_equal(phase_open_archives(&job), PHASE_FAILED);
	assert_non_null(strstr(job.failure.text, "f.tar has changed since it was read"));
	end(&job);
	assert_int_equal(unlink(path), 0);
	begin(&job, box);
	assert_int_equal(phase_open_archives(&job), PHASE_FAILED);
	assert_non_null(strstr(job.failure.text, path));
	end(&job);
}

static void skips_steps_that_the_plan_excludes(void **state)
{
	struct job job;

	plan.verify = false;
	begin(&job, *state);
	assert_int_equal(phase_identify(&job), PHASE_SKIP_STEP);
	assert_false(job_has_children(&job));
	/* Without partitions there is no mkfs. */
	assert_int_equal(phase_mkfs(&job), PHASE_DONE);
	end(&job);
}

static void mounts_parents_first(void **state)
{
	static const char *const mounts[] = {"/srv/data/x", "/", "", "/boot", "/srv"},
				 *const sorted[] = {"/target", "/target/srv", "/target/boot",
					 "/target/srv/data/x"};
	const struct sandbox *box = *state;
	char path[256], expected[PATH_MAX];
	struct job job;

	plan.layout.count = ARRAY_SIZE(mounts);
	for (unsigned i = 0; i < ARRAY_SIZE(mounts); i++) {
		STR_COPY(plan.layout.partitions[i].mount, mounts[i]);
		plan.layout.partitions[i].fs = FS_EXT4;
	}
	begin(&job, box);
	job_list_mounts(&job);
	assert_int_equal(job.mount_count, ARRAY_SIZE(sorted));
	for (unsigned i = 0; i < ARRAY_SIZE(sorted); i++) {
		job_mount_path(&job, i, path);
		STR_FORMAT(expected, "%s%s", box->dir, sorted[i]);
		if (i == 1 || i == 2) /* in either order */
			assert_true(strstr(path, "/srv") || strstr(path, "/boot"));
		else
			assert_string_equal(path, expected);
	}
	/* Nothing is mounted, so there is nothing to undo. */
	assert_int_equal(job_undo(&job, -1), 0);
	end(&job);
	plan.layout.count = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sandbox_test(work_settles),
		sandbox_test(programs_settle),
		sandbox_test(stops),
		sandbox_test(opens_the_archive_that_was_read),
		sandbox_test(skips_steps_that_the_plan_excludes),
		sandbox_test(mounts_parents_first),
	};

	return cmocka_run_group_tests_name("job", tests, NULL, NULL);
}
