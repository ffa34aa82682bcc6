/* SPDX-License-Identifier: MIT */
/*
 * partitions - makes the kernel and udev read the partition table that was written to the medium.
 * Until then they know the partitions only from BLKPG (ptable_announce), without UUIDs and names,
 * and udev has postponed its probes of the locked disk, or given up after three minutes. The target
 * is written through private nodes, so udev's watch on /dev does not trigger a probe either.
 */
#ifndef DEVICE_TARGET_PARTITIONS_H
#define DEVICE_TARGET_PARTITIONS_H

#include "device/disk/disk.h"
#include "device/layout/layout.h"

/*
 * Makes the kernel read the table of @disk, open at @fd, from the medium (BLKRRPART), and compares
 * the result with @layout (partitions_compare). No partition may be open; @fd should be the
 * exclusive descriptor, so that no other program can do the same at that time. If the kernel has no
 * parser for the table and finds no partitions, they are added again with BLKPG. The partitions
 * from BLKPG remain if the kernel does not scan this device, or if another program keeps a
 * partition open for more than two seconds; they are compared, without their UUIDs. Returns 0, or
 * with the reason in @diag -EILSEQ if the kernel contradicts the layout, or -errno if it cannot
 * read the table.
 */
_must_check_ int partitions_reread(
	int fd, int root, const struct disk *disk, const struct layout *layout, struct diag *diag);

/*
 * Compares the partitions of @disk in sysfs below @root with @layout: start, size, and PARTUUID if
 * the kernel reports one (>= 6.8, and only if it has read the table itself). Additional partitions
 * are ignored: a kernel may find more inside of one. Returns 0, or with the difference in @diag
 * -ENOENT if the kernel has no partition, or -EILSEQ.
 */
_must_check_ int partitions_compare(
	int root, const struct disk *disk, const struct layout *layout, struct diag *diag);

/*
 * Checks with libblkid that the partition open at @fd holds the filesystem that @planned describes:
 * type, label and UUID, and no signature of another one. blkid, udev and mount find it by them. Drop
 * the caches first. Returns 0, or with the difference in @diag -EILSEQ, or -EIO if it cannot be read.
 */
_must_check_ int partitions_identify(
	int fd, const struct layout_partition *planned, struct diag *diag);

/*
 * Makes udev probe @disk and its partitions, by a "change" event for each. Unlock the disk first,
 * or udev postpones the probe. Errors are ignored: there may be no udev, or a read-only sysfs.
 */
void partitions_trigger(int root, const struct disk *disk);

#endif
