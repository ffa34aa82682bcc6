/* SPDX-License-Identifier: MIT */
/* namesakes - names of one folder that differ only in case: a vfat takes them for one, and the later entry
 * replaces the earlier one. Latin, Greek and Cyrillic letters have a case: in short names they have one for the
 * kernel's vfat, too. Pure. */
#ifndef CORE_PLAN_NAMESAKES_H
#define CORE_PLAN_NAMESAKES_H

#include "core/manifest/manifest.h"
#include "device/layout/layout.h"

#include <limits.h>

struct namesakes {
	uint64_t count;	      /* names with an earlier one */
	char path[PATH_MAX];  /* of the first of them, in the tree; not sanitised */
	char other[PATH_MAX]; /* the earlier one */
};

/* Finds the namesakes among the entries, and the parents of entries, of the partition at @index. Returns
 * false, and leaves @ret, if there are none; or if there is no memory, and then verify will find them. */
bool namesakes_find(const struct manifest *manifest, const struct layout *layout, size_t index,
	struct namesakes *ret);

#endif
