/* SPDX-License-Identifier: MIT */
/*
 * loop - an image file as a disk, through a loop device. It is set to go away with its last
 * descriptor, and to let the kernel's partitions go with it; on a kernel without partition parsers
 * they stay none the less: ptable_forget before loop_detach, or the next image inherits them.
 */
#ifndef DEVICE_TARGET_LOOP_H
#define DEVICE_TARGET_LOOP_H

#include "device/base/util.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Attaches the file open at @image_fd (read-only where that is) to a free loop device. The device
 * is opened through a node made for the moment in @dir, by the number that sysfs below @root tells.
 * @ret_name gets its kernel name, @ret_fd a descriptor that keeps it attached. 0 or -errno; -EBUSY
 * where others were always faster.
 */
_must_check_ int loop_attach(
	int root, const char *dir, int image_fd, char ret_name[32], int *ret_fd);

/* Detaches at once where @loop_fd is the last user, else when the last one closes. 0 or -errno. */
_must_check_ int loop_detach(int loop_fd);

/* The file behind the loop device @name, by its device and inode, which stay right whatever has become
 * of its path; @dir as below. 0; -ENXIO nothing attached; or -errno. */
_must_check_ int loop_file(
	int root, const char *dir, const char *name, uint64_t *ret_dev, uint64_t *ret_ino);

/*
 * Looks for another loop device than @own ("" for none) over the file @dev, @ino: mounted or not,
 * somebody uses it, and O_EXCL on our own device would not see it. 1 with its name, 0 where there is
 * none, or -errno. Nodes are made for the moment in @dir; with NULL those below @root are used, and
 * what cannot be opened there counts as no user.
 */
_must_check_ int loop_other_user(
	int root, const char *dir, uint64_t dev, uint64_t ino, const char *own, char ret_name[32]);

#endif
