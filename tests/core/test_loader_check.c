/* SPDX-License-Identifier: MIT */
#include "core/plan/loader_check.h"

#include "tests/lib/sandbox.h"

static struct disk target;
static struct layout layout;
static struct loader_check check;

/* An eMMC with a loader of Rockchip at sector 64, empty boot areas, and a layout without a blob. */
static int setup(void **state)
{
	(void)state;
	target = (struct disk){.name = "mmcblk1",
		.kind = DISK_EMMC,
		.boot = {{"mmcblk1boot0", MIB(4)}, {"mmcblk1boot1", MIB(4)}}};
	target.content = (struct disk_content){.state = CONTENT_TABLE,
		.loader_count = 1,
		.loaders = {{LOADER_ROCKCHIP, KIB(32), ""}},
		.boot = {{.kind = LOADER_EMPTY}, {.kind = LOADER_EMPTY}},
		.boot_enable = BOOT_ENABLE_NONE};
	layout = *layout_find("single-gpt");
	return 0;
}

static void expect(enum loader_severity severity, const char *rows)
{
	char text[400] = "", one[160];

	loader_check(SCOPE_ALL, &target, &layout, false, &check);
	for (uint32_t i = 0; i < check.count; i++) {
		loader_row_phrase(&check.rows[i], one, sizeof(one));
		(void)str_format(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
			i ? "; " : "", one);
	}
	assert_string_equal(text, rows);
	assert_int_equal(check.severity, severity);
	assert_int_equal(check.text[0] != '\0', severity != LOADER_FINE);
}

static void add_blob(enum blob_target to, uint64_t offset)
{
	layout.blobs[layout.blob_count++] =
		(struct layout_blob){.target = to, .offset_bytes = offset, .size_bytes = KIB(100)};
}

#define LOST "Rockchip boot loader at 32 KiB: will be erased"

static void a_board_that_loses_its_loader(void **state)
{
	(void)state;
	expect(LOADER_ERROR, LOST);
	assert_string_equal(check.text,
		"mmcblk1 loses its Rockchip boot loader, and layout single-gpt writes none: the board "
		"would not start. Choose a layout with its boot loader, or allow it (--allow unbootable).");
	assert_string_equal(loader_fate_name(check.rows[0].fate), "erased");
	assert_string_equal(check.rows[0].place, "user");
}

/* Its content may be of another board. */
static void a_card_may_be_of_another_board(void **state)
{
	static const enum disk_kind kinds[] = {
		DISK_SD, DISK_USB, DISK_FIXED, DISK_LOOP, DISK_IMAGE};

	(void)state;
	target.boot[0].name[0] = target.boot[1].name[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		target.kind = kinds[i];
		expect(LOADER_WARNING, LOST);
		assert_null(strstr(check.text, "--allow"));
	}
}

/* A blob may be the loader, whatever its name and place. */
static void a_layout_with_a_loader(void **state)
{
	(void)state;
	add_blob(BLOB_DISK, MIB(1));
	expect(LOADER_FINE, LOST);
	add_blob(BLOB_DISK, KIB(32));
	expect(LOADER_FINE, "Rockchip boot loader at 32 KiB: will be replaced");
	layout.blobs[1].offset_bytes = KIB(32) + 1;
	expect(LOADER_FINE, LOST);
	layout.blobs[1].offset_bytes = 0;
	layout.blobs[1].size_bytes = KIB(32);
	expect(LOADER_FINE, LOST);
	layout.blob_count = 0;
	add_blob(BLOB_PARTITION, 0);
	expect(LOADER_FINE, LOST);
	layout.blob_count = 0;
	add_blob(BLOB_BOOT1, 0);
	expect(LOADER_FINE, LOST);
}

static void a_boot_area_that_stays(void **state)
{
	(void)state;
	target.content.boot[0].kind = LOADER_DATA;
	expect(LOADER_WARNING, LOST "; boot0, unknown data: stays");
	target.content.boot_enable = BOOT_ENABLE_BOOT0;
	expect(LOADER_FINE, LOST "; boot0, unknown data: stays, and will be started first");
	/* The layout's setting counts, but only for an eMMC. */
	layout.emmc.boot = EMMC_BOOT_USER;
	expect(LOADER_WARNING, LOST "; boot0, unknown data: stays");
	layout.emmc.boot = EMMC_BOOT_BOOT1;
	expect(LOADER_WARNING, LOST "; boot0, unknown data: stays; "
				    "boot1, empty: stays, and will be started first");
	target.content.boot[0].kind = LOADER_EMPTY;
	expect(LOADER_ERROR, LOST "; boot1, empty: stays, and will be started first");
	layout.emmc.boot = EMMC_BOOT_KEEP;
	target.content.boot_enable = BOOT_ENABLE_UNKNOWN;
	target.content.boot[0] = (struct disk_loader){LOADER_IMX, KIB(33), "U-Boot SPL 2020.04"};
	expect(LOADER_WARNING, LOST "; boot0, i.MX boot loader (U-Boot SPL 2020.04): stays");
	target.content.boot[0].kind = LOADER_UNREAD;
	expect(LOADER_WARNING, LOST);
	target.content.boot[0] = (struct disk_loader){.kind = LOADER_ALLWINNER};
	target.content.boot_enable = BOOT_ENABLE_BOOT0;
	target.content.boot_enable = BOOT_ENABLE_NONE;
	target.content.loader_count = 0; /* nothing is lost */
	expect(LOADER_FINE, "boot0, Allwinner boot loader: stays");
	target.content.loader_count = 1;
	add_blob(BLOB_BOOT0, 0);
	expect(LOADER_FINE, LOST "; boot0, Allwinner boot loader: will be replaced");
}

