/* SPDX-License-Identifier: MIT */
/*
 * verify - the installed tree against the manifest: type, mode, owner, mtime, size, content,
 * links, device numbers and extended attributes (file capabilities and POSIX ACLs among them) of
 * every entry, and files that nobody packed. The mtime of a symbolic link is not compared, since some
 * tars don't set it; an mtime in whole seconds passes for one with a fraction, since some tars and
 * inodes of 128 bytes keep no more. No symbolic link is ever followed.
 * Plain blocking code for a work child; mounting, and dropping the caches before, is the caller's.
 */
#ifndef CORE_MANIFEST_VERIFY_H
#define CORE_MANIFEST_VERIFY_H

#include "core/manifest/manifest.h"
#include "device/base/util.h"
#include "device/layout/layout.h"

struct verify_result {
	uint64_t entries, bytes; /* compared so far */
	uint64_t total_bytes;	 /* to compare */
	uint64_t mismatches;	 /* entries that differ, are missing, or are extra */
	char first[160];	 /* the first one, sanitised: "etc/passwd: the content differs" */
};

/* What a filesystem without Unix metadata (vfat) cannot hold is not compared below its mount. */
struct verify_spec {
	int root_fd; /* the mounted tree */
	const struct manifest *manifest;
	const struct layout *layout; /* for which mount points lie where, and on what; may be NULL:
					  one filesystem with Unix metadata */
	/* now and then; non-zero stops with -ECANCELED */
	int (*progress)(void *arg, const struct verify_result *so_far);
	void *arg;
};

/* Compares everything. 0 where all could be read (see mismatches), else -errno: -EIO with the path
 * in ret->first. */
_must_check_ int verify_tree(const struct verify_spec *spec, struct verify_result *ret);

#endif
