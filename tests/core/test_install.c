/* SPDX-License-Identifier: MIT */
/* The engine without its process: real tar, real mkfs, a loop device over an image. */
#include "core/install/install.h"

#include "tests/lib/board_fixture.h"

#include <poll.h>
#include <sys/file.h>

#define LIMIT_MS 60000 /* only a bug takes this long */

static struct install *begin(const struct board *board)
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
static void assert_honest(const struct snapshot *before, const struct snapshot *now)
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
static void run_to(struct install *in, enum step_id step)
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

static const struct snapshot *run_all(struct install *in)
{
	run_to(in, STEP_COUNT);
	while (!snapshot_ended(install_snapshot(in)))
		install_dispatch(in);
	return install_snapshot(in);
}

/* A failed or cancelled install leaves nothing bootable, and holds nothing. */
static void assert_undone(const struct board *board)
{
	assert_false(board_has_table(board));
	board_assert_released(board);
}

static void passes(void **state)
{
	const struct board *board = *state;
	const struct snapshot *end;
	struct disk_content content;
	struct install *in;

	fixture_require_root();
	in = begin(board);
	end = run_all(in);
	assert_string_equal(end->err.text, "");
	assert_int_equal(end->state, INSTALL_PASSED);
	assert_int_equal(end->exit_code, EXIT_OK);
	assert_int_equal(end->step, STEP_COUNT);
	for (unsigned i = 0; i < STEP_COUNT; i++)
		assert_int_equal(end->steps[i].state, STEP_DONE);
	assert_int_equal(end->progress.percent, 100);
	assert_true(end->written);
	assert_int_equal(end->verify.mismatches, 0);
	assert_int_equal(end->verify.entries, board->plan.totals.entries);
	install_free(in);

	probe_content(board->image, &content);
	assert_string_equal(content.type, "gpt");
	assert_int_equal(content.partition_count, 1);
	assert_string_equal(content.partitions[0].fs_type, "ext4");
	board_assert_released(board);
}

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
	assert_string_equal(now->archive_sha256, planned->plan.sha256);
	now = run_all(in);
	assert_string_equal(now->err.text, "");
	assert_int_equal(now->exit_code, EXIT_OK);
	assert_int_equal(now->verify.entries, now->entries);
	install_free(in);
	board_assert_released(board);
}

/* Installs repeatedly into the same filesystem. */
static void passes_over_an_older_install(void **state)
{
	struct board *board = *state;

	fixture_require_root();
	for (unsigned i = 0; i < 2; i++) {
		struct install *in = begin(board);

		assert_int_equal(run_all(in)->exit_code, EXIT_OK);
		install_free(in);
		board_assert_released(board);
	}
}

static void ends_when_cancelled_in_any_step(void **state)
{
	const struct board *board = *state;
	unsigned seen = 0;

	fixture_require_root();
	for (enum step_id step = STEP_CHECK; step < STEP_COUNT; step++) {
		struct install *in = begin(board);
		const struct snapshot *end;
		bool written;

		run_to(in, step);
		if (install_snapshot(in)->step != step) { /* too short to be observed */
			(void)run_all(in);
			install_free(in);
			continue;
		}
		seen |= 1u << step;
		written = install_snapshot(in)->written;
		install_cancel(in);
		end = run_all(in);
		assert_int_equal(end->state, INSTALL_CANCELLED);
		assert_int_equal(end->exit_code, EXIT_CANCELLED);
		assert_int_equal(end->steps[step].state, STEP_FAILED);
		assert_non_null(strstr(end->err.text, step_name(step)));
		assert_non_null(
			strstr(end->err.text, written ? "will not boot" : "nothing was written"));
		install_free(in);
		if (written)
			assert_undone(board);
		board_assert_released(board);
	}
	/* Steps that wait for something can be observed. */
	for (unsigned i = 0; i < STEP_COUNT; i++)
		if (i != STEP_OPEN && i != STEP_LOCK && i != STEP_TABLE && i != STEP_COMMIT &&
			!(seen & 1u << i))
			fail_msg("never saw step %s", step_name(i));
}

/* The order keeps an install safe: every step that may refuse comes before the first write, and
 * nothing can boot before everything is verified. */
