/* SPDX-License-Identifier: MIT */
/*
 * blob - a file, a bootloader mostly, written raw to a place on a block device, and compared with
 * what the medium gives back. Whether that place is free is the layout's business.
 */
#ifndef DEVICE_TARGET_BLOB_H
#define DEVICE_TARGET_BLOB_H

#include "device/base/diag.h"

#include <stdint.h>

/* Called between chunks with bytes done of total; non-zero stops with -ECANCELED. */
typedef int blob_progress(void *arg, uint64_t done_bytes, uint64_t total_bytes);

struct blob {
	int src;		 /* the file, open for reading */
	uint64_t size_bytes;	 /* what it had when the install was planned */
	int dst;		 /* the block device; open read-write, unless only compared */
	uint64_t offset_bytes;	 /* where on the device it begins */
	blob_progress *progress; /* or NULL */
	void *arg;
};

/*
 * Writes and compares. fsync comes after each chunk, on the same descriptor, so that no error is
 * lost and the progress is the medium's. Not a byte outside of the place changes. The first block
 * is zeroed first and written last: a blob that was cut short has no head, and a boot ROM goes on
 * to its next source. The progress counts twice the size: written, and read back.
 *
 * 0, or -errno with a phrase in @diag that begins with "the file" or "the device": -ESTALE the file
 * is not what was planned, or changed meanwhile; -ENOTBLK, -EROFS, -ENOSPC (the place is not inside
 * the device): nothing was written; -ENODEV the device was removed; -EILSEQ it gives back something
 * else; -ECANCELED; else what reading or writing said (-EIO, -ENOMEM, ...).
 */
int blob_write(const struct blob *blob, struct diag *diag);

/* Only compares, past the page cache (O_DIRECT), for that proves nothing of a medium. The progress
 * counts the size once. Returns as blob_write. */
int blob_compare(const struct blob *blob, struct diag *diag);

#endif
