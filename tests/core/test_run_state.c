/* SPDX-License-Identifier: MIT */
#include "core/service/run_state.h"

#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "tests/lib/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>
/* needs the headers above */
#include <cmocka.h>

#define LAST ".last"

static struct snapshot make(const char *target, int engine, uint64_t job)
{
	struct snapshot snapshot = {
		.magic = SNAPSHOT_MAGIC,
		.version = SNAPSHOT_VERSION,
		.size = sizeof(snapshot),
		.engine = engine,
		.job = job,
		.step = STEP_EXTRACT,
	};

	STR_COPY(snapshot.target_name, target);
	return snapshot;
}

/* Sets an mtime in the distant past, so that the order does not depend on the clock. */
static void write_at(const struct sandbox *box, const struct snapshot *snapshot, time_t second)
{
	const struct timespec times[2] = {{.tv_sec = second}, {.tv_sec = second}};
	char path[RUN_STATE_PATH_MAX];

	assert_int_equal(run_state_write(box->dir, snapshot), 0);
	run_state_path(path, box->dir, snapshot->target_name, snapshot->engine, LAST);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void names(void **state)
{
	static const struct {
		const char *file, *target, *suffix;
		bool is;
	} rows[] = {
		{"mmcblk0.12.last", "mmcblk0", LAST, true},
		{"mmcblk0.12.last", NULL, LAST, true},
		{"mmcblk0.12.last", "mmcblk", LAST, false},
		{"mmcblk0.12.last", "mmcblk01", LAST, false},
		{"mmcblk0.12.last", "mmcblk0", ".sock", false},
		{"mmcblk0.12.last.new", "mmcblk0", LAST, false},
		{"board_img.12.last", "board.img", LAST, true},
		{"board.img.12.last", "board.img", LAST, false},
		{".last", NULL, LAST, false},
		{"", NULL, LAST, false},
		{"settings", NULL, LAST, false},
	};
	char path[RUN_STATE_PATH_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (run_state_is_file(rows[i].file, rows[i].target, rows[i].suffix) != rows[i].is)
			fail_msg("%s of %s", rows[i].file, rows[i].target);
	run_state_path(path, "/run/x", "a/../board.img", 7, ".sock");
	assert_string_equal(path, "/run/x/a____board_img.7.sock");
}

static void newest_is_found(void **state)
{
	const struct sandbox *box = *state;
	struct snapshot a = make("mmcblk0", 1, 11), b = make("mmcblk0", 2, 22);
	struct snapshot c = make("board.img", 3, 33), found;

	assert_int_equal(run_state_newest(box->dir, NULL, &found), -ENOENT);
	write_at(box, &b, 2000);
	write_at(box, &a, 1000);
	write_at(box, &c, 3000);
	assert_int_equal(run_state_newest(box->dir, "mmcblk0", &found), 0);
	assert_int_equal(found.job, 22);
	assert_int_equal(run_state_newest(box->dir, NULL, &found), 0);
	assert_int_equal(found.job, 33);
	assert_int_equal(run_state_newest(box->dir, "mmcblk1", &found), -ENOENT);
	/* Another engine writes another file; the same engine replaces its own. */
	a.step = STEP_COMMIT;
	write_at(box, &a, 4000);
	assert_int_equal(run_state_newest(box->dir, "mmcblk0", &found), 0);
	assert_int_equal(found.step, STEP_COMMIT);
	assert_int_equal(run_state_newest("/nonexistent", NULL, &found), -ENOENT);
	assert_int_equal(run_state_write("/nonexistent", &a), -ENOENT);
}

static void other_installs_are_ignored(void **state)
{
	const struct sandbox *box = *state;
	struct snapshot written = make("mmcblk0", 1, 11), seen = written, found;

	write_at(box, &written, 1000);
	assert_int_equal(run_state_of(box->dir, &seen, &found), 0);
	assert_int_equal(found.job, 11);
	seen.job = 12; /* the pid was reused */
	assert_int_equal(run_state_of(box->dir, &seen, &found), -ENOENT);
	seen.job = 0;
	assert_int_equal(run_state_of(box->dir, &seen, &found), -ENOENT);
	seen = written;
	seen.engine = 2;
	assert_int_equal(run_state_of(box->dir, &seen, &found), -ENOENT);
}

static void is_found_by_its_engine(void **state)
{
	const struct sandbox *box = *state;
	struct snapshot a = make("mmcblk0", 12, 11), b = make("2.img", 112, 22), found;

	write_at(box, &a, 1000);
	write_at(box, &b, 2000);
	assert_int_equal(run_state_of_engine(box->dir, 12, &found), 0);
	assert_int_equal(found.job, 11);
	assert_int_equal(run_state_of_engine(box->dir, 112, &found), 0);
	assert_int_equal(found.job, 22);
	assert_int_equal(run_state_of_engine(box->dir, 2, &found), -ENOENT);
	assert_int_equal(run_state_of_engine("/nonexistent", 12, &found), -ENOENT);
}

static void another_version_is_refused(void **state)
{
	const struct sandbox *box = *state;
	struct snapshot snapshot = make("mmcblk0", 1, 11), found;
	char path[RUN_STATE_PATH_MAX];

	snapshot.version++;
	write_at(box, &snapshot, 1000);
	assert_int_equal(run_state_newest(box->dir, NULL, &found), -EPROTO);
	snapshot.version--;
	write_at(box, &snapshot, 1000);
	run_state_path(path, box->dir, "mmcblk0", 1, LAST);
	assert_int_equal(truncate(path, (off_t)sizeof(snapshot) - 1), 0);
	assert_int_equal(run_state_of(box->dir, &snapshot, &found), -EPROTO);
}

static int count_file(void *arg, const char *name)
{
	(void)name;
	++*(int *)arg;
	return 0;
}

static int count_files(const struct sandbox *box)
{
	int count = 0;

	assert_int_equal(sysroot_each(box->root, count_file, &count, "."), 0);
	return count;
}

static void plan_belongs_to_an_install(void **state)
{
	const struct sandbox *box = *state;
	struct snapshot snapshot = make("mmcblk0", 1, 11);
	struct plan_report written = {.verdict.count = 3}, found;

	assert_int_equal(run_state_plan(box->dir, &snapshot, &found), -ENOENT);
	STR_COPY(written.plan.archives.list[0].path, "/a.tar");
	assert_int_equal(run_state_write_plan(box->dir, &snapshot, &written), 0);
	assert_int_equal(run_state_plan(box->dir, &snapshot, &found), 0);
	assert_memory_equal(&found, &written, sizeof(found));
	snapshot.job = 12; /* the pid was reused */
	assert_int_equal(run_state_plan(box->dir, &snapshot, &found), -ENOENT);
	snapshot.version++;
	assert_int_equal(run_state_write_plan(box->dir, &snapshot, &written), 0);
	assert_int_equal(run_state_plan(box->dir, &snapshot, &found), -EPROTO);
}

static void oldest_are_removed(void **state)
{
	const struct sandbox *box = *state;
	const struct plan_report report = {0};
	struct snapshot found;

	for (int i = 0; i < RUN_STATES_KEPT + 3; i++) {
		struct snapshot snapshot = make(i % 2 ? "mmcblk0" : "board.img", 100 + i, 1);

		write_at(box, &snapshot, 1000 + i);
		assert_int_equal(run_state_write_plan(box->dir, &snapshot, &report), 0);
	}
	run_state_sweep(box->dir);
	assert_int_equal(count_files(box), 2 * (RUN_STATES_KEPT - 1));
	for (int i = 0; i < RUN_STATES_KEPT + 3; i++) {
		struct snapshot seen = make(i % 2 ? "mmcblk0" : "board.img", 100 + i, 1);

		/* There is room for one more. */
		assert_int_equal(run_state_of(box->dir, &seen, &found), i < 4 ? -ENOENT : 0);
	}
}

static void no_end_means_killed(void **state)
{
	struct snapshot snapshot = make("mmcblk0", 1, 11);

	(void)state;
	assert_true(run_state_end(&snapshot));
	assert_int_equal(snapshot.state, INSTALL_FAILED);
	assert_int_equal(snapshot.exit_code, EXIT_REFUSED);
	assert_non_null(strstr(snapshot.err.text, "Nothing was written to mmcblk0"));
	assert_string_equal(snapshot.err.step, "extract");
	assert_false(run_state_end(&snapshot));

	snapshot = make("mmcblk0", 1, 11);
	snapshot.written = true;
	assert_true(run_state_end(&snapshot));
	assert_int_equal(snapshot.exit_code, EXIT_FAILED);
	assert_non_null(strstr(snapshot.err.text, "mmcblk0 will not boot"));

	snapshot = make("mmcblk0", 1, 11);
	snapshot.state = INSTALL_PASSED;
	assert_false(run_state_end(&snapshot));
	assert_int_equal(snapshot.state, INSTALL_PASSED);
	assert_string_equal(snapshot.err.text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		sandbox_test(newest_is_found),
		sandbox_test(is_found_by_its_engine),
		sandbox_test(other_installs_are_ignored),
		sandbox_test(another_version_is_refused),
		sandbox_test(plan_belongs_to_an_install),
		sandbox_test(oldest_are_removed),
		cmocka_unit_test(no_end_means_killed),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
