/* SPDX-License-Identifier: MIT */
/* test_layout_check - checks each contradiction by its whole message, and valid layouts that are
 * close to it. test_layout_file covers the messages of layout files with their lines; test_layout
 * those of layout_place. */
#include "device/layout/layout.h"

#include "device/base/util.h"
#include "device/disk/disk.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define GPT_LINUX "0fc63daf-8483-4772-8e79-3d69d8477de4"
#define TIB	  (UINT64_C(1) << 40) /* size of the disk */
#define UUID_A	  "01234567-89ab-4cde-8f01-23456789abcd"
#define UUID_A_UP "01234567-89AB-4CDE-8F01-23456789ABCD"
#define UUID_B	  "00000000-89ab-4cde-8f01-23456789abcd"

/* A valid description: a partition of 200 MiB from line 4 of a layout file and a growing one from
 * line 9. A blob, line 20, fits within both its max and its partition. */
static struct layout sound(void)
{
	return (struct layout){
		.table = TABLE_GPT,
		.align_bytes = MIB(1),
		.count = 2,
		.partitions =
			{
				{
					.name = "one",
					.size_bytes = MIB(200),
					.type_guid = GPT_LINUX,
					.type_mbr = 0x83,
					.line = 4,
				},
				{
					.name = "two",
					.grow = true,
					.type_guid = GPT_LINUX,
					.type_mbr = 0x83,
					.fs = FS_EXT4,
					.mount = "/",
					.line = 9,
				},
			},
		.blobs =
			{
				{
					.name = "spl",
					.size_bytes = KIB(64),
					.max_bytes = KIB(64),
					.line = 20,
				},
			},
	};
}

static void expect_sound(const struct layout *spec)
{
	struct diag diag = {0};
	int r = layout_check(spec, &diag);

	if (r != 0)
		fail_msg("%d, line %d: %s", r, diag.line, diag.text);
}

static void expect_wrong(const struct layout *spec, int line, const char *text)
{
	struct diag diag = {.line = 99};

	assert_int_equal(layout_check(spec, &diag), -EINVAL);
	assert_string_equal(diag.text, text);
	assert_int_equal(diag.line, line);
}

static void counts_have_limits(void **state)
{
	struct layout spec = sound();

	(void)state;
	expect_sound(&spec);
	spec.count = 0;
	expect_wrong(&spec, 0, "a layout has 1 to 128 partitions");

	/* As many as a GPT has entries. */
	spec = sound();
	spec.partitions[LAYOUT_PARTITIONS_MAX - 1] = spec.partitions[1];
	for (size_t i = 0; i < LAYOUT_PARTITIONS_MAX - 1; i++) {
		spec.partitions[i] = spec.partitions[0];
		assert_true(STR_FORMAT(spec.partitions[i].name, "p%zu", i));
	}
	spec.count = LAYOUT_PARTITIONS_MAX;
	expect_sound(&spec);
	spec.table = TABLE_MBR;
	expect_wrong(&spec, 0, "an MBR has at most 59 partitions");
	spec.partitions[58] = spec.partitions[LAYOUT_PARTITIONS_MAX - 1];
	spec.count = 59;
	expect_sound(&spec);
	spec.count = LAYOUT_PARTITIONS_MAX + 1;
	expect_wrong(&spec, 0, "a layout has 1 to 128 partitions");
}

static void alignments_are_powers_of_two(void **state)
{
	static const uint64_t good[] = {
		512, KIB(4), KIB(512), MIB(1), MIB(2), MIB(4), GIB(1), UINT64_C(1) << 63};
	static const uint64_t bad[] = {
		0, 1, 256, 513, MIB(1) - 1, MIB(1) + 1, MIB(3), MIB(4) + 4096, UINT64_MAX};
	struct layout spec = sound();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		spec.align_bytes = good[i];
		expect_sound(&spec);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		spec.align_bytes = bad[i];
		expect_wrong(&spec, 0, "the alignment is not 512 bytes times a power of two");
	}
}

