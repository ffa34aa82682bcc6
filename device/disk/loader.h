/* SPDX-License-Identifier: MIT */
/*
 * loader - knows boot loaders by their first bytes, and where boot ROMs look for them: at a fixed
 * place of the disk, whatever the partition table says, or of a boot area of an eMMC. Pure.
 */
#ifndef DEVICE_DISK_LOADER_H
#define DEVICE_DISK_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum loader_kind {
	LOADER_UNREAD,	  /* not known: nothing was read */
	LOADER_EMPTY,	  /* only zeros, or only ones as an erased card may have */
	LOADER_DATA,	  /* none of these */
	LOADER_BOOT_CODE, /* code before the table of an MBR: partitioners write some, too */
	LOADER_GRUB,
	LOADER_SYSLINUX,
	LOADER_FIT,	/* FIT image or device tree */
	LOADER_UIMAGE,	/* legacy image of U-Boot */
	LOADER_RK_NEXT, /* second stage of Rockchip's own loaders */
	LOADER_ALLWINNER,
	LOADER_ROCKCHIP,
	LOADER_IMX,	 /* i.MX with an image vector table: up to i.MX 8M */
	LOADER_IMX_AHAB, /* i.MX with a container: 8ULP, 8X, 8, 9 */
	LOADER_STM32,
	LOADER_AMLOGIC,
	LOADER_TI,
	LOADER_XILINX,
	LOADER_MEDIATEK,
	LOADER_KIND_COUNT
};

/* The program that starts a loader. */
enum loader_role {
	LOADER_BY_NONE,	  /* there is none, or it is not known to be one */
	LOADER_BY_BIOS,	  /* the firmware of a PC */
	LOADER_BY_LOADER, /* another loader before it */
	LOADER_BY_ROM,	  /* the boot ROM of a processor: without it, the board does not start */
};

/* The word in --json, "rockchip"; and the phrase for people, "Rockchip boot loader". */
const char *loader_name(enum loader_kind kind);
const char *loader_label(enum loader_kind kind);
enum loader_role loader_role(enum loader_kind kind);

/* Places of the disk, or of a boot area, where a boot ROM looks: offsets in bytes, ascending, each a
 * whole block. */
#define LOADER_BLOCK_BYTES 512u
#define LOADER_PLACES	   9
extern const uint64_t loader_places[LOADER_PLACES];

enum loader_area { LOADER_IN_DISK, LOADER_IN_BOOT_AREA };

/*
 * The kind of loader whose first block is @block, LOADER_BLOCK_BYTES at @offset_bytes of @area.
 * LOADER_EMPTY, or LOADER_DATA if it is not the start of a known one. Some kinds are found at
 * certain places only, where alone they could be started.
 */
enum loader_kind loader_at(
	enum loader_area area, uint64_t offset_bytes, const unsigned char *block);

/* True if the block holds only zeros or only ones. */
bool loader_is_empty(const unsigned char *data, size_t size);

/* Finds "U-Boot SPL 2024.01" in @data. False, and @ret is "", if there is no such text. */
#define LOADER_VERSION_MAX 40
bool loader_version(const unsigned char *data, size_t size, char ret[LOADER_VERSION_MAX]);

#endif
