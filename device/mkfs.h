/* SPDX-License-Identifier: MIT */
/* mkfs - a table from filesystem to the argv that makes it, with the options measured in device.md
 * section 5 and performance.md: least writing, no discard, lazy tables and journal. */
#ifndef DEVICE_MKFS_H
#define DEVICE_MKFS_H

#include "device/layout.h"

#define MKFS_ARGS_MAX 24

struct mkfs_command {
	const char *program;              /* "mkfs.ext4", to be found in the fixed PATH */
	const char *argv[MKFS_ARGS_MAX];  /* NULL-terminated; borrows from @partition and @node */
	char features[64];                /* storage for options that are put together */
};

/* Fills @ret for making @partition's filesystem on the device node @node. Returns false where there
 * is nothing to make (FS_NONE). */
bool mkfs_command(
	const struct layout_partition *partition, const char *node, struct mkfs_command *ret);
/* Name of the program that makes @fs, or NULL. And of the Debian package it is in. */
const char *mkfs_program(enum fs_kind fs);
const char *mkfs_package(enum fs_kind fs);

#endif
