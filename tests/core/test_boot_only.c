/* SPDX-License-Identifier: MIT */
#include "core/plan/boot_only.h"

#include "device/base/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct plan plan;
static struct occupied occupied;

static void add_blob(enum blob_target to, uint64_t offset, uint64_t size)
{
	struct layout_blob *blob = &plan.layout.blobs[plan.layout.blob_count++];

	*blob = (struct layout_blob){.target = to, .offset_bytes = offset, .size_bytes = size};
	STR_FORMAT(blob->name, "blob%zu", plan.layout.blob_count);
}

static void occupy(uint64_t start, uint64_t end, const char *what)
{
	struct occupied_range *range = &occupied.ranges[occupied.count++];

	range->start_bytes = start;
	range->end_bytes = end;
	STR_COPY(range->what, what);
}

/* A card with the partitions of its layout, and a loader for the room before them. */
static int setup(void **state)
{
	struct diag diag;

	(void)state;
	memset(&plan, 0, sizeof(plan));
	plan.scope = SCOPE_BOOT;
	STR_COPY(plan.target.name, "mmcblk1");
	STR_COPY(plan.target.path, "/dev/mmcblk1");
	plan.target.kind = DISK_SD;
	assert_int_equal(
		layout_place(layout_find("boot-root"), GIB(4), SECTOR_BYTES, &plan.layout, &diag),
		0);
	plan.target.content.state = CONTENT_TABLE;
	plan.target.content.partition_count = (uint32_t)plan.layout.count;
	for (size_t i = 0; i < plan.layout.count; i++) {
		plan.target.content.partitions[i].start = plan.layout.partitions[i].start;
		plan.target.content.partitions[i].sectors = plan.layout.partitions[i].sectors;
	}
	add_blob(BLOB_DISK, KIB(32), KIB(600));
	occupied = (struct occupied){.table = "gpt"};
	occupy(440, 512, "the partition table");
	occupy(512, KIB(17), "the GPT");
	occupy(MIB(4), MIB(260), "partition 1 (boot)");
	return 0;
}

static void expect(const char *why, const char *code, const char *says)
{
	struct plan_verdict verdict = {0};

	boot_only_check(&plan, &occupied, why, &verdict);
	assert_int_equal(verdict.count, *code ? 1 : 0);
	if (!*code)
		return;
	assert_string_equal(verdict.problems[0].code, code);
	if (!strstr(verdict.problems[0].text, says))
		fail_msg("\"%s\" is not in \"%s\"", says, verdict.problems[0].text);
}

static void a_loader_beside_the_partitions(void **state)
{
	(void)state;
	expect("", "", "");
	plan.layout.blobs[0].offset_bytes = KIB(17); /* right behind the entries */
	plan.layout.blobs[0].size_bytes = MIB(4) - KIB(17);
	expect("", "", "");
}

static void one_byte_too_many(void **state)
{
	struct layout_blob *blob = &plan.layout.blobs[0];

	(void)state;
	blob->size_bytes = MIB(4) - KIB(32) + 1;
	expect("", "blob-overlap", "would overwrite partition 1 (boot) of /dev/mmcblk1");
	blob->offset_bytes = KIB(17) - 1;
	blob->size_bytes = 1;
	expect("", "blob-overlap", "would overwrite the GPT");
	blob->offset_bytes = 439;
	expect("", "", "");
	blob->size_bytes = 2;
	expect("", "blob-overlap", "would overwrite the partition table");
}

/* The blob leaves out the bytes of an MBR, and nothing else. */
static void a_loader_around_the_table(void **state)
{
	struct layout_blob *blob = &plan.layout.blobs[0];

	(void)state;
	plan.layout.table = TABLE_MBR;
	STR_COPY(occupied.table, "dos");
	occupied.ranges[1].start_bytes = MIB(3); /* no GPT */
	occupied.ranges[1].end_bytes = MIB(3) + 1;
	blob->offset_bytes = 0;
	blob->size_bytes = MIB(3);
	expect("", "", "");
	blob->size_bytes = MIB(3) + 1;
	expect("", "blob-overlap", "would overwrite the GPT");
}

