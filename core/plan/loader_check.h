/* SPDX-License-Identifier: MIT */
/*
 * loader_check - the fate of the boot loaders that a target has, and whether the board that they
 * start would stay dark. Pure.
 *
 * It is an error only where that is as certain as it can be: a boot ROM's loader in the user area of
 * an eMMC, which is part of its board, a layout that writes no blob at all, no boot area with any
 * content, and no file on a vfat that a board or its firmware starts by itself. A card, a stick or an
 * image may have held the system of another board, so the same is a warning there. The loaders of PCs
 * and data of unknown use are only listed.
 */
#ifndef CORE_PLAN_LOADER_CHECK_H
#define CORE_PLAN_LOADER_CHECK_H

#include "core/plan/scope.h"
#include "device/disk/disk.h"
#include "device/layout/layout.h"

enum loader_fate { LOADER_ERASED, LOADER_REPLACED, LOADER_STAYS, LOADER_STARTS_FIRST };

/* One loader of the target. */
struct loader_row {
	const char *place; /* static: "user", "boot0", "boot1" */
	struct disk_loader loader;
	enum loader_fate fate;
};
#define LOADER_ROWS_MAX (DISK_LOADERS_MAX + 2)

enum loader_severity { LOADER_FINE, LOADER_WARNING, LOADER_ERROR };

struct loader_check {
	uint32_t count;
	struct loader_row rows[LOADER_ROWS_MAX];
	enum loader_severity severity;
	char text[280]; /* a sentence with the advice; "" if LOADER_FINE */
};

/* Fills @ret for an install of the placed @layout on @target. SCOPE_BOOT erases nothing
 * beside the blobs. @has_firmware: see loader_is_firmware; true if it is not known. */
void loader_check(enum scope scope, const struct disk *target, const struct layout *layout,
	bool has_firmware, struct loader_check *ret);

/* True if @path of the archive is a file on the vfat @partition that a board starts without a loader
 * outside of it: firmware of the Raspberry Pi, an EFI program, the boot file of TI or Xilinx. */
bool loader_is_firmware(const struct layout_partition *partition, const char *path);

/* What the layout sets of an eMMC: "the eMMC boots from boot0"; "" if nothing. Static. */
const char *loader_setting_phrase(const struct disk *target, const struct layout *layout);

/* "erased", "replaced", "stays", "starts-first": in --json. */
const char *loader_fate_name(enum loader_fate fate);
/* "Rockchip boot loader at 32 KiB: will be erased" */
void loader_row_phrase(const struct loader_row *row, char *ret, size_t size);

#endif
