/* SPDX-License-Identifier: MIT */
/*
 * verify - compares the installed tree with the manifest: type, mode, owner, mtime, size, content,
 * links and their number, device numbers, inode flags and extended attributes (including file
 * capabilities and POSIX ACLs) of every entry. It also finds separate files that became one, and
 * files that are not in the archive, in lost+found too. An ext4 with inodes of 128 bytes stores
 * mtimes in whole seconds. Folders without an entry in the archive have no mode, owner and mtime to
 * compare with. Symlinks are never followed. Blocking code for a work child. The caller mounts the
 * tree, and drops the caches first.
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
	char first[160]; /* the first of them, sanitised: "etc/passwd: the content differs" */
};

/* On a filesystem without Unix metadata (vfat), mode, owner, mtime and extended attributes are not
 * compared. */
struct verify_spec {
	int root_fd; /* the mounted tree */
	const struct manifest *manifest;
	const struct layout *layout; /* mount points and filesystems; NULL for a single
					filesystem with Unix metadata */
	/* Called about every 200 ms; non-zero stops with -ECANCELED. May be NULL. */
	int (*progress)(void *arg, const struct verify_result *so_far);
	void *arg;
};

/* Compares all entries. Returns 0 if everything could be read, even with mismatches; else
 * -errno. If a file could not be read, ret->first contains its path. */
_must_check_ int verify_tree(const struct verify_spec *spec, struct verify_result *ret);

#endif
