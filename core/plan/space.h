/* SPDX-License-Identifier: MIT */
/*
 * space - how much a filesystem of a given size will hold once it is made: pure arithmetic, so that
 * "too small" is said before anything is written. It follows what mkfs_command's options make, and
 * is never more than what the finished filesystem takes (tests/core/test_space.c compares the two).
 */
#ifndef CORE_PLAN_SPACE_H
#define CORE_PLAN_SPACE_H

#include "device/layout/layout.h"

/* Bytes of content, in 4 KiB blocks, that root can put on @fs made on a partition of @bytes, as
 * @inodes files, folders and links. */
uint64_t space_usable_bytes(enum fs_kind fs, uint64_t bytes, uint64_t inodes);
/* Files, folders and links that it can hold; UINT64_MAX where only their content is a limit. */
uint64_t space_inodes(enum fs_kind fs, uint64_t bytes);

/* Least partition, in whole MiB, that holds both. */
uint64_t space_partition_bytes(enum fs_kind fs, uint64_t content_bytes, uint64_t inodes);

#endif
