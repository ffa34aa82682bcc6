/* SPDX-License-Identifier: MIT */
/*
 * twin - disks that are one disk, reached by two paths that nothing joins (no dm-multipath, NVMe's own
 * switched off): SCSI disks and NVMe namespaces that tell the same world-wide id.
 */
#ifndef DEVICE_TWIN_H
#define DEVICE_TWIN_H

#include <stdbool.h>
#include <stddef.h>

struct twins {
	struct twin {
		char disk[32];	/* kernel name */
		char wwid[128]; /* never "" */
	} * disks;		/* owned: those that tell an id */
	size_t count;
};

/* Reads the ids of all disks of the machine below @root. 0 or -errno; free with twins_finish. */
int twins_load(int root, struct twins *ret);
void twins_finish(struct twins *twins);

/* True where @a and @b, kernel names, tell the same id. */
bool twins_are_equal(const struct twins *twins, const char *a, const char *b);

#endif
