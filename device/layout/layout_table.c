/* SPDX-License-Identifier: MIT */
#include "device/layout/layout_table.h"

#include "device/disk/disk.h"

#define ENTRIES_BYTES ((uint64_t)TABLE_GPT_ENTRIES * TABLE_GPT_ENTRY_BYTES)

/* Before a disk is chosen, its sectors have 512 bytes, as most disks do. */
static uint64_t sector(const struct layout *layout)
{
	return layout->sector_bytes ? layout->sector_bytes : SECTOR_BYTES;
}

/* The place of the entries: whole sectors. */
static uint64_t entries_room(const struct layout *layout)
{
	return (ENTRIES_BYTES + sector(layout) - 1) / sector(layout) * sector(layout);
}

uint64_t table_entries_bytes(const struct layout *layout)
{
	return layout->gpt_entries_bytes ? layout->gpt_entries_bytes : 2 * sector(layout);
}

uint64_t table_end_bytes(const struct layout *layout)
{
	return layout->table == TABLE_GPT ? table_entries_bytes(layout) + entries_room(layout)
					  : sector(layout);
}

uint64_t table_tail_bytes(const struct layout *layout)
{
	return layout->table == TABLE_GPT ? entries_room(layout) + sector(layout) : 0;
}

bool table_splits(const struct layout_blob *blob)
{
	return blob->target == BLOB_DISK && blob->offset_bytes < TABLE_HEAD_START &&
	       blob->offset_bytes + blob->size_bytes >= TABLE_HEAD_END;
}

bool table_is_extended(const struct layout *layout)
{
	return layout->table == TABLE_MBR && layout->count > TABLE_MBR_PRIMARY;
}

bool table_is_logical(const struct layout *layout, size_t index)
{
	return table_is_extended(layout) && index >= TABLE_MBR_PRIMARY - 1;
}

unsigned table_number(const struct layout *layout, size_t index)
{
	return (unsigned)index + (table_is_logical(layout, index) ? 2 : 1);
}

size_t table_numbered(const struct layout *layout, uint64_t number)
{
	size_t i = 0;

	while (i < layout->count && table_number(layout, i) != number)
		i++;
	return i;
}

uint64_t table_logical_bytes(const struct layout *placed, size_t index)
{
	const struct layout_partition *p = &placed->partitions[index], *previous = p - 1;
	uint64_t start = p->start * SECTOR_BYTES;
	uint64_t room = start - (previous->start + previous->sectors) * SECTOR_BYTES;
	uint64_t apart = placed->align_bytes;

	if (apart < sector(placed))
		apart = sector(placed);
	return start - (room < apart ? room : apart);
}

size_t table_areas(const struct layout *placed, struct table_area ret[TABLE_AREAS_MAX])
{
	uint64_t size = sector(placed);
	uint64_t end = placed->disk_sectors * SECTOR_BYTES / size * size;
	size_t count = 0;

	for (size_t i = 0; i < placed->count; i++)
		if (table_is_logical(placed, i))
			ret[count++] = (struct table_area){
				TABLE_LOGICAL, table_logical_bytes(placed, i), TABLE_HEAD_END, i};
	if (placed->table == TABLE_GPT) {
		ret[count++] = (struct table_area){
			TABLE_BACKUP_ENTRIES, end - table_tail_bytes(placed), ENTRIES_BYTES, 0};
		ret[count++] = (struct table_area){TABLE_BACKUP_HEADER, end - size, size, 0};
		ret[count++] = (struct table_area){
			TABLE_ENTRIES, table_entries_bytes(placed), ENTRIES_BYTES, 0};
		ret[count++] = (struct table_area){TABLE_HEADER, size, size, 0};
	}
	ret[count++] = (struct table_area){
		TABLE_HEAD, TABLE_HEAD_START, TABLE_HEAD_END - TABLE_HEAD_START, 0};
	return count;
}
