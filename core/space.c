/* SPDX-License-Identifier: MIT */
#include "core/space.h"

#include "device/util.h"

#define BLOCK		4096u
#define GROUP_BLOCKS	32768u /* of one block bitmap */
#define INODE_BYTES	256u
#define RESERVED_INODES 11u
#define FIXED_BLOCKS	8u /* the root folder, lost+found, the resize inode */

/* The journal that mke2fs chooses (ext2fs_default_journal_size). */
static uint64_t ext4_journal_bytes(uint64_t bytes)
{
	static const struct {
		uint64_t below_bytes, journal_bytes;
	} sizes[] = {
		{MIB(8), 0},
		{MIB(128), MIB(4)},
		{GIB(1), MIB(16)},
		{GIB(2), MIB(32)},
		{GIB(16), MIB(64)},
		{GIB(32), MIB(128)},
		{GIB(64), MIB(256)},
		{GIB(128), MIB(512)},
	};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		if (bytes < sizes[i].below_bytes)
			return sizes[i].journal_bytes;
	return GIB(1);
}

/* mke2fs gives a "small" filesystem four times the inodes. */
static uint64_t ext4_inode_count(uint64_t bytes)
{
	return bytes / (bytes < MIB(512) ? 4096 : 16384);
}

/* sparse_super: groups 0, 1 and the powers of 3, 5 and 7 have a copy of the superblock. */
static uint64_t ext4_super_copies(uint64_t groups)
{
	static const unsigned bases[] = {3, 5, 7};
	uint64_t copies = groups < 2 ? groups : 2;

	for (size_t i = 0; i < ARRAY_SIZE(bases); i++)
		for (uint64_t group = bases[i]; group < groups; group *= bases[i])
			copies++;
	return copies;
}

static uint64_t ext4_usable_bytes(uint64_t bytes)
{
	uint64_t blocks = bytes / BLOCK;
	uint64_t groups = (blocks + GROUP_BLOCKS - 1) / GROUP_BLOCKS;
	/* A copy holds the descriptors, 64 bytes a group, and what is kept for growing 1024-fold,
	 * at most 1024 blocks. */
	uint64_t descriptors = groups / 64 + 1 + (groups < 64 ? groups * 16 : 1024);
	uint64_t overhead = ext4_super_copies(groups) * (1 + descriptors) + groups * 2 +
			    ext4_inode_count(bytes) / (BLOCK / INODE_BYTES) + groups +
			    FIXED_BLOCKS + ext4_journal_bytes(bytes) / BLOCK;
	/* Kept back: -m 1, or what the kernel withholds even from root (2 %, at most 16 MiB). */
	uint64_t percent = blocks / 100;
	uint64_t withheld = blocks / 50 < 4096 ? blocks / 50 : 4096;

	overhead += percent > withheld ? percent : withheld;
	return blocks > overhead ? (blocks - overhead) * BLOCK : 0;
}

/* FAT32 with clusters of 512 bytes, the worst case: two tables of 4 bytes a cluster. */
static uint64_t vfat_usable_bytes(uint64_t bytes)
{
	uint64_t overhead = bytes / 64 + KIB(64);

	return bytes > overhead ? (bytes - overhead) / BLOCK * BLOCK : 0;
}

uint64_t space_usable_bytes(enum fs_kind fs, uint64_t bytes)
{
	switch (fs) {
	case FS_EXT4:
		return ext4_usable_bytes(bytes);
	case FS_VFAT:
		return vfat_usable_bytes(bytes);
	case FS_NONE:
	case FS_KIND_COUNT:
		break;
	}
	return 0;
}

uint64_t space_inodes(enum fs_kind fs, uint64_t bytes)
{
	uint64_t count;

	if (fs != FS_EXT4)
		return UINT64_MAX;
	count = ext4_inode_count(bytes);
	return count > RESERVED_INODES ? count - RESERVED_INODES : 0;
}

static bool holds(enum fs_kind fs, uint64_t bytes, uint64_t content_bytes, uint64_t inodes)
{
	return space_usable_bytes(fs, bytes) >= content_bytes && space_inodes(fs, bytes) >= inodes;
}

uint64_t space_partition_bytes(enum fs_kind fs, uint64_t content_bytes, uint64_t inodes)
{
	uint64_t bytes = content_bytes / MIB(1) * MIB(1);

	/* No limit is a limit, too: a sparse file may claim more than any disk has. */
	if ((fs != FS_EXT4 && fs != FS_VFAT) || content_bytes >> 60 != 0)
		return content_bytes;
	while (!holds(fs, bytes, content_bytes, inodes)) {
		uint64_t usable = space_usable_bytes(fs, bytes);
		uint64_t gap = content_bytes > usable ? content_bytes - usable : 0;

		bytes += gap > MIB(1) ? gap / MIB(1) * MIB(1) : MIB(1);
	}
	/* At 512 MiB the inode tables shrink, so that a gap may have been too wide. */
	while (bytes > 0 && holds(fs, bytes - MIB(1), content_bytes, inodes))
		bytes -= MIB(1);
	return bytes;
}
