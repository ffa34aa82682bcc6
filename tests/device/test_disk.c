/* SPDX-License-Identifier: MIT */
#include "device/disk/disk.h"

#include "device/base/util.h"
#include "tests/lib/sandbox.h"

#include <errno.h>

static void kinds_have_names(void **state)
{
	(void)state;
	for (enum disk_kind kind = 0; kind < DISK_KIND_COUNT; kind++) {
		assert_int_equal(disk_kind_parse(disk_kind_name(kind)), kind);
		assert_true(disk_kind_label(kind)[0] != '\0');
	}
	assert_int_equal(disk_kind_parse("eMMC"), DISK_KIND_COUNT);
	assert_int_equal(disk_kind_parse(""), DISK_KIND_COUNT);
	assert_string_equal(disk_kind_name(DISK_FIXED), "disk");
	assert_string_equal(disk_kind_label(DISK_EMMC), "eMMC");
}

static void fixed_disks_have_a_bus(void **state)
{
	static const struct {
		const char *name, *port, *bus, *label;
		enum disk_kind kind;
	} disks[] = {
		{"nvme0n1", "devices/pci/nvme/nvme0/nvme0n1", "nvme", "NVMe", DISK_FIXED},
		{"sda", "devices/pci/ata1/host0/x/block/sda", "sata", "SATA", DISK_FIXED},
		{"sdb", "devices/platform/1d84000.ufshc/host0/block/sdb", "ufs", "UFS", DISK_FIXED},
		{"sdc", "devices/pci/host0/block/sdc", "scsi", "SCSI", DISK_FIXED},
		{"vda", "devices/pci/virtio0/block/vda", "virtio", "virtio", DISK_FIXED},
		{"sdd", "devices/pci/usb1/1-1/block/sdd", NULL, "USB", DISK_USB},
		{"mmcblk0", "devices/mmc0", NULL, "eMMC", DISK_EMMC},
		{"pmem0", "devices/x", NULL, "disk", DISK_FIXED},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(disks); i++) {
		struct disk disk = {.kind = disks[i].kind};

		(void)STR_COPY(disk.name, disks[i].name);
		(void)STR_COPY(disk.id.devpath, disks[i].port);
		assert_string_equal(disk_label(&disk), disks[i].label);
		if (disks[i].bus)
			assert_string_equal(disk_bus(&disk), disks[i].bus);
		else
			assert_null(disk_bus(&disk));
	}
}

static void kinds_are_listed(void **state)
{
	static const char *const wrong[] = {
		"", "sd,", ",sd", "sd,,usb", "other", "sd usb", "SD", "Worn"};
	unsigned kinds = 0;
	char bad[32];

	(void)state;
	assert_int_equal(disk_allow_parse("sd", &kinds, bad), 0);
	assert_int_equal(kinds, 1u << DISK_SD);
	assert_int_equal(disk_allow_parse("usb,emmc,image", &kinds, bad), 0);
	assert_int_equal(kinds, 1u << DISK_USB | 1u << DISK_EMMC | 1u << DISK_IMAGE);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(disk_allow_parse(wrong[i], &kinds, bad), -EINVAL);
	assert_int_equal(disk_allow_parse("worn", &kinds, bad), 0);
	assert_int_equal(kinds, ALLOW_WORN);
	for (enum disk_kind kind = 0; kind < DISK_KIND_COUNT; kind++)
		assert_int_equal(kinds & 1u << kind, 0);
	assert_int_equal(disk_allow_parse("unbootable", &kinds, bad), 0);
	assert_int_equal(kinds, ALLOW_UNBOOTABLE);
	assert_int_equal(disk_allow_parse("usb,worn,emmc,image", &kinds, bad), 0);
	assert_int_equal(kinds, 1u << DISK_USB | 1u << DISK_EMMC | 1u << DISK_IMAGE | ALLOW_WORN);
	assert_int_equal(disk_allow_parse("sd,floppy,usb", &kinds, bad), -EINVAL);
	assert_string_equal(bad, "floppy");
	assert_int_equal(kinds, 1u << DISK_USB | 1u << DISK_EMMC | 1u << DISK_IMAGE | ALLOW_WORN);
}

static void reasons_have_names_of_their_own_and_advice(void **state)
{
	(void)state;
	for (enum reason_code a = 0; a < REASON_COUNT; a++) {
		const char *advice = reason_advice(a);

		assert_non_null(reason_name(a));
		assert_true(strlen(advice) > 10);
		assert_int_not_equal(advice[strlen(advice) - 1], '.');
		for (enum reason_code b = 0; b < a; b++)
			assert_string_not_equal(reason_name(a), reason_name(b));
	}
	assert_string_equal(reason_name(REASON_NO_MEDIUM), "no-medium");
}