static void sizes_are_whole_blocks_or_grow(void **state)
{
	static const char odd_size[] = "size of partition one is not a multiple of 512 bytes";
	static const char odd_offset[] = "offset of partition one is not a multiple of 512 bytes";
	struct layout spec = sound();
	struct layout_partition *one = &spec.partitions[0], *two = &spec.partitions[1];

	(void)state;
	one->size_bytes = 512;
	expect_sound(&spec);
	one->size_bytes = 0;
	expect_wrong(&spec, 4, odd_size);
	one->size_bytes = 4096 + 511;
	expect_wrong(&spec, 4, odd_size);
	one->size_bytes = 8192;
	one->offset_bytes = 4096;
	expect_sound(&spec);
	one->offset_bytes = 4096 + 256;
	expect_wrong(&spec, 4, odd_offset);
	one->offset_bytes = 0;
	two->size_bytes = 4096;
	expect_wrong(&spec, 9, "partition two has a size and also grows");
	two->grow = false;
	expect_sound(&spec);
	two->size_bytes = 0;
	expect_wrong(&spec, 9, "size of partition two is not a multiple of 512 bytes");
	two->grow = true;
	one->grow = true;
	one->size_bytes = 0;
	expect_wrong(&spec, 4, "partition one grows but is not the last one");
}

static void filesystems_need_room(void **state)
{
	static const struct {
		enum fs_kind fs;
		const char *text;
	} kinds[] = {
		{FS_NONE, NULL},
		{FS_EXT4, NULL},
		{FS_VFAT, NULL},
		{FS_F2FS, "partition one is too small for f2fs, which needs 64 MiB"},
		{FS_BTRFS, "partition one is too small for btrfs, which needs 109 MiB"},
		{FS_SWAP, "partition one is too small for swap, which needs 40 KiB"},
	};
	struct layout spec = sound();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		uint64_t least = fs_min_bytes(kinds[i].fs);

		spec.partitions[0].fs = kinds[i].fs;
		spec.partitions[0].size_bytes = least > 0 ? least : 4096;
		expect_sound(&spec);
		assert_int_equal(least > 0, kinds[i].text != NULL);
		spec.partitions[0].size_bytes = least - 4096;
		if (least > 0)
			expect_wrong(&spec, 4, kinds[i].text);
	}
}

static void types_are_of_the_table(void **state)
{
	struct layout spec = sound();
	struct layout_partition *one = &spec.partitions[0];

	(void)state;
	one->type_mbr = LAYOUT_NO_TYPE;
	expect_sound(&spec);
	spec.table = TABLE_MBR;
	expect_wrong(&spec, 4, "type of partition one is valid only on a GPT");
	one->type_mbr = 0;
	expect_sound(&spec);
	one->type_mbr = 0x0f;
	expect_wrong(&spec, 4,
		"partition one cannot have the type 0x0f: the table makes such entries itself");
	one->type_mbr = 0x83;
	one->type_hybrid = 0x0c;
	expect_wrong(&spec, 4, "mbr-type of partition one is valid only on a GPT: use type");
	one->type_hybrid = 0;
	one->type_guid[0] = '\0';
	expect_sound(&spec);
	spec.table = TABLE_GPT;
	expect_wrong(&spec, 4, "type of partition one is valid only on an MBR");
}

static void a_hybrid_mbr_has_three_entries(void **state)
{
	struct layout spec = sound();

	(void)state;
	spec.partitions[4] = spec.partitions[1];
	for (size_t i = 0; i < 4; i++) {
		spec.partitions[i] = spec.partitions[0];
		spec.partitions[i].type_hybrid = 0x83;
		assert_true(STR_FORMAT(spec.partitions[i].name, "p%zu", i));
	}
	spec.count = 5;
	expect_wrong(&spec, 0, "a hybrid MBR has at most 3 partitions: 4 have an mbr-type");
	spec.partitions[3].type_hybrid = 0;
	expect_sound(&spec);
	spec.partitions[2].type_hybrid = 0xee;
	expect_wrong(&spec, 4,
		"partition p2 cannot have the type 0xee: the table makes such entries itself");
}

