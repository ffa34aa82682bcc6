/* SPDX-License-Identifier: MIT */
#include "device/layout/table_bytes.h"

#include "device/base/crc32.h"
#include "device/base/util.h"
#include "device/disk/disk.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define TYPE_EXTENDED	0x0f /* with addresses in LBA, for the first of the chain */
#define TYPE_LINK	0x05 /* the next of the chain */
#define TYPE_PROTECTIVE 0xee
#define MBR_BOOTABLE	0x80
#define GPT_BOOTABLE	4 /* bit 2: legacy BIOS bootable */

struct mbr_entry {
	uint8_t flags, first_chs[3], type, last_chs[3];
	uint32_t start, size;
} __attribute__((packed));

/* From byte 440 of the first sector on; the table of a logical partition has no ID. */
struct mbr {
	uint32_t id;
	uint16_t zero;
	struct mbr_entry entries[4];
	uint8_t magic[2];
} __attribute__((packed));
_Static_assert(sizeof(struct mbr) == TABLE_HEAD_END - TABLE_HEAD_START, "the rest of the sector");

struct gpt_header {
	char magic[8];
	uint32_t revision, size, crc, zero;
	uint64_t own, other, first_usable, last_usable;
	uint8_t id[16];
	uint64_t entries;
	uint32_t entry_count, entry_size, entries_crc;
} __attribute__((packed));

struct gpt_entry {
	uint8_t type[16], id[16];
	uint64_t first, last, flags;
	uint16_t name[36];
} __attribute__((packed));
_Static_assert(sizeof(struct gpt_entry) == TABLE_GPT_ENTRY_BYTES, "as the table has it");

/* The partitions in sectors of the disk. */
struct range {
	uint64_t start, size;
};

static uint64_t to_sectors(const struct layout *layout, uint64_t bytes)
{
	return bytes / layout->sector_bytes;
}

static struct range range_of(const struct layout *layout, const struct layout_partition *p)
{
	return (struct range){to_sectors(layout, p->start * SECTOR_BYTES),
		to_sectors(layout, p->sectors * SECTOR_BYTES)};
}

/* ---- MBR ---- */

/* An address in CHS of a disk with 255 heads and 63 sectors, which every program assumes; the highest one where the
 * address is beyond it. */
static void put_chs(uint8_t ret[3], uint64_t lba)
{
	uint64_t cylinder = lba / (255 * 63), head = lba / 63 % 255, sector = lba % 63 + 1;

	if (cylinder > 1023) {
		cylinder = 1023;
		head = 254;
		sector = 63;
	}
	ret[0] = (uint8_t)head;
	ret[1] = (uint8_t)(sector | (cylinder >> 2 & 0xc0));
	ret[2] = (uint8_t)cylinder;
}

/* Starts in a table of the chain count from @base on. */
static void put_entry(
	struct mbr_entry *entry, int type, bool bootable, struct range range, uint64_t base)
{
	entry->flags = bootable ? MBR_BOOTABLE : 0;
	entry->type = (uint8_t)type;
	put_chs(entry->first_chs, range.start);
	put_chs(entry->last_chs, range.start + range.size - 1);
	entry->start = htole32((uint32_t)(range.start - base));
	entry->size = htole32((uint32_t)range.size);
}

static void put_magic(struct mbr *mbr)
{
	mbr->magic[0] = 0x55;
	mbr->magic[1] = 0xaa;
}

/* From the table of the logical partition at @index to the end of the one at @last. */
static struct range logical_range(const struct layout *layout, size_t index, size_t last)
{
	struct range end = range_of(layout, &layout->partitions[last]);
	uint64_t start = to_sectors(layout, table_logical_bytes(layout, index));

	return (struct range){start, end.start + end.size - start};
}

static void fill_logical(const struct layout *layout, const struct table_area *area, uint8_t *bytes)
{
	struct mbr *mbr = (struct mbr *)(void *)(bytes + TABLE_HEAD_START);
	const struct layout_partition *p = &layout->partitions[area->index];
	size_t next = area->index + 1;

	put_entry(&mbr->entries[0], p->type_mbr, p->bootable, range_of(layout, p),
		to_sectors(layout, area->start));
	if (next < layout->count)
		put_entry(&mbr->entries[1], TYPE_LINK, false, logical_range(layout, next, next),
			logical_range(layout, TABLE_MBR_PRIMARY - 1, next).start);
	put_magic(mbr);
}

static void fill_mbr(const struct layout *layout, struct mbr *mbr)
{
	mbr->id = htole32((uint32_t)strtoul(layout->disk_uuid, NULL, 16));
	for (size_t i = 0; i < layout->count && !table_is_logical(layout, i); i++) {
		const struct layout_partition *p = &layout->partitions[i];

		put_entry(&mbr->entries[i], p->type_mbr, p->bootable, range_of(layout, p), 0);
	}
	if (table_is_extended(layout))
		put_entry(&mbr->entries[TABLE_MBR_PRIMARY - 1], TYPE_EXTENDED, false,
			logical_range(layout, TABLE_MBR_PRIMARY - 1, layout->count - 1), 0);
}

/* The MBR of a GPT: copies of some partitions for firmware that knows no GPT, and an entry that keeps programs
 * which know none away from the rest. */
