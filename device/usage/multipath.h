/* SPDX-License-Identifier: MIT */
/*
 * multipath - detects disks that are one disk, reached by two paths that nothing joins (no
 * dm-multipath, NVMe multipath off): SCSI disks and NVMe namespaces with the same world-wide id.
 * Some makers give all their disks one id, so size, model and serial must be equal too.
 */
#ifndef DEVICE_USAGE_MULTIPATH_H
#define DEVICE_USAGE_MULTIPATH_H

#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct multipath {
	struct multipath_id {
		char disk[32];	/* kernel name */
		char wwid[128]; /* never "" */
		uint64_t size_bytes;
		char vendor[32], model[48], serial[40]; /* "": unknown */
	} * disks;					/* owned: disks that have an id */
	size_t count;
};

/* Reads the ids of all disks of the machine below @root. Returns 0 or -errno; free @ret with
 * multipath_finish. */
_must_check_ int multipath_load(int root, struct multipath *ret);
void multipath_finish(struct multipath *multipath);

/* True if @a and @b, kernel names, have the same id and size, and the same vendor, model and serial
 * as far as both are known. */
bool multipath_is_same(const struct multipath *multipath, const char *a, const char *b);

/* True if @wwid, as sysfs shows it ("naa.5000c500a1b2c3d4"), can tell two disks apart. False if it
 * is only zeros or Fs but for the number of the maker (OUI), or only the name of the maker and the
 * model. @model: of the disk, or "". */
bool multipath_is_unique(const char *wwid, const char *model);

#endif