static void entries_are_behind_the_header(void **state)
{
	static const char wrong[] =
		"gpt-entries must be a multiple of 512 bytes behind the header, "
		"which ends at 1 KiB";
	struct layout spec = sound();

	(void)state;
	spec.gpt_entries_bytes = 1024;
	expect_sound(&spec);
	spec.gpt_entries_bytes = 512;
	expect_wrong(&spec, 0, wrong);
	spec.gpt_entries_bytes = KIB(8) + 1;
	expect_wrong(&spec, 0, wrong);
	spec.table = TABLE_MBR;
	expect_wrong(&spec, 0, "gpt-entries is valid only on a GPT");
}

static void a_partition_may_fit_its_blob(void **state)
{
	struct layout spec = sound();
	struct layout_partition *one = &spec.partitions[0];

	(void)state;
	one->fits_blob = true;
	expect_wrong(&spec, 4, "partition one has the size of its file and another one");
	one->size_bytes = 0;
	expect_wrong(
		&spec, 4, "partition one has the size of its file, but no blob is written to it");
	spec.blobs[0].target = BLOB_PARTITION;
	(void)STR_COPY(spec.blobs[0].partition, "one");
	spec.blob_count = 1;
	expect_sound(&spec);
}

/* The longest label of each filesystem, and one that is a byte longer. */
static void labels_are_of_the_filesystem(void **state)
{
	static const char forbidden[] = "\"*+,./:;<=>?[\\]|";
	struct layout spec = sound();
	struct layout_partition *one = &spec.partitions[0];
	char text[160];

	(void)state;
	for (enum fs_kind fs = FS_NONE; fs < FS_KIND_COUNT; fs++) {
		size_t most = fs_label_max(fs);

		one->fs = fs;
		memset(one->label, 0, sizeof(one->label));
		memset(one->label, 'L', most);
		expect_sound(&spec);
		if (most + 1 == sizeof(one->label))
			continue;
		one->label[most] = 'L';
		assert_true(
			STR_FORMAT(text, "label %s is too long for %s", one->label, fs_name(fs)));
		expect_wrong(&spec, 4, text);
	}
	for (const char *p = forbidden; *p; p++) {
		assert_true(STR_FORMAT(one->label, "A%cB", *p));
		one->fs = FS_EXT4;
		expect_sound(&spec);
		one->fs = FS_VFAT;
		assert_true(STR_FORMAT(
			text, "label 'A%cB' has a character that is not allowed on vfat", *p));
		expect_wrong(&spec, 4, text);
	}
	(void)STR_COPY(one->label, "A B-_!#$%&'");
	expect_sound(&spec);
	(void)STR_COPY(one->label, " B");
	expect_wrong(&spec, 4, "label ' B' has a character that is not allowed on vfat");
	(void)STR_COPY(one->label, "B ");
	expect_wrong(&spec, 4, "label 'B ' has a character that is not allowed on vfat");
	(void)STR_COPY(one->label, "B\xc3\xa4");
	expect_wrong(&spec, 4, "label 'B\xc3\xa4' has a character that is not allowed on vfat");
	(void)STR_COPY(one->label, "NO NAME"); /* means: none */
	expect_wrong(&spec, 4, "label 'NO NAME' has a character that is not allowed on vfat");
	one->fs = FS_EXT4;
	(void)STR_COPY(one->label, "B\xc3\xa4 c");
	expect_sound(&spec);
	(void)STR_COPY(one->label, "B\xc3");
	expect_wrong(&spec, 4, "label 'B\xc3' has a character that is not allowed on ext4");
	(void)STR_COPY(one->label, "B\t");
	expect_wrong(&spec, 4, "label 'B\t' has a character that is not allowed on ext4");
}

