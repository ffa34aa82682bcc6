/* SPDX-License-Identifier: MIT */
/* disk_scan - lists every whole disk of the machine below a root fd from sysfs alone: fast,
 * without root privileges, and without access to the devices. libblkid's device cache cannot
 * serve as the list: it omits blank and partitioned disks, the most common targets. */
#ifndef DEVICE_DISK_DISK_SCAN_H
#define DEVICE_DISK_DISK_SCAN_H

#include "device/base/util.h"
#include "device/disk/disk.h"

struct disk_list {
	struct disk *disks; /* owned */
	size_t count;
};

/* Lists the disks in the order of their names, with CONTENT_PENDING and no reasons. 0 or -errno;
 * free with disk_list_finish. */
_must_check_ int disk_scan(int root, struct disk_list *ret);
/* Frees the disks and clears the list. */
void disk_list_finish(struct disk_list *list);

/* Reads one disk by its kernel name. 0, -ENODEV if it does not exist, -ENOTBLK for a partition or
 * an area of a card. */
_must_check_ int disk_scan_name(int root, const char *name, struct disk *ret);

/*
 * Reads the target at @path: a block device (links followed), its kernel name ("mmcblk0"), or a
 * regular file, which becomes DISK_IMAGE with device number 0:0 and its absolute path as devpath.
 * 0, -ENOENT: no such file; -ENOTBLK: a partition or a boot area; -EINVAL: neither a block device
 * nor a regular file; -ENOMEDIUM: an empty slot; -ENOTUNIQ: a kernel name, and the name of another
 * file in the working directory; -ENXIO: a kernel name whose node is not in /dev; or another
 * -errno.
 */
_must_check_ int disk_scan_target(int root, const char *path, struct disk *ret);

#endif