static void reasons_are_kept_up_to_the_maximum(void **state)
{
	struct disk disk = {0};

	(void)state;
	for (unsigned i = 0; i < DISK_REASONS_MAX + 2; i++)
		disk_refuse(&disk, REASON_MOUNTED, "mount %u", i);
	assert_int_equal(disk.reason_count, DISK_REASONS_MAX);
	assert_string_equal(disk.reasons[0].text, "mount 0");
	assert_string_equal(disk.reasons[DISK_REASONS_MAX - 1].text, "mount 7");
}

static void identity_reports_what_differs(void **state)
{
	const struct disk_identity base = {.major = 179,
		.minor = 8,
		.size_bytes = 1000,
		.diskseq = 3,
		.cid = "aa",
		.serial = "0x01",
		.devpath = "devices/mmc0"};
	struct disk_identity other = base;
	const char *what = NULL;

	(void)state;
	assert_true(disk_identity_equal(&base, &other, &what));
	assert_null(what);

#define DIFFERS(change, name)                                                                      \
	do {                                                                                       \
		other = base;                                                                      \
		change;                                                                            \
		assert_false(disk_identity_equal(&base, &other, NULL));                            \
		assert_false(disk_identity_equal(&base, &other, &what));                           \
		assert_string_equal(what, name);                                                   \
	} while (0)
	DIFFERS(other.cid[1] = 'b', "CID");
	DIFFERS(other.serial[0] = '\0', "serial number");
	DIFFERS(other.size_bytes++, "size");
	DIFFERS(other.file_dev++, "file");
	DIFFERS(other.file_ino++, "file");
	DIFFERS(other.devpath[0] = 'x', "port");
	DIFFERS(other.diskseq++, "disk sequence number");
	DIFFERS(other.major++, "device number");
	DIFFERS(other.minor++, "device number");
	/* Another card: the field that a person can check comes first. */
	DIFFERS((other.minor++, other.size_bytes++, other.cid[0] = 'c'), "CID");
}

/* The two CIDs have the same serial at different offsets. */
static const char emmc_cid[] = "aa015851454d55212101DEADBEEF2900";
static const char sd_cid[] = "aa585951454d552101deadbeef006200";

static void expect_words(
	const struct disk *disk, bool by_serial, const char *confirm, const char *brief)
{
	char text[32];

	assert_int_equal(disk_confirm_word(disk, text), by_serial);
	assert_string_equal(text, confirm);
	disk_identity_short(disk, text);
	assert_string_equal(text, brief);
}

static void cards_are_confirmed_by_serial(void **state)
{
	struct disk emmc = {.name = "mmcblk0", .kind = DISK_EMMC};
	struct disk sd = {.name = "mmcblk1", .kind = DISK_SD};

	(void)state;
	(void)STR_COPY(emmc.id.cid, emmc_cid);
	(void)STR_COPY(sd.id.cid, sd_cid);
	expect_words(&emmc, true, "beef", "..beef");
	expect_words(&sd, true, "beef", "..beef");
	(void)STR_COPY(emmc.id.serial, "0x3F2A9F31");
	expect_words(&emmc, true, "9f31", "..9f31");
	/* A kernel that prints no leading zeros. */
	(void)STR_COPY(emmc.id.serial, "0x7");
	expect_words(&emmc, true, "beef", "..beef");
}

static void other_disks_are_confirmed_by_name(void **state)
{
	struct disk usb = {
		.name = "sda",
		.kind = DISK_USB,
		.id.serial = "4C530001",
		.id.devpath =
			"devices/pci0000:00/0000:00:06.0/usb2/2-1/2-1.4/2-1.4:1.0/host0/block/sda",
	};
	struct disk nvme = {.name = "nvme0n1", .kind = DISK_FIXED, .id.serial = "S4EWNX0M"};
	struct disk image = {.name = "x.img", .kind = DISK_IMAGE, .id.devpath = "/tmp/2-1/x.img"};

	(void)state;
	expect_words(&usb, false, "sda", "usb 2-1.4");
	expect_words(&nvme, false, "nvme0n1", "..NX0M");
	expect_words(&image, false, "x.img", "");
	(void)STR_COPY(usb.id.devpath, "devices/platform/soc/sda");
	(void)STR_COPY(usb.id.serial, "42");
	expect_words(&usb, false, "sda", "42");
}

