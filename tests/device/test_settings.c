/* SPDX-License-Identifier: MIT */
#include "device/base/settings.h"

#include "tests/lib/device_fixture.h"

#include <signal.h>

static struct fixture fixture;
static struct settings_journal journal;
static char journal_path[160];

/* Every test has a fake machine: the fixture's directory is its root. */
static int setup(void **state)
{
	fixture_make_image(&fixture, 0);
	(void)STR_FORMAT(journal_path, "%s/run/settings", fixture.dir);
	journal.root = sysroot_open(fixture.dir);
	*state = &fixture;
	return settings_open(&journal, journal.root, journal_path);
}

static int teardown(void **state)
{
	(void)settings_restore(&journal);
	if (journal.root != fixture.root)
		close_fd(&journal.root);
	fixture_finish(*state);
	return 0;
}

static void put(const char *path, const char *text)
{
	fixture_put(&fixture, path, text);
}

static void is(const char *path, const char *text)
{
	char found[512];

	assert_int_equal(sysroot_read(journal.root, found, sizeof(found), "%s", path), 0);
	assert_string_equal(found, text);
}

static void set_and_restored(void **state)
{
	char line[128];

	(void)state;
	put("proc/sys/kernel/printk", "4\t4\t1\t7\n");
	put("proc/sys/vm/swappiness", "60\n");
	assert_int_equal(settings_set(&journal, "proc/sys/kernel/printk", "1"), 0);
	assert_int_equal(settings_set(&journal, "proc/sys/vm/swappiness", "100"), 0);
	is("proc/sys/kernel/printk", "1");
	is("proc/sys/vm/swappiness", "100");
	/* pid and start time of the process, and the old value. */
	assert_int_equal(sysroot_read(journal.root, line, sizeof(line), "run/settings"), 0);
	assert_int_equal(atoi(line), (int)getpid());
	assert_non_null(strstr(line, "\tproc/sys/kernel/printk\t4\t4\t1\t7\n"));
	assert_non_null(strstr(line, "\tproc/sys/vm/swappiness\t60"));
	assert_int_equal(settings_restore(&journal), 0);
	is("proc/sys/kernel/printk", "4\t4\t1\t7");
	is("proc/sys/vm/swappiness", "60");
	is("run/settings", "");
	assert_int_equal(settings_restore(&journal), 0);
}

static void set_twice_restores_the_first(void **state)
{
	(void)state;
	put("a", "old");
	assert_int_equal(settings_set(&journal, "a", "new"), 0);
	assert_int_equal(settings_set(&journal, "a", "newer"), 0);
	is("a", "newer");
	assert_int_equal(settings_restore(&journal), 0);
	is("a", "old");
}

static void failure_changes_nothing(void **state)
{
	(void)state;
	put("a", "old");
	assert_int_equal(settings_set(&journal, "a", "new"), 0);
	assert_int_equal(settings_set(&journal, "none", "1"), -ENOENT);
	assert_int_equal(mkdirat(journal.root, "dir", 0700), 0);
	assert_int_equal(settings_set(&journal, "dir", "1"), -EISDIR);
	assert_int_equal(settings_restore(&journal), 0);
	is("a", "old");
}

/* A device is unplugged, and its setting is gone. The others are still restored. */
static void gone_setting_is_no_error(void **state)
{
	(void)state;
	put("a", "old");
	put("b", "old");
	assert_int_equal(settings_set(&journal, "a", "new"), 0);
	assert_int_equal(settings_set(&journal, "b", "new"), 0);
	assert_int_equal(unlinkat(journal.root, "b", 0), 0);
	assert_int_equal(settings_restore(&journal), 0);
	is("a", "old");
}

/* The last change is restored first; a failure does not stop the others. */
static void first_error_is_returned(void **state)
{
	(void)state;
	put("a", "old");
	put("b", "old");
	put("c", "old");
	assert_int_equal(settings_set(&journal, "a", "new"), 0);
	assert_int_equal(settings_set(&journal, "b", "new"), 0);
	assert_int_equal(settings_set(&journal, "c", "new"), 0);
	assert_int_equal(unlinkat(journal.root, "b", 0), 0);
	assert_int_equal(symlinkat("b", journal.root, "b"), 0);
	assert_int_equal(unlinkat(journal.root, "c", 0), 0);
	assert_int_equal(mkdirat(journal.root, "c", 0700), 0);
	assert_int_equal(settings_restore(&journal), -EISDIR);
	is("a", "old");
	is("run/settings", "");
}

