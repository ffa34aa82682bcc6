/* SPDX-License-Identifier: MIT */
#include "device/base/sysroot.h"

#include "device/base/util.h"
#include "tests/lib/old_kernel.h"
#include "tests/lib/sandbox.h"

#include <errno.h>

/* Every test of paths runs with and without openat2. */
static int without_setup(void **state)
{
	old_kernel = true;
	return sandbox_setup(state);
}

static int without_teardown(void **state)
{
	old_kernel = false;
	return sandbox_teardown(state);
}

static void attributes_are_read(void **state)
{
	struct sandbox *box = *state;
	char text[8] = "old";
	uint64_t value = 7;
	uint32_t major, minor;

	sandbox_file(box, "sys/block/sda/size", "262144\n");
	sandbox_file(box, "sys/block/sda/dev", "8:16\n");
	sandbox_file(box, "sys/block/sda/serial", "0xdeadbeef\n");
	sandbox_file(box, "sys/block/sda/empty", "");
	sandbox_file(box, "sys/block/sda/word", "yes\n\n");

	assert_int_equal(
		sysroot_read(box->root, text, sizeof(text), "sys/block/%s/word", "sda"), 0);
	assert_string_equal(text, "yes");
	/* Cut, but terminated. */
	assert_int_equal(sysroot_read(box->root, text, sizeof(text), "sys/block/sda/serial"), 0);
	assert_string_equal(text, "0xdeadb");
	assert_int_equal(sysroot_read(box->root, text, sizeof(text), "sys/block/sda/empty"), 0);
	assert_string_equal(text, "");
	assert_int_equal(
		sysroot_read(box->root, text, sizeof(text), "sys/block/sdb/size"), -ENOENT);
	assert_int_equal(sysroot_read(box->root, text, sizeof(text), "sys/block/sda"), -EISDIR);

	assert_int_equal(sysroot_read_u64(box->root, &value, "sys/block/sda/size"), 0);
	assert_int_equal(value, 262144);
	assert_int_equal(sysroot_read_u64(box->root, &value, "sys/block/sda/serial"), 0);
	assert_int_equal(value, 0xdeadbeef);
	assert_int_equal(sysroot_number(box->root, "sys/block/%s/size", "sda"), 262144);
	assert_int_equal(sysroot_number(box->root, "sys/block/sda/word"), 0);
	assert_int_equal(sysroot_number(box->root, "sys/block/sdb/size"), 0);
	assert_int_equal(sysroot_read_u64(box->root, &value, "sys/block/sda/word"), -EINVAL);
	assert_int_equal(sysroot_read_u64(box->root, &value, "sys/block/sda/empty"), -EINVAL);
	assert_int_equal(value, 0xdeadbeef);

	assert_int_equal(sysroot_read_devno(box->root, &major, &minor, "sys/block/sda/dev"), 0);
	assert_int_equal(major, 8);
	assert_int_equal(minor, 16);
	assert_int_equal(
		sysroot_read_devno(box->root, &major, &minor, "sys/block/sda/size"), -EINVAL);
	assert_true(sysroot_exists(box->root, "sys/block/%s", "sda"));
	assert_false(sysroot_exists(box->root, "sys/block/%s", "sdb"));
}

static void large_files_are_read_whole(void **state)
{
	struct sandbox *box = *state;
	static char large[70001];
	char *text = NULL;
	size_t size;

	memset(large, 'x', sizeof(large) - 1);
	sandbox_file(box, "proc/large", large);
	sandbox_file(box, "proc/empty", "");
	assert_int_equal(sysroot_read_all(box->root, &text, &size, "proc/large"), 0);
	assert_int_equal(size, sizeof(large) - 1);
	assert_string_equal(text, large);
	free(text);
	assert_int_equal(sysroot_read_all(box->root, &text, NULL, "proc/empty"), 0);
	assert_string_equal(text, "");
	free(text);
	assert_int_equal(sysroot_read_all(box->root, &text, &size, "proc/none"), -ENOENT);
}

