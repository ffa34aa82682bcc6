/* SPDX-License-Identifier: MIT */
/*
 * ptable - applies a planned layout to a disk: adds the partitions to the kernel (BLKPG) long
 * before writing the table's bytes (table_bytes.h) to the medium, and reads it back.
 */
#ifndef DEVICE_TARGET_PTABLE_H
#define DEVICE_TARGET_PTABLE_H

#include "device/base/util.h"
#include "device/layout/table_bytes.h"

/* Removes all partitions of the disk open at @fd from the kernel (BLKPG_DEL_PARTITION). @name is
 * its kernel name below @root. Returns 0, or -errno with all of them restored; -EBUSY if one is in
 * use. */
_must_check_ int ptable_forget(int fd, int root, const char *name);
/* Adds the partitions of the layout to the kernel (BLKPG_ADD_PARTITION), with the numbers of table_number(). Returns
 * 0 or -errno; on failure the partitions added before stay. */
_must_check_ int ptable_announce(int fd, const struct layout *layout);

/*
 * Writes @table to the disk or image open read-write at @fd, and flushes it: the first sector last, so that a table
 * that was cut short is none. Other bytes, such as the boot code, do not change. Returns 0, or -errno with the reason
 * in @diag.
 */
_must_check_ int ptable_write(int fd, const struct table_bytes *table, struct diag *diag);

/* Reads the table back from the medium, after dropping the caches of @fd: what libblkid sees is compared with
 * @layout, then every byte with @table. Returns 0 if equal; -EILSEQ with the difference in @diag; or -errno. */
_must_check_ int ptable_compare(
	int fd, const struct layout *layout, const struct table_bytes *table, struct diag *diag);

#endif
