/* SPDX-License-Identifier: MIT */
/*
 * disk_table - disks as an aligned table of 80 columns for people: one line per disk; its
 * partitions, details and each reason why it is refused follow on indented lines. The brief table
 * has only the one line.
 */
#ifndef UI_LINES_DISK_TABLE_H
#define UI_LINES_DISK_TABLE_H

#include "device/disk/disk.h"
#include "device/usage/parts.h"

#include <stdio.h>

#define DISK_TABLE_COLS 80

/* Prints the heading and @count disks. @parts has the partitions of each disk; NULL: the brief
 * table. @pending is printed for a content that is not yet known. */
void disk_table_print(FILE *out, const struct disk *const *disks, const struct parts *parts,
	size_t count, const char *pending);
/* Prints, below the table, the content and verdict of a disk whose probe has ended since. @parts as
 * above, of this disk. */
void disk_table_print_late(FILE *out, const struct disk *disk, const struct parts *parts);

#endif
