/* SPDX-License-Identifier: MIT */
/* multipath - detects disks that are one disk, reached by two paths that nothing joins (no
 * dm-multipath, NVMe multipath off): SCSI disks and NVMe namespaces with the same world-wide id. */
#ifndef DEVICE_USAGE_MULTIPATH_H
#define DEVICE_USAGE_MULTIPATH_H

#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>

struct multipath {
	struct multipath_id {
		char disk[32];	/* kernel name */
		char wwid[128]; /* never "" */
	} * disks;		/* owned: disks that have an id */
	size_t count;
};

/* Reads the ids of all disks of the machine below @root. Returns 0 or -errno; free @ret with
 * multipath_finish. */
_must_check_ int multipath_load(int root, struct multipath *ret);
void multipath_finish(struct multipath *multipath);

/* True if @a and @b, kernel names, have the same id. */
bool multipath_is_same(const struct multipath *multipath, const char *a, const char *b);

#endif
