/* SPDX-License-Identifier: MIT */
/*
 * copies - the files that a layout copies into its partitions (layout_copy.h): a walk over them, and their
 * entries in the manifest, behind those of the archives. A copy replaces the entry of an archive with its
 * path. A folder is copied with all that is in it; links are followed. A copy belongs to root, and has the
 * mode and mtime of its file. Blocking code for a work child.
 */
#ifndef CORE_ARCHIVE_COPIES_H
#define CORE_ARCHIVE_COPIES_H

#include "core/manifest/manifest.h"
#include "device/base/diag.h"
#include "device/layout/layout.h"

#include <sys/stat.h>

/* One file or folder; all borrowed for the call. */
struct copied {
	const char *path; /* in the tree: "boot/extlinux/extlinux.conf" */
	const char *file; /* that it is copied from */
	int fd;		  /* open for reading */
	struct stat st;	  /* of the file */
};

/*
 * Calls @each for all copies of @layout, folders before what is in them; folders' names are in order. Stops
 * at a negative result, for which @each may set @diag.
 *
 * Returns 0 or the result of @each; or -errno with the reason in @diag: a file cannot be read, is neither a
 * regular file nor a folder (-EINVAL), or is too deep (-ELOOP), as with a link to a folder above it.
 */
_must_check_ int copies_each(const struct layout *layout,
	int (*each)(void *arg, const struct copied *copied, struct diag *diag), void *arg,
	struct diag *diag);

/* Returns the size of all copies in *ret_bytes. Returns as copies_each. */
_must_check_ int copies_measure(
	const struct layout *layout, uint64_t *ret_bytes, struct diag *diag);

/* Reads all copies into @manifest, which is not sealed yet. *ret_bytes counts those read so far, for a
 * process that shares it. Returns as copies_each, and as manifest_add. */
_must_check_ int copies_read(struct manifest *manifest, const struct layout *layout,
	uint64_t *ret_bytes, struct diag *diag);

/* Checks that @copied is the file that copies_read has put into @manifest, by its size and mtime. Returns
 * 0; or -ESTALE with the reason in @diag. */
_must_check_ int copies_check(
	const struct manifest *manifest, const struct copied *copied, struct diag *diag);

#endif
