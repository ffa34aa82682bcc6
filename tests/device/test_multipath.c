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

/* Makers that give all their disks one id: the disks differ in size, model or serial. */
static void an_equal_id_alone_does_not_make_one_disk_of_two(void **state)
{
	static const struct {
		const char *disk, *number, *sectors, *model, *serial;
	} disks[] = {
		{"sda", "8:0\n", "1000\n", "SSD\n", "1"},
		{"sdb", "8:16\n", "2000\n", "SSD\n", "1"},
		{"sdc", "8:32\n", "1000\n", "SSD 2\n", "1"},
		{"sdd", "8:48\n", "1000\n", "SSD\n", "2"},
		{"sde", "8:64\n", "1000\n", "SSD\n", "1"},
		{"sdf", "8:80\n", "1000\n", NULL, NULL},
	};
	struct sandbox *box = *state;
	struct multipath multipath;
	char path[96];

	for (size_t i = 0; i < ARRAY_SIZE(disks); i++) {
		sandbox_block(box, NULL, disks[i].disk, disks[i].number, disks[i].sectors);
		(void)STR_FORMAT(path, "sys/devices/bus/block/%s/device/wwid", disks[i].disk);
		sandbox_file(box, path, "naa.5000c500a1b2c3d4\n");
		if (!disks[i].model)
			continue;
		(void)STR_FORMAT(path, "sys/devices/bus/block/%s/device/model", disks[i].disk);
		sandbox_file(box, path, disks[i].model);
		(void)STR_FORMAT(path, "sys/devices/bus/block/%s/device/vpd_pg80", disks[i].disk);
		sandbox_bytes(box, path, (char[]){0, (char)0x80, 0, 1, disks[i].serial[0]}, 5);
	}
	assert_int_equal(multipath_load(box->root, &multipath), 0);
	assert_int_equal(multipath.count, 6);
	assert_false(multipath_is_same(&multipath, "sda", "sdb"));
	assert_false(multipath_is_same(&multipath, "sda", "sdc"));
	assert_false(multipath_is_same(&multipath, "sda", "sdd"));
	assert_true(multipath_is_same(&multipath, "sda", "sde"));
	assert_true(multipath_is_same(&multipath, "sda", "sdf")); /* nothing known disagrees */
	multipath_finish(&multipath);
}

static void an_id_must_have_a_number_of_its_own(void **state)
{
	static const struct {
		const char *wwid, *model;
		bool unique;
	} ids[] = {
		{"naa.5000c500a1b2c3d4", "", true},
		{"naa.5000c50000000000", "", false}, /* the maker's number alone */
		{"naa.5000000000000000", "", false},
		{"naa.5ffffffffffffff", "", false},
		{"naa.5000c50fffffffff", "", false},
		{"naa.6000c50000000000000000000000001f", "", true},
		{"naa.6000c500000000000000000000000000", "", false},
		{"naa.2000000c50123456", "", true},
		{"naa.2abc000c50000000", "", false},
		{"naa.3000000000000001", "", true},
		{"naa.5", "", false},
		{"eui.0025385b71b00a01", "", true},
		{"eui.0025380000000000", "", false},
		{"eui.0000000000000000", "", false},
		{"eui.00000000000000000025385b71b00a01", "", true},
		{"eui.00000000000000010025380000000000", "", true},
		{"eui.00000000000000000025380000000000", "", false},
		{"uuid.00000000-0000-0000-0000-000000000000", "", false},
		{"uuid.00000000-0000-0000-0000-000000000001", "", true},
		{"nvme.1b36-31323334-51454d55-00000001", "", true},
		{"nvme.1b36-30303030-51454d55-00000001", "", false}, /* serial "0000" */
		{"nvme.1b36-20202020-51454d55-00000001", "", false},
		{"nvme.1b36--51454d55-00000001", "", false},
		{"nvme.1b36", "", false},
		{"t10.ATA     SSD 120GB                               A1B2", "SSD 120GB", true},
		{"t10.ATA     SSD 120GB                               0000", "SSD 120GB", false},
		{"t10.ATA     SSD 120GB", "SSD 120GB", false},
		{"t10.Generic STORAGE DEVICE", "STORAGE DEVICE", false},
		{"t10.Generic STORAGE DEVICE 12", "STORAGE DEVICE", true},
		{"t10.Generic STORAGE DEVICE  000000000000", "STORAGE DEVICE", false},
		{"scsi.000", "", false},
		{"t10.", "", false},
		{"0000", "", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		if (multipath_is_unique(ids[i].wwid, ids[i].model) != ids[i].unique)
			fail_msg("%s is %sunique", ids[i].wwid, ids[i].unique ? "not " : "");
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
		sandbox_test(an_equal_id_alone_does_not_make_one_disk_of_two),
		cmocka_unit_test(an_id_must_have_a_number_of_its_own),
		sandbox_test(a_machine_without_disks_has_none),
	};

	return cmocka_run_group_tests_name("multipath", tests, NULL, NULL);
}