static void expect_phrase(const struct disk_content *content, const char *phrase)
{
	char text[80];

	disk_content_phrase(content, text, sizeof(text));
	assert_string_equal(text, phrase);
}

static void content_is_a_phrase(void **state)
{
	struct disk_content content = {.state = CONTENT_TABLE, .type = "gpt"};

	(void)state;
	expect_phrase(&content, "empty gpt table");
	content.partition_count = 1;
	expect_phrase(&content, "1 partition");
	content.partition_count = 20; /* more than the array holds */
	content.partitions[0] =
		(struct disk_partition){.sectors = 10, .fs_type = "vfat", .fs_label = "BOOT"};
	content.partitions[3] =
		(struct disk_partition){.sectors = 99, .fs_type = "ext4", .fs_label = "rootfs"};
	content.partitions[4] = (struct disk_partition){.sectors = 500};
	expect_phrase(&content, "20 partitions, ext4 \"rootfs\"");

	content = (struct disk_content){.state = CONTENT_FILESYSTEM, .type = "ext4"};
	expect_phrase(&content, "ext4");
	(void)STR_COPY(content.label, "data");
	expect_phrase(&content, "ext4 \"data\"");
	for (enum content_state s = 0; s <= CONTENT_SILENT; s++) {
		char text[80];

		content.state = s;
		disk_content_phrase(&content, text, sizeof(text));
		assert_true(text[0] != '\0');
	}
	content.state = CONTENT_SILENT;
	expect_phrase(&content, "not answering");
}

/* Each is a sentence: not "holds: blank" or "holds: not answering". */
static void content_is_a_sentence(void **state)
{
	static const struct {
		enum content_state content;
		const char *sentence;
	} cases[] = {
		{CONTENT_PENDING, "Its content is still being read."},
		{CONTENT_BLANK, "It is blank."},
		{CONTENT_TABLE, "It holds 2 partitions."},
		{CONTENT_FILESYSTEM, "It holds ext4 \"a %s\"."},
		{CONTENT_AMBIVALENT, "It holds signatures of several filesystems."},
		{CONTENT_DENIED, "Its content is not known: no permission to read it."},
		{CONTENT_UNREADABLE, "Its content is not known: it cannot be read."},
		{CONTENT_SILENT, "Its content is not known: it does not answer."},
	};
	struct disk_content content = {.type = "ext4", .label = "a %s", .partition_count = 2};
	char text[120];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		content.state = cases[i].content;
		disk_content_sentence(&content, text, sizeof(text));
		assert_string_equal(text, cases[i].sentence);
	}
}

static void gaps_are_reported(void **state)
{
	struct disk_content content = {.state = CONTENT_BLANK};
	char gap[48];

	(void)state;
	assert_false(disk_content_has_gap(&content, gap));
	content = (struct disk_content){.state = CONTENT_FILESYSTEM, .type = "bcachefs"};
	assert_false(disk_content_has_gap(&content, gap));
	(void)STR_COPY(content.type, "silicon_medley_raid_member"); /* the longest container type */
	assert_true(disk_content_has_gap(&content, gap));
	assert_string_equal(gap, "has silicon_medley_raid_member");
	(void)STR_COPY(content.type, "bcache");
	assert_true(disk_content_has_gap(&content, gap));
	(void)STR_COPY(content.type, "_member"); /* not a type of libblkid */
	assert_false(disk_content_has_gap(&content, gap));
	content.partial = true;
	assert_true(disk_content_has_gap(&content, gap));
	assert_string_equal(gap, "partly read");
	content.state = CONTENT_SILENT;
	assert_true(disk_content_has_gap(&content, gap));
	assert_string_equal(gap, "unread");
}

static void health_is_a_phrase(void **state)
{
	static const struct {
		int a, b, pre_eol;
		const char *want;
	} cases[] = {
		{0, 0, 0, "n/a"}, /* 0x00 is "not defined" */
		{0, 0, 1, "n/a, reserve normal"},
		{1, 0, 0, "0-10 % used"},
		{1, 2, 1, "10-20 % used, reserve normal"},
		{10, 9, 2, "90-100 % used, reserve 80 % used"},
		{2, 11, 3, "worn out, reserve 90 % used"},
	};
	char text[96];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct disk disk = {.life_time_a = cases[i].a,
			.life_time_b = cases[i].b,
			.pre_eol = cases[i].pre_eol};

		disk_health_phrase(&disk, text, sizeof(text));
		assert_string_equal(text, cases[i].want);
	}
}