static void every_blob_is_checked(void **state)
{
	(void)state;
	add_blob(BLOB_BOOT0, 0, MIB(4)); /* has its own check */
	add_blob(BLOB_PARTITION, 0, MIB(1));
	expect("", "", "");
	add_blob(BLOB_DISK, MIB(5), 1);
	expect("", "blob-overlap", "Blob blob4");
}

static void a_disk_without_a_table(void **state)
{
	(void)state;
	occupied = (struct occupied){0};
	expect("it has no partition table", "table",
		"/dev/mmcblk1: it has no partition table, so nothing tells");
}

static void a_table_of_another_kind(void **state)
{
	(void)state;
	STR_COPY(occupied.table, "dos");
	expect("", "table", "is of the kind MBR, and layout boot-root is for GPT");
	STR_COPY(occupied.table, "sun");
	expect("", "table", "is of the kind sun");
	plan.layout.table = TABLE_MBR;
	STR_COPY(occupied.table, "dos");
	expect("", "", "");
}

/* They have no table, and the user area stays as it is. */
static void boot_areas_need_no_table(void **state)
{
	(void)state;
	plan.layout.blobs[0].target = BLOB_BOOT0;
	assert_false(boot_only_writes_disk(&plan));
	occupied = (struct occupied){0};
	expect("it has no partition table", "", "");
}

static void nothing_to_write(void **state)
{
	(void)state;
	plan.layout.blobs[0].target = BLOB_PARTITION;
	expect("", "nothing-to-write", "boot-root has no boot loader outside of the partitions");
	plan.layout.blob_count = 0;
	expect("", "nothing-to-write", "");
	plan.layout.emmc.boot = EMMC_BOOT_BOOT0; /* a card is no eMMC */
	expect("", "nothing-to-write", "");
	plan.target.kind = DISK_EMMC;
	expect("", "", "");
	plan.layout.emmc = (struct layout_emmc){.ack = EMMC_ACK_ON};
	expect("", "", "");
	plan.layout.emmc = (struct layout_emmc){.set_boot_bus = true};
	expect("", "", "");
}

static void warn(const char *says)
{
	char text[200];

	boot_only_warning(&plan, text, sizeof(text));
	if (!*says)
		assert_string_equal(text, "");
	else if (!strstr(text, says))
		fail_msg("\"%s\" is not in \"%s\"", says, text);
}

#define OTHERS "The partitions of mmcblk1 are not those of layout boot-root"

static void partitions_of_another_layout(void **state)
{
	struct disk_content *content = &plan.target.content;

	(void)state;
	warn("");
	content->partitions[1].sectors--;
	warn(OTHERS);
	content->partitions[1].sectors++;
	content->partitions[0].start++;
	warn(OTHERS);
	content->partitions[0].start--;
	content->partition_count--;
	warn(OTHERS);
	content->partition_count += 2;
	warn(OTHERS);
	STR_COPY(content->partitions[2].type, "0x05"); /* it only contains others */
	warn("");
	content->partition_count = DISK_PARTITIONS_MAX + 1; /* the probe has not listed all */
	warn("");
	content->partition_count = 1;
	content->state = CONTENT_BLANK; /* refused, not warned of */
	warn("");
	content->state = CONTENT_TABLE;
	plan.scope = SCOPE_ALL; /* they are replaced */
	warn("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_loader_beside_the_partitions, setup),
		cmocka_unit_test_setup(one_byte_too_many, setup),
		cmocka_unit_test_setup(a_loader_around_the_table, setup),
		cmocka_unit_test_setup(every_blob_is_checked, setup),
		cmocka_unit_test_setup(a_disk_without_a_table, setup),
		cmocka_unit_test_setup(a_table_of_another_kind, setup),
		cmocka_unit_test_setup(boot_areas_need_no_table, setup),
		cmocka_unit_test_setup(nothing_to_write, setup),
		cmocka_unit_test_setup(partitions_of_another_layout, setup),
	};

	return cmocka_run_group_tests_name("boot_only", tests, NULL, NULL);
}
