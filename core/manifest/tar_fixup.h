/* SPDX-License-Identifier: MIT */
/*
 * tar_fixup - sets metadata that some tars leave out. BusyBox and Toybox tar do not set the mtime
 * of directories and symlinks, the owner of symlinks, or nanoseconds; bsdtar does not set the
 * mtime of the root. GNU tar needs no fixup. Blocking code for a work child, after the extraction.
 */
#ifndef CORE_MANIFEST_TAR_FIXUP_H
#define CORE_MANIFEST_TAR_FIXUP_H

#include "core/manifest/manifest.h"
#include "device/base/util.h"

/* Sets the owners of symlinks and all mtimes in the tree @root_fd to those in @manifest.
 * inspect must have accepted the archive, so that no path leads through a symlink. 0, or -errno
 * with the path in @diag. */
_must_check_ int tar_fixup_tree(int root_fd, const struct manifest *manifest, struct diag *diag);

/* The same for the entry with that path alone, if @manifest has one. */
_must_check_ int tar_fixup_entry(
	int root_fd, const struct manifest *manifest, const char *path, struct diag *diag);

#endif
