/* SPDX-License-Identifier: MIT */
/*
 * ptable - a planned layout onto a disk: told to the kernel (BLKPG) long before it is written to
 * the medium (libfdisk, explicit sectors), and read back (libblkid).
 */
#ifndef DEVICE_TARGET_PTABLE_H
#define DEVICE_TARGET_PTABLE_H

#include "device/base/util.h"
#include "device/layout/layout.h"

/* Removes every partition the kernel knows of the disk open at @fd (BLKPG_DEL_PARTITION); @name is
 * its kernel name below @root. 0; -EBUSY where one is in use, or -errno: then all are there still. */
_must_check_ int ptable_forget(int fd, int root, const char *name);
/* Tells the kernel the layout's partitions (BLKPG_ADD_PARTITION), numbered from 1. */
_must_check_ int ptable_announce(int fd, const struct layout *layout);

/*
 * Writes the table to the disk or image open read-write at @fd with libfdisk: every start and size
 * explicit, the boot code area (bytes 0-439) left alone, then fsync. 0 or -errno, with @diag.
 */
_must_check_ int ptable_write(int fd, const struct layout *layout, struct diag *diag);

/* Reads the table back from the medium (caches of @fd dropped first) and compares it with @layout,
 * a GPT's backup too: 0 equal, -EILSEQ different with the difference in @diag, or -errno. */
_must_check_ int ptable_compare(int fd, const struct layout *layout, struct diag *diag);

#endif
