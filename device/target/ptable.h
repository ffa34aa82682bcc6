/* SPDX-License-Identifier: MIT */
/*
 * ptable - applies a planned layout to a disk: adds the partitions to the kernel (BLKPG) long
 * before writing the table to the medium (libfdisk, explicit sectors), and reads it back
 * (libblkid).
 */
#ifndef DEVICE_TARGET_PTABLE_H
#define DEVICE_TARGET_PTABLE_H

#include "device/base/util.h"
#include "device/layout/layout.h"

/* Removes all partitions of the disk open at @fd from the kernel (BLKPG_DEL_PARTITION). @name is
 * its kernel name below @root. Returns 0, or -errno with all of them restored; -EBUSY if one is in
 * use. */
_must_check_ int ptable_forget(int fd, int root, const char *name);
/* Adds the partitions of the layout to the kernel (BLKPG_ADD_PARTITION), numbered from 1. Returns 0
 * or -errno; on failure the partitions added before stay. */
_must_check_ int ptable_announce(int fd, const struct layout *layout);

/* The first sector of a disk as ptable_write left it: what libblkid does not compare, such as the
 * addresses in CHS and the start of a protective MBR, is compared byte by byte. */
struct ptable_head {
	unsigned char bytes[512];
};

/*
 * Writes the table to the disk or image open read-write at @fd with libfdisk, with explicit starts
 * and sizes, then fsyncs. The boot code area (bytes 0-439) does not change. Returns 0 and the first
 * sector in @ret, or -errno with the reason in @diag.
 */
_must_check_ int ptable_write(
	int fd, const struct layout *layout, struct ptable_head *ret, struct diag *diag);

/* Reads the table, and the backup of a GPT, back from the medium (after dropping the caches of @fd)
 * and compares it with @layout, and the first sector with @head. Returns 0 if equal; -EILSEQ with
 * the difference in @diag; or -errno. */
_must_check_ int ptable_compare(
	int fd, const struct layout *layout, const struct ptable_head *head, struct diag *diag);

#endif
