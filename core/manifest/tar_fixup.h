/* SPDX-License-Identifier: MIT */
/*
 * tar_fixup - puts right what some tars leave out: BusyBox and Toybox tar set neither the mtime of folders
 * and symbolic links nor the owner of these, and no mtime to the nanosecond; bsdtar not the mtime of
 * the archive's root. GNU tar needs none of it. Plain blocking code for a work child, after the extraction.
 */
#ifndef CORE_MANIFEST_TAR_FIXUP_H
#define CORE_MANIFEST_TAR_FIXUP_H

#include "core/manifest/manifest.h"
#include "device/base/util.h"

/* Sets them in the tree at @root_fd as @manifest says. Paths come from an archive that inspect found
 * safe, none leads through a symbolic link. 0 or -errno, with the path in @diag. */
_must_check_ int tar_fixup_tree(int root_fd, const struct manifest *manifest, struct diag *diag);

#endif
