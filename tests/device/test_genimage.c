/* SPDX-License-Identifier: MIT */
#include "device/layout/genimage.h"
#include "device/layout/genimage_text.h"

#include "device/base/util.h"
#include "device/disk/disk.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool images_are_there = true;

static bool has_image(void *arg, const char *partition, const char *image)
{
	(void)arg;
	(void)partition;
	(void)image;
	return images_are_there;
}

static const struct genimage_files files = {.folder = "/images", .has = has_image};

static int read_text(const char *text, struct layout *ret, struct diag *diag)
{
	char *copy = strdup(text);
	int r;

	assert_non_null(copy);
	*diag = (struct diag){0};
	r = genimage_read(copy, strlen(copy), &files, ret, diag);
	free(copy);
	return r;
}

static struct layout good(const char *text)
{
	struct layout layout;
	struct diag diag;

	if (read_text(text, &layout, &diag) < 0)
		fail_msg("%s\nline %d: %s", text, diag.line, diag.text);
	return layout;
}

static struct layout without_images(const char *text)
{
	struct layout layout;

	images_are_there = false;
	layout = good(text);
	images_are_there = true;
	return layout;
}

/* As on the images that genimage makes; @bytes is the size of every image. */
static struct layout placed(const char *text, uint64_t bytes)
{
	struct layout spec = good(text), ret;
	struct diag diag = {0};

	for (size_t i = 0; i < spec.blob_count; i++)
		spec.blobs[i].size_bytes = bytes;
	if (layout_place(&spec, GIB(1), 512, &ret, &diag) < 0)
		fail_msg("%s\n%s", text, diag.text);
	return ret;
}

static void files_are_told_apart(void **state)
{
	static const char *const is[] = {"image x {", "  # a comment\nimage x {",
		"/* image */ flash f {", "// one\nconfig {", "image\tx{"};
	static const char *const is_not[] = {"", "disk {", "# image x {\n", "partition \"image\" {",
		"images x {", "/* image", "\"image\""};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(is); i++)
		if (!genimage_text_is(is[i]))
			fail_msg("%s", is[i]);
	for (size_t i = 0; i < ARRAY_SIZE(is_not); i++)
		if (genimage_text_is(is_not[i]))
			fail_msg("%s", is_not[i]);
}

/* As most boards have it: a filesystem that another section describes, a loader, a root filesystem. */
static void a_card_with_a_loader(void **state)
{
	static const char text[] =
		"image boot.vfat {\n"
		"	vfat {\n"
		"		files = {\n			\"Image\", \"a.dtb\"\n		}\n"
		"		file extlinux/extlinux.conf { image = extlinux.conf }\n"
		"	}\n"
		"	size = 64M\n"
		"}\n"
		"image sdcard.img {\n"
		"	hdimage {\n	}\n"
		"	partition u-boot {\n"
		"		in-partition-table = \"no\"\n"
		"		image = \"u-boot.bin\"\n"
		"		offset = 8K\n"
		"		size = 1016K # up to 1 MiB\n"
		"	}\n"
		"	partition boot {\n"
		"		partition-type = 0xC\n"
		"		bootable = \"true\"\n"
		"		image = \"boot.vfat\"\n"
		"	}\n"
		"	partition rootfs {\n"
		"		partition-type = 0x83\n"
		"		image = rootfs.ext4\n"
		"		size = 100M\n"
		"	}\n"
		"}\n";
	struct layout l = placed(text, 100000);

	(void)state;
	assert_string_equal(l.name, "sdcard.img");
	assert_int_equal(l.table, TABLE_MBR);
	assert_int_equal(l.count, 2);
	assert_string_equal(l.partitions[0].name, "boot");
	assert_int_equal(l.partitions[0].type_mbr, 0x0c);
	assert_true(l.partitions[0].bootable);
	assert_int_equal(l.partitions[0].start, MIB(1) / 512); /* behind the room of the loader */
	assert_int_equal(l.partitions[0].sectors, 196);	       /* the image, in sectors */
	assert_int_equal(l.partitions[1].start, MIB(1) / 512 + 196);
	assert_int_equal(l.partitions[1].sectors, MIB(100) / 512);
	assert_int_equal(l.partitions[1].line, 24);

	assert_int_equal(l.blob_count, 3);
	assert_string_equal(l.blobs[0].name, "u-boot");
	assert_string_equal(l.blobs[0].file, "u-boot.bin");
	assert_int_equal(l.blobs[0].target, BLOB_DISK);
	assert_int_equal(l.blobs[0].offset_bytes, KIB(8));
	assert_int_equal(l.blobs[0].max_bytes, KIB(1016));
	assert_int_equal(l.blobs[0].line, 15);
	assert_string_equal(l.blobs[1].file, "boot.vfat");
	assert_int_equal(l.blobs[1].target, BLOB_PARTITION);
	assert_string_equal(l.blobs[1].partition, "boot");
	assert_string_equal(l.blobs[2].file, "rootfs.ext4");
}

