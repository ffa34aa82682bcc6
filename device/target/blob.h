/* SPDX-License-Identifier: MIT */
/*
 * blob - writes a file, usually a boot loader, raw to a place on a block device, and compares it
 * with the medium. layout_check_places() makes sure that the place is free.
 */
#ifndef DEVICE_TARGET_BLOB_H
#define DEVICE_TARGET_BLOB_H

#include "device/base/diag.h"
#include "device/base/util.h"

#include <stdint.h>

/* Called between chunks with the bytes done and in total. Non-zero cancels: -ECANCELED. */
typedef int blob_progress(void *arg, uint64_t done_bytes, uint64_t total_bytes);

struct blob {
	int src;		 /* the file, open for reading; borrowed */
	uint64_t size_bytes;	 /* size of the file when the install was planned */
	int dst;		 /* the block device, borrowed; open read-write for blob_write */
	uint64_t offset_bytes;	 /* start of the blob on the device */
	uint64_t gap_start;	 /* bytes of the device, up to gap_end, that keep what they have; */
	uint64_t gap_end;	 /* both 0: none */
	blob_progress *progress; /* or NULL */
	void *arg;
};

/*
 * Writes the blob and compares it. Each chunk is followed by fsync on the same descriptor, so that
 * no error is lost and the progress counts data on the medium. Bytes outside of the blob do not
 * change, nor do those of the gap. The first 4 KiB are zeroed first, and the first chunk is written last: a blob that was
 * cut short has no head, and a boot ROM skips to its next source. The total of the progress is
 * twice the size: written, and read back.
 *
 * Returns 0, or -errno with a phrase in @diag that begins with "the file" or "the device". Nothing
 * was written on -ENOTBLK, -EROFS, or -ENOSPC (the blob does not fit on the device). -ESTALE: the
 * file is not the planned one or changed meanwhile; -ENODEV: the device was removed; -EILSEQ: it
 * returned other data; -ECANCELED; otherwise the error of reading or writing (-EIO, -ENOMEM, ...).
 */
_must_check_ int blob_write(const struct blob *blob, struct diag *diag);

/* Compares the blob with the medium, with O_DIRECT: the page cache proves nothing about the medium.
 * The total of the progress is the size. Returns as blob_write. */
_must_check_ int blob_compare(const struct blob *blob, struct diag *diag);

#endif
