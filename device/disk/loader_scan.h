/* SPDX-License-Identifier: MIT */
/*
 * loader_scan - finds boot loaders on a disk and in the boot areas of an eMMC: part of its probe, and
 * so in bounds. At the places of boot ROMs it looks whatever the table says, and at the start of each
 * partition for what a ROM finds by the table. Between the partitions, and before the first, it reads
 * the first LOADER_SCAN_BYTES for images and other data, but not for longer than LOADER_SCAN_MS, so
 * that a slow card is in the list in time.
 */
#ifndef DEVICE_DISK_LOADER_SCAN_H
#define DEVICE_DISK_LOADER_SCAN_H

#include "device/disk/disk.h"
#include "device/disk/ext_csd.h"

#define LOADER_SCAN_BYTES      MIB(16)
#define LOADER_SCAN_MS	       500
#define LOADER_SCAN_AREA_BYTES KIB(256) /* of a boot area */

/* Fills content->loaders from @fd, a disk of @size_bytes whose partitions @content has. Data after a
 * known loader belongs to it, and is not listed. A filesystem on the whole disk is not searched: it
 * has boot sectors of its own. A part that cannot be read has no loader. */
void loader_scan_disk(int fd, uint64_t size_bytes, struct disk_content *content);

/* Fills content->boot and boot_enable of the eMMC at @path ("/dev/mmcblk0"), which @card is. Without
 * permission to send it commands, boot_enable is unknown. Nothing changes for another disk. */
void loader_scan_boot_areas(
	const char *path, const struct emmc_card *card, struct disk_content *content);

#endif
