/* SPDX-License-Identifier: MIT */
/* wholedisk - finds the whole disks below a device number, through partitions, device-mapper, md
 * and loop devices, from sysfs and the devices themselves. device/usage/backing resolves what
 * only a mount shows (btrfs, overlay). */
#ifndef DEVICE_DISK_WHOLEDISK_H
#define DEVICE_DISK_WHOLEDISK_H

#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The number of the block device whose node is @path ("/dev/sda1", "/dev/mapper/x"): from the
 * node on a running machine, else by its name in sysfs. 0 or -ENOTBLK. */
_must_check_ int wholedisk_node_number(
	int root, const char *path, uint32_t *ret_major, uint32_t *ret_minor);

/*
 * The storage below a loop device. The numbers come from the backing path if that is a device or
 * a file of the loop's size, else from the loop device itself: these are right even after a lazy
 * unmount, when the path is stale, but need permission to open the loop device. Numbers of a file
 * are known only on a running machine. 0:0 means unknown or none.
 */
struct wholedisk_loop {
	char backing[256];		   /* path from sysfs */
	uint32_t block_major, block_minor; /* of the block device below it */
	uint32_t file_major, file_minor;   /* of the filesystem with its backing file */
};

/* 0, or -ENXIO if the loop device @name is not bound. */
_must_check_ int wholedisk_read_loop(int root, const char *name, struct wholedisk_loop *ret);

/* Finds the card of a boot area or another hardware partition ("mmcblk0boot0"), which the kernel
 * presents as a disk. False if @name is not one. */
bool wholedisk_card_of(int root, const char *name, char ret_card[32]);

/* The block device to which zram @name writes incompressible pages; sysfs lists it neither as a
 * holder nor as a slave. 0, -ENXIO if it has no such device, or -ENOTBLK. */
_must_check_ int wholedisk_read_backing(
	int root, const char *name, uint32_t *ret_major, uint32_t *ret_minor);

#define WHOLEDISK_MAX 32

/*
 * Finds the whole disks below a device number: the disk of a partition or a boot area, every disk
 * below a dm or md device, and a loop or zram device itself together with the disks below it.
 * Writes up to @max kernel names, each once, to @ret_names. Returns their number; -ENODEV if the
 * device number is unknown, and always for major 0 (tmpfs, btrfs and overlay have no device);
 * -ENOBUFS if there are more than @max; or another -errno.
 */
_must_check_ int wholedisk_of(
	int root, uint32_t major, uint32_t minor, char (*ret_names)[32], size_t max);

#endif