#define DISK(words, partitions) "image d.img {\n hdimage {\n" words "\n }\n" partitions "}\n"
#define ROOT			" partition root {\n image = r.ext4\n }\n"

static void tables_of_all_kinds(void **state)
{
	struct layout l;

	(void)state;
	l = placed(
		DISK("partition-table-type = gpt\n disk-uuid = 5A3C9A2E-11D4-4B7F-8E21-7C1F0D3B9A01",
			" partition esp { partition-type-uuid = U\n size = 1M\n bootable = on }\n"
			" partition env { partition-type-uuid = u-boot-env\n size = 64K }\n"
			" partition root { partition-type-uuid = root-arm64\n image = r.ext4\n"
			"  partition-uuid = 44479540-f297-41b2-9af7-d131d5f0458a }\n"),
		MIB(8));
	assert_int_equal(l.table, TABLE_GPT);
	assert_string_equal(l.disk_uuid, "5a3c9a2e-11d4-4b7f-8e21-7c1f0d3b9a01");
	assert_string_equal(l.partitions[0].type_guid, "c12a7328-f81f-11d2-ba4b-00a0c93ec93b");
	assert_int_equal(l.partitions[0].start, 34);
	assert_string_equal(l.partitions[1].type_guid, "3de21764-95bd-54bd-a5c3-4abe786f38a8");
	assert_string_equal(l.partitions[2].partuuid, "44479540-f297-41b2-9af7-d131d5f0458a");

	l = placed(DISK("gpt = true\n gpt-location = 1M\n align = 1M\n gpt-no-backup = true", ROOT),
		MIB(8));
	assert_int_equal(l.table, TABLE_GPT);
	assert_string_equal(l.partitions[0].type_guid, "0fc63daf-8483-4772-8e79-3d69d8477de4");
	assert_int_equal(l.gpt_entries_bytes, MIB(1));
	assert_int_equal(l.partitions[0].start, MIB(2) / 512);

	l = placed(DISK("partition-table-type = \"hybrid\"",
			   " partition boot { partition-type = 0xC\n size = 1M }\n" ROOT),
		MIB(8));
	assert_int_equal(l.partitions[0].type_hybrid, 0x0c);
	assert_int_equal(l.partitions[1].type_hybrid, 0);

	l = placed(
		DISK("disk-signature = 0xfeedc0de\n align = 1M\n extended-partition = 4",
			" partition a { size = 1M }\n partition b { size = 1M }\n partition c { size = 1M }\n"
			" partition d { size = 1M }\n" ROOT),
		MIB(8));
	assert_string_equal(l.disk_uuid, "feedc0de");
	assert_int_equal(l.partitions[3].start, MIB(5) / 512); /* a table comes before it */
	assert_int_equal(l.partitions[4].start, MIB(7) / 512);
}

/* Each keeps its place, but only what comes before a partition moves it. */
static void what_comes_before_a_partition(void **state)
{
	struct layout l;

	(void)state;
	l = placed(
		DISK("",
			" partition env { in-partition-table = no\n offset = 4M\n size = 1M }\n"
			" partition root { image = r.ext4\n align = 2M }\n"
			" partition late { in-partition-table = no\n offset = 100M\n image = l.bin }\n"),
		MIB(1));
	assert_int_equal(l.partitions[0].start, MIB(6) / 512);
	assert_int_equal(l.partitions[0].sectors, MIB(2) / 512);
	assert_int_equal(l.blob_count, 2);

	/* Boot code around the table. */
	l = placed(
		DISK("",
			" partition boot { in-partition-table = no\n image = boot.img\n offset = 0\n"
			" holes = {\"(440; 512)\"} }\n" ROOT),
		MIB(1));
	assert_int_equal(l.partitions[0].start, MIB(1) / 512);

	l = placed(
		DISK("", " partition root { image = r.ext4\n autoresize = true\n size = 10M }\n"),
		MIB(1));
	assert_true(l.partitions[0].grow);
	assert_int_equal(l.partitions[0].min_bytes, MIB(10));
}

