/* SPDX-License-Identifier: MIT */
#include "device/layout/fs.h"

#include "device/base/util.h"

#include <assert.h>
#include <string.h>

/* Minimum sizes of e2fsprogs 1.47, f2fs-tools 1.15, btrfs-progs 6.2 and util-linux 2.38.
 * mkfs.f2fs accepts 52 MiB, but only 8 MiB of that are left for files. */
static const struct {
	const char *name;
	size_t label_max;
	uint64_t min_bytes;
	bool holds_files;
} filesystems[FS_KIND_COUNT] = {
	[FS_NONE] = {"none", 0, 0, false},
	[FS_EXT4] = {"ext4", 16, 0, true},
	[FS_VFAT] = {"vfat", 11, 0, true},
	[FS_F2FS] = {"f2fs", 16, MIB(64), true},
	[FS_BTRFS] = {"btrfs", 16, MIB(109), true},
	[FS_SWAP] = {"swap", 15, KIB(40), false},
};

const char *fs_name(enum fs_kind fs)
{
	assert(fs < FS_KIND_COUNT);
	return filesystems[fs].name;
}

enum fs_kind fs_parse(const char *name)
{
	for (size_t i = 0; i < FS_KIND_COUNT; i++)
		if (strcmp(filesystems[i].name, name) == 0)
			return (enum fs_kind)i;
	return FS_KIND_COUNT;
}

size_t fs_label_max(enum fs_kind fs)
{
	assert(fs < FS_KIND_COUNT);
	return filesystems[fs].label_max;
}

bool fs_label_fits(enum fs_kind fs, const char *label)
{
	size_t length = strlen(label);
	char clean[64]; /* longer than any label */

	if (length > fs_label_max(fs) || !STR_COPY(clean, label))
		return false;
	str_sanitise(clean);
	if (strcmp(clean, label) != 0 || label[0] == ' ' ||
		(length > 0 && label[length - 1] == ' '))
		return false;
	if (fs != FS_VFAT)
		return true;
	for (const char *c = label; *c; c++)
		if ((unsigned char)*c >= 0x80 || strchr("\"*+,./:;<=>?[\\]|", *c))
			return false;
	return strcmp(label, "NO NAME") != 0;
}

uint64_t fs_min_bytes(enum fs_kind fs)
{
	assert(fs < FS_KIND_COUNT);
	return filesystems[fs].min_bytes;
}

bool fs_holds_files(enum fs_kind fs)
{
	assert(fs < FS_KIND_COUNT);
	return filesystems[fs].holds_files;
}
