/* SPDX-License-Identifier: MIT */
/*
 * inuse - which disks are in use, and by what: from mountinfo, swaps, holders and loop devices
 * below a root fd. It explains; the last word has O_EXCL (target.h).
 */
#ifndef DEVICE_INUSE_H
#define DEVICE_INUSE_H

#include "device/disk.h"

struct inuse_fact {
	char disk[32]; /* kernel name of the whole disk */
	enum reason_code code;
	char text[96];
};

struct inuse {
	struct inuse_fact *facts; /* owned */
	size_t count;
	bool unresolved; /* a critical mount could not be followed to its disks */
};

/* Collects the facts of the machine below @root. 0 or -errno; free with inuse_finish. */
int inuse_load(int root, struct inuse *ret);
void inuse_finish(struct inuse *inuse);

/* Adds the disks that hold the file at @path (the archive, a layout), as REASON_SOURCE with the
 * phrase "holds the %s". @path is one of the running machine's, and is followed from an open fd. */
int inuse_add_file(struct inuse *inuse, int root, const char *path, const char *what);

#endif