/* Not what is no loader of a ROM, and not where the archive brings what starts the board. */
static void no_false_alarm(void **state)
{
	static const enum loader_kind kinds[] = {LOADER_DATA, LOADER_BOOT_CODE, LOADER_GRUB,
		LOADER_SYSLINUX, LOADER_FIT, LOADER_UIMAGE};

	(void)state;
	loader_check(SCOPE_ALL, &target, &layout, true, &check);
	assert_int_equal(check.severity, LOADER_FINE);
	assert_int_equal(check.count, 1);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		target.content.loaders[0].kind = kinds[i];
		loader_check(SCOPE_ALL, &target, &layout, false, &check);
		assert_int_equal(check.severity, LOADER_FINE);
	}
	target.content.loader_count = 0;
	expect(LOADER_FINE, "");
	target.content = (struct disk_content){0}; /* not probed */
	expect(LOADER_FINE, "");
}

static void firmware_is_known_by_its_names(void **state)
{
	static const struct {
		const char *mount, *path;
		bool is;
	} paths[] = {
		{"/boot/firmware", "boot/firmware/bootcode.bin", true},
		{"/boot/firmware", "boot/firmware/start4.elf", true},
		{"/boot/firmware", "boot/firmware/config.txt", true},
		{"/boot/firmware", "boot/firmware2/config.txt", false},
		{"/boot/firmware", "boot/firmware/overlays/config.txt", false},
		{"/boot/efi", "boot/efi/EFI/BOOT/BOOTAA64.EFI", true},
		{"/boot/efi", "boot/efi/efi/debian/grubx64.efi", true},
		{"/boot/efi", "boot/efi/EFI/BOOT", false},
		{"/boot", "boot/MLO", true},
		{"/boot", "boot/boot.bin", true},
		{"/boot", "boot/extlinux/extlinux.conf", false},
		{"/boot", "boot/start.sh", false},
		{"/", "MLO", true},
		{"/", "boot/MLO", false},
		{"", "MLO", false},
	};
	struct layout_partition partition = {.fs = FS_VFAT};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		(void)STR_COPY(partition.mount, paths[i].mount);
		partition.fs = FS_VFAT;
		assert_int_equal(loader_is_firmware(&partition, paths[i].path), paths[i].is);
		partition.fs = FS_EXT4;
		assert_false(loader_is_firmware(&partition, paths[i].path));
	}
}

/* What the blobs do not overwrite stays. */
static void the_boot_loader_alone(void **state)
{
	(void)state;
	loader_check(SCOPE_BOOT, &target, &layout, false, &check);
	assert_int_equal(check.count, 1);
	assert_int_equal(check.rows[0].fate, LOADER_STAYS);
	assert_int_equal(check.severity, LOADER_FINE);
	add_blob(BLOB_DISK, KIB(32));
	loader_check(SCOPE_BOOT, &target, &layout, false, &check);
	assert_int_equal(check.rows[0].fate, LOADER_REPLACED);
}

static void only_an_emmc_has_settings(void **state)
{
	(void)state;
	assert_string_equal(loader_setting_phrase(&target, &layout), "");
	layout.emmc.boot = EMMC_BOOT_BOOT1;
	assert_string_equal(loader_setting_phrase(&target, &layout), "the eMMC boots from boot1");
	target.kind = DISK_SD;
	assert_string_equal(loader_setting_phrase(&target, &layout), "");
}

#define check_test(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		check_test(a_board_that_loses_its_loader),
		check_test(a_card_may_be_of_another_board),
		check_test(a_layout_with_a_loader),
		check_test(a_boot_area_that_stays),
		check_test(no_false_alarm),
		check_test(firmware_is_known_by_its_names),
		check_test(the_boot_loader_alone),
		check_test(only_an_emmc_has_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
