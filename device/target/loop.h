/* SPDX-License-Identifier: MIT */
/*
 * loop - attaches an image file to a loop device, which detaches itself when its last descriptor is
 * closed. The kernel then removes its partitions, but not if it has no partition parsers: call
 * ptable_forget before loop_detach, or the next image inherits them.
 */
#ifndef DEVICE_TARGET_LOOP_H
#define DEVICE_TARGET_LOOP_H

#include "device/base/util.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Attaches the file open at @image_fd to a free loop device, read-only if the descriptor is. The
 * device is opened through a temporary node in @dir with the number that sysfs below @root reports.
 * @ret_name gets the kernel name; @ret_fd gets a descriptor that keeps the device attached and
 * belongs to the caller. Returns 0 or -errno; -EBUSY if other programs took every free device
 * first.
 */
_must_check_ int loop_attach(
	int root, const char *dir, int image_fd, char ret_name[32], int *ret_fd);

/* The same for a device with sectors of @sector_bytes, in which the kernel looks for no partitions.
 * On a kernel before 4.14, sectors have 512 bytes: -EINVAL for others. */
_must_check_ int loop_attach_plain(int root, const char *dir, int image_fd, uint32_t sector_bytes,
	char ret_name[32], int *ret_fd);

/* Detaches the device at once if @loop_fd is its last descriptor, otherwise when the last one is
 * closed. Returns 0 or -errno. */
_must_check_ int loop_detach(int loop_fd);

/* Finds the file behind the loop device @name by device and inode, which stay valid if the file is
 * renamed or deleted. @dir: see loop_other_user. Returns 0; -ENXIO if nothing is attached; or
 * -errno. */
_must_check_ int loop_file(
	int root, const char *dir, const char *name, uint64_t *ret_dev, uint64_t *ret_ino);

/*
 * Searches for a loop device other than @own ("" for none) on the file @dev, @ino. It is in use
 * even if it is not mounted, and O_EXCL on our own device would not detect it. The nodes of loop
 * devices are created temporarily in @dir; if @dir is NULL, the nodes below @root are used, and
 * devices that cannot be opened are skipped. Returns 1 with the name, 0 if not found, or
 * -errno.
 */
_must_check_ int loop_other_user(
	int root, const char *dir, uint64_t dev, uint64_t ino, const char *own, char ret_name[32]);

#endif
