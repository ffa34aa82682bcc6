/* SPDX-License-Identifier: MIT */
#include "device/disk/loader_scan.h"

#include "device/disk/probe.h"
#include "tests/lib/device_fixture.h"

#include <linux/mmc/ioctl.h>

#define DISK_BYTES MIB(256)

static struct fixture fixture;

static int setup(void **state)
{
	(void)state;
	fixture_make_image(&fixture, DISK_BYTES);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_finish(&fixture);
	return 0;
}

static void put(uint64_t offset, const char *bytes, size_t length)
{
	assert_int_equal(pwrite_full(fixture.image_fd, bytes, length, offset), 0);
}
#define PUT(offset, text) put((offset), (text), sizeof(text) - 1)

static void make_table(const char *name)
{
	struct table_bytes table;
	struct layout layout;
	struct diag diag;

	assert_int_equal(layout_place(layout_find(name), DISK_BYTES, 0, &layout, &diag), 0);
	layout_assign_ids(&layout, layout_random);
	table_bytes_make(&layout, &table);
	assert_int_equal(ptable_write(fixture.image_fd, &table, &diag), 0);
}

/* Compares with "rockchip 32768, fit 8388608". */
static void expect(const char *wanted)
{
	struct disk_content content;
	char found[256] = "";

	probe_content(fixture.image, &content);
	for (uint32_t i = 0; i < content.loader_count; i++)
		(void)str_format(found + strlen(found), sizeof(found) - strlen(found), "%s%s %llu",
			i ? ", " : "", loader_name(content.loaders[i].kind),
			(unsigned long long)content.loaders[i].offset_bytes);
	assert_string_equal(found, wanted);
	assert_int_equal(content.boot_enable, BOOT_ENABLE_UNKNOWN);
	assert_int_equal(content.boot[0].kind, LOADER_UNREAD);
}

static void an_empty_disk_has_none(void **state)
{
	(void)state;
	expect("");
	fixture_fill(fixture.image_fd, 0, MIB(2), 0xff);
	expect("");
}

/* Its rest is no data of another; an image is named; the entries of a GPT are no data. */
static void a_loader_before_the_partitions(void **state)
{
	struct disk_content content;

	(void)state;
	make_table("single-gpt");
	expect("");
	PUT(KIB(32), "RKNS");
	fixture_fill(fixture.image_fd, KIB(32) + 4, KIB(200), 0xaa);
	PUT(KIB(40), "\0U-Boot SPL 2024.01 (x)");
	expect("rockchip 32768");
	PUT(MIB(2), "\xd0\x0d\xfe\xed");
	PUT(MIB(3), "\xd0\x0d\xfe\xed");
	expect("rockchip 32768, fit 2097152");
	PUT(KIB(20), "x");
	expect("data 20480, rockchip 32768, fit 2097152");
	probe_content(fixture.image, &content);
	assert_string_equal(content.loaders[1].version, "U-Boot SPL 2024.01");
	assert_string_equal(content.loaders[0].version, "");
	assert_int_equal(content.state, CONTENT_TABLE);
}

/* A boot ROM does not care for partitions, and one finds its loader by them. */
static void a_loader_in_a_partition(void **state)
{
	(void)state;
	make_table("single-gpt");
	PUT(MIB(4), "STM2");
	PUT(MIB(5), "RKNS");
	PUT(MIB(6), "\x27\x05\x19\x56");
	expect("stm32 4194304");
}

static void a_disk_without_a_table(void **state)
{
	(void)state;
	PUT(KIB(8), "\x16\0\0\xea"
		    "eGON.BT0");
	expect("allwinner 8192");
	PUT(MIB(15), "x");
	expect("allwinner 8192");
	PUT(KIB(8), "\0\0\0\0\0\0\0\0\0\0\0\0");
	expect("data 15728640");
	PUT(100, "x");
	expect("data 0");
	PUT(MIB(17), "x"); /* further than is read */
	PUT(MIB(15), "\0");
	PUT(100, "\0");
	expect("");
}

/* Of the first block only the code counts, not the table or the disk ID. */
static void boot_code_of_an_mbr(void **state)
{
	(void)state;
	make_table("single-mbr");
	expect("");
	PUT(0, "\xfa\xb8");
	expect("boot-code 0");
	PUT(0x180, "GRUB \0Geom\0Hard Disk");
	PUT(512, "core");
	expect("grub 0");
}

/* A filesystem has boot sectors of its own. */
static void a_filesystem_is_not_searched(void **state)
{
	struct disk_content content = {.state = CONTENT_FILESYSTEM};

	(void)state;
	PUT(KIB(32), "RKNS");
	loader_scan_disk(fixture.image_fd, DISK_BYTES, &content);
	assert_int_equal(content.loader_count, 0);
	/* Unknown partitions could be taken for data: only the places count. */
	content =
		(struct disk_content){.state = CONTENT_TABLE, .type = "dos", .partition_count = 99};
	PUT(KIB(20), "x");
	loader_scan_disk(fixture.image_fd, DISK_BYTES, &content);
	assert_int_equal(content.loader_count, 1);
	assert_int_equal(content.loaders[0].kind, LOADER_ROCKCHIP);
}

