/* SPDX-License-Identifier: MIT */
/*
 * install_run - runs installs of a board (board_fixture.h) without the process of the engine, and checks
 * how they end: real tar, real mkfs, a loop device over an image.
 */
#ifndef TESTS_INSTALL_RUN_H
#define TESTS_INSTALL_RUN_H

#include "core/install/install.h"
#include "tests/lib/board_fixture.h"

#include <poll.h>

#define LIMIT_MS 60000 /* only a bug takes this long */

static inline struct install *begin(const struct board *board)
{
	/* Static strings, since they are borrowed. */
	static char dir[160], journal[160];
	struct install *in;

	STR_FORMAT(dir, "%s/job", board->dir);
	STR_FORMAT(journal, "%s/settings", board->dir);
	in = install_new(&board->plan,
		board->plan.complete ? inspect_manifest(board->inspect) : NULL,
		&(struct install_world){
			.root = board->root, .dir = dir, .settings_journal = journal});
	assert_non_null(in);
	install_start(in);
	return in;
}

/* Checks the invariants of two consecutive snapshots of one install. */
static inline void assert_honest(const struct snapshot *before, const struct snapshot *now)
{
	const struct progress_view *progress = &now->progress;

	assert_true(now->step >= before->step);
	assert_true(now->elapsed_ms >= before->elapsed_ms);
	assert_true(now->written || !before->written);
	assert_true(progress->percent >= before->progress.percent);
	if (now->state != INSTALL_PASSED)
		assert_true(progress->percent < 100);
	assert_true(now->tar.replies <= now->tar.signals);
	/* The device's counters count since boot. */
	assert_true(progress->medium.done <= BOARD_BYTES);
	assert_true(progress->medium.total <= BOARD_BYTES);
}

/* Runs until the install has ended or reached @step. */
static inline void run_to(struct install *in, enum step_id step)
{
	struct pollfd fd = {.fd = install_fd(in), .events = POLLIN};
	uint64_t until = now_ms() + LIMIT_MS;
	struct snapshot before = *install_snapshot(in);

	while (!snapshot_ended(install_snapshot(in)) && install_snapshot(in)->step < step) {
		assert_true(now_ms() < until);
		assert_true(poll(&fd, 1, 5000) > 0);
		install_dispatch(in);
		assert_honest(&before, install_snapshot(in));
		before = *install_snapshot(in);
	}
}

static inline const struct snapshot *run_all(struct install *in)
{
	run_to(in, STEP_COUNT);
	while (!snapshot_ended(install_snapshot(in)))
		install_dispatch(in);
	return install_snapshot(in);
}

/* A failed or cancelled install leaves nothing bootable, and holds nothing. */
static inline void assert_undone(const struct board *board)
{
	assert_false(board_has_table(board));
	board_assert_released(board);
}

/* Puts a script before @program in PATH and returns the script's path. */
static inline const char *script(const struct board *board, const char *program, const char *text)
{
	static char path[200];
	FILE *file;

	STR_FORMAT(path, "%s/%s", board->dir, program);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fprintf(file, "#!/bin/sh\n%s\n", text) > 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0755), 0);
	return path;
}

static inline void assert_fails(
	const struct board *board, enum step_id step, int code, const char *says)
{
	struct install *in = begin(board);
	const struct snapshot *end = run_all(in);

	assert_int_equal(end->state, INSTALL_FAILED);
	if (end->step != step || end->exit_code != code || !strstr(end->err.text, says))
		fail_msg("step %s, exit %d, \"%s\", not \"%s\"", step_name(end->step),
			end->exit_code, end->err.text, says);
	assert_string_equal(end->err.step, step_name(step));
	assert_true(end->progress.percent < 100);
	install_free(in);
	if (code == EXIT_REFUSED || code == EXIT_LOCKED)
		board_assert_released(board);
	else
		assert_undone(board);
}

static inline void assert_passes(const struct board *board)
{
	struct install *in = begin(board);
	const struct snapshot *end = run_all(in);

	assert_string_equal(end->err.text, "");
	assert_int_equal(end->exit_code, EXIT_OK);
	install_free(in);
	board_assert_released(board);
}

/* Like a removed card: the held descriptor reports size 0. A write in flight may extend the
 * file again. */
static inline void pull(const struct board *board)
{
	board_run(
		"loop=$(losetup -n -O NAME -j %s); until [ $(blockdev --getsize64 $loop) = 0 ]; do "
		"truncate -s 0 %s; losetup -c $loop; done",
		board->image, board->image);
}

static inline void assert_ends_with_removal(struct install *in, int code, const char *says)
{
	const struct snapshot *end = run_all(in);

	assert_int_equal(end->state, INSTALL_FAILED);
	if (end->exit_code != code || !strstr(end->err.text, says))
		fail_msg("exit %d, \"%s\", not \"%s\"", end->exit_code, end->err.text, says);
	assert_int_equal(end->written, code == EXIT_FAILED);
	install_free(in);
}

#endif
