/* SPDX-License-Identifier: MIT */
/*
 * wholedisk - what lies on what: from a device number down through partitions, device-mapper, md and
 * loop devices to the whole disks. As far as sysfs and the devices themselves tell; what is known
 * only of a mount (btrfs, overlay) resolve follows.
 */
#ifndef DEVICE_DISK_WHOLEDISK_H
#define DEVICE_DISK_WHOLEDISK_H

#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The number of the block device that the node at @path ("/dev/sda1", "/dev/mapper/x") stands for:
 * from the node itself on a running machine, else by its name. 0, or -ENOTBLK. */
_must_check_ int wholedisk_node_number(
	int root, const char *path, uint32_t *ret_major, uint32_t *ret_minor);

/* What a loop device lies on. The numbers are those of what the path leads to, where that is a device
 * or a file of the loop's size; else they come from the loop itself: they are right even after a lazy
 * unmount, when the path has lost its meaning, but only who may open the loop sees them. Of a file only
 * a running machine has them. 0:0 where there is none. */
struct wholedisk_loop {
	char backing[256];		   /* the path as the kernel tells it */
	uint32_t block_major, block_minor; /* of the block device that it lies on */
	uint32_t file_major, file_minor;   /* of the filesystem that holds its backing file */
};

/* 0, or -ENXIO where the loop device @name is bound to nothing. */
_must_check_ int wholedisk_read_loop(int root, const char *name, struct wholedisk_loop *ret);

/* The card whose boot area or other hardware partition the disk @name is ("mmcblk0boot0"): for the
 * kernel a disk of its own. False where it is none. */
bool wholedisk_card_of(int root, const char *name, char ret_card[32]);

/* The block device that zram @name writes what does not compress well to: sysfs lists neither end of
 * it as a holder or a slave. 0, -ENXIO where there is none, or -ENOTBLK. */
_must_check_ int wholedisk_read_backing(
	int root, const char *name, uint32_t *ret_major, uint32_t *ret_minor);

#define WHOLEDISK_MAX 32

/*
 * The whole disks below a device number: a partition or a boot area gives its disk, a dm or md
 * device each of the disks it lies on, a loop or zram device itself and what it lies on where that is
 * a device. Writes up to @max kernel names, each once, into @ret_names. Returns how many there are;
 * -ENODEV where the number is unknown, and always for major 0: tmpfs, btrfs, overlay have no
 * device. -ENOBUFS where there are more than @max.
 */
_must_check_ int wholedisk_of(
	int root, uint32_t major, uint32_t minor, char (*ret_names)[32], size_t max);

#endif
