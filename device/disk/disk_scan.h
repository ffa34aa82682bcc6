/* SPDX-License-Identifier: MIT */
/*
 * disk_scan - every whole disk of the machine below a root fd, from sysfs alone: fast, without root
 * rights, and without touching a device. libblkid's own device cache is not used as the list, for
 * it leaves out blank disks and partitioned disks: the two commonest targets (device.md 1.1).
 */
#ifndef DEVICE_DISK_DISK_SCAN_H
#define DEVICE_DISK_DISK_SCAN_H

#include "device/base/util.h"
#include "device/disk/disk.h"

struct disk_list {
	struct disk *disks; /* owned */
	size_t count;
};

/* Lists the disks in the order of their names, contents CONTENT_PENDING, no reasons yet.
 * 0 or -errno; free with disk_list_finish. */
_must_check_ int disk_scan(int root, struct disk_list *ret);
void disk_list_finish(struct disk_list *list);

/* One disk by its kernel name. -ENODEV where there is none, -ENOTBLK where it is a partition. */
_must_check_ int disk_scan_name(int root, const char *name, struct disk *ret);

/*
 * The target that an operator named: a block device's path (links followed) or a regular file,
 * which becomes DISK_IMAGE with its size and "major:minor" of 0 and the path as devpath.
 * -ENOENT missing, -ENOTBLK a partition or a boot area, -EINVAL neither a disk nor a file,
 * -ENOMEDIUM an empty slot, or another -errno.
 */
_must_check_ int disk_scan_target(int root, const char *path, struct disk *ret);

#endif
