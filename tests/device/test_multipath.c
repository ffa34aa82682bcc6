/* SPDX-License-Identifier: MIT */
#include "device/usage/multipath.h"

#include "tests/lib/sandbox.h"

#include <errno.h>

static void the_same_id_is_the_same_disk(void **state)
{
	struct sandbox *box = *state;
	struct multipath multipath;

	sandbox_block(box, NULL, "sda", "8:0\n", "1000\n");
	sandbox_block(box, NULL, "sdb", "8:16\n", "1000\n");
	sandbox_block(box, NULL, "sdc", "8:32\n", "1000\n");
	sandbox_block(box, NULL, "sdd", "8:48\n", "1000\n");
	sandbox_block(box, NULL, "sde", "8:64\n", "1000\n");
	sandbox_block(box, NULL, "nvme0n1", "259:0\n", "1000\n");
	sandbox_block(box, NULL, "nvme1n1", "259:1\n", "1000\n");
	sandbox_file(box, "sys/devices/bus/block/sda/device/wwid", "naa.5000c500a1b2c3d4\n");
	sandbox_file(box, "sys/devices/bus/block/sdb/device/wwid", "naa.5000c500a1b2c3d4  \n");
	sandbox_file(box, "sys/devices/bus/block/sdc/device/wwid", "naa.5000c500a1b2c3d5\n");
	sandbox_file(box, "sys/devices/bus/block/sdd/device/wwid", "\n"); /* no id */
	sandbox_file(box, "sys/devices/bus/block/sde/device/wwid", "\n");
	sandbox_file(box, "sys/devices/bus/block/nvme0n1/wwid", "eui.0025385b71b00a01\n");
	sandbox_file(box, "sys/devices/bus/block/nvme1n1/wwid", "eui.0025385b71b00a01\n");
	assert_int_equal(multipath_load(box->root, &multipath), 0);
	assert_int_equal(multipath.count, 5);
	assert_true(multipath_is_same(&multipath, "sda", "sdb"));
	assert_true(multipath_is_same(&multipath, "sdb", "sda"));
	assert_false(multipath_is_same(&multipath, "sda", "sdc"));
	assert_false(multipath_is_same(&multipath, "sdd", "sde"));
	assert_false(multipath_is_same(&multipath, "sdx", "sdy"));
	assert_true(multipath_is_same(&multipath, "nvme0n1", "nvme1n1"));
	multipath_finish(&multipath);
}

static void a_machine_without_disks_has_none(void **state)
{
	struct sandbox *box = *state;
	struct multipath multipath;

	assert_int_equal(multipath_load(box->root, &multipath), -ENOENT);
	sandbox_dir(box, "sys/block");
	assert_int_equal(multipath_load(box->root, &multipath), 0);
	assert_false(multipath_is_same(&multipath, "sda", "sda"));
	multipath_finish(&multipath);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sandbox_test(the_same_id_is_the_same_disk),
		sandbox_test(a_machine_without_disks_has_none),
	};

	return cmocka_run_group_tests_name("multipath", tests, NULL, NULL);
}
