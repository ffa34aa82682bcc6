/* SPDX-License-Identifier: MIT */
/*
 * mkfs - a table from filesystem to the argv that makes it, with the options measured in device.md
 * section 5 and performance.md: least writing, no discard, lazy tables and journal. ext4's features
 * are all named, so that every e2fsprogs since 1.43, whatever its mke2fs.conf says, makes the same
 * filesystem: one that older kernels and boot loaders read.
 */
#ifndef DEVICE_LAYOUT_MKFS_H
#define DEVICE_LAYOUT_MKFS_H

#include "device/base/util.h"
#include "device/layout/layout.h"

#define MKFS_ARGS_MAX	 48
#define MKFS_OPTIONS_MAX 96 /* struct layout_partition has no longer ones */

struct mkfs_command {
	const char *program;		 /* "mkfs.ext4", to be found in the fixed PATH */
	const char *argv[MKFS_ARGS_MAX]; /* NULL-terminated; borrows from the partition, the node,
					    and this struct: do not copy it */
	/* Storage: */
	char volume_id[9];		   /* vfat's id without its dash */
	char options[MKFS_OPTIONS_MAX];	   /* the layout's options, cut into words */
	char features[320], extended[160]; /* ext4's -O and -E, with the layout's */
	char size[24];			   /* of a trial */
};

/* Fills @ret for making @partition's filesystem on the device node @node. Returns false where there
 * is nothing to make (FS_NONE). */
bool mkfs_command(
	const struct layout_partition *partition, const char *node, struct mkfs_command *ret);

/* The same for a trial of the layout's options, before anything is wiped: with mke2fs -n on a device
 * that is none. False where there are no options, or where the program has no such trial: it will tell
 * when it runs. */
bool mkfs_trial(const struct layout_partition *partition, struct mkfs_command *ret);

/*
 * Judges the mkfs-options of a layout for @fs: pairs of an option and its value with blanks around
 * them, of those that only shape the filesystem. None that names another device or file, asks
 * somebody, or says what the layout has words for (label, UUID). Sizes that change how much goes in
 * (-i, -m) are not known to the check for space. 0, or -EINVAL with a phrase in @why.
 */
_must_check_ int mkfs_check_options(enum fs_kind fs, const char *options, char *why, size_t size);

/* Name of the program that makes @fs, or NULL. And of the Debian package it is in. */
const char *mkfs_program(enum fs_kind fs);
const char *mkfs_package(enum fs_kind fs);

#endif
