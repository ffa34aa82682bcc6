/* SPDX-License-Identifier: MIT */
#include "device/layout/layout_keywords.h"

#include "device/base/util.h"
#include "device/disk/disk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define GPT_LINUX  "0fc63daf-8483-4772-8e79-3d69d8477de4"
#define UUID	   "01234567-89AB-4cde-8f01-23456789abcd"
#define UUID_LOWER "01234567-89ab-4cde-8f01-23456789abcd"

/* The object that a section describes. Each value is parsed into a zeroed one. */
union object {
	struct layout disk;
	struct layout_partition partition;
	struct layout_blob blob;
	struct layout_emmc emmc;
};

static const char *const *words_of(enum layout_section section)
{
	static const char *const words[SECTION_COUNT][20] = {
		[SECTION_DISK] = {"table", "align", "min-size", "id", "gpt-entries", "identity",
			"machine"},
		[SECTION_PARTITION] = {"size", "offset", "align", "min", "grow", "bootable", "type",
			"mbr-type", "format", "label", "mount", "image", "archive", "files",
			"mkfs-options", "uuid", "partuuid"},
		[SECTION_BLOB] = {"file", "target", "offset", "max"},
		[SECTION_EMMC] = {"boot-enable", "boot-ack", "boot-bus"},
	};

	return words[section];
}

static const struct layout_keyword *find(enum layout_section section, const char *name)
{
	const struct layout_keyword *word = layout_keyword_find(section, name);

	if (!word)
		fail_msg("section %d has no keyword %s", (int)section, name);
	return word;
}

static bool take(const struct layout_keyword *word, const char *text, union object *ret)
{
	memset(ret, 0, sizeof(*ret));
	return word->take(word, text, ret);
}

static void expect_refused(enum layout_section section, const char *name, const char *text)
{
	union object object;

	if (take(find(section, name), text, &object))
		fail_msg("%s accepts \"%s\"", name, text);
}

/* Parses @text and checks that nothing but the field changes. */
static union object expect_taken(enum layout_section section, const char *name, const char *text)
{
	const struct layout_keyword *word = find(section, name);
	union object object, zeroes;

	if (!take(word, text, &object))
		fail_msg("%s does not accept \"%s\"", name, text);
	if (word->size > 0) {
		memset(&zeroes, 0, sizeof(zeroes));
		memcpy((char *)&zeroes + word->offset, (char *)&object + word->offset, word->size);
		assert_memory_equal(&object, &zeroes, sizeof(object));
	}
	return object;
}

static void each_keyword_has_its_section(void **state)
{
	size_t count = 0, known = 0;

	(void)state;
	for (; layout_keywords[count].name; count++) {
		const struct layout_keyword *word = &layout_keywords[count];

		assert_true(word->section < SECTION_COUNT);
		assert_non_null(word->take);
		assert_true(word->what[0] != '\0');
		/* Each appears only once. */
		assert_ptr_equal(layout_keyword_find(word->section, word->name), word);
	}
	assert_true(count <= LAYOUT_KEYWORDS_MAX);
	for (enum layout_section s = SECTION_DISK; s < SECTION_COUNT; s++)
		for (const char *const *name = words_of(s); *name; name++, known++)
			assert_string_equal(find(s, *name)->name, *name);
	assert_int_equal(known, count);

	assert_null(layout_keyword_find(SECTION_DISK, "size"));
	assert_null(layout_keyword_find(SECTION_BLOB, "boot-ack"));
	assert_null(layout_keyword_find(SECTION_PARTITION, ""));
	assert_null(layout_keyword_find(SECTION_PARTITION, "Size"));
	assert_null(layout_keyword_find(SECTION_PARTITION, "siz"));
	assert_null(layout_keyword_find(SECTION_PARTITION, "sizes"));
	/* The same keyword, another field. */
	assert_int_not_equal(
		find(SECTION_PARTITION, "offset")->offset, find(SECTION_BLOB, "offset")->offset);
}