static void boots_only_once_it_is_committed(void **state)
{
	static const char mark[] = "as it was";
	const struct board *board = *state;
	const struct snapshot *now;
	struct install *in;
	char read_back[sizeof(mark)];
	int fd;

	fixture_require_root();
	fd = open(board->image, O_RDWR | O_CLOEXEC);
	assert_int_equal(pwrite(fd, mark, sizeof(mark), 0), sizeof(mark));
	in = begin(board);
	now = install_snapshot(in);
	for (enum step_id step = STEP_CHECK; step <= STEP_COMMIT; step++) {
		run_to(in, step);
		assert_int_equal(now->state, INSTALL_RUNNING);
		assert_int_equal(now->written, now->step >= STEP_WIPE);
		assert_int_equal(pread(fd, read_back, sizeof(mark), 0), sizeof(mark));
		if (now->step <= STEP_LOCK)
			assert_string_equal(read_back, mark);
		if (now->step < STEP_COMMIT) {
			assert_false(board_has_table(board));
			assert_int_not_equal(now->steps[STEP_COMMIT].state, STEP_DONE);
		} else {
			assert_int_equal(now->steps[STEP_VERIFY].state, STEP_DONE);
		}
	}
	assert_int_equal(run_all(in)->exit_code, EXIT_OK);
	install_free(in);
	close_fd(&fd);
	assert_true(board_has_table(board));
	board_assert_released(board);
}

static void cleans_up_when_freed_half_way(void **state)
{
	static const enum step_id steps[] = {STEP_WIPE, STEP_MKFS, STEP_EXTRACT, STEP_VERIFY};
	const struct board *board = *state;

	fixture_require_root();
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct install *in = begin(board);

		run_to(in, steps[i]);
		assert_int_equal(install_snapshot(in)->step, steps[i]);
		install_free(in);
		assert_undone(board);
	}
}

/* ---- failures ---- */

/* Puts a script before @program in PATH and returns the script's path. */
static const char *script(const struct board *board, const char *program, const char *text)
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

static void assert_fails(const struct board *board, enum step_id step, int code, const char *says)
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

static void assert_passes(const struct board *board)
{
	struct install *in = begin(board);
	const struct snapshot *end = run_all(in);

	assert_string_equal(end->err.text, "");
	assert_int_equal(end->exit_code, EXIT_OK);
	install_free(in);
	board_assert_released(board);
}

/* In the trial nothing is lost; on the target it is. */
static void fails_with_mkfs(void **state)
{
	static const struct {
		const char *good; /* the node on which mkfs succeeds */
		enum step_id step;
		int code;
	} cases[] = {
		{"none", STEP_CHECK, EXIT_REFUSED},
		{"trial", STEP_MKFS, EXIT_FAILED},
	};
	const struct board *board = *state;
	char mkfs[128], text[400];

	fixture_require_root();
	assert_int_equal(child_find_program("mkfs.ext4", mkfs, sizeof(mkfs)), 0);
	board_run("mkdir %s/real; cp %s %s/real/mkfs.ext4", board->dir, mkfs, board->dir);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		STR_FORMAT(text,
			"case $* in */%s/*) exec %s/real/mkfs.ext4 \"$@\";; esac\n"
			"echo 'no inodes today' >&2; exit 1",
			cases[i].good, board->dir);
		/* Only this test's mount namespace has it. */
		board_run("mount --bind %s %s", script(board, "mkfs.ext4", text), mkfs);
		assert_fails(board, cases[i].step, cases[i].code, "no inodes today");
		board_run("umount %s", mkfs);
	}
}

static void fails_with_tar(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"cat >/dev/null; echo 'tar: it is broken' >&2; exit 2", "it is broken"},
		{"exit 1", "status 1"},
		{"kill -SEGV $$", "signal"},
	};
	struct board *board = *state;
	char text[512];

	fixture_require_root();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		STR_FORMAT(
			text, "case $1 in --version) exec tar --version;; esac\n%s", cases[i].text);
		board_plan(board, script(board, "bad-tar", text));
		assert_fails(board, STEP_EXTRACT, EXIT_FAILED, cases[i].says);
	}
}

/* The filesystem below the image is full: a write that the loop device accepted fails later, and
 * only the kernel's log shows it. */