static void mount_points_have_one_form(void **state)
{
	static const char *const good[] = {
		"", "/boot", "/boot/efi", "/a/.b/..c/d..", "/e.", "/...", "/ a b"};
	static const char *const bad[] = {"boot", "./boot", "//", "/boot/", "/boot//efi", "//boot",
		"/.", "/..", "/boot/.", "/boot/..", "/./boot", "/../boot", "/a/../b"};
	struct layout spec = sound();
	struct layout_partition *one = &spec.partitions[0];
	char text[160];

	(void)state;
	one->fs = FS_VFAT;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		(void)STR_COPY(one->mount, good[i]);
		expect_sound(&spec);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		(void)STR_COPY(one->mount, bad[i]);
		assert_true(STR_FORMAT(text, "partition one cannot be mounted on %s", bad[i]));
		expect_wrong(&spec, 4, text);
	}
	(void)STR_COPY(one->mount, "/boot");
	for (enum fs_kind fs = FS_NONE; fs < FS_KIND_COUNT; fs++) {
		one->fs = fs;
		if (fs_holds_files(fs))
			expect_sound(&spec);
		else
			expect_wrong(&spec, 4, "partition one cannot be mounted on /boot");
	}
}

static void the_root_is_one(void **state)
{
	struct layout spec = sound();

	(void)state;
	(void)STR_COPY(spec.partitions[1].mount, "/root");
	expect_wrong(&spec, 0,
		"no partition is mounted on /, and none has an image or files as its content");
	spec.partitions[1].mount[0] = '\0';
	expect_wrong(&spec, 0,
		"no partition is mounted on /, and none has an image or files as its content");
	spec = sound();
	spec.partitions[0].fs = FS_EXT4;
	(void)STR_COPY(spec.partitions[0].mount, "/");
	expect_wrong(&spec, 9, "two partitions are mounted on /");
}

static void partitions_are_distinct(void **state)
{
	struct layout spec = sound();
	struct layout_partition *one = &spec.partitions[0], *two = &spec.partitions[1];

	(void)state;
	one->name[0] = '\0';
	expect_wrong(&spec, 4, "a partition has no name");
	(void)STR_COPY(one->name, "two");
	expect_wrong(&spec, 9, "two partitions have the name two");
	(void)STR_COPY(one->name, "Two");
	expect_sound(&spec);

	(void)STR_COPY(one->partuuid, UUID_A);
	expect_sound(&spec);
	(void)STR_COPY(two->partuuid, UUID_B);
	expect_sound(&spec);
	(void)STR_COPY(two->partuuid, UUID_A_UP);
	expect_wrong(&spec, 9, "partitions Two and two have the same partuuid");
	two->partuuid[0] = '\0';
	/* A partition and a filesystem may have the same UUID. */
	(void)STR_COPY(two->fs_uuid, UUID_A);
	expect_sound(&spec);
	(void)STR_COPY(one->fs_uuid, UUID_A_UP);
	expect_wrong(&spec, 9, "partitions Two and two have the same uuid");
}

/* A partuuid is valid only if it is the one that the partition has anyway. */
static void an_mbr_derives_partuuids(void **state)
{
	static const char *const wrong[] = {"12345678-02", "12345679-01", "12345678-1", UUID_A};
	struct layout spec = sound();
	char text[200];

	(void)state;
	spec.table = TABLE_MBR;
	(void)STR_COPY(spec.partitions[0].partuuid, "12345678-01");
#define ADVICE ": an MBR derives it from the ID of the disk. Use disk { id = ... } instead"
	expect_wrong(&spec, 4, "partition one cannot have the partuuid 12345678-01" ADVICE);
	(void)STR_COPY(spec.disk_uuid, "12345678");
	expect_sound(&spec);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		(void)STR_COPY(spec.partitions[0].partuuid, wrong[i]);
		assert_true(STR_FORMAT(
			text, "partition one cannot have the partuuid %s" ADVICE, wrong[i]));
		expect_wrong(&spec, 4, text);
	}
	layout_assign_ids(&spec, layout_random);
	expect_sound(&spec);
	assert_string_equal(spec.partitions[1].partuuid, "12345678-02");
}

static void a_partuuid_of_a_gpt_is_a_uuid(void **state)
{
	struct layout spec = sound();

	(void)state;
	(void)STR_COPY(spec.partitions[0].partuuid, "12345678-01");
	expect_wrong(&spec, 4, "partuuid 12345678-01 of partition one is not a UUID");
}