static void an_emmc_is_described(void **state)
{
	struct disk disk = {.kind = DISK_EMMC};
	char text[96];

	(void)state;
	assert_string_equal(disk_emmc_version(&disk), "");
	disk_boot_phrase(&disk, text, sizeof(text));
	assert_string_equal(text, "none");
	disk.emmc_revision = 8;
	assert_string_equal(disk_emmc_version(&disk), "5.1");
	disk.emmc_revision = 200;
	assert_string_equal(disk_emmc_version(&disk), "");
	disk.boot[0] = (struct disk_boot_area){"mmcblk0boot0", MIB(4)};
	disk.boot[1] = (struct disk_boot_area){"mmcblk0boot1", KIB(2176)};
	disk_boot_phrase(&disk, text, sizeof(text));
	assert_string_equal(text, "boot0 4 MiB, boot1 2176 KiB");
	disk_boot_content_phrase(&disk.content, text, sizeof(text));
	assert_string_equal(text, "");
	disk.content.boot[0].kind = LOADER_IMX;
	disk.content.boot[1].kind = LOADER_EMPTY;
	disk_boot_content_phrase(&disk.content, text, sizeof(text));
	assert_string_equal(text, "boot0 i.MX boot loader, boot1 empty");
	disk.content.boot_enable = BOOT_ENABLE_BOOT1;
	disk_boot_content_phrase(&disk.content, text, sizeof(text));
	assert_string_equal(text, "boot0 i.MX boot loader, boot1 empty, boot1 starts first");
	disk.content.boot_enable = BOOT_ENABLE_UNKNOWN;
	disk_boot_phrase(&disk, text, 8); /* cut, but terminated */
	assert_string_equal(text, "boot0 4");
}

static void partitions_are_named_as_in_the_kernel(void **state)
{
	static const struct {
		const char *disk;
		unsigned number;
		const char *name;
	} cases[] = {{"sda", 1, "sda1"}, {"mmcblk0", 2, "mmcblk0p2"}, {"nvme0n1", 12, "nvme0n1p12"},
		{"loop7", 1, "loop7p1"}, {"vdb", 3, "vdb3"}};
	char name[DISK_PARTITION_NAME_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		disk_partition_name(cases[i].disk, cases[i].number, name);
		assert_string_equal(name, cases[i].name);
	}
}

/* What stands outside the partitions, and what an eMMC starts. */
static void loaders_have_phrases(void **state)
{
	struct disk_content content = {.loader_count = 2,
		.loaders = {
			{LOADER_ROCKCHIP, KIB(32), "U-Boot SPL 2024.01"}, {LOADER_DATA, 512, ""}}};
	char text[128];

	(void)state;
	disk_loaders_phrase(&content, text, sizeof(text));
	assert_string_equal(text, "Rockchip boot loader at 32 KiB, unknown data at 512 B");
	disk_loaders_phrase(&content, text, 12);
	assert_string_equal(text, "Rockchip bo");
	content.loader_count = 0;
	disk_loaders_phrase(&content, text, sizeof(text));
	assert_string_equal(text, "");
	disk_loader_phrase(&content.loaders[0], text, sizeof(text));
	assert_string_equal(text, "Rockchip boot loader (U-Boot SPL 2024.01)");
	assert_null(disk_boot_enable_name(BOOT_ENABLE_UNKNOWN));
	assert_string_equal(disk_boot_enable_name(BOOT_ENABLE_USER), "user");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loaders_have_phrases),
		cmocka_unit_test(content_is_a_sentence),
		cmocka_unit_test(gaps_are_reported),
		cmocka_unit_test(health_is_a_phrase),
		cmocka_unit_test(an_emmc_is_described),
		cmocka_unit_test(kinds_have_names),
		cmocka_unit_test(fixed_disks_have_a_bus),
		cmocka_unit_test(kinds_are_listed),
		cmocka_unit_test(reasons_have_names_of_their_own_and_advice),
		cmocka_unit_test(reasons_are_kept_up_to_the_maximum),
		cmocka_unit_test(identity_reports_what_differs),
		cmocka_unit_test(cards_are_confirmed_by_serial),
		cmocka_unit_test(other_disks_are_confirmed_by_name),
		cmocka_unit_test(content_is_a_phrase),
		cmocka_unit_test(partitions_are_named_as_in_the_kernel),
	};

	return cmocka_run_group_tests_name("disk", tests, NULL, NULL);
}
