/* SPDX-License-Identifier: MIT */
/*
 * boot_tree - finds what a path leads to in the archive once it is installed, through symbolic and
 * hard links: for the system that runs, which has all filesystems mounted, or for a boot loader,
 * which reads one filesystem and takes its root as "/". Pure.
 */
#ifndef CORE_BOOTCHECK_BOOT_TREE_H
#define CORE_BOOTCHECK_BOOT_TREE_H

#include "core/manifest/manifest.h"
#include "device/layout/layout.h"

#define BOOT_TREE_ALL SIZE_MAX /* in place of a partition: all filesystems, as mounted */

struct boot_tree {
	const struct manifest *manifest;
	const struct layout *layout; /* placed or not */
	size_t partition;	     /* with a mount point; or BOOT_TREE_ALL */
};

/*
 * Finds @path in @tree. A path without a leading slash is relative to the folder @folder, which is
 * such a path itself ("" is the root). On vfat the case of names does not count. Returns false if
 * nothing is there, or links lead in a circle. On true @ret is the entry at the end of all links,
 * and its path is that in the archive; its strings are valid like those of manifest_find.
 */
bool boot_tree_find(const struct boot_tree *tree, const char *folder, const char *path,
	struct manifest_entry *ret);

#endif
