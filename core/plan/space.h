/* SPDX-License-Identifier: MIT */
/*
 * space - predicts the capacity of a filesystem of a given size before it is made: pure arithmetic,
 * so that "too small" is reported before anything is written. It assumes mkfs_command
 * without mkfs-options of the layout, and then never exceeds the capacity of the finished
 * filesystem (tests/core/test_space.c compares the two). Options that lower the capacity make the
 * answer too high.
 */
#ifndef CORE_PLAN_SPACE_H
#define CORE_PLAN_SPACE_H

#include "device/layout/layout.h"

/* Returns the bytes of content, in 4 KiB blocks, that root can store on @fs made on a partition of
 * @bytes, spread over @inodes files, folders and links. */
uint64_t space_usable_bytes(enum fs_kind fs, uint64_t bytes, uint64_t inodes);
/* Returns the number of files, folders and links that it can hold; UINT64_MAX if there is no
 * such limit. */
uint64_t space_inodes(enum fs_kind fs, uint64_t bytes);

/* Returns the smallest partition in bytes, whole MiB, that holds that content and that many
 * inodes. Returns @block_bytes if @fs holds no files or the request exceeds any disk. */
uint64_t space_partition_bytes(enum fs_kind fs, uint64_t block_bytes, uint64_t inodes);

#endif
