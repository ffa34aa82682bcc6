/* SPDX-License-Identifier: MIT */
#include "device/usage/media.h"

#include "tests/lib/sandbox.h"

#include <errno.h>

static void removable_disks_are_listed(void **state)
{
	struct sandbox *box = *state;
	struct media media;

	sandbox_block(box, NULL, "sda", "8:0\n", "1000\n");
	sandbox_block(box, "sda", "sda1", "8:1\n", "900\n");
	sandbox_file(box, "sys/devices/bus/block/sda/removable", "1\n");
	sandbox_block(box, NULL, "vda", "254:0\n", "1000\n");
	sandbox_file(box, "proc/self/mountinfo",
		"21 1 254:0 / / rw - ext4 /dev/vda rw\n"
		"22 21 8:1 / /media/my\\040stick rw - vfat /dev/sda1 rw\n"
		"23 21 8:1 / /media/my\\040stick rw - vfat /dev/sda1 rw\n" /* mounted twice */
		"24 21 254:0 /x /srv rw - ext4 /dev/vda rw\n"
		"25 21 0:30 / /run rw - tmpfs tmpfs rw\n"
		"26 21 8:1 / /mnt rw - vfat /dev/sda1 rw\n"
		"27 21 8:1 / /bootleg rw - vfat /dev/sda1 rw\n"
		"28 21 8:9 / /gone rw - vfat /dev/sda9 rw\n");
	assert_int_equal(media_load(box->root, &media), 0);
	assert_int_equal(media.count, 3);
	assert_string_equal(media.list[0].point, "/media/my stick");
	assert_string_equal(media.list[0].disk_name, "sda");
	assert_string_equal(media.list[1].point, "/mnt");
	assert_string_equal(media.list[2].point, "/bootleg");
	media_finish(&media);
	assert_int_equal(media.count, 0);
}

/* A board that runs from its card lists no archives on the card. */
static void the_system_is_not_listed(void **state)
{
	struct sandbox *box = *state;
	struct media media;

	sandbox_block(box, NULL, "sda", "8:0\n", "1000\n");
	sandbox_file(box, "sys/devices/bus/block/sda/removable", "1\n");
	sandbox_file(box, "proc/self/mountinfo",
		"21 1 8:0 / / rw - ext4 /dev/sda rw\n"
		"22 21 8:0 / /boot rw - vfat /dev/sda rw\n"
		"23 22 8:0 / /boot/efi rw - vfat /dev/sda rw\n");
	assert_int_equal(media_load(box->root, &media), 0);
	assert_int_equal(media.count, 0);
	media_finish(&media);
}

static void no_table_is_an_error(void **state)
{
	struct sandbox *box = *state;
	struct media media;

	assert_int_equal(media_load(box->root, &media), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sandbox_test(removable_disks_are_listed),
		sandbox_test(the_system_is_not_listed),
		sandbox_test(no_table_is_an_error),
	};

	return cmocka_run_group_tests_name("media", tests, NULL, NULL);
}
