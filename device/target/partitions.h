/* SPDX-License-Identifier: MIT */
/*
 * partitions - the kernel and udev learn the partition table that was written to the medium. Until
 * then they know the partitions from BLKPG alone (ptable_announce), without the UUIDs and names of
 * the table, and udev has postponed every look at the locked disk, or given up after three minutes.
 * The target is written through private nodes, so that udev's watch on /dev reports nothing either.
 */
#ifndef DEVICE_TARGET_PARTITIONS_H
#define DEVICE_TARGET_PARTITIONS_H

#include "device/disk/disk.h"
#include "device/layout/layout.h"

/*
 * Makes the kernel read the table of @disk, open at @fd, from the medium (BLKRRPART), and compares
 * what it then reports with @layout (partitions_compare). No partition of it may be open; @fd is best
 * the exclusive descriptor, which keeps other programs from doing the same meanwhile. A kernel
 * without a parser for this table finds no partitions: they are added again by BLKPG. The kernel
 * keeps those of BLKPG where it does not scan this device, or where another program has a partition
 * open for more than two seconds. 0; -EILSEQ where the kernel contradicts the layout, or -errno where
 * it could not read the table, with @diag.
 */
_must_check_ int partitions_reread(
	int fd, int root, const struct disk *disk, const struct layout *layout, struct diag *diag);

/*
 * Compares the partitions that sysfs below @root reports for @disk with @layout: start, size, and
 * PARTUUID where the kernel reports one (>= 6.8, and only if it has read the table itself). Others
 * beyond those of the layout do not count: a kernel may find more inside of one. 0; -ENOENT where the
 * kernel knows no partition, or -EILSEQ with the difference, both with @diag.
 */
_must_check_ int partitions_compare(
	int root, const struct disk *disk, const struct layout *layout, struct diag *diag);

/*
 * Makes udev look at @disk and its partitions again: a "change" event for each. Release the disk's
 * lock first, or udev postpones that, too. Nothing depends on it: where there is no udev, or sysfs is
 * read-only, nothing happens.
 */
void partitions_trigger(int root, const struct disk *disk);

#endif
