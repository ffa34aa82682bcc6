/* SPDX-License-Identifier: MIT */
#include "device/usage/parts.h"

#include "device/base/util.h"
#include "tests/lib/sandbox.h"

static struct parts parts;

static void list(const struct sandbox *box, const struct disk *disk)
{
	struct parts_use use;

	parts_use_load(box->root, &use);
	parts_of(box->root, &use, disk, &parts);
	parts_use_finish(&use);
}

static void make_disk(struct sandbox *box)
{
	sandbox_block(box, NULL, "mmcblk0", "179:0\n", "1000\n");
	sandbox_block(box, "mmcblk0", "mmcblk0p1", "179:1\n", "100\n");
	sandbox_block(box, "mmcblk0", "mmcblk0p2", "179:2\n", "200\n");
	sandbox_file(box, "sys/devices/bus/block/mmcblk0/mmcblk0p2/partition", "2\n");
	sandbox_file(box, "sys/devices/bus/block/mmcblk0/mmcblk0p2/start", "300\n");
	/* Not a partition. */
	sandbox_file(box, "sys/devices/bus/block/mmcblk0/mmcblk0boot0/size", "8\n");
	sandbox_file(box, "proc/self/mountinfo",
		"1 1 0:2 / / rw - rootfs rootfs rw\n"
		"2 1 179:1 / /boot rw - vfat /dev/mmcblk0p1 rw\n"
		"3 1 179:1 / /boot rw - vfat /dev/mmcblk0p1 rw\n"
		"4 1 179:10 / /ten rw - ext4 /dev/mmcblk0p10 rw\n"
		"5 1 0:40 /sub /a\\040b\x1b rw - btrfs /dev/mmcblk0p2 rw\n");
	sandbox_file(box, "proc/swaps",
		"Filename\tType\tSize\tUsed\tPriority\n"
		"/dev/mmcblk0p70 partition 1 0 -2\n"
		"/dev/cciss/c0d0p1 partition 1 0 -2\n"
		"/dev/mmcblk0p2\tpartition 1 0 -2\n");
}

static void the_kernel_knows_them(void **state)
{
	struct sandbox *box = *state;
	struct disk disk = {.name = "mmcblk0"};

	make_disk(box);
	for (enum content_state content = CONTENT_PENDING; content <= CONTENT_SILENT; content++) {
		disk.content.state = content;
		list(box, &disk);
		/* Content that was read decides. */
		if (content == CONTENT_BLANK || content == CONTENT_TABLE ||
			content == CONTENT_FILESYSTEM) {
			assert_int_equal(parts.count, 0);
			continue;
		}
		assert_int_equal(parts.count, 2);
		assert_int_equal(parts.total, 2);
		assert_string_equal(parts.list[1].name, "mmcblk0p2");
		assert_int_equal(parts.list[1].partition.number, 2);
		assert_int_equal(parts.list[1].partition.start, 300);
		assert_int_equal(parts.list[1].partition.sectors, 200);
		assert_string_equal(parts.list[1].partition.fs_type, "");
	}
}

static void mounts_and_swap_are_found(void **state)
{
	struct sandbox *box = *state;
	struct disk disk = {.name = "mmcblk0",
		.content = {.state = CONTENT_TABLE,
			.partition_count = 3,
			.partitions = {{.number = 1, .sectors = 100, .fs_type = "vfat"},
				{.number = 2, .sectors = 200, .fs_type = "btrfs"},
				{.number = 7, .sectors = 5, .fs_label = "x"}}}};

	make_disk(box);
	list(box, &disk);
	assert_int_equal(parts.count, 3);
	assert_string_equal(parts.list[0].partition.fs_type, "vfat");
	assert_int_equal(parts.list[0].mount_count, 1);
	assert_string_equal(parts.list[0].mounts[0], "/boot");
	/* By its source, as btrfs has a device number of its own. */
	assert_int_equal(parts.list[1].mount_count, 2);
	assert_string_equal(parts.list[1].mounts[0], "/a b?");
	assert_string_equal(parts.list[1].mounts[1], "[SWAP]");
	assert_string_equal(parts.list[2].name, "mmcblk0p7");
	assert_int_equal(parts.list[2].mount_count, 0);

	STR_COPY(disk.name, "cciss!c0d0");
	list(box, &disk);
	assert_string_equal(parts.list[0].name, "cciss!c0d0p1");
	assert_int_equal(parts.list[0].mount_count, 1);
	assert_string_equal(parts.list[0].mounts[0], "[SWAP]");

	disk.content.partition_count = DISK_PARTITIONS_MAX + 4;
	list(box, &disk);
	assert_int_equal(parts.count, DISK_PARTITIONS_MAX);
	assert_int_equal(parts.total, DISK_PARTITIONS_MAX + 4);
}

static void many_mounts_are_counted(void **state)
{
	struct sandbox *box = *state;
	struct disk disk = {.name = "mmcblk0"};
	char table[1024] = "";

	make_disk(box);
	for (int i = 0; i < 6; i++)
		(void)str_format(table + strlen(table), sizeof(table) - strlen(table),
			"%d 1 179:1 / /mnt%d rw - vfat /dev/mmcblk0p1 rw\n", i + 2, i);
	sandbox_file(box, "proc/self/mountinfo", table);
	list(box, &disk);
	assert_int_equal(parts.list[0].mount_count, 6);
	assert_string_equal(parts.list[0].mounts[PART_MOUNTS_MAX - 1], "/mnt3");
}

/* No proc: nothing is known of mounts. */
static void a_bare_machine(void **state)
{
	struct sandbox *box = *state;
	struct disk disk = {.name = "sdz"};

	sandbox_block(box, NULL, "sdz", "8:0\n", "1000\n");
	sandbox_block(box, "sdz", "sdz1", "8:1\n", "100\n");
	list(box, &disk);
	assert_int_equal(parts.count, 1);
	assert_int_equal(parts.list[0].mount_count, 0);
	disk.name[2] = 'y';
	list(box, &disk);
	assert_int_equal(parts.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sandbox_test(the_kernel_knows_them),
		sandbox_test(mounts_and_swap_are_found),
		sandbox_test(many_mounts_are_counted),
		sandbox_test(a_bare_machine),
	};

	return cmocka_run_group_tests_name("parts", tests, NULL, NULL);
}
