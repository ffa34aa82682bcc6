/* SPDX-License-Identifier: MIT */
/*
 * layout_table - the place that the partition table of a layout takes on the disk, and the numbers that it
 * gives to the partitions. A GPT is that of the UEFI Specification 2.10, section 5.3, with 128 entries; the
 * logical partitions of an MBR are a chain, each with a table of its own before it. Pure.
 */
#ifndef DEVICE_LAYOUT_LAYOUT_TABLE_H
#define DEVICE_LAYOUT_LAYOUT_TABLE_H

#include "device/layout/layout.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first sector of a disk: boot code up to the table, and the table up to byte 512. */
#define TABLE_HEAD_START 440u
#define TABLE_HEAD_END	 512u

#define TABLE_GPT_ENTRIES     128u
#define TABLE_GPT_ENTRY_BYTES 128u

/* Partitions of an MBR that are not logical. If there are more than 4, the fourth entry is the extended
 * partition, which holds the others. Programs of util-linux know 59 of them. */
#define TABLE_MBR_PRIMARY	 4u
#define TABLE_MBR_PARTITIONS_MAX 59u
/* A hybrid MBR has an entry for the GPT itself. */
#define TABLE_HYBRID_MAX 3u

/* A stretch of the disk that the table takes, in bytes. */
enum table_part {
	TABLE_LOGICAL, /* the table before a logical partition */
	TABLE_BACKUP_ENTRIES,
	TABLE_BACKUP_HEADER,
	TABLE_ENTRIES,
	TABLE_HEADER,
	TABLE_HEAD, /* in the first sector; the boot code before it is not part of it */
};
struct table_area {
	enum table_part part;
	uint64_t start, size;
	size_t index; /* of the logical partition */
};
#define TABLE_AREAS_MAX TABLE_MBR_PARTITIONS_MAX

/* The areas of the table of a placed layout, in the order in which they are written: without the first sector,
 * which is the last one, the others are no table. Returns their number. */
size_t table_areas(const struct layout *placed, struct table_area ret[TABLE_AREAS_MAX]);

/* True if the blob, on the disk, goes around the table: from the boot code on to the end of the first sector or behind it. The bytes of
 * the table are left out. */
bool table_splits(const struct layout_blob *blob);

/* End of the table at the begin of the disk, in bytes: the first byte that a partition may have. */
uint64_t table_end_bytes(const struct layout *layout);
/* Size of the backup of a GPT at the end of the disk; 0 for an MBR. */
uint64_t table_tail_bytes(const struct layout *layout);
/* Start of the entries of the primary GPT: usually behind its header. */
uint64_t table_entries_bytes(const struct layout *layout);

/* True if the partition is a logical one of an MBR. */
bool table_is_logical(const struct layout *layout, size_t index);
/* True if there are logical partitions. */
bool table_is_extended(const struct layout *layout);
/* Start of the table of the logical partition at @index of a placed layout: the alignment before the partition, or
 * the end of the previous one if that is nearer. */
uint64_t table_logical_bytes(const struct layout *placed, size_t index);

/* The number of the partition at @index for the kernel and in file names, from 1 on. Logical partitions have
 * numbers from 5 on. */
unsigned table_number(const struct layout *layout, size_t index);
/* The index of the partition with the @number, or the number of partitions if there is none. */
size_t table_numbered(const struct layout *layout, uint64_t number);

#endif
