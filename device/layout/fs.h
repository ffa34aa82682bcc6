/* SPDX-License-Identifier: MIT */
/* fs - names and limits of the filesystems that a partition can have. Pure. */
#ifndef DEVICE_LAYOUT_FS_H
#define DEVICE_LAYOUT_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fs_kind { FS_NONE, FS_EXT4, FS_VFAT, FS_F2FS, FS_BTRFS, FS_SWAP, FS_KIND_COUNT };

/* The name in layout files and on screens: "ext4", "vfat", "none", ... */
const char *fs_name(enum fs_kind fs);
/* The filesystem named @name, or FS_KIND_COUNT if there is no such filesystem. */
enum fs_kind fs_parse(const char *name);
/* Maximum length of a label, in bytes; 0 if the filesystem has no label. */
size_t fs_label_max(enum fs_kind fs);
/* True if @label fits and libblkid reads it as it is written here: it drops blanks at the ends, and knows
 * vfat labels in ASCII only. mkfs.vfat would refuse some characters only once the disk is wiped. */
bool fs_label_fits(enum fs_kind fs, const char *label);
/* Smallest partition that mkfs accepts, in bytes; 0 if there is no limit. */
uint64_t fs_min_bytes(enum fs_kind fs);
/* True if the filesystem can hold files, and so can have a mount point. */
bool fs_holds_files(enum fs_kind fs);

#endif
