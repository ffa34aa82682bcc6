/* SPDX-License-Identifier: MIT */
/* The engine without its process: real tar, real mkfs, a loop device over an image. */
#include "core/install/install.h"

#include "tests/lib/install_run.h"

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

/* Makes a plan for the boot loader alone: @kib of @byte at 64 KiB. */
static void plan_boot(struct board *board, const char *byte, unsigned kib)
{
	static struct layout layout;
	struct layout_blob *blob = &layout.blobs[0];
	struct disk target;
	const struct plan_request request = {
		.scope = SCOPE_BOOT,
		.target = &target,
		.layout = &layout,
		.allow = 1u << DISK_IMAGE,
		.verify = true,
	};
	struct stat st;

	board_run(
		"cd %s; head -c %u /dev/zero | tr '\\0' %s >loader", board->dir, kib * 1024, byte);
	layout = *layout_find("single-gpt");
	layout.blob_count = 1;
	*blob = (struct layout_blob){.name = "loader", .offset_bytes = KIB(64)};
	STR_FORMAT(blob->file, "%s/loader", board->dir);
	assert_int_equal(stat(blob->file, &st), 0);
	blob->id = file_id_of(&st);
	blob->size_bytes = KIB(1) * kib;
	assert_int_equal(disk_scan_target(board->root, board->image, &target), 0);
	probe_content(board->image, &target.content);
	plan_begin(&board->plan, &request);
}

/* All bytes but those of the blob stay, also the table and those around the blob. */
static void writes_the_boot_loader_alone(void **state)
{
	struct board *board = *state;
	const struct snapshot *end;
	struct install *in;

	fixture_require_root();
	assert_passes(board);
	plan_boot(board, "A", 700);
	board_run("cd %s; cp --sparse=always board.img before.img", board->dir);
	in = begin(board);
	assert_int_equal(install_snapshot(in)->scope, SCOPE_BOOT);
	end = run_all(in);
	assert_string_equal(end->err.text, "");
	assert_int_equal(end->exit_code, EXIT_OK);
	assert_int_equal(end->progress.percent, 100);
	assert_true(end->written);
	for (unsigned i = 0; i < STEP_COUNT; i++)
		assert_int_equal(
			end->steps[i].state, step_is_of(SCOPE_BOOT, i) ? STEP_DONE : STEP_TODO);
	install_free(in);
	board_assert_released(board);
	board_run("cd %s; cmp -n $((700 * 1024)) -i $((64 * 1024)):0 board.img loader", board->dir);
	board_run("cd %s; dd if=loader of=before.img bs=1k seek=64 conv=notrunc status=none;"
		  "cmp board.img before.img",
		board->dir);
}

static void keeps_the_table_when_it_fails(void **state)
{
	struct board *board = *state;
	const struct snapshot *end;
	struct install *in;

	fixture_require_root();
	assert_passes(board);
	plan_boot(board, "A", 700);
	in = begin(board);
	run_to(in, STEP_COMMIT);
	assert_true(install_snapshot(in)->step == STEP_COMMIT);
	assert_true(install_snapshot(in)->written);
	install_cancel(in);
	end = run_all(in);
	assert_int_equal(end->exit_code, EXIT_CANCELLED);
	assert_string_equal(end->err.text,
		"Cancelled during commit: the boot loader of board.img may be incomplete; its "
		"partitions are untouched");
	assert_string_equal(
		end->err.next, "Install the boot loader again before the board starts from it");
	install_free(in);
	assert_true(board_has_table(board));
	board_assert_released(board);
	plan_boot(board, "B", 700); /* again: the advice is true */
	assert_passes(board);
}

/* Another program has written a table between the check and the lock. */
static void checks_the_table_under_the_lock(void **state)
{
	struct board *board = *state;
	const struct snapshot *end;
	struct install *in;

	fixture_require_root();
	assert_passes(board);
	plan_boot(board, "A", 700);
	in = begin(board);
	run_to(in, STEP_CHECK);
	board_run("sleep 1"); /* the child of this step has read the table */
	board_run("printf 'label: gpt\\n first-lba: 100\\n start=200, size=8192\\n' |"
		  "sfdisk -q --no-reread --lock=no %s",
		board->image);
	end = run_all(in);
	assert_int_equal(end->exit_code, EXIT_REFUSED);
	assert_int_equal(end->step, STEP_LOCK);
	assert_false(end->written);
	assert_non_null(strstr(end->err.text, "would overwrite partition 1"));
	install_free(in);
	board_assert_released(board);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		board_test(passes),
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
		board_test(reports_a_removal),
		board_test(reports_a_removal_detected_late),
		board_test(passes_with_a_silent_tar),
		board_test(writes_the_boot_loader_alone),
		board_test(keeps_the_table_when_it_fails),
		board_test(checks_the_table_under_the_lock),
	};

	return cmocka_run_group_tests(tests, board_group_setup, NULL);
}