static void blobs_are_files_with_a_place(void **state)
{
	struct layout spec = sound();
	struct layout_blob *blob = &spec.blobs[0];

	(void)state;
	spec.blob_count = 1;
	expect_sound(&spec);
	blob->size_bytes = KIB(64) + 1;
	expect_wrong(&spec, 20, "blob spl is larger than its max: 65537 B instead of 64 KiB");
	blob->max_bytes = 0; /* no limit */
	expect_sound(&spec);
	blob->size_bytes = 0;
	expect_wrong(&spec, 20, "blob spl is empty");
	blob->size_bytes = GIB(3);
	blob->max_bytes = MIB(1536);
	expect_wrong(&spec, 20, "blob spl is larger than its max: 3 GiB instead of 1536 MiB");

	spec = sound();
	spec.blob_count = 1;
	blob->target = BLOB_PARTITION;
	(void)STR_COPY(blob->partition, "one");
	expect_sound(&spec);
	(void)STR_COPY(blob->partition, "two");
	expect_wrong(&spec, 20,
		"blob spl would destroy the ext4 of partition two: its format must be none");
	(void)STR_COPY(blob->partition, "three");
	expect_wrong(&spec, 20, "blob spl: there is no partition three");
	/* The name matters only for a blob in a partition. */
	blob->target = BLOB_BOOT0;
	expect_sound(&spec);
	/* The last of several blobs. */
	spec.blobs[1] = *blob;
	spec.blobs[1].size_bytes = 0;
	spec.blobs[1].line = 30;
	spec.blob_count = 2;
	expect_wrong(&spec, 30, "blob spl is empty");
}

/* ---- the places ---- */

/* Partitions "one" (line 4) and "two" (line 9) exist if their sectors are not 0, blobs "a" (line
 * 20) and "b" (line 30) if their bytes are not 0. The default table is a GPT. */
struct places {
	enum table_kind table;
	uint64_t entries;      /* of a GPT; 0: behind the header */
	uint32_t sector_bytes; /* 0: 512 */
	struct {
		uint64_t start, sectors;
	} partitions[2];
	bool grows; /* the last partition grows */
	struct {
		enum blob_target target;
		const char *partition; /* name of the partition, for BLOB_PARTITION */
		uint64_t offset, bytes;
	} blobs[2];
	int line;
	const char *text; /* NULL: no contradiction */
};

static struct layout place(const struct places *places)
{
	struct layout placed = {.table = places->table,
		.align_bytes = MIB(1),
		.gpt_entries_bytes = places->entries,
		.disk_sectors = TIB / SECTOR_BYTES,
		.sector_bytes = places->sector_bytes ? places->sector_bytes : SECTOR_BYTES};

	for (size_t i = 0; i < 2 && places->partitions[i].sectors > 0; i++) {
		placed.partitions[i] = (struct layout_partition){
			.start = places->partitions[i].start,
			.sectors = places->partitions[i].sectors,
			.line = i == 0 ? 4 : 9,
		};
		(void)STR_COPY(placed.partitions[i].name, i == 0 ? "one" : "two");
		placed.count = i + 1;
	}
	if (places->grows)
		placed.partitions[placed.count - 1].grow = true;
	for (size_t i = 0; i < 2 && places->blobs[i].bytes > 0; i++) {
		placed.blobs[i] = (struct layout_blob){
			.target = places->blobs[i].target,
			.offset_bytes = places->blobs[i].offset,
			.size_bytes = places->blobs[i].bytes,
			.line = i == 0 ? 20 : 30,
		};
		(void)STR_COPY(placed.blobs[i].name, i == 0 ? "a" : "b");
		if (places->blobs[i].partition) {
			placed.blobs[i].target = BLOB_PARTITION;
			(void)STR_COPY(placed.blobs[i].partition, places->blobs[i].partition);
		}
		placed.blob_count = i + 1;
	}
	return placed;
}