static void mistakes_have_their_line(void **state)
{
	static const struct {
		const char *text;
		int line;
		const char *message;
	} mistakes[] = {
		{"", 0, "no disk image (hdimage)"},
		{"flash f {\n pebsize = 4K\n}\n", 0, "no disk image (hdimage)"},
		{"image a {\n vfat {\n }\n}\nimage hdimage {\n}\n", 0, "no disk image (hdimage)"},
		{DISK("", ROOT) DISK("", ROOT), 9, "a second disk image"},
		{DISK("", ROOT) "include(\"x\")\n", 9, "begins here is not closed"},
		{"i{}", 1, "only the sections image, flash and config"},
		{DISK("", ROOT) "other {\n}\n", 9, "only the sections image, flash and config"},
		{"\nimage d {\n hdimage {\n", 2, "begins here is not closed"},
		{DISK("align = $SIZE", ROOT), 3, "variables of the environment"},
		{DISK("align = x", ROOT), 3, "align = x: must be a size"},
		{DISK("partition-table-type = none", ROOT), 3, "mbr, gpt or hybrid"},
		{DISK("partition-table = false", ROOT), 3, "a disk has a table"},
		{DISK("disk-uuid = 44479540-f297-41b2-9af7-d131d5f0458a", ROOT), 3,
			"the UUID of a GPT"},
		{DISK("disk-signature = 0x100000000", ROOT), 3, "a number of 32 bits"},
		{DISK("extended-partition = 2", ROOT), 3, "4 or left out"},
		{DISK("volume = x", ROOT), 3, "no such option 'volume'"},
		{DISK("", " partition root {\n image = r\n\n hidden = true\n }\n"), 8,
			"no such flag"},
		{DISK("", " partition root {\n image = r\n imageoffset = 1K\n }\n"), 7,
			"imageoffset"},
		{DISK("", " partition root {\n image = r\n partition-type-uuid = U\n }\n"), 7,
			"on a GPT"},
		{DISK("", " partition root {\n image = r\n partition-type = 256\n }\n"), 7,
			"a byte"},
		{DISK("gpt = true", " partition root {\n partition-type-uuid = Q\n }\n"), 6,
			"a GUID"},
		{DISK("gpt = true", " partition root {\n partition-type = 0x83\n }\n"), 6,
			"on an MBR"},
		{DISK("gpt = true", " partition root {\n partition-uuid = x\n }\n"), 6, "the UUID"},
		{DISK("", " partition root {\n bootable = maybe\n }\n"), 6, "true or false"},
		{DISK("",
			 " partition b {\n in-partition-table = no\n image = b\n holes = {\"(0; 512)\"}\n }\n"),
			8, "(440; 512)"},
		{DISK("", " partition abcdefghijklmnopqrstuvwxyz0123456789 {\n size = 1M\n }\n"), 5,
			"1 to 35 bytes"},
		{DISK("", " partition \"\xc3\xa9\" {\n size = 1M\n }\n"), 5, "plain ASCII"},
		{DISK("align = 3K", ROOT), 3, "power of two"},
		{"image d {\n hdimage {\n }\n exec-pre = \"rm\"\n}\n", 4,
			"no such option 'exec-pre'"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		struct layout layout;
		struct diag diag;
		int r = read_text(mistakes[i].text, &layout, &diag);

		if (r != -EINVAL || diag.line != mistakes[i].line ||
			!strstr(diag.text, mistakes[i].message))
			fail_msg("%s\ngives %d, line %d: %s\ninstead of line %d: %s",
				mistakes[i].text, r, diag.line, diag.text, mistakes[i].line,
				mistakes[i].message);
	}
}

#define VFAT                                                                                       \
	"image boot.vfat {\n"                                                                      \
	"  vfat {\n"                                                                               \
	"    label = \"BOOT\"\n"                                                                   \
	"    extraargs = \"-F 16\"\n"                                                              \
	"    file extlinux/extlinux.conf { image = menu.conf }\n"                                  \
	"    files = { \"zImage\", \"dts/board.dtb\",\n"                                           \
	"      /* all of it */ \"overlays\" }\n"                                                   \
	"  }\n"                                                                                    \
	"  size = 10001K\n"                                                                        \
	"}\n"

/* Unlike genimage, boardstrap makes the filesystem on the medium itself. */
static void a_vfat_that_is_not_there_is_made(void **state)
{
	static const char *const copies[][2] = {{"extlinux/extlinux.conf", "/images/menu.conf"},
		{"zImage", "/images/zImage"}, {"board.dtb", "/images/dts/board.dtb"},
		{"overlays", "/images/overlays"}};
	struct layout layout = without_images(
		VFAT "image sd { hdimage { align = 1M } partition boot { partition-type = 0xC "
		     "image = \"boot.vfat\" } partition root { partition-type = 0x83 image = "
		     "rootfs.ext4 } }");
	const struct layout_partition *p = &layout.partitions[0];

	(void)state;
	assert_int_equal(p->fs, FS_VFAT);
	assert_string_equal(p->mount, "/boot");
	assert_string_equal(p->label, "BOOT");
	assert_string_equal(p->mkfs_options, "-F 16");
	assert_int_equal(p->size_bytes, MIB(10)); /* genimage rounds up to the alignment */
	assert_int_equal(layout.blob_count, 1);
	assert_string_equal(layout.blobs[0].file, "rootfs.ext4");
	assert_int_equal(layout.copy_count, ARRAY_SIZE(copies));
	for (size_t i = 0; i < ARRAY_SIZE(copies); i++) {
		assert_int_equal(layout.copies[i].partition, 0);
		assert_string_equal(layout.copies[i].name, copies[i][0]);
		assert_string_equal(layout.copies[i].file, copies[i][1]);
	}
}

static void a_vfat_may_have_a_size_of_its_own(void **state)
{
	struct layout layout = without_images(
		"image sd { hdimage {} partition a/b { image = boot.vfat size = 64M } }" VFAT);
	struct layout grown = without_images(
		"image sd { hdimage {} partition boot { image = boot.vfat autoresize = true } }" VFAT);

	(void)state;
	assert_int_equal(layout.partitions[0].size_bytes, MIB(64));
	assert_string_equal(layout.partitions[0].mount, "/partition1");
	assert_int_equal(grown.partitions[0].min_bytes, KIB(10001));
	assert_true(grown.partitions[0].grow);
}

static void an_image_that_is_there_is_taken(void **state)
{
	struct layout layout =
		good(VFAT "image sd { hdimage {} partition boot { image = boot.vfat } }");

	(void)state;
	assert_int_equal(layout.copy_count, 0);
	assert_int_equal(layout.partitions[0].fs, FS_NONE);
	assert_string_equal(layout.blobs[0].file, "boot.vfat");
}

/* A section that is not needed may have any words; one that is needed may not. */
static void only_needed_sections_are_read(void **state)
{
	static const char other[] =
		"image boot.vfat { mountpoint = x exec-pre = y vfat { minimize = 1 } }\n"
		"image sd { hdimage {} partition boot { image = boot.vfat } }";
	static const char empty[] = "image boot.vfat { vfat { } size = 1M }\n"
				    "image sd { hdimage {} partition boot { image = boot.vfat } }";
	static const char no_image[] =
		"image boot.vfat {\n vfat { file a { } }\n size = 1M\n}\n"
		"image sd { hdimage {} partition boot { image = boot.vfat } }";
	struct layout layout = good(other);
	struct diag diag;

	(void)state;
	assert_int_equal(layout.blob_count, 1);
	images_are_there = false;
	assert_int_equal(read_text(other, &layout, &diag), -EINVAL);
	assert_string_equal(diag.text, "no such option 'mountpoint'");
	assert_int_equal(read_text(no_image, &layout, &diag), -EINVAL);
	assert_string_equal(diag.text, "file a has no image");
	images_are_there = true;
	layout = without_images(empty); /* another image can be given */
	assert_int_equal(layout.copy_count, 0);
	assert_string_equal(layout.blobs[0].file, "boot.vfat");
}

static void a_nul_is_no_text(void **state)
{
	char text[] = "image x {\0 }";
	struct layout layout;
	struct diag diag;

	(void)state;
	assert_int_equal(genimage_read(text, sizeof(text) - 1, &files, &layout, &diag), -EINVAL);
	assert_non_null(strstr(diag.text, "NUL"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_told_apart),
		cmocka_unit_test(a_card_with_a_loader),
		cmocka_unit_test(tables_of_all_kinds),
		cmocka_unit_test(what_comes_before_a_partition),
		cmocka_unit_test(mistakes_have_their_line),
		cmocka_unit_test(a_vfat_that_is_not_there_is_made),
		cmocka_unit_test(a_vfat_may_have_a_size_of_its_own),
		cmocka_unit_test(an_image_that_is_there_is_taken),
		cmocka_unit_test(only_needed_sections_are_read),
		cmocka_unit_test(a_nul_is_no_text),
	};

	return cmocka_run_group_tests_name("genimage", tests, NULL, NULL);
}
