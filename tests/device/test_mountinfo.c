/* SPDX-License-Identifier: MIT */
#include "device/usage/mountinfo.h"

#include "device/base/util.h"
#include "tests/lib/sandbox.h"

#include <errno.h>

static void octal_is_unescaped(void **state)
{
	static const char *const cases[][2] = {
		{"/mnt/a\\040b\\011c\\012d\\134e", "/mnt/a b\tc\nd\\e"},
		{"\\04", "\\04"},
		{"\\400\\08x\\", "\\400\\08x\\"},
		{"", ""},
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		(void)STR_COPY(text, cases[i][0]);
		mountinfo_unescape(text);
		assert_string_equal(text, cases[i][1]);
	}
}

static void lines_are_parsed(void **state)
{
	struct sandbox *box = *state;
	struct mountinfo mounts;

	sandbox_file(box, "proc/self/mountinfo",
		"1 1 0:2 / / rw - rootfs rootfs rw\n"
		"nonsense\n"
		"36 35 98:5 /sub /mnt\\040x rw,noatime master:1 shared:2 - ext4 /dev/a\\134b rw,x=y\n"
		"37 35 0:41 / /none rw - tmpfs  rw,size=4k\n"
		"38 35 x / /bad rw - tmpfs tmpfs rw\n"
		"39 35 0:42 / /cut rw - tmpfs\n"
		"40 35 0:43 / /no-hyphen rw tmpfs tmpfs rw\n"
		"41 35 0:44 / /last rw - nfs host:/x ro");
	assert_int_equal(mountinfo_load(box->root, "proc/self/mountinfo", &mounts), 0);
	assert_int_equal(mounts.count, 4);
	assert_int_equal(mounts.entries[1].id, 36);
	assert_int_equal(mounts.entries[1].major, 98);
	assert_int_equal(mounts.entries[1].minor, 5);
	assert_string_equal(mounts.entries[1].point, "/mnt x");
	assert_string_equal(mounts.entries[1].fs_type, "ext4");
	assert_string_equal(mounts.entries[1].source, "/dev/a\\b");
	assert_string_equal(mounts.entries[1].options, "rw,x=y");
	assert_string_equal(mounts.entries[2].source, "");
	assert_string_equal(mounts.entries[2].options, "rw,size=4k");
	assert_string_equal(mounts.entries[3].source, "host:/x");
	assert_ptr_equal(mountinfo_of_id(&mounts, 37), &mounts.entries[2]);
	assert_null(mountinfo_of_id(&mounts, 99));
	mountinfo_finish(&mounts);
	mountinfo_finish(&mounts);
	assert_int_equal(mountinfo_load(box->root, "proc/none", &mounts), -ENOENT);
}

static void paths_are_on_the_deepest_and_last_mount(void **state)
{
	static const struct {
		const char *path;
		int id;
	} cases[] = {
		{"/", 2}, /* the root on top of the initramfs */
		{"/bin", 2},
		{"/mnt", 4},
		{"/mnt/file", 4},
		{"/mnt/deep", 5},
		{"/mnt/deep/er", 5},
		{"/mnt/deeper", 4},
		{"/mntx", 2},
	};
	struct sandbox *box = *state;
	struct mountinfo mounts;

	sandbox_file(box, "m",
		"1 1 0:2 / / rw - rootfs rootfs rw\n"
		"2 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		"5 4 8:3 / /mnt/deep rw - ext4 /dev/sda3 rw\n"
		"3 2 8:2 / /mnt rw - ext4 /dev/sda2 rw\n"
		"4 3 8:4 / /mnt rw - ext4 /dev/sda4 rw\n");
	assert_int_equal(mountinfo_load(box->root, "m", &mounts), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct mountinfo_entry *mount = mountinfo_of_path(&mounts, cases[i].path);

		assert_non_null(mount);
		assert_int_equal(mount->id, cases[i].id);
	}
	assert_null(mountinfo_of_path(&mounts, "relative"));
	assert_null(mountinfo_of_path(&mounts, ""));
	mountinfo_finish(&mounts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(octal_is_unescaped),
		sandbox_test(lines_are_parsed),
		sandbox_test(paths_are_on_the_deepest_and_last_mount),
	};

	return cmocka_run_group_tests_name("mountinfo", tests, NULL, NULL);
}
