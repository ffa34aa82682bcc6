/* SPDX-License-Identifier: MIT */
/*
 * mkfs - a table from filesystem to the argv that makes it, with the options measured in device.md
 * section 5 and performance.md: least writing, no discard, lazy tables and journal. ext4's features
 * are all named, so that every e2fsprogs since 1.43, whatever its mke2fs.conf says, makes the same
 * filesystem: one that older kernels and boot loaders read.
 */
#ifndef DEVICE_MKFS_H
#define DEVICE_MKFS_H

#include "device/layout.h"

#define MKFS_ARGS_MAX 24

struct mkfs_command {
	const char *program;             /* "mkfs.ext4", to be found in the fixed PATH */
	const char *argv[MKFS_ARGS_MAX]; /* NULL-terminated; borrows from the partition, the node,
					    and this struct: do not copy it */
	char volume_id[9];               /* storage: vfat's id without its dash */
};

/* Fills @ret for making @partition's filesystem on the device node @node. Returns false where there
 * is nothing to make (FS_NONE). */
bool mkfs_command(
	const struct layout_partition *partition, const char *node, struct mkfs_command *ret);
/* Name of the program that makes @fs, or NULL. And of the Debian package it is in. */
const char *mkfs_program(enum fs_kind fs);
const char *mkfs_package(enum fs_kind fs);

#endif
