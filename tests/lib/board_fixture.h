/* SPDX-License-Identifier: MIT */
/*
 * board_fixture - a board for the tests of the engine: a sparse image as its eMMC, an archive with
 * a small root filesystem, and the plan to install it, in a private mount namespace with its own
 * /run/boardstrap.
 */
#ifndef TESTS_BOARD_FIXTURE_H
#define TESTS_BOARD_FIXTURE_H

#include "core/install/install.h"
#include "core/process/reactor.h"
#include "device/base/util.h"
#include "device/disk/disk_scan.h"
#include "device/disk/probe.h"
#include "tests/lib/device_fixture.h"

#include <sched.h>
#include <sys/mount.h>

#include <cmocka.h>

#define BOARD_BYTES MIB(192)

struct board {
	char dir[128], image[160], archive[160];
	int root, reactor;
	struct inspect *inspect;
	struct plan plan;
};

/* For the whole test program: mounts and sockets that no other process sees. */
static inline int board_group_setup(void **state)
{
	(void)state;
	if (fixture_lacks())
		return 0; /* each test reports it */
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	if (mkdir("/run/boardstrap", 0700) < 0 && errno != EEXIST)
		return -1;
	return mount("tmpfs", "/run/boardstrap", "tmpfs", 0, "mode=700");
}

static inline void board_run(const char *format, ...) __attribute__((format(printf, 1, 2)));

static inline void board_run(const char *format, ...)
{
	char command[1024];
	va_list args;

	va_start(args, format);
	assert_true(str_vformat(command, sizeof(command), format, args));
	va_end(args);
	if (fixture_run((const char *const[]){"sh", "-ec", command, NULL}) != 0)
		fail_msg("failed: %s", command);
}

/* Makes a plan whose archive is not read yet. @tar may be NULL. */
static inline void board_begin_plan(struct board *board, const char *tar)
{
	struct disk target;
	const struct plan_request request = {
		.target = &target,
		.archive = board->archive,
		.layout = layout_find("single-gpt"),
		.tar_program = tar,
		.allow = 1u << DISK_IMAGE,
		.verify = true,
	};

	assert_int_equal(disk_scan_target(board->root, board->image, &target), 0);
	plan_begin(&board->plan, &request);
}

/* Reads the archive and makes a new plan. @tar may be NULL. */
static inline void board_plan(struct board *board, const char *tar)
{
	struct inspect_result result;
	struct archive_list archives;
	struct diag diag = {0};

	inspect_free(board->inspect);
	archive_list_make(&archives, board->archive, NULL);
	board->inspect = inspect_new(board->reactor, &archives, NULL, NULL, &diag);
	if (!board->inspect)
		fail_msg("%s", diag.text);
	do {
		assert_true(reactor_dispatch(board->reactor, 20000) > 0);
		inspect_result(board->inspect, &result);
	} while (result.state == INSPECT_RUNNING);
	if (result.state != INSPECT_OK)
		fail_msg("%s", result.error);
	board_begin_plan(board, tar);
	plan_complete(&board->plan, &result, inspect_manifest(board->inspect));
}

static inline int board_setup(void **state)
{
	const char *tmp = getenv("TMPDIR");
	struct board *board = calloc(1, sizeof(*board));

	*state = board;
	if (fixture_lacks())
		return 0;
	STR_FORMAT(board->dir, "%s/boardstrap-board-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(board->dir))
		return -1;
	STR_FORMAT(board->image, "%s/board.img", board->dir);
	STR_FORMAT(board->archive, "%s/rootfs.tar.gz", board->dir);
	board->root = sysroot_open("/");
	board->reactor = reactor_new();
	board_run("cd %s; mkdir -p tree/etc tree/bin job; echo board >tree/etc/hostname;"
		  "head -c 4000000 /dev/urandom >tree/bin/program; chmod 4755 tree/bin/program;"
		  "ln -s program tree/bin/link; ln tree/bin/program tree/bin/hard;"
		  "tar -C tree --numeric-owner -czf rootfs.tar.gz .; truncate -s %llu board.img",
		board->dir, (unsigned long long)BOARD_BYTES);
	board_plan(board, NULL);
	return 0;
}

static inline int board_teardown(void **state)
{
	struct board *board = *state;

	inspect_free(board->inspect);
	if (board->dir[0]) {
		close_fd(&board->reactor);
		close_fd(&board->root);
		(void)nftw(board->dir, fixture_remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	}
	free(board);
	return 0;
}

#define board_test(function) cmocka_unit_test_setup_teardown(function, board_setup, board_teardown)

/* True if the image has a partition table, so that it may boot. */
static inline bool board_has_table(const struct board *board)
{
	struct disk_content content;

	probe_content(board->image, &content);
	return content.partition_count > 0;
}

/* Checks that no loop device uses the image, and that nothing is mounted below the folder of the
 * job. Waits, because another program may have the device open for a moment. */
static inline void board_assert_released(const struct board *board)
{
	board_run("! grep -q ' %s/job/.' /proc/self/mounts", board->dir);
	board_run("for i in $(seq 600); do losetup -l -n -O BACK-FILE | grep -qF %s || exit 0;"
		  "sleep 0.1; done; exit 1",
		board->image);
}

#endif