static void shows_kernel_messages(void **state)
{
	struct board *board = *state;
	const struct snapshot *end;
	struct install *in;
	bool said = false;

	fixture_require_root();
	board_run("cd %s; mkdir small; mount -t tmpfs -o size=5m none small; truncate -s %llu "
		  "small/board.img",
		board->dir, (unsigned long long)BOARD_BYTES);
	STR_FORMAT(board->image, "%s/small/board.img", board->dir);
	board_plan(board, NULL);
	/* The kernel prints only some of the errors of all devices in five seconds. */
	for (unsigned try = 0; try < 5 && !said; try++) {
		if (try > 0)
			(void)sleep(3);
		in = begin(board);
		end = run_all(in);
		assert_int_equal(end->state, INSTALL_FAILED);
		for (unsigned i = 0; i < SNAPSHOT_MESSAGES; i++) {
			const char *text = end->messages[i].text;

			said = said || (strncmp(text, "kernel: ", 8) == 0 &&
					       strstr(text, " error, dev loop"));
		}
		install_free(in);
		board_assert_released(board);
		if (access("/dev/kmsg", R_OK) < 0)
			break;
	}
	board_run("umount %s/small", board->dir);
	if (!said && access("/dev/kmsg", R_OK) < 0) {
		print_message("SKIPPED: this machine lets nobody read /dev/kmsg\n");
		skip();
	}
	assert_true(said);
}

/* tar reports success but did something else; only the medium shows it. */
static void fails_if_the_medium_differs(void **state)
{
	static const char *const deeds[] = {
		"echo x >>bin/program",
		"printf x | dd of=bin/program bs=1 seek=3000000 conv=notrunc 2>/dev/null",
		"rm etc/hostname",
		"chmod 755 bin/program",
		"chown 7 etc/hostname",
		"ln -sfn elsewhere bin/link",
		"rm bin/hard; cp -p bin/program bin/hard",
	};
	struct board *board = *state;
	char text[512];

	fixture_require_root();
	for (size_t i = 0; i < ARRAY_SIZE(deeds); i++) {
		STR_FORMAT(text,
			"case $1 in --version) exec tar --version;; esac\n"
			"tar \"$@\" || exit\nwhile [ $# -gt 0 ]; do case $1 in\n"
			"-C) cd \"$2\";; --directory=*) cd \"${1#*=}\";; esac; shift; done\n%s",
			deeds[i]);
		board_plan(board, script(board, "false-tar", text));
		assert_fails(board, STEP_VERIFY, EXIT_VERIFY, "");
	}
}

/* Writes the uberblocks of the last label of an old ZFS in the partition "rootfs" to a file. Returns
 * the command that puts them on the image. */
static const char *zfs_command(const struct board *board)
{
	static char command[600];
	const struct layout_partition *root = &board->plan.layout.partitions[0];
	uint64_t end = root->sectors * SECTOR_BYTES / KIB(256) * KIB(256);

	board_run(
		"cd %s; for i in $(seq 128); do printf '\\014\\261\\272\\0\\0\\0\\0\\0\\210\\023';"
		"head -c 6 /dev/zero; printf $(printf '\\\\%%03o' $i);"
		"head -c 1007 /dev/zero; done >uberblocks",
		board->dir);
	STR_FORMAT(command, "dd if=%s/uberblocks of=%s bs=1K seek=%llu conv=notrunc status=none",
		board->dir, board->image,
		(unsigned long long)((root->start * SECTOR_BYTES + end - KIB(128)) / 1024));
	return command;
}

/* What is left of an earlier use is erased, on a disk that cannot discard too. */
static void passes_over_an_old_zfs(void **state)
{
	struct board *board = *state;
	struct disk_content content;

	fixture_require_root();
	board_run("cd %s; mkdir ram; mount -t ramfs none ram; truncate -s %llu ram/board.img",
		board->dir, (unsigned long long)BOARD_BYTES);
	STR_FORMAT(board->image, "%s/ram/board.img", board->dir);
	board_plan(board, NULL);
	board_run("%s", zfs_command(board));
	assert_passes(board);
	probe_content(board->image, &content);
	assert_string_equal(content.partitions[0].fs_type, "ext4");
	board_run("umount %s/ram", board->dir);
}

