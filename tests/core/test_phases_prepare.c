/* SPDX-License-Identifier: MIT */
/* The steps of an install before it writes: scan, check, and the lock. */
#include "core/install/phases.h"

#include "tests/lib/install_run.h"

#include <sys/file.h>

/* Without a front end that has read it before. */
static void reads_the_archive_itself(void **state)
{
	struct board *board = *state;
	const struct plan_report *planned;
	const struct snapshot *now;
	struct install *in;

	fixture_require_root();
	board_begin_plan(board, NULL);
	in = begin(board);
	now = install_snapshot(in);
	assert_string_equal(now->target_name, "board.img");
	assert_string_equal(now->archive_name, "rootfs.tar.gz");
	assert_false(now->planned);
	run_to(in, STEP_CHECK);
	assert_true(now->planned);
	planned = install_plan(in);
	assert_true(planned->plan.complete);
	assert_int_equal(planned->verdict.count, 0);
	assert_int_equal(now->entries, planned->plan.totals.entries);
	assert_string_equal(now->archive_sha256, planned->plan.archives.list[0].sha256);
	now = run_all(in);
	assert_string_equal(now->err.text, "");
	assert_int_equal(now->exit_code, EXIT_OK);
	assert_int_equal(now->verify.entries, now->entries);
	install_free(in);
	board_assert_released(board);
}

/* All at once, though the first one ends the install. */
static void tells_all_problems_of_its_plan(void **state)
{
	struct board *board = *state;
	const struct plan_report *planned;
	const struct snapshot *end;
	struct install *in;

	fixture_require_root();
	board_begin_plan(board, "/nonexistent/tar");
	STR_COPY(board->plan.expect_id, "0xdeadbeef");
	in = begin(board);
	end = run_all(in);
	planned = install_plan(in);
	assert_int_equal(end->step, STEP_CHECK);
	assert_int_equal(end->exit_code, EXIT_REFUSED);
	assert_int_equal(planned->verdict.count, 2);
	assert_string_equal(planned->verdict.problems[0].code, "expect-id");
	assert_string_equal(planned->verdict.problems[1].code, "tar-silent");
	install_free(in);
}

/* A change of the file between scan and extraction is detected. */
static void refuses_an_archive_that_changed(void **state)
{
	struct board *board = *state;

	fixture_require_root();
	board_run("echo >>%s", board->archive);
	assert_fails(board, STEP_OPEN, EXIT_REFUSED, "changed");
	board_run("rm %s", board->archive);
	assert_fails(board, STEP_OPEN, EXIT_REFUSED, board->archive);
}

static void refuses_a_bad_archive(void **state)
{
	struct board *board = *state;

	fixture_require_root();
	board_run("cd %s; head -c 3000000 rootfs.tar.gz >cut; mv cut rootfs.tar.gz", board->dir);
	board_begin_plan(board, NULL);
	assert_fails(board, STEP_OPEN, EXIT_REFUSED,
		"the gzip data is cut short: it ends at byte 3000000");
	board_run("rm %s/rootfs.tar.gz", board->dir);
	board_begin_plan(board, NULL);
	assert_fails(board, STEP_OPEN, EXIT_REFUSED, board->archive);
}

static void refuses_a_target_that_changed(void **state)
{
	struct board *board = *state;

	fixture_require_root();
	board_run("truncate -s 1G %s", board->image);
	assert_fails(board, STEP_CHECK, EXIT_REFUSED, "no longer the device");
	board_run("rm %s", board->image);
	assert_fails(board, STEP_CHECK, EXIT_REFUSED, "cannot be used any more");
}

/* In use by another loop device, whoever made it. */
static void refuses_a_target_in_use(void **state)
{
	struct board *board = *state;
	const struct snapshot *end;
	struct install *in;
	char name[32];
	int fd, loop = -1;

	fixture_require_root();
	fd = open(board->image, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(loop_attach(board->root, board->dir, fd, name, &loop), 0);
	in = begin(board);
	end = run_all(in);
	assert_int_equal(end->state, INSTALL_FAILED);
	assert_int_equal(end->exit_code, EXIT_REFUSED);
	assert_false(end->written);
	assert_non_null(strstr(end->err.text, name));
	install_free(in);
	assert_int_equal(loop_detach(loop), 0);
	close_fd(&loop);
	close_fd(&fd);
	board_assert_released(board);
}

static void refuses_options_that_mkfs_refuses(void **state)
{
	struct board *board = *state;

	fixture_require_root();
	STR_COPY(board->plan.layout.partitions[0].mkfs_options, "-m 99");
	assert_fails(board, STEP_CHECK, EXIT_REFUSED, "reserved blocks percent");
	STR_COPY(board->plan.layout.partitions[0].mkfs_options, "-m 2");
	assert_passes(board);
}

/* Makes a loop device over the image the plan's target. Returns its descriptor. */
static int target_a_loop(struct board *board)
{
	_cleanup_close_ int image = open(board->image, O_RDWR | O_CLOEXEC);
	char name[32], path[64];
	int fd = -1;

	assert_true(image >= 0);
	assert_int_equal(loop_attach(board->root, board->dir, image, name, &fd), 0);
	STR_FORMAT(path, "/dev/%s", name);
	assert_int_equal(disk_scan_target(board->root, path, &board->plan.target), 0);
	board->plan.allow |= 1u << DISK_LOOP;
	return fd;
}

/* Locks the target as a reader. Returns the lock's descriptor. */
static int read_target(const struct board *board)
{
	int fd = open(board->plan.target.path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_SH), 0);
	return fd;
}

