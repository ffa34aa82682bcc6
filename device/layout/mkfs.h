/* SPDX-License-Identifier: MIT */
/*
 * mkfs - the command line that makes each filesystem, with options for little writing: no
 * discard, lazy tables and journal. All features of ext4 are listed explicitly, so that every
 * e2fsprogs since 1.43 makes the same filesystem, whatever its mke2fs.conf contains, and older
 * kernels and boot loaders can read it.
 */
#ifndef DEVICE_LAYOUT_MKFS_H
#define DEVICE_LAYOUT_MKFS_H

#include "device/base/diag.h"
#include "device/base/util.h"
#include "device/layout/layout.h"

#define MKFS_ARGS_MAX	 48
#define MKFS_OPTIONS_MAX 96 /* size of mkfs_options in struct layout_partition */

struct mkfs_command {
	const char *program; /* "mkfs.ext4", searched in the fixed PATH */
	/* NULL-terminated; points into the partition, the node and this struct: do not copy it */
	const char *argv[MKFS_ARGS_MAX];
	/* Storage: */
	uint32_t sector_bytes;
	char volume_id[9]; /* of vfat, without the dash */
	char fat_type[4], cluster_sectors[12];
	char options[MKFS_OPTIONS_MAX];	   /* options of the layout, split into words */
	char features[320], extended[160]; /* values of -O and -E of ext4 */
};

/* Sets @ret to the command that makes the filesystem of @partition on the device node @node, of a
 * disk with sectors of @sector_bytes. Returns false for FS_NONE: there is nothing to make. */
bool mkfs_command(const struct layout_partition *partition, const char *node, uint32_t sector_bytes,
	struct mkfs_command *ret);

/*
 * Checks the mkfs-options of a layout for @fs: pairs of an option and its value, separated by
 * blanks. The letters are in makers (mkfs.c), and boardstrap(1) lists them. Only options that shape
 * the filesystem are allowed: none that names another device or file, asks a question, or sets what
 * the layout has a keyword for (label, UUID). Their effect on the
 * filesystem shows only in a trial (core/plan/trial.h). Returns 0, or -EINVAL
 * with the reason in @diag.
 */
_must_check_ int mkfs_check_options(enum fs_kind fs, const char *options, struct diag *diag);

/* Returns the number after @option ("-I") in the partition's mkfs-options, or @otherwise if that is
 * none. */
uint32_t mkfs_number(
	const struct layout_partition *partition, const char *option, uint32_t otherwise);

/* Name of the program that makes @fs, and of its Debian package. NULL for FS_NONE. */
const char *mkfs_program(enum fs_kind fs);
const char *mkfs_package(enum fs_kind fs);

#endif