static void sizes_have_units(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{"0", 0},
		{"512", 512},
		{"0s", 0},
		{"1s", 512},
		{"3k", 3072},
		{"3K", 3072},
		{"5M", 5 << 20},
		{"7G", UINT64_C(7) << 30},
		/* The largest value of each unit. */
		{"72057594037927936", UINT64_C(1) << 56},
		{"140737488355328s", UINT64_C(1) << 56},
		{"70368744177664K", UINT64_C(1) << 56},
		{"68719476736M", UINT64_C(1) << 56},
		{"67108864G", UINT64_C(1) << 56},
	};
	static const char *const bad[] = {"", "s", "G", "-1", "+1", "1 ", " 1", "1 M", "1m", "1g",
		"1S", "1MB", "1MM", "1.5M", "0x10", "M1", "1T", "72057594037927937",
		"140737488355329s", "67108865G", "18446744073709551615", "18446744073709551616",
		"18446744073709551617K", "000000000000000000000000000000000000000000000000001"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		const char *text = good[i].text;

		assert_int_equal(
			expect_taken(SECTION_DISK, "align", text).disk.align_bytes, good[i].bytes);
		assert_int_equal(
			expect_taken(SECTION_DISK, "min-size", text).disk.min_bytes, good[i].bytes);
		assert_int_equal(expect_taken(SECTION_PARTITION, "size", text).partition.size_bytes,
			good[i].bytes);
		assert_int_equal(
			expect_taken(SECTION_PARTITION, "offset", text).partition.offset_bytes,
			good[i].bytes);
		assert_int_equal(expect_taken(SECTION_PARTITION, "min", text).partition.min_bytes,
			good[i].bytes);
		assert_int_equal(expect_taken(SECTION_BLOB, "offset", text).blob.offset_bytes,
			good[i].bytes);
		assert_int_equal(
			expect_taken(SECTION_BLOB, "max", text).blob.max_bytes, good[i].bytes);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		expect_refused(SECTION_PARTITION, "size", bad[i]);
}

static void choices_have_their_values(void **state)
{
	static const struct {
		enum layout_section section;
		const char *word, *text;
		int value;
	} good[] = {
		{SECTION_DISK, "table", "gpt", TABLE_GPT},
		{SECTION_DISK, "table", "mbr", TABLE_MBR},
		{SECTION_DISK, "identity", "archive", LAYOUT_IDENTITY_ARCHIVE},
		{SECTION_DISK, "identity", "new", LAYOUT_IDENTITY_NEW},
		{SECTION_PARTITION, "format", "none", FS_NONE},
		{SECTION_PARTITION, "format", "ext4", FS_EXT4},
		{SECTION_PARTITION, "format", "vfat", FS_VFAT},
		{SECTION_PARTITION, "format", "f2fs", FS_F2FS},
		{SECTION_PARTITION, "format", "btrfs", FS_BTRFS},
		{SECTION_PARTITION, "format", "swap", FS_SWAP},
		{SECTION_EMMC, "boot-enable", "keep", EMMC_BOOT_KEEP},
		{SECTION_EMMC, "boot-enable", "none", EMMC_BOOT_NONE},
		{SECTION_EMMC, "boot-enable", "boot0", EMMC_BOOT_BOOT0},
		{SECTION_EMMC, "boot-enable", "boot1", EMMC_BOOT_BOOT1},
		{SECTION_EMMC, "boot-enable", "user", EMMC_BOOT_USER},
		{SECTION_EMMC, "boot-ack", "keep", EMMC_ACK_KEEP},
		{SECTION_EMMC, "boot-ack", "on", EMMC_ACK_ON},
		{SECTION_EMMC, "boot-ack", "off", EMMC_ACK_OFF},
	};
	static const char *const bad[] = {
		"", " ", "GPT", "gpt ", "true", "1", "boot", "boot00", "keep keep", "ext", "ext44"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		union object object = expect_taken(good[i].section, good[i].word, good[i].text);
		const struct layout_keyword *word = find(good[i].section, good[i].word);
		int value;

		assert_int_equal(word->size, sizeof(value)); /* an enum */
		memcpy(&value, (char *)&object + word->offset, sizeof(value));
		assert_int_equal(value, good[i].value);
		/* The error message lists it. */
		assert_non_null(strstr(word->what, good[i].text));
		for (size_t k = 0; k < ARRAY_SIZE(bad); k++)
			expect_refused(good[i].section, good[i].word, bad[k]);
	}
}