/* No more than there is room for, whatever the disk holds, and however short it is. */
static void nonsense_is_bounded(void **state)
{
	struct disk_content content;

	(void)state;
	PUT(KIB(8), "xxxxeGON.BT0");
	PUT(KIB(32), "RKNS");
	PUT(KIB(128), "xxxxeGON.BT0");
	PUT(KIB(256) + 0x14, "CHSETTINGS");
	PUT(KIB(384) + 0x14, "CHSETTINGS");
	PUT(512, "EFI PART");
	fixture_fill(fixture.image_fd, 512 + 72, 16, 0xfe);
	expect("allwinner 8192, rockchip 32768, allwinner 131072, ti 262144");
	for (uint64_t size = 0; size < KIB(34); size += 777) {
		content = (struct disk_content){.state = CONTENT_BLANK};
		loader_scan_disk(fixture.image_fd, size, &content);
		assert_true(content.loader_count <= 3);
	}
	content = (struct disk_content){.state = CONTENT_BLANK};
	loader_scan_disk(-1, DISK_BYTES, &content);
	assert_int_equal(content.loader_count, 0);
}

/* ---- boot areas ---- */

static int config, command_error;

static int fake_command(const struct emmc_card *card, struct mmc_ioc_cmd *command)
{
	uint8_t *register_bytes = (uint8_t *)(uintptr_t)command->data_ptr;

	(void)card;
	memset(register_bytes, 0, EXT_CSD_BYTES);
	register_bytes[EXT_CSD_PARTITION_CONFIG] = (uint8_t)config;
	return command_error;
}

static void make_area(const char *name, uint64_t offset, const char *bytes)
{
	_cleanup_close_ int fd = -1;
	char path[300];

	(void)STR_FORMAT(path, "%s/%s", fixture.dir, name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)MIB(1)), 0);
	assert_int_equal(pwrite_full(fd, bytes, strlen(bytes), offset), 0);
}

static void boot_areas_and_their_state(void **state)
{
	static const struct {
		int config, error;
		enum disk_boot_enable enable;
	} values[] = {{0x00, 0, BOOT_ENABLE_NONE}, {0x48, 0, BOOT_ENABLE_BOOT0},
		{0x50, 0, BOOT_ENABLE_BOOT1}, {0x78, 0, BOOT_ENABLE_USER},
		{0x3a, 0, BOOT_ENABLE_USER}, {0x20, 0, BOOT_ENABLE_UNKNOWN},
		{0x48, -EPERM, BOOT_ENABLE_UNKNOWN}};
	const struct emmc_card card = {-1, fake_command};
	struct disk_content content = {0};
	char path[300];

	(void)state;
	(void)STR_FORMAT(path, "%s/mmcblk7", fixture.dir);
	loader_scan_boot_areas(path, &card, &content);
	assert_int_equal(content.boot[0].kind, LOADER_UNREAD);
	assert_int_equal(content.boot_enable, BOOT_ENABLE_UNKNOWN);
	make_area("mmcblk7boot0", KIB(1), "xU-Boot SPL 2023.04 ");
	make_area("mmcblk7boot1", 0, "");
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		config = values[i].config;
		command_error = values[i].error;
		loader_scan_boot_areas(path, &card, &content);
		assert_int_equal(content.boot_enable, values[i].enable);
	}
	assert_int_equal(content.boot[0].kind, LOADER_DATA);
	assert_string_equal(content.boot[0].version, "U-Boot SPL 2023.04");
	assert_int_equal(content.boot[1].kind, LOADER_EMPTY);
	make_area("mmcblk7boot0", KIB(32), "RKNS");
	make_area("mmcblk7boot1", KIB(255), "x");
	loader_scan_boot_areas(path, &card, &content);
	assert_int_equal(content.boot[0].kind, LOADER_ROCKCHIP);
	assert_int_equal(content.boot[0].offset_bytes, KIB(32));
	assert_int_equal(content.boot[1].kind, LOADER_DATA);
	/* Another disk has none, whatever the names beside it. */
	content = (struct disk_content){0};
	make_area("sdaboot0", 0, "x");
	(void)STR_FORMAT(path, "%s/sda", fixture.dir);
	loader_scan_boot_areas(path, &card, &content);
	assert_int_equal(content.boot[0].kind, LOADER_UNREAD);
}

#define scan_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		scan_test(an_empty_disk_has_none),
		scan_test(a_loader_before_the_partitions),
		scan_test(a_loader_in_a_partition),
		scan_test(a_disk_without_a_table),
		scan_test(boot_code_of_an_mbr),
		scan_test(a_filesystem_is_not_searched),
		scan_test(nonsense_is_bounded),
		scan_test(boot_areas_and_their_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
