/* SPDX-License-Identifier: MIT */
/*
 * table_bytes - the bytes of the partition table of a layout: an MBR, with the tables of its logical partitions,
 * or a GPT with its backup and a protective or hybrid MBR. Nothing is left to a library's defaults: these are
 * exactly the bytes that must be on the medium. Pure.
 */
#ifndef DEVICE_LAYOUT_TABLE_BYTES_H
#define DEVICE_LAYOUT_TABLE_BYTES_H

#include "device/layout/layout_table.h"

/* A GPT is the largest: entries and a header of one sector of at most 64 KiB, twice, and the head. */
#define TABLE_SECTOR_MAX 65536u
#define TABLE_BYTES_MAX                                                                            \
	(2 * (TABLE_GPT_ENTRIES * TABLE_GPT_ENTRY_BYTES + TABLE_SECTOR_MAX) + TABLE_HEAD_END)

struct table_bytes {
	size_t count;
	struct table_area areas[TABLE_AREAS_MAX];
	uint8_t bytes[TABLE_BYTES_MAX]; /* of all areas, one after another */
};

/* Makes the table of a placed layout whose IDs are assigned. */
void table_bytes_make(const struct layout *placed, struct table_bytes *ret);

#endif