static void flags_are_true_or_false(void **state)
{
	static const char *const bad[] = {"", "yes", "no", "1", "0", "True", "true ", "falsee"};

	(void)state;
	assert_true(expect_taken(SECTION_PARTITION, "grow", "true").partition.grow);
	assert_false(expect_taken(SECTION_PARTITION, "grow", "false").partition.grow);
	assert_true(expect_taken(SECTION_PARTITION, "bootable", "true").partition.bootable);
	assert_false(expect_taken(SECTION_PARTITION, "bootable", "false").partition.bootable);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		expect_refused(SECTION_PARTITION, "grow", bad[i]);
		expect_refused(SECTION_PARTITION, "bootable", bad[i]);
	}
}

/* The maximum length is the one in the error message. */
static void texts_are_kept_whole_or_refused(void **state)
{
	static const struct {
		enum layout_section section;
		const char *word;
	} words[] = {
		{SECTION_PARTITION, "label"},
		{SECTION_PARTITION, "mount"},
		{SECTION_PARTITION, "mkfs-options"},
		{SECTION_BLOB, "file"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const struct layout_keyword *word = find(words[i].section, words[i].word);
		union object object;
		char text[512] = "";
		unsigned most;

		assert_int_equal(sscanf(word->what, "at most %u bytes", &most), 1);
		assert_true(most < sizeof(text) - 1);
		memset(text, 'x', most);
		object = expect_taken(words[i].section, words[i].word, text);
		assert_string_equal((char *)&object + word->offset, text);
		text[most] = 'x';
		expect_refused(words[i].section, words[i].word, text);
		object = expect_taken(words[i].section, words[i].word, "");
		assert_string_equal((char *)&object + word->offset, "");
	}
}

/* Each keyword takes every form that it may have, as libblkid prints it. */
static void ids_have_a_form(void **state)
{
	static const struct {
		const char *text, *disk, *fs, *partition; /* NULL: refused */
	} ids[] = {
		{UUID, UUID_LOWER, UUID_LOWER, UUID_LOWER},
		{"random", "", "", ""},
		{"FEEDC0DE", "feedc0de", NULL, NULL},
		{"0xFEEDC0DE", "feedc0de", NULL, NULL},
		{"12ab-CD34", NULL, "12AB-CD34", NULL},
		{"FEEDC0DE-0A", NULL, NULL, "feedc0de-0a"},
		{"00000000-0000-0000-0000-000000000000", NULL, NULL, NULL},
		{"00000000", NULL, NULL, NULL},
		{"0x00000000", NULL, NULL, NULL},
		{"0000-0000", NULL, NULL, NULL},
		{"", NULL, NULL, NULL},
		{"Random", NULL, NULL, NULL},
		{"random ", NULL, NULL, NULL},
	};
	static const struct {
		enum layout_section section;
		const char *word;
	} words[] = {
		{SECTION_DISK, "id"}, {SECTION_PARTITION, "uuid"}, {SECTION_PARTITION, "partuuid"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		const char *const wanted[] = {ids[i].disk, ids[i].fs, ids[i].partition};

		for (size_t k = 0; k < ARRAY_SIZE(words); k++) {
			union object object;

			if (!wanted[k]) {
				expect_refused(words[k].section, words[k].word, ids[i].text);
				continue;
			}
			object = expect_taken(words[k].section, words[k].word, ids[i].text);
			assert_string_equal(
				(char *)&object + find(words[k].section, words[k].word)->offset,
				wanted[k]);
		}
	}
}

static void machines_are_debian_names(void **state)
{
	static const char *const bad[] = {"", "ARM64", "arm64 ", "arm", "aarch64", "x86_64"};

	(void)state;
	for (unsigned i = MACHINE_UNKNOWN + 1; i < MACHINE_COUNT; i++)
		assert_int_equal(
			expect_taken(SECTION_DISK, "machine", machine_name(i)).disk.machine, i);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		expect_refused(SECTION_DISK, "machine", bad[i]);
}

/* GUIDs: the specifications named in device/layout/layout_keywords.c, and the list in sfdisk(8). */
static void types_are_names_guids_or_bytes(void **state)
{
	static const struct {
		const char *text, *guid;
		uint8_t mbr;
	} good[] = {
		{"linux", GPT_LINUX, 0x83},
		{"esp", "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", 0xef},
		{"data", "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7", 0x0c},
		{"swap", "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f", 0x82},
		{"root-arm", "69dad710-2ce4-4e3c-b16c-21a1d49abed3", 0x83},
		{"root-arm64", "b921b045-1df0-41c3-af44-4c6f280d3fae", 0x83},
		{"root-riscv64", "72ec70a6-cf74-40e6-bd49-4bda08e8f224", 0x83},
		{"root-x86-64", "4f68bce3-e8cd-4db1-96e7-fbcaf984b709", 0x83},
		{"uboot-env", "3de21764-95bd-54bd-a5c3-4abe786f38a8", 0xda},
		{UUID, UUID_LOWER, 0},
		{"0x00", "", 0x00},
		{"0x01", "", 0x01},
		{"0xdA", "", 0xda},
		{"0xff", "", 0xff},
	};
	static const char *const bad[] = {"", "Linux", "linux ", "root-", "root-mips", "0x0",
		"0x083", "83", "0X83", "0x8g", "0x-1", "0x+1", "0x 1", "12ab-CD34",
		"00000000-0000-0000-0000-000000000000"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		union object object = expect_taken(SECTION_PARTITION, "type", good[i].text);

		assert_string_equal(object.partition.type_guid, good[i].guid);
		assert_int_equal(object.partition.type_mbr, good[i].mbr);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		expect_refused(SECTION_PARTITION, "type", bad[i]);
}

/* Only types of an MBR, but not that of an empty entry. */
static void a_copy_in_the_mbr_has_a_type(void **state)
{
	static const struct {
		const char *text;
		uint8_t type;
	} good[] = {{"linux", 0x83}, {"data", 0x0c}, {"0x01", 0x01}, {"0xff", 0xff}};
	static const char *const bad[] = {"", "0x00", "0x0", "none", UUID};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		union object object;

		assert_true(take(find(SECTION_PARTITION, "mbr-type"), good[i].text, &object));
		assert_int_equal(object.partition.type_hybrid, good[i].type);
		assert_int_equal(object.partition.type_mbr, 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		expect_refused(SECTION_PARTITION, "mbr-type", bad[i]);
}

static void a_size_may_be_that_of_the_file(void **state)
{
	union object object;

	(void)state;
	assert_true(take(find(SECTION_PARTITION, "size"), "file", &object));
	assert_true(object.partition.fits_blob);
	assert_int_equal(object.partition.size_bytes, 0);
	assert_true(take(find(SECTION_PARTITION, "size"), "1M", &object));
	assert_false(object.partition.fits_blob);
	expect_refused(SECTION_PARTITION, "size", "files");
	expect_refused(SECTION_PARTITION, "min", "file");
}

static void filesystems_have_a_type(void **state)
{
	static const char *const names[FS_KIND_COUNT] = {
		[FS_NONE] = "linux",
		[FS_EXT4] = "linux",
		[FS_VFAT] = "data",
		[FS_F2FS] = "linux",
		[FS_BTRFS] = "linux",
		[FS_SWAP] = "swap",
	};

	(void)state;
	for (enum fs_kind fs = FS_NONE; fs < FS_KIND_COUNT; fs++) {
		union object named = expect_taken(SECTION_PARTITION, "type", names[fs]);
		struct layout_partition partition = {.name = "kept", .fs = fs};

		layout_default_type(&partition);
		assert_string_equal(partition.type_guid, named.partition.type_guid);
		assert_int_equal(partition.type_mbr, named.partition.type_mbr);
		assert_int_equal(partition.fs, fs);
		assert_string_equal(partition.name, "kept");
	}
}

static void targets_of_blobs_are_places(void **state)
{
	static const char name[] = "12345678901234567890123456789012345"; /* the maximum length */
	static const char *const bad[] = {"", "boot", "boot2", "Disk", "disk ", "partition",
		"partition name", "partition:123456789012345678901234567890123456"};
	char text[64];
	union object object;

	(void)state;
	assert_int_equal(expect_taken(SECTION_BLOB, "target", "disk").blob.target, BLOB_DISK);
	assert_int_equal(expect_taken(SECTION_BLOB, "target", "boot0").blob.target, BLOB_BOOT0);
	object = expect_taken(SECTION_BLOB, "target", "boot1");
	assert_int_equal(object.blob.target, BLOB_BOOT1);
	assert_string_equal(object.blob.partition, "");
	assert_true(STR_FORMAT(text, "partition:%s", name));
	object = expect_taken(SECTION_BLOB, "target", text);
	assert_int_equal(object.blob.target, BLOB_PARTITION);
	assert_string_equal(object.blob.partition, name);
	/* A partition with the name of another target. */
	object = expect_taken(SECTION_BLOB, "target", "partition:disk");
	assert_int_equal(object.blob.target, BLOB_PARTITION);
	assert_string_equal(object.blob.partition, "disk");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		expect_refused(SECTION_BLOB, "target", bad[i]);
}

/* JESD84-B51, BOOT_BUS_CONDITIONS [177]: the mode in bits 4:3, RESET_BOOT_BUS_CONDITIONS in bit 2,
 * the width in bits 1:0. */
static void the_bus_is_three_words(void **state)
{
	static const char *const modes[] = {"single_backward", "single_hs", "dual"};
	static const char *const resets[] = {"x1", "retain"};
	static const char *const widths[] = {"x1", "x4", "x8"};
	static const char *const bad[] = {"", " ", "dual", "dual x1", "dual x1 ", "dual x1 x1 ",
		"dual x1 x1 x1", "dual  x1 x1", " dual x1 x1", "dual x4 x1", "dual x1 retain",
		"x1 dual x1", "single x1 x1", "single_hsx x1 x1", "Dual x1 x1", "dual,x1,x1",
		"keep x1 x1", "Keep"};
	char text[64];

	(void)state;
	for (unsigned m = 0; m < ARRAY_SIZE(modes); m++) {
		for (unsigned r = 0; r < ARRAY_SIZE(resets); r++) {
			for (unsigned w = 0; w < ARRAY_SIZE(widths); w++) {
				union object object;

				assert_true(STR_FORMAT(
					text, "%s %s %s", modes[m], resets[r], widths[w]));
				object = expect_taken(SECTION_EMMC, "boot-bus", text);
				assert_true(object.emmc.set_boot_bus);
				assert_int_equal(object.emmc.boot_bus, m << 3 | r << 2 | w);
			}
		}
	}
	assert_false(expect_taken(SECTION_EMMC, "boot-bus", "keep").emmc.set_boot_bus);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		expect_refused(SECTION_EMMC, "boot-bus", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_keyword_has_its_section),
		cmocka_unit_test(sizes_have_units),
		cmocka_unit_test(choices_have_their_values),
		cmocka_unit_test(flags_are_true_or_false),
		cmocka_unit_test(texts_are_kept_whole_or_refused),
		cmocka_unit_test(ids_have_a_form),
		cmocka_unit_test(machines_are_debian_names),
		cmocka_unit_test(types_are_names_guids_or_bytes),
		cmocka_unit_test(a_copy_in_the_mbr_has_a_type),
		cmocka_unit_test(a_size_may_be_that_of_the_file),
		cmocka_unit_test(filesystems_have_a_type),
		cmocka_unit_test(targets_of_blobs_are_places),
		cmocka_unit_test(the_bus_is_three_words),
	};

	return cmocka_run_group_tests_name("layout_keywords", tests, NULL, NULL);
}
