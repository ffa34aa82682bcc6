/* SPDX-License-Identifier: MIT */
#include "core/plan/boot_only.h"

#include "core/plan/plan_verdict.h"
#include "device/base/human.h"
#include "device/base/util.h"
#include "device/layout/layout_table.h"

#include <string.h>

static const char *const table_names[] = {[TABLE_GPT] = "gpt", [TABLE_MBR] = "dos"};
static const char *const table_labels[] = {[TABLE_GPT] = "GPT", [TABLE_MBR] = "MBR"};

static const char *label_of(const char *table)
{
	for (size_t i = 0; i < ARRAY_SIZE(table_names); i++)
		if (strcmp(table, table_names[i]) == 0)
			return table_labels[i];
	return table;
}

/* ---- the check ---- */

bool boot_only_writes_disk(const struct plan *plan)
{
	for (size_t i = 0; i < plan->layout.blob_count; i++)
		if (plan->layout.blobs[i].target == BLOB_DISK)
			return true;
	return false;
}

static bool writes_anything(const struct plan *plan)
{
	const struct layout_emmc *emmc = &plan->layout.emmc;

	for (size_t i = 0; i < plan->layout.blob_count; i++)
		if (scope_writes_blob(SCOPE_BOOT, &plan->layout.blobs[i]))
			return true;
	return plan->target.kind == DISK_EMMC &&
	       (emmc->boot != EMMC_BOOT_KEEP || emmc->ack != EMMC_ACK_KEEP || emmc->set_boot_bus);
}

static void check_nothing(const struct plan *plan, struct plan_verdict *verdict)
{
	if (!writes_anything(plan))
		plan_problem_add(verdict, "nothing-to-write",
			"Layout %s has no boot loader outside of the partitions: there is nothing to "
			"write to %s. Choose a layout with a blob on the disk or in a boot area.",
			plan->layout.name, plan->target.path);
}

/* Returns true if the table shows the free bytes. */
static bool check_table(const struct plan *plan, const struct occupied *occupied, const char *why,
	struct plan_verdict *verdict)
{
	const char *want = table_names[plan->layout.table];

	if (!occupied->table[0])
		plan_problem_add(verdict, "table",
			"The boot loader alone cannot be written to %s: %s, so nothing tells which "
			"bytes are free. Install the whole layout, without --only.",
			plan->target.path, why);
	else if (strcmp(occupied->table, want) != 0)
		plan_problem_add(verdict, "table",
			"The boot loader alone cannot be written to %s: its partition table is of the "
			"kind %s, and layout %s is for %s. Choose the layout that the device was "
			"installed with, or install the whole layout, without --only.",
			plan->target.path, label_of(occupied->table), plan->layout.name,
			label_of(want));
	return strcmp(occupied->table, want) == 0;
}

/* A blob around the table of an MBR has a part before it and a part behind it. */
static const struct occupied_range *find_obstacle(
	const struct layout_blob *blob, const struct occupied *occupied)
{
	uint64_t start = blob->offset_bytes, end = start + blob->size_bytes;
	const struct occupied_range *range;

	if (!table_splits(blob))
		return occupied_find(occupied, start, end);
	range = occupied_find(occupied, start, TABLE_HEAD_START);
	return range ? range : occupied_find(occupied, TABLE_HEAD_END, end);
}

static void check_place(const struct plan *plan, const struct layout_blob *blob,
	const struct occupied *occupied, struct plan_verdict *verdict)
{
	const struct occupied_range *range = find_obstacle(blob, occupied);

	if (range)
		plan_problem_add(verdict, "blob-overlap",
			"Blob %s (%s at %s) would overwrite %s of %s, which begins at %s. Choose a "
			"smaller file or the layout that the device was installed with.",
			blob->name, human_exact(blob->size_bytes).s,
			human_exact(blob->offset_bytes).s, range->what, plan->target.path,
			human_exact(range->start_bytes).s);
}

void boot_only_check(const struct plan *plan, const struct occupied *occupied, const char *why,
	struct plan_verdict *verdict)
{
	check_nothing(plan, verdict);
	if (!boot_only_writes_disk(plan) || !check_table(plan, occupied, why, verdict))
		return;
	for (size_t i = 0; i < plan->layout.blob_count; i++)
		if (plan->layout.blobs[i].target == BLOB_DISK)
			check_place(plan, &plan->layout.blobs[i], occupied, verdict);
}

/* ---- the warning ---- */

/* A container of logical partitions, by the types of an MBR. */
static bool is_extended(const struct disk_partition *partition)
{
	return strcmp(partition->type, "0x05") == 0 || strcmp(partition->type, "0x0f") == 0 ||
	       strcmp(partition->type, "0x85") == 0;
}

static bool has_partition(
	const struct disk_content *content, const struct layout_partition *planned)
{
	for (uint32_t i = 0; i < content->partition_count && i < DISK_PARTITIONS_MAX; i++)
		if (content->partitions[i].start == planned->start &&
			content->partitions[i].sectors == planned->sectors)
			return true;
	return false;
}

/* Partitions that the probe has not listed may be anything. */
static bool differs(const struct disk_content *content, const struct layout *layout)
{
	uint32_t count = content->partition_count;

	if (count > DISK_PARTITIONS_MAX)
		return false;
	for (uint32_t i = 0; i < content->partition_count; i++)
		count -= is_extended(&content->partitions[i]);
	for (size_t i = 0; i < layout->count; i++)
		if (!has_partition(content, &layout->partitions[i]))
			return true;
	return count != layout->count;
}

void boot_only_warning(const struct plan *plan, char *ret, size_t size)
{
	*ret = '\0';
	if (plan->scope == SCOPE_BOOT && plan->layout.count > 0 &&
		plan->target.content.state == CONTENT_TABLE &&
		differs(&plan->target.content, &plan->layout))
		(void)str_format(ret, size,
			"The partitions of %s are not those of layout %s. They stay as they are.",
			plan->target.name, plan->layout.name);
}
