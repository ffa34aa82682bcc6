/* SPDX-License-Identifier: MIT */
#include "device/layout/layout.h"

#include "device/base/util.h"

#include <string.h>

#define TYPE_LINUX "0fc63daf-8483-4772-8e79-3d69d8477de4"
#define TYPE_ESP   "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"

#define ROOTFS                                                                                     \
	{                                                                                          \
		.name = "rootfs", .grow = true, .min_bytes = MIB(64), .bootable = true,            \
		.type_guid = TYPE_LINUX, .type_mbr = 0x83, .fs = FS_EXT4, .label = "rootfs",       \
		.mount = "/",                                                                      \
	}

static const struct layout builtins[] = {
	{
		.name = "single-gpt",
		.summary = "one ext4 root filesystem that fills the disk, GPT",
		.table = TABLE_GPT,
		.align_bytes = MIB(4),
		.count = 1,
		.partitions = {ROOTFS},
	},
	{
		.name = "single-mbr",
		.summary = "one ext4 root filesystem that fills the disk, MBR",
		.table = TABLE_MBR,
		.align_bytes = MIB(4),
		.count = 1,
		.partitions = {ROOTFS},
	},
	{
		.name = "boot-root",
		.summary = "256 MiB vfat on /boot, and an ext4 root filesystem, GPT",
		.table = TABLE_GPT,
		.align_bytes = MIB(4),
		.count = 2,
		.partitions =
			{
				{
					.name = "BOOT",
					.size_bytes = MIB(256),
					.bootable = true,
					.type_guid = TYPE_ESP, /* firmware and U-Boot search it */
					.type_mbr = 0x0c,
					.fs = FS_VFAT,
					.label = "BOOT",
					.mount = "/boot",
				},
				{
					.name = "rootfs",
					.grow = true,
					.min_bytes = MIB(64),
					.type_guid = TYPE_LINUX,
					.type_mbr = 0x83,
					.fs = FS_EXT4,
					.label = "rootfs",
					.mount = "/",
				},
			},
	},
};

const struct layout *layout_builtin(size_t index)
{
	return index < ARRAY_SIZE(builtins) ? &builtins[index] : NULL;
}

const struct layout *layout_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(builtins); i++) {
		if (strcmp(builtins[i].name, name) == 0)
			return &builtins[i];
	}
	return NULL;
}

size_t layout_partition_named(const struct layout *layout, const char *name)
{
	size_t i = 0;

	while (i < layout->count && strcmp(layout->partitions[i].name, name) != 0)
		i++;
	return i;
}

bool layout_holds_files(const struct layout *layout)
{
	for (size_t i = 0; i < layout->count; i++)
		if (layout->partitions[i].mount[0])
			return true;
	return false;
}

bool layout_takes_archive(const struct layout *layout)
{
	return layout_partition_of(layout, "") < layout->count;
}

size_t layout_partition_of(const struct layout *layout, const char *path)
{
	size_t best = layout->count, best_length = 0;

	for (size_t i = 0; i < layout->count; i++) {
		const char *mount = layout->partitions[i].mount;

		if (strlen(mount) > best_length && path_is_below(path, mount + 1)) {
			best = i;
			best_length = strlen(mount);
		}
	}
	return best;
}
