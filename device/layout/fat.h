/* SPDX-License-Identifier: MIT */
/*
 * fat - chooses the type of a FAT filesystem from its size. Firmware and kernels derive the type from
 * the number of clusters alone (Microsoft's FAT specification 1.03, "FAT Type Determination"): a
 * FAT32 with too few of them is read as a FAT16. mkfs.vfat with -F 32 makes it all the same, and its
 * own choice fits sectors of 512 bytes only.
 */
#ifndef DEVICE_LAYOUT_FAT_H
#define DEVICE_LAYOUT_FAT_H

#include "device/base/diag.h"
#include "device/base/util.h"

#include <stdint.h>

struct fat {
	unsigned type; /* 12, 16 or 32: the bits of an entry of the table */
	uint32_t cluster_sectors;
};

/* The type for @bytes on a disk with sectors of @sector_bytes (a power of two from 512): FAT32 if it
 * has enough clusters. @cluster_sectors: as wanted, or 0. */
struct fat fat_choose(uint64_t bytes, uint32_t sector_bytes, uint32_t cluster_sectors);

/* Checks that the FAT in @fd has the type that it was made as, by its number of clusters. Returns 0,
 * or with the reason in @diag -EILSEQ or -errno. */
_must_check_ int fat_check(int fd, struct diag *diag);

/* The type that a FAT of @clusters clusters has. */
unsigned fat_type(uint64_t clusters);

#endif
