/* SPDX-License-Identifier: MIT */
#include "core/plan/space.h"

#include "device/base/util.h"

#define BLOCK		4096u
#define GROUP_BLOCKS	32768u /* per block bitmap */
#define INODE_BYTES	256u
#define RESERVED_INODES 11u
#define FIXED_BLOCKS	8u /* root folder, lost+found, resize inode */

/* The journal size that mke2fs chooses (ext2fs_default_journal_size). */
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

/* mke2fs.conf: filesystems below 512 MiB are of type "small", with four times the inodes. */
static uint64_t ext4_inode_count(uint64_t bytes)
{
	return bytes / (bytes < MIB(512) ? 4096 : 16384);
}

/* sparse_super: groups 0, 1 and the powers of 3, 5 and 7 hold copies of the superblock. */
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
	/* Each copy holds the group descriptors, 64 bytes a group, and blocks reserved for growing
	 * 1024-fold, at most 1024. */
	uint64_t descriptors = groups / 64 + 1 + (groups < 64 ? groups * 16 : 1024);
	uint64_t overhead = ext4_super_copies(groups) * (1 + descriptors) + groups * 2 +
			    ext4_inode_count(bytes) / (BLOCK / INODE_BYTES) + groups +
			    FIXED_BLOCKS + ext4_journal_bytes(bytes) / BLOCK;
	/* Reserved: -m 1, or the blocks that the kernel withholds even from root (2 %, at
	 * most 16 MiB). */
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

static uint64_t square_root(uint64_t value)
{
	uint64_t root = 0;

	for (uint64_t bit = UINT64_C(1) << 31; bit > 0; bit >>= 1)
		if ((root + bit) * (root + bit) <= value)
			root += bit;
	return root;
}

/*
 * f2fs: segments of 2 MiB. The segments that mkfs.f2fs 1.15 uses for tables, and those that it
 * reserves for cleaning, which grow with the square root, were read from superblocks and
 * checkpoints on 52 MiB to 1 TiB. Each inode uses a block of the main area; per 1018 blocks one
 * more holds addresses.
 */
static uint64_t f2fs_usable_bytes(uint64_t bytes, uint64_t inodes)
{
	uint64_t segments = bytes / MIB(2), tables = 9 + segments / 150;
	uint64_t main = segments > tables ? segments - tables : 0;
	uint64_t kept = 8 + square_root(8 * main);
	uint64_t blocks = main > kept ? (main - kept) * (MIB(2) / BLOCK) : 0;
	uint64_t nodes = inodes + blocks / 256;

	return blocks > nodes ? (blocks - nodes) * BLOCK : 0;
}

/* On larger disks the node address table is the limit: 9.8 million at 1 TiB. */
static uint64_t f2fs_inodes(uint64_t bytes)
{
	uint64_t inodes = bytes / KIB(8);

	return inodes < 9000000 ? inodes : 9000000;
}

/* Bytes in the btrfs trees per inode with its names, extent and checksums: 600 to 650 were
 * measured. Small files are stored inline in the trees, but then use no data block. */
#define BTRFS_INODE_BYTES 768u

/*
 * btrfs: two copies of metadata, in chunks that are reserved whole: the first by mkfs, more by the
 * kernel as they fill. Their sizes were measured (btrfs-progs 6.2, Linux 6.18) from 109 MiB to 60
 * GiB.
 */
static uint64_t btrfs_usable_bytes(uint64_t bytes, uint64_t inodes)
{
	uint64_t largest = bytes > GIB(48) ? GIB(1) : MIB(256);
	uint64_t first = bytes > GIB(2) ? largest : bytes / 16;
	uint64_t next = bytes / 10 + MIB(16) < largest ? bytes / 10 + MIB(16) : largest;
	uint64_t need = inodes * BTRFS_INODE_BYTES + bytes / 512;
	uint64_t metadata, overhead;

	metadata = first > MIB(32) ? first : MIB(32);
	/* The kernel allocates the next chunk well before the last is full. */
	while (need > metadata / 10 * 7 && metadata < bytes)
		metadata += next;
	/* The first MiB, two copies of the system chunk, and a rest too small for a data chunk. */
	overhead = 2 * metadata + MIB(1 + 16) + (bytes < GIB(1) ? 0 : MIB(16));
	return bytes > overhead ? (bytes - overhead) / BLOCK * BLOCK : 0;
}

uint64_t space_usable_bytes(enum fs_kind fs, uint64_t bytes, uint64_t inodes)
{
	switch (fs) {
	case FS_EXT4:
		return ext4_usable_bytes(bytes);
	case FS_VFAT:
		return vfat_usable_bytes(bytes);
	case FS_F2FS:
		return f2fs_usable_bytes(bytes, inodes);
	case FS_BTRFS:
		return btrfs_usable_bytes(bytes, inodes);
	case FS_SWAP:
	case FS_NONE:
	case FS_KIND_COUNT:
		break;
	}
	return 0;
}

uint64_t space_inodes(enum fs_kind fs, uint64_t bytes)
{
	uint64_t count;

	if (fs == FS_F2FS)
		return f2fs_inodes(bytes);
	if (fs != FS_EXT4)
		return UINT64_MAX;
	count = ext4_inode_count(bytes);
	return count > RESERVED_INODES ? count - RESERVED_INODES : 0;
}

static bool holds(enum fs_kind fs, uint64_t bytes, uint64_t block_bytes, uint64_t inodes)
{
	return bytes >= fs_min_bytes(fs) && space_usable_bytes(fs, bytes, inodes) >= block_bytes &&
	       space_inodes(fs, bytes) >= inodes;
}

uint64_t space_partition_bytes(enum fs_kind fs, uint64_t block_bytes, uint64_t inodes)
{
	uint64_t bytes = block_bytes / MIB(1) * MIB(1);

	/* A sparse file may claim more than any disk has: avoid overflow. */
	if (!fs_holds_files(fs) || block_bytes >> 60 != 0 || inodes >> 40 != 0)
		return block_bytes;
	while (!holds(fs, bytes, block_bytes, inodes)) {
		uint64_t usable = space_usable_bytes(fs, bytes, inodes);
		uint64_t gap = block_bytes > usable ? block_bytes - usable : 0;

		bytes += gap > MIB(1) ? gap / MIB(1) * MIB(1) : MIB(1);
	}
	/* At 512 MiB the inode tables shrink, so the last step may have been too large. */
	while (bytes > 0 && holds(fs, bytes - MIB(1), block_bytes, inodes))
		bytes -= MIB(1);
	return bytes;
}