static void expect_places(const struct places *all, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct layout placed = place(&all[i]);
		struct diag diag = {.line = 0, .text = "none"};
		int r = layout_check_places(&placed, &diag);
		const char *wanted = all[i].text ? all[i].text : "none";

		if (r != (all[i].text ? -EINVAL : 0) || diag.line != all[i].line ||
			strcmp(diag.text, wanted) != 0)
			fail_msg("%zu: %d, line %d: %s\ninstead of line %d: %s", i, r, diag.line,
				diag.text, all[i].line, wanted);
	}
}

static void partitions_are_in_order(void **state)
{
	static const struct places all[] = {
		/* after the table */
		{.partitions = {{34, 1}}},
		{.partitions = {{33, 8}},
			.line = 4,
			.text = "partition one begins at 16896 B, inside the partition table"},
		{.entries = KIB(24), .partitions = {{80, 8}}},
		{.entries = KIB(24),
			.partitions = {{79, 8}},
			.line = 4,
			.text = "partition one begins at 40448 B, inside the partition table"},
		{.table = TABLE_MBR, .partitions = {{1, 8}}},
		/* in whole sectors of the disk */
		{.sector_bytes = 4096, .partitions = {{48, 8}}},
		{.sector_bytes = 4096,
			.partitions = {{47, 8}},
			.line = 4,
			.text = "partition one begins at 24064 B, inside the partition table"},
		{.sector_bytes = 4096,
			.partitions = {{49, 8}},
			.line = 4,
			.text = "partition one (4 KiB at 25088 B) does not fit the disk, which has "
				"sectors of 4096 bytes"},
		{.sector_bytes = 4096,
			.partitions = {{48, 7}},
			.line = 4,
			.text = "partition one (3584 B at 24 KiB) does not fit the disk, which has "
				"sectors of 4096 bytes"},
		{.sector_bytes = 4096,
			.entries = KIB(9),
			.text = "gpt-entries = 9 KiB does not fit the disk, which has sectors of 4096 "
				"bytes"},
		{.partitions = {{0, 8}},
			.line = 4,
			.text = "partition one begins at 0 B, inside the partition table"},
		/* after the previous one */
		{.partitions = {{2048, 2048}, {4096, 8}}},
		{.partitions = {{2048, 2049}, {4096, 8}},
			.line = 9,
			.text = "partition two begins at 2 MiB, inside partition one"},
		{.partitions = {{2048, 2048}, {2048, 8}},
			.line = 9,
			.text = "partition two begins at 1 MiB, inside partition one"},
		/* Partitions must be in the order of the disk. */
		{.partitions = {{4096, 8}, {2048, 8}},
			.line = 9,
			.text = "partition two begins at 1 MiB, inside partition one"},
		/* Far beyond 32 bits. */
		{.partitions = {{2048, UINT64_C(1) << 40}, {UINT64_C(1) << 40, 8}},
			.line = 9,
			.text = "partition two begins at 512 TiB, inside partition one"},
	};

	(void)state;
	expect_places(all, ARRAY_SIZE(all));
}