/* Sets @path in a child that exits without restoring it. */
static void killed_while_set(const char *path, const char *value)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		if (settings_set(&journal, path, value) == 0)
			(void)raise(SIGKILL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

static void killed_process_is_cleaned_up_after(void **state)
{
	(void)state;
	put("a", "old");
	put("mine", "old");
	assert_int_equal(settings_set(&journal, "mine", "new"), 0);
	killed_while_set("a", "new");
	killed_while_set("a", "newer");
	is("a", "newer");
	assert_int_equal(settings_restore_stale(&journal), 0);
	is("a", "old");
	is("mine", "new");
	assert_int_equal(settings_restore(&journal), 0);
	is("mine", "old");
	is("run/settings", "");
}

/* Two installs use one setting: the last one restores the first value. */
static void shared_setting_comes_back_last(void **state)
{
	(void)state;
	put("a", "old");
	killed_while_set("a", "theirs");
	assert_int_equal(settings_set(&journal, "a", "ours"), 0);
	assert_int_equal(settings_restore_stale(&journal), 0);
	is("a", "ours");
	assert_int_equal(settings_restore(&journal), 0);
	is("a", "old");
}

/* If a shell is init, nothing may ever reap it. */
static void a_zombie_is_gone(void **state)
{
	pid_t pid;

	(void)state;
	put("a", "old");
	pid = fork();
	if (pid == 0)
		_exit(settings_set(&journal, "a", "new"));
	while (waitid(P_PID, (id_t)pid, &(siginfo_t){0}, WEXITED | WNOWAIT) < 0)
		;
	is("a", "new");
	assert_int_equal(settings_restore_stale(&journal), 0);
	is("a", "old");
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Another process may have the pid by now. */
static void a_pid_is_not_a_process(void **state)
{
	char line[64];

	(void)state;
	put("a", "new");
	(void)STR_FORMAT(line, "%d:1\ta\told\n", (int)getpid());
	put("run/settings", line);
	assert_int_equal(settings_restore_stale(&journal), 0);
	is("a", "old");
}

static void torn_lines_are_skipped(void **state)
{
	(void)state;
	put("a", "now");
	put("run/settings",
		"\n12\n12\ta\tbad\n12:x\ta\tbad\nxx\ta\tbad\n-3\ta\tbad\n0\ta\tbad\n99999999999\ta\tbad\n");
	assert_int_equal(settings_restore_stale(&journal), 0);
	is("a", "now");
}

/* Several processes at once, each with a setting of its own: no line is lost. */
static void journal_is_shared(void **state)
{
	pid_t pids[4];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		char name[8];

		(void)STR_FORMAT(name, "k%zu", i);
		put(name, "old");
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0) {
			char found[16];
			int bad = 0;

			for (int round = 0; round < 20; round++) {
				bad |= settings_set(&journal, name, "new") != 0;
				bad |= settings_restore(&journal) != 0;
				bad |= sysroot_read(journal.root, found, sizeof(found), "%s",
					       name) != 0 ||
				       strcmp(found, "old") != 0;
			}
			_exit(bad);
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	is("run/settings", "");
}

#define BDI "sys/block/mmcblk0/bdi/"

static void disk_has_its_own_limit(void **state)
{
	(void)state;
	put(BDI "strict_limit", "0\n");
	put(BDI "max_ratio_fine", "1000000\n");
	put(BDI "max_bytes", "4905963520\n");
	put("proc/sys/vm/dirty_ratio", "20\n");
	assert_int_equal(settings_write_back_early(&journal, "mmcblk0"), 0);
	is(BDI "strict_limit", "1");
	is(BDI "max_bytes", "33554432");
	is("proc/sys/vm/dirty_ratio", "20");
	/* The ratio is restored: the bytes would be rounded. */
	put(BDI "max_ratio_fine", "6789\n");
	assert_int_equal(settings_restore(&journal), 0);
	is(BDI "strict_limit", "0");
	is(BDI "max_ratio_fine", "1000000");
}

static void half_a_limit_is_undone(void **state)
{
	(void)state;
	put(BDI "strict_limit", "0\n");
	put(BDI "max_ratio_fine", "1000000\n");
	assert_int_equal(mkdirat(journal.root, BDI "max_bytes", 0700), 0);
	assert_int_equal(settings_write_back_early(&journal, "mmcblk0"), -EISDIR);
	is(BDI "strict_limit", "0");
	is("run/settings", "");
}

/* A kernel before 6.2. */
static void older_kernel_has_one_limit_for_all(void **state)
{
	(void)state;
	put("proc/sys/vm/dirty_ratio", "20\n");
	put("proc/sys/vm/dirty_background_ratio", "10\n");
	put("proc/sys/vm/dirty_bytes", "0\n");
	put("proc/sys/vm/dirty_background_bytes", "0\n");
	assert_int_equal(settings_write_back_early(&journal, "mmcblk0"), 0);
	is("proc/sys/vm/dirty_bytes", "67108864");
	is("proc/sys/vm/dirty_background_bytes", "16777216");
	/* As the kernel does: */
	put("proc/sys/vm/dirty_ratio", "0\n");
	put("proc/sys/vm/dirty_background_ratio", "0\n");
	/* Limits in bytes are already set, so a second install does not change them. */
	assert_int_equal(settings_write_back_early(&journal, "mmcblk1"), 0);
	assert_int_equal(settings_restore(&journal), 0);
	is("proc/sys/vm/dirty_ratio", "20");
	is("proc/sys/vm/dirty_background_ratio", "10");
}

static void nothing_to_set_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(settings_write_back_early(&journal, "mmcblk0"), -ENOENT);
	is("run/settings", "");
}

/* The running kernel, with a loop device made for this test. */
static void real_limit_is_set_and_restored(void **state)
{
	struct fixture *f = *state;
	char before[64], strict[64], value[64];
	uint64_t bytes;

	fixture_require_root();
	fixture_finish(f);
	close_fd(&journal.root);
	fixture_make_loop(f, MIB(64));
	(void)STR_FORMAT(journal_path, "%s/run/settings", f->dir);
	assert_int_equal(settings_open(&journal, f->root, journal_path), 0);
	if (!sysroot_exists(f->root, "sys/block/%s/bdi/strict_limit", f->name)) {
		print_message(
			"[ SKIP ] %s: the kernel has no limits of a disk (< 6.2)\n", __func__);
		skip();
	}
	assert_int_equal(sysroot_read(f->root, before, sizeof(before),
				 "sys/block/%s/bdi/max_ratio_fine", f->name),
		0);
	assert_int_equal(sysroot_read(f->root, strict, sizeof(strict),
				 "sys/block/%s/bdi/strict_limit", f->name),
		0);
	assert_int_equal(settings_write_back_early(&journal, f->name), 0);
	assert_int_equal(
		sysroot_read_u64(f->root, &bytes, "sys/block/%s/bdi/max_bytes", f->name), 0);
	/* The kernel stores a share of the memory, in millionths, and rounds. */
	assert_in_range(bytes, MIB(16), MIB(33));
	assert_int_equal(sysroot_read(f->root, value, sizeof(value),
				 "sys/block/%s/bdi/strict_limit", f->name),
		0);
	assert_string_equal(value, "1");
	assert_int_equal(settings_restore(&journal), 0);
	assert_int_equal(sysroot_read(f->root, value, sizeof(value),
				 "sys/block/%s/bdi/strict_limit", f->name),
		0);
	assert_string_equal(value, strict);
	assert_int_equal(sysroot_read(f->root, value, sizeof(value),
				 "sys/block/%s/bdi/max_ratio_fine", f->name),
		0);
	assert_string_equal(value, before);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(set_and_restored),
		TEST(set_twice_restores_the_first),
		TEST(failure_changes_nothing),
		TEST(gone_setting_is_no_error),
		TEST(first_error_is_returned),
		TEST(killed_process_is_cleaned_up_after),
		TEST(shared_setting_comes_back_last),
		TEST(a_zombie_is_gone),
		TEST(a_pid_is_not_a_process),
		TEST(torn_lines_are_skipped),
		TEST(journal_is_shared),
		TEST(disk_has_its_own_limit),
		TEST(half_a_limit_is_undone),
		TEST(older_kernel_has_one_limit_for_all),
		TEST(nothing_to_set_is_an_error),
		TEST(real_limit_is_set_and_restored),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
