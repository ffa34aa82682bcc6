/* SPDX-License-Identifier: MIT */
/* fs - the filesystems that a partition can get: names and limits. Pure. */
#ifndef DEVICE_LAYOUT_FS_H
#define DEVICE_LAYOUT_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fs_kind { FS_NONE, FS_EXT4, FS_VFAT, FS_F2FS, FS_BTRFS, FS_SWAP, FS_KIND_COUNT };

/* "ext4", "vfat", "none". */
const char *fs_name(enum fs_kind fs);
/* The kind whose name is @name, or FS_KIND_COUNT. */
enum fs_kind fs_parse(const char *name);
/* The longest label that @fs takes, in bytes. */
size_t fs_label_max(enum fs_kind fs);
/* Less than this mkfs refuses; 0 where there is no such limit. */
uint64_t fs_min_bytes(enum fs_kind fs);
/* True where files can be put in it: it can have a mount point. */
bool fs_holds_files(enum fs_kind fs);

#endif
