/* SPDX-License-Identifier: MIT */
/*
 * disk_table - disks as an aligned table for people, on a page of 80 columns: one line a disk, below
 * it what more there is to say, and each reason why it is refused on a line of its own.
 */
#ifndef UI_LINES_DISK_TABLE_H
#define UI_LINES_DISK_TABLE_H

#include "device/disk/disk.h"

#include <stdio.h>

#define DISK_TABLE_COLS 80

/* Prints the heading and @count disks; @pending is what stands for a content that is not known. */
void disk_table_print(
	FILE *out, const struct disk *const *disks, size_t count, const char *pending);
/* Prints, below the table, what has become known of the content of one disk in it, and the verdict
 * that holds now. */
void disk_table_print_late(FILE *out, const struct disk *disk);

#endif