static void links_stay_in_the_root(void **state)
{
	struct sandbox *box = *state;
	char text[32], outside[PATH_MAX];

	sandbox_file(box, "outside", "secret");
	sandbox_file(box, "r/sys/devices/a/value", "inside");
	sandbox_link(box, "r/sys/block/a", "../devices/a");
	sandbox_link(box, "r/sys/absolute", "/sys/block/a");
	sandbox_link(box, "r/sys/up", "../../../../../../sys/devices/a");
	sandbox_link(box, "r/sys/escape", "../../outside");
	sandbox_link(box, "r/sys/loop", "loop");
	sandbox_link(box, "r/sys/dangling", "nowhere");
	(void)sandbox_path(box, "outside", outside);
	sandbox_link(box, "r/sys/absolute-escape", outside);

	int root = sysroot_open(sandbox_path(box, "r", (char[PATH_MAX]){0}));
	assert_true(root >= 0);
	static const char *const good[] = {"sys/block/a/value", "sys/absolute/value",
		"/sys/up/value", "sys/./block//a/../a/value", "../../sys/devices/a/value"};
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(sysroot_read(root, text, sizeof(text), "%s", good[i]), 0);
		assert_string_equal(text, "inside");
	}
	assert_int_equal(sysroot_read(root, text, sizeof(text), "sys/escape"), -ENOENT);
	assert_int_equal(sysroot_read(root, text, sizeof(text), "sys/absolute-escape"), -ENOENT);
	assert_int_equal(sysroot_read(root, text, sizeof(text), "../outside"), -ENOENT);
	assert_int_equal(sysroot_read(root, text, sizeof(text), "sys/loop"), -ELOOP);
	assert_int_equal(sysroot_read(root, text, sizeof(text), "sys/dangling"), -ENOENT);
	assert_int_equal(sysroot_read(root, text, sizeof(text), "sys/block/a/value/x"), -ENOTDIR);

	/* The link itself is not resolved, whatever its target; the path to it is. */
	assert_int_equal(sysroot_link(root, text, sizeof(text), "sys/block/a"), 0);
	assert_string_equal(text, "../devices/a");
	assert_int_equal(sysroot_link(root, text, sizeof(text), "sys/dangling/"), 0);
	assert_string_equal(text, "nowhere");
	assert_int_equal(sysroot_link(root, text, 3, "sys/block/a"), -ENAMETOOLONG);
	assert_int_equal(sysroot_link(root, text, sizeof(text), "sys/devices"), -EINVAL);
	assert_int_equal(sysroot_link(root, text, sizeof(text), "sys/none"), -ENOENT);
	assert_int_equal(close(root), 0);
}

static int collect(void *arg, const char *name)
{
	char *all = arg;

	(void)str_format(all + strlen(all), 64 - strlen(all), "%s ", name);
	return strcmp(name, "stop") == 0 ? 42 : 0;
}

static void directories_are_in_order(void **state)
{
	struct sandbox *box = *state;
	char all[64] = "";

	sandbox_file(box, "d/sd10", "");
	sandbox_file(box, "d/sd9", "");
	sandbox_file(box, "d/.hidden", "");
	sandbox_dir(box, "d/a");
	assert_int_equal(sysroot_each(box->root, collect, all, "%s", "d"), 0);
	assert_string_equal(all, ".hidden a sd9 sd10 ");

	all[0] = '\0';
	sandbox_file(box, "d/stop", "");
	sandbox_file(box, "d/z", "");
	assert_int_equal(sysroot_each(box->root, collect, all, "d"), 42);
	assert_string_equal(all, ".hidden a sd9 sd10 stop ");
	assert_int_equal(sysroot_each(box->root, collect, all, "none"), -ENOENT);
	assert_int_equal(sysroot_each(box->root, collect, all, "d/z"), -ENOTDIR);
}

static void a_fifo_does_not_block(void **state)
{
	struct sandbox *box = *state;
	char text[8];

	assert_int_equal(mkfifoat(box->root, "fifo", 0600), 0);
	assert_int_equal(sysroot_read(box->root, text, sizeof(text), "fifo"), 0);
	assert_string_equal(text, "");
}

static void only_a_running_machine_is_live(void **state)
{
	struct sandbox *box = *state;
	int root = sysroot_open("/");

	assert_true(root >= 0);
	assert_true(sysroot_is_live(root));
	assert_int_equal(close(root), 0);
	assert_false(sysroot_is_live(box->root));
	sandbox_dir(box, "proc");
	assert_false(sysroot_is_live(box->root));
	assert_int_equal(sysroot_open("/no/such/root"), -ENOENT);
	assert_int_equal(sysroot_open("/dev/null"), -ENOTDIR);
}

static void blanks_are_trimmed(void **state)
{
	static const char *const cases[][2] = {
		{"QEMU HARDDISK   ", "QEMU HARDDISK"}, {"  a \n", "a"}, {"   ", ""}, {"", ""}};
	char text[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		(void)STR_COPY(text, cases[i][0]);
		sysroot_trim(text);
		assert_string_equal(text, cases[i][1]);
	}
}

#define without_openat2(function)                                                                  \
	{                                                                                          \
#function " without openat2", function, without_setup, without_teardown, NULL      \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sandbox_test(attributes_are_read),
		without_openat2(attributes_are_read),
		sandbox_test(large_files_are_read_whole),
		sandbox_test(links_stay_in_the_root),
		without_openat2(links_stay_in_the_root),
		sandbox_test(directories_are_in_order),
		without_openat2(directories_are_in_order),
		sandbox_test(a_fifo_does_not_block),
		sandbox_test(only_a_running_machine_is_live),
		cmocka_unit_test(blanks_are_trimmed),
	};

	return cmocka_run_group_tests_name("sysroot", tests, NULL, NULL);
}