/* Nobody would find the filesystem by its label or UUID. */
static void fails_if_the_filesystem_is_not_the_only_one(void **state)
{
	struct board *board = *state;
	char text[900];

	fixture_require_root();
	STR_FORMAT(text,
		"case $1 in --version) exec tar --version;; esac\n"
		"tar \"$@\" && %s",
		zfs_command(board));
	board_plan(board, script(board, "zfs-tar", text));
	assert_fails(board, STEP_VERIFY, EXIT_VERIFY,
		"The filesystem of partition 1 on board.img cannot be identified: it has the "
		"signature of another format too");
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

static void refuses_a_bad_archive(void **state)
{
	struct board *board = *state;

	fixture_require_root();
	board_run("cd %s; head -c 3000000 rootfs.tar.gz >cut; mv cut rootfs.tar.gz", board->dir);
	board_begin_plan(board, NULL);
	assert_fails(board, STEP_OPEN, EXIT_REFUSED, "damaged or truncated");
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

/* Like a removed card: the held descriptor reports size 0. A write in flight may extend the
 * file again. */
static void pull(const struct board *board)
{
	board_run(
		"loop=$(losetup -n -O NAME -j %s); until [ $(blockdev --getsize64 $loop) = 0 ]; do "
		"truncate -s 0 %s; losetup -c $loop; done",
		board->image, board->image);
}

static void assert_ends_with_removal(struct install *in, int code, const char *says)
{
	const struct snapshot *end = run_all(in);

	assert_int_equal(end->state, INSTALL_FAILED);
	if (end->exit_code != code || !strstr(end->err.text, says))
		fail_msg("exit %d, \"%s\", not \"%s\"", end->exit_code, end->err.text, says);
	assert_int_equal(end->written, code == EXIT_FAILED);
	install_free(in);
}

static void reports_a_removal(void **state)
{
	struct board *board = *state;
	struct install *in;

	fixture_require_root();
	in = begin(board);
	run_to(in, STEP_EXTRACT);
	pull(board);
	assert_ends_with_removal(in, EXIT_FAILED, "board.img was removed during extract");
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

/* Requests to a removed card fail before the kernel removes the card. */
static void reports_a_removal_detected_late(void **state)
{
	struct board *board = *state;
	const struct snapshot *end;
	struct install *in;

	fixture_require_root();
	board_plan(board, script(board, "tar-fails",
				  "case $1 in --version) exec tar --version;; esac; exit 2\n"));
	in = begin(board);
	run_to(in, STEP_EXTRACT);
	while (install_snapshot(in)->state != INSTALL_CANCELLING) {
		assert_false(snapshot_ended(install_snapshot(in)));
		install_dispatch(in);
	}
	assert_null(strstr(install_snapshot(in)->err.text, "removed"));
	pull(board);
	end = run_all(in);
	assert_int_equal(end->state, INSTALL_FAILED);
	assert_int_equal(end->exit_code, EXIT_FAILED);
	assert_string_equal(end->err.text, "board.img was removed during extract");
	install_free(in);
	board_assert_released(board);
}

/* A tar without a signal handler is never signalled, and the install succeeds. */
static void passes_with_a_silent_tar(void **state)
{
	struct board *board = *state;
	const struct snapshot *end;
	struct install *in;
	char path[200];

	fixture_require_root();
	board_run("ln -s $(command -v busybox) %s/tar", board->dir);
	STR_FORMAT(path, "%s/tar", board->dir);
	board_plan(board, path);
	assert_int_equal(board->plan.tar, TAR_BUSYBOX);
	in = begin(board);
	end = run_all(in);
	assert_string_equal(end->err.text, "");
	assert_int_equal(end->exit_code, EXIT_OK);
	assert_int_equal(end->tar.signals, 0);
	install_free(in);
	board_assert_released(board);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		board_test(passes),
		board_test(reads_the_archive_itself),
		board_test(passes_over_an_older_install),
		board_test(ends_when_cancelled_in_any_step),
		board_test(boots_only_once_it_is_committed),
		board_test(cleans_up_when_freed_half_way),
		board_test(fails_with_mkfs),
		board_test(fails_with_tar),
		board_test(shows_kernel_messages),
		board_test(fails_if_the_medium_differs),
		board_test(passes_over_an_old_zfs),
		board_test(fails_if_the_filesystem_is_not_the_only_one),
		board_test(refuses_an_archive_that_changed),
		board_test(tells_all_problems_of_its_plan),
		board_test(refuses_a_bad_archive),
		board_test(refuses_a_target_that_changed),
		board_test(refuses_a_target_in_use),
		board_test(refuses_options_that_mkfs_refuses),
		board_test(waits_for_a_reader),
		board_test(is_not_overtaken_by_another),
		board_test(refuses_a_target_that_came_into_use),
		board_test(reports_a_removal),
		board_test(reports_a_removal_before_it_writes),
		board_test(reports_a_removal_detected_late),
		board_test(passes_with_a_silent_tar),
	};

	return cmocka_run_group_tests(tests, board_group_setup, NULL);
}