static void fill_gpt_mbr(const struct layout *layout, struct mbr *mbr)
{
	struct range rest = {1, to_sectors(layout, layout->disk_sectors * SECTOR_BYTES) - 1};
	struct mbr_entry *entry = mbr->entries;

	for (size_t i = 0; i < layout->count; i++) {
		const struct layout_partition *p = &layout->partitions[i];

		if (p->type_hybrid == 0)
			continue;
		put_entry(entry++, p->type_hybrid, p->bootable, range_of(layout, p), 0);
		rest.size = to_sectors(layout, table_end_bytes(layout)) - 1;
	}
	if (rest.size > UINT32_MAX)
		rest.size = UINT32_MAX;
	put_entry(entry, TYPE_PROTECTIVE, false, rest, 0);
	memset(entry->last_chs, 0xff, sizeof(entry->last_chs)); /* as sfdisk has it */
}

static void fill_head(const struct layout *layout, uint8_t *bytes)
{
	struct mbr *mbr = (struct mbr *)(void *)bytes;

	if (layout->table == TABLE_GPT)
		fill_gpt_mbr(layout, mbr);
	else
		fill_mbr(layout, mbr);
	put_magic(mbr);
}

/* ---- GPT ---- */

/* The first three fields of a GUID are little-endian. */
static void put_guid(uint8_t ret[16], const char *text)
{
	static const uint8_t order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
	size_t i = 0;

	for (; *text && i < sizeof(order); text++) {
		char pair[3] = {text[0], text[1], '\0'};

		if (*text == '-')
			continue;
		ret[order[i++]] = (uint8_t)strtoul(pair, NULL, 16);
		text++;
	}
}

static void fill_entries(const struct layout *layout, struct gpt_entry *entries)
{
	for (size_t i = 0; i < layout->count; i++) {
		const struct layout_partition *p = &layout->partitions[i];
		struct range range = range_of(layout, p);
		struct gpt_entry *entry = &entries[i];

		put_guid(entry->type, p->type_guid);
		put_guid(entry->id, p->partuuid);
		entry->first = htole64(range.start);
		entry->last = htole64(range.start + range.size - 1);
		entry->flags = htole64(p->bootable ? GPT_BOOTABLE : 0);
		for (size_t j = 0; p->name[j]; j++) /* ASCII */
			entry->name[j] = htole16((uint8_t)p->name[j]);
	}
}

/* Behind the table, and behind the boot loaders before the first partition: no program makes a partition over them. */
static uint64_t first_usable(const struct layout *layout)
{
	uint64_t first = layout->partitions[0].start * SECTOR_BYTES;
	uint64_t usable = table_end_bytes(layout);

	for (size_t i = 0; i < layout->blob_count; i++) {
		const struct layout_blob *blob = &layout->blobs[i];
		uint64_t end = blob->offset_bytes + blob->size_bytes;

		if (blob->target == BLOB_DISK && end <= first && end > usable)
			usable = end;
	}
	return to_sectors(layout, usable + layout->sector_bytes - 1);
}

/* @entries: of both copies, which have the same bytes. */
static void fill_header(const struct layout *layout, bool backup, const struct gpt_entry *entries,
	struct gpt_header *header)
{
	uint64_t last = to_sectors(layout, layout->disk_sectors * SECTOR_BYTES) - 1;
	uint64_t tail = last + 1 - to_sectors(layout, table_tail_bytes(layout));
	uint64_t head = to_sectors(layout, table_entries_bytes(layout));

	memcpy(header->magic, "EFI PART", sizeof(header->magic));
	header->revision = htole32(0x00010000);
	header->size = htole32(sizeof(*header));
	header->own = htole64(backup ? last : 1);
	header->other = htole64(backup ? 1 : last);
	header->first_usable = htole64(first_usable(layout));
	header->last_usable = htole64(tail - 1);
	put_guid(header->id, layout->disk_uuid);
	header->entries = htole64(backup ? tail : head);
	header->entry_count = htole32(TABLE_GPT_ENTRIES);
	header->entry_size = htole32(TABLE_GPT_ENTRY_BYTES);
	header->entries_crc = htole32(crc32(entries, TABLE_GPT_ENTRIES * sizeof(*entries)));
	header->crc = htole32(crc32(header, sizeof(*header)));
}

/* ---- all areas ---- */

void table_bytes_make(const struct layout *placed, struct table_bytes *ret)
{
	uint8_t *at = ret->bytes;
	const struct gpt_entry *entries = NULL;

	assert(placed->sector_bytes >= SECTOR_BYTES && placed->sector_bytes <= TABLE_SECTOR_MAX);
	memset(ret, 0, sizeof(*ret));
	ret->count = table_areas(placed, ret->areas);
	for (size_t i = 0; i < ret->count; i++) {
		const struct table_area *area = &ret->areas[i];
		void *bytes = at;

		assert(area->size <= sizeof(ret->bytes) - (size_t)(at - ret->bytes));
		switch (area->part) {
		case TABLE_LOGICAL:
			fill_logical(placed, area, bytes);
			break;
		case TABLE_BACKUP_ENTRIES:
		case TABLE_ENTRIES:
			fill_entries(placed, bytes);
			entries = bytes;
			break;
		case TABLE_BACKUP_HEADER:
		case TABLE_HEADER:
			fill_header(placed, area->part == TABLE_BACKUP_HEADER, entries, bytes);
			break;
		case TABLE_HEAD:
			fill_head(placed, bytes);
			break;
		}
		at += area->size;
	}
}