static void blobs_leave_table_and_partitions_alone(void **state)
{
	static const struct places all[] = {
		/* boot code, and the table in the first sector */
		{.blobs = {{.bytes = 440}}},
		{.blobs = {{.bytes = 441}},
			.line = 20,
			.text = "blob a (441 B at 0 B) overlaps the partition table "
				"(bytes 440 to 511): move it"},
		{.table = TABLE_MBR,
			.blobs = {{.offset = 511, .bytes = 1}},
			.line = 20,
			.text = "blob a (1 B at 511 B) overlaps the partition table "
				"(bytes 440 to 511): move it"},
		/* around it */
		{.table = TABLE_MBR, .blobs = {{.offset = 439, .bytes = 73}}},
		{.table = TABLE_MBR,
			.blobs = {{.offset = 440, .bytes = 73}},
			.line = 20,
			.text = "blob a (73 B at 440 B) overlaps the partition table "
				"(bytes 440 to 511): move it"},
		{.table = TABLE_MBR,
			.blobs = {{.offset = 439, .bytes = 72}},
			.line = 20,
			.text = "blob a (72 B at 439 B) overlaps the partition table "
				"(bytes 440 to 511): move it"},
		{.blobs = {{.bytes = 513}},
			.line = 20,
			.text = "blob a (513 B at 0 B) overlaps the header of the GPT "
				"(bytes 512 to 1023): move it, or use an MBR"},
		{.table = TABLE_MBR, .blobs = {{.offset = 512, .bytes = KIB(32)}}},
		/* the GPT */
		{.blobs = {{.offset = 512, .bytes = 1}},
			.line = 20,
			.text = "blob a (1 B at 512 B) overlaps the header of the GPT "
				"(bytes 512 to 1023): move it, or use an MBR"},
		{.blobs = {{.offset = KIB(16), .bytes = KIB(1)}},
			.line = 20,
			.text = "blob a (1 KiB at 16 KiB) overlaps the entries of the GPT "
				"(bytes 1024 to 17407): move it, set gpt-entries, or use an MBR"},
		{.blobs = {{.offset = KIB(17), .bytes = KIB(1)}}},
		{.blobs = {{.offset = TIB - KIB(16), .bytes = 1}},
			.line = 20,
			.text = "blob a (1 B at 1073741808 KiB) overlaps the backup of the GPT "
				"(bytes 1099511610880 to 1099511627263): move it, or use an MBR"},
		{.blobs = {{.offset = TIB - KIB(17), .bytes = 512}}},
		/* with larger sectors */
		{.sector_bytes = 4096,
			.blobs = {{.offset = KIB(23), .bytes = 1}},
			.line = 20,
			.text = "blob a (1 B at 23 KiB) overlaps the entries of the GPT "
				"(bytes 8192 to 24575): move it, set gpt-entries, or use an MBR"},
		{.sector_bytes = 4096, .blobs = {{.offset = KIB(24), .bytes = 1}}},
		/* moved behind a boot loader at 8 KiB */
		{.entries = MIB(1), .blobs = {{.offset = KIB(8), .bytes = KIB(1016)}}},
		{.entries = MIB(1),
			.blobs = {{.offset = KIB(8), .bytes = KIB(1016) + 1}},
			.line = 20,
			.text = "blob a (1040385 B at 8 KiB) overlaps the entries of the GPT "
				"(bytes 1048576 to 1064959): move it, set gpt-entries, or use an MBR"},
		/* a partition of 1 MiB at 1 MiB */
		{.partitions = {{2048, 2048}}, .blobs = {{.offset = KIB(24), .bytes = KIB(1000)}}},
		{.partitions = {{2048, 2048}},
			.blobs = {{.offset = KIB(24), .bytes = KIB(1000) + 1}},
			.line = 20,
			.text = "blob a (1024001 B at 24 KiB) overlaps partition one, "
				"which begins at 1 MiB"},
		{.partitions = {{2048, 2048}},
			.blobs = {{.offset = MIB(2) - 1, .bytes = 1}},
			.line = 20,
			.text = "blob a (1 B at 2097151 B) overlaps partition one, "
				"which begins at 1 MiB"},
		{.partitions = {{2048, 2048}}, .blobs = {{.offset = MIB(2), .bytes = 1}}},
		{.partitions = {{2048, 2048}, {6144, 8}},
			.blobs = {{.offset = MIB(2), .bytes = MIB(1) + 1}},
			.line = 20,
			.text = "blob a (1048577 B at 2 MiB) overlaps partition two, "
				"which begins at 3 MiB"},
		/* a growing partition has no end */
		{.partitions = {{2048, 2048}},
			.grows = true,
			.blobs = {{.offset = GIB(500), .bytes = 1}},
			.line = 20,
			.text = "blob a (1 B at 500 GiB) overlaps partition one, "
				"which begins at 1 MiB"},
		/* Offsets on targets other than the disk are independent. */
		{.partitions = {{2048, 2048}}, .blobs = {{.target = BLOB_BOOT0, .bytes = MIB(4)}}},
		{.partitions = {{2048, 2048}},
			.blobs = {{.target = BLOB_BOOT1, .offset = MIB(1), .bytes = 1}}},
	};

	(void)state;
	expect_places(all, ARRAY_SIZE(all));
}

