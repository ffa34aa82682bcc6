/* SPDX-License-Identifier: MIT */
/* unfit - why a filesystem cannot hold an entry of the archive: its type, name, size, time or
 * attributes. Pure. */
#ifndef CORE_PLAN_UNFIT_H
#define CORE_PLAN_UNFIT_H

#include "core/manifest/manifest.h"
#include "device/layout/layout.h"

/*
 * Returns a phrase that follows the path of the entry ("is a symbolic link"), or NULL if the
 * filesystem that mkfs makes of @partition holds it. On vfat, times and owners are not checked,
 * since they are not verified there either. Extended attributes fit if they do in any order.
 */
const char *unfit_reason(
	const struct layout_partition *partition, const struct manifest_entry *entry);

/* "is a symbolic link" */
const char *unfit_type(enum manifest_type type);

#endif
