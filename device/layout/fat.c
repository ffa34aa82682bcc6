/* SPDX-License-Identifier: MIT */
#include "device/layout/fat.h"

#include "device/base/util.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define FAT16_CLUSTERS 4085u /* the fewest */
#define FAT32_CLUSTERS 65525u

/* Distance to the limits: mkfs.vfat also aligns the tables, and some firmware counts otherwise. */
#define MARGIN 64u

#define TABLES	     2u
#define ROOT_BYTES   KIB(16) /* the root folder of a FAT12 or FAT16: 512 entries of 32 bytes */
#define RESERVED_32  32u     /* sectors before the tables */
#define RESERVED_ANY 4u

unsigned fat_type(uint64_t clusters)
{
	return clusters >= FAT32_CLUSTERS ? 32 : clusters >= FAT16_CLUSTERS ? 16 : 12;
}

/* The number of clusters, at least. */
static uint64_t count_clusters(uint64_t bytes, uint32_t sector_bytes, const struct fat *fat)
{
	uint64_t sectors = bytes / sector_bytes;
	uint64_t fixed = fat->type == 32
				 ? RESERVED_32
				 : RESERVED_ANY + (ROOT_BYTES + sector_bytes - 1) / sector_bytes;
	uint64_t most = sectors / fat->cluster_sectors;
	uint64_t table = ((most + 2) * fat->type / 8 + sector_bytes) / sector_bytes;

	fixed += TABLES * table;
	return sectors > fixed ? (sectors - fixed) / fat->cluster_sectors : 0;
}

static uint32_t sectors_of(uint64_t cluster_bytes, uint32_t sector_bytes)
{
	return cluster_bytes > sector_bytes ? (uint32_t)(cluster_bytes / sector_bytes) : 1;
}

/* The sizes of clusters that mkfs.vfat and Windows use for FAT32 on sectors of 512 bytes. */
static uint64_t fat32_cluster_bytes(uint64_t bytes)
{
	static const struct {
		uint64_t below_bytes, cluster_bytes;
	} sizes[] = {
		{MIB(260), 512},
		{GIB(8), KIB(4)},
		{GIB(16), KIB(8)},
		{GIB(32), KIB(16)},
	};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		if (bytes < sizes[i].below_bytes)
			return sizes[i].cluster_bytes;
	return KIB(32);
}

struct fat fat_choose(uint64_t bytes, uint32_t sector_bytes, uint32_t cluster_sectors)
{
	uint32_t wanted = cluster_sectors;
	struct fat fat = {
		32, wanted ? wanted : sectors_of(fat32_cluster_bytes(bytes), sector_bytes)};
	uint64_t clusters;

	if (count_clusters(bytes, sector_bytes, &fat) >= FAT32_CLUSTERS + MARGIN)
		return fat;
	fat.type = 16;
	fat.cluster_sectors = wanted ? wanted : sectors_of(KIB(2), sector_bytes);
	clusters = count_clusters(bytes, sector_bytes, &fat);
	/* Larger clusters, if there are too many of this size or about as many as the limit. */
	while (!wanted && clusters + MARGIN >= FAT16_CLUSTERS &&
		(clusters < FAT16_CLUSTERS + MARGIN || clusters + MARGIN >= FAT32_CLUSTERS)) {
		fat.cluster_sectors *= 2;
		clusters = count_clusters(bytes, sector_bytes, &fat);
	}
	fat.type = fat_type(clusters);
	return fat;
}

static uint32_t le(const unsigned char *bytes, unsigned count)
{
	uint32_t value = 0;

	while (count > 0)
		value = value << 8 | bytes[--count];
	return value;
}

/* Fields of the boot sector by their offsets; the type that mkfs.vfat made is a text in it. */
int fat_check(int fd, struct diag *diag)
{
	unsigned char b[512];
	uint32_t sector, sectors, tables, root, fixed;
	const char *text;
	uint64_t clusters;
	unsigned made;
	int r = pread_full(fd, b, sizeof(b), 0);

	if (r < 0)
		return diag_fail(diag, r, "it cannot be read: %s", strerror(-r));
	sector = le(b + 11, 2);
	if (sector == 0 || b[13] == 0)
		return diag_fail(diag, -EILSEQ, "it has no FAT");
	sectors = le(b + 19, 2) ? le(b + 19, 2) : le(b + 32, 4);
	tables = b[16] * (le(b + 22, 2) ? le(b + 22, 2) : le(b + 36, 4));
	root = (le(b + 17, 2) * 32 + sector - 1) / sector;
	fixed = le(b + 14, 2) + tables + root;
	clusters = sectors > fixed ? (sectors - fixed) / b[13] : 0;
	text = le(b + 22, 2) ? (const char *)b + 54 : (const char *)b + 82;
	made = strncmp(text, "FAT12", 5) == 0 ? 12 : strncmp(text, "FAT16", 5) == 0 ? 16 : 32;
	if (made != fat_type(clusters))
		return diag_fail(diag, -EILSEQ,
			"a FAT%u of %" PRIu64 " clusters, which firmware reads as a FAT%u", made,
			clusters, fat_type(clusters));
	return 0;
}