/* Runs until the install has said that it waits for a reader. */
static void run_to_the_wait(struct install *in)
{
	const struct snapshot *now = install_snapshot(in);

	run_to(in, STEP_LOCK);
	while (now->message_count == 0 && !snapshot_ended(now))
		install_dispatch(in);
	assert_int_equal(now->step, STEP_LOCK);
	assert_non_null(strstr(now->messages[SNAPSHOT_MESSAGES - 1].text, "Waiting"));
	/* Screens of any size show it from the first second on. */
	assert_memory_equal(now->stall, "waiting for ", 12);
}

static void waits_for_a_reader(void **state)
{
	const struct board *board = *state;
	const struct snapshot *end;
	struct install *in;
	char pid[32];
	int lock;

	fixture_require_root();
	lock = read_target(board);
	in = begin(board);
	run_to_the_wait(in);
	STR_FORMAT(pid, "(process %d,", (int)getpid());
	assert_non_null(strstr(install_snapshot(in)->messages[SNAPSHOT_MESSAGES - 1].text, pid));
	close_fd(&lock);
	end = run_all(in);
	assert_int_equal(end->exit_code, EXIT_OK);
	assert_int_equal(end->message_count, 1);
	install_free(in);
}

/* The first one is at the end of its writing when the second comes. */
static void is_not_overtaken_by_another(void **state)
{
	struct board *board = *state;
	const struct snapshot *end;

	fixture_require_root();
	for (unsigned i = 0; i < 2; i++) {
		int loop = i > 0 ? target_a_loop(board) : -1;
		struct install *first = begin(board), *second;

		run_to(first, STEP_VERIFY);
		second = begin(board);
		end = run_all(second);
		assert_int_equal(end->exit_code, EXIT_LOCKED);
		assert_false(end->written);
		if (!strstr(end->err.text, " is locked by "))
			fail_msg("%s", end->err.text);
		install_free(second);
		end = run_all(first);
		assert_string_equal(end->err.text, "");
		assert_int_equal(end->exit_code, EXIT_OK);
		install_free(first);
		if (loop >= 0)
			assert_int_equal(loop_detach(loop), 0);
		close_fd(&loop);
	}
	board_assert_released(board);
}

/* The target comes into use while the install waits for the lock, in a way that O_EXCL does
 * not detect. */
static void refuses_a_target_that_came_into_use(void **state)
{
	struct board *board = *state;
	const struct snapshot *end;
	struct install *in;
	char above[32];
	int below_fd, above_fd = -1, lock;

	fixture_require_root();
	below_fd = target_a_loop(board);
	lock = read_target(board);
	in = begin(board);
	run_to_the_wait(in);
	assert_int_equal(loop_attach(board->root, board->dir, below_fd, above, &above_fd), 0);
	close_fd(&lock);
	end = run_all(in);
	assert_int_equal(end->state, INSTALL_FAILED);
	assert_int_equal(end->exit_code, EXIT_REFUSED);
	assert_false(end->written);
	if (!strstr(end->err.text, above))
		fail_msg("%s is not in: %s", above, end->err.text);
	install_free(in);
	assert_int_equal(loop_detach(above_fd), 0);
	close_fd(&above_fd);
	assert_int_equal(loop_detach(below_fd), 0);
	close_fd(&below_fd);
	board_assert_released(board);
}

/* Nothing is written while it waits for the lock. */
static void reports_a_removal_before_it_writes(void **state)
{
	struct board *board = *state;
	struct install *in;
	int loop, lock;

	fixture_require_root();
	loop = target_a_loop(board);
	lock = read_target(board);
	in = begin(board);
	run_to_the_wait(in);
	pull(board);
	close_fd(&lock);
	assert_ends_with_removal(in, EXIT_REFUSED, " was removed during lock");
	assert_int_equal(loop_detach(loop), 0);
	close_fd(&loop);
	board_assert_released(board);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		board_test(reads_the_archive_itself),
		board_test(tells_all_problems_of_its_plan),
		board_test(refuses_an_archive_that_changed),
		board_test(refuses_a_bad_archive),
		board_test(refuses_a_target_that_changed),
		board_test(refuses_a_target_in_use),
		board_test(refuses_options_that_mkfs_refuses),
		board_test(waits_for_a_reader),
		board_test(is_not_overtaken_by_another),
		board_test(refuses_a_target_that_came_into_use),
		board_test(reports_a_removal_before_it_writes),
	};

	return cmocka_run_group_tests(tests, board_group_setup, NULL);
}
