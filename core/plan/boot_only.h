/* SPDX-License-Identifier: MIT */
/*
 * boot_only - the needs of an install of SCOPE_BOOT: room for its blobs beside the partition
 * table and the partitions that are there now. A blob goes to the user area of a disk only if the disk
 * has a table of the layout's kind, since only a table shows the free bytes: a disk without
 * one may be full of a filesystem, or of data that nothing knows. Pure.
 */
#ifndef CORE_PLAN_BOOT_ONLY_H
#define CORE_PLAN_BOOT_ONLY_H

#include "core/plan/plan.h"
#include "device/disk/occupied.h"

/* Adds the problems of @plan to @verdict. If the table could not be read, @occupied is empty, and @why
 * is the reason: a clause as of occupied_read. */
void boot_only_check(const struct plan *plan, const struct occupied *occupied, const char *why,
	struct plan_verdict *verdict);

/* True if @plan writes a blob to the user area, beside the partitions. */
bool boot_only_writes_disk(const struct plan *plan);

/* Writes a warning to @ret if the partitions of the target, as last probed, are not those of the
 * layout; else "". */
void boot_only_warning(const struct plan *plan, char *ret, size_t size);

#endif