static void blobs_leave_each_other_alone(void **state)
{
	static const struct places all[] = {
		{.table = TABLE_MBR,
			.blobs = {{.offset = 512, .bytes = 512}, {.offset = 1024, .bytes = 512}}},
		{.table = TABLE_MBR,
			.blobs = {{.offset = 512, .bytes = 513}, {.offset = 1024, .bytes = 512}},
			.line = 30,
			.text = "blob b overlaps blob a"},
		{.table = TABLE_MBR,
			.blobs = {{.offset = 1024, .bytes = 512}, {.offset = 512, .bytes = 512}}},
		{.table = TABLE_MBR,
			.blobs = {{.offset = 1024, .bytes = 512}, {.offset = 512, .bytes = 513}},
			.line = 30,
			.text = "blob b overlaps blob a"},
		{.table = TABLE_MBR,
			.blobs = {{.offset = 512, .bytes = 4096}, {.offset = 1024, .bytes = 1}},
			.line = 30,
			.text = "blob b overlaps blob a"},
		{.table = TABLE_MBR,
			.blobs = {{.target = BLOB_BOOT0, .bytes = 9},
				{.target = BLOB_BOOT0, .offset = 8, .bytes = 9}},
			.line = 30,
			.text = "blob b overlaps blob a"},
		/* overlapping */
		{.table = TABLE_MBR,
			.blobs = {{.target = BLOB_BOOT0, .bytes = 9},
				{.target = BLOB_BOOT1, .bytes = 9}}},
		{.table = TABLE_MBR,
			.blobs = {{.target = BLOB_BOOT0, .offset = 512, .bytes = 9},
				{.offset = 512, .bytes = 9}}},
		/* in partitions of 1 MiB */
		{.partitions = {{2048, 2048}, {4096, 2048}},
			.blobs = {{.partition = "one", .bytes = MIB(1)},
				{.partition = "two", .bytes = MIB(1)}}},
		{.partitions = {{2048, 2048}, {4096, 2048}},
			.blobs = {{.partition = "one", .bytes = 9},
				{.partition = "one", .offset = 8, .bytes = 9}},
			.line = 30,
			.text = "blob b overlaps blob a"},
		{.partitions = {{2048, 2048}, {4096, 4096}},
			.blobs = {{.partition = "one", .offset = 1, .bytes = MIB(1)}},
			.line = 20,
			.text = "blob a does not fit in partition one"},
		{.partitions = {{2048, 2048}, {4096, 4096}},
			.blobs = {{.partition = "two", .offset = 1, .bytes = MIB(1)}}},
	};

	(void)state;
	expect_places(all, ARRAY_SIZE(all));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_have_limits),
		cmocka_unit_test(alignments_are_powers_of_two),
		cmocka_unit_test(sizes_are_whole_blocks_or_grow),
		cmocka_unit_test(filesystems_need_room),
		cmocka_unit_test(types_are_of_the_table),
		cmocka_unit_test(a_hybrid_mbr_has_three_entries),
		cmocka_unit_test(entries_are_behind_the_header),
		cmocka_unit_test(a_partition_may_fit_its_blob),
		cmocka_unit_test(labels_are_of_the_filesystem),
		cmocka_unit_test(mount_points_have_one_form),
		cmocka_unit_test(the_root_is_one),
		cmocka_unit_test(partitions_are_distinct),
		cmocka_unit_test(an_mbr_derives_partuuids),
		cmocka_unit_test(a_partuuid_of_a_gpt_is_a_uuid),
		cmocka_unit_test(blobs_are_files_with_a_place),
		cmocka_unit_test(partitions_are_in_order),
		cmocka_unit_test(blobs_leave_table_and_partitions_alone),
		cmocka_unit_test(blobs_leave_each_other_alone),
	};

	return cmocka_run_group_tests_name("layout_check", tests, NULL, NULL);
}
