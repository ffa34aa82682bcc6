/* SPDX-License-Identifier: MIT */
/*
 * inuse - which disks are in use, and by what: from mountinfo (ours and that of process 1, whose
 * mounts may be others), swaps, holders and loop devices below a root fd. It explains; the last
 * word has O_EXCL (target.h).
 */
#ifndef DEVICE_INUSE_H
#define DEVICE_INUSE_H

#include "device/disk.h"

struct inuse_fact {
	char disk[32]; /* kernel name of the whole disk */
	enum reason_code code;
	char text[96]; /* the phrase for the operator, sanitised */
};

struct inuse {
	struct inuse_fact *facts; /* owned; each says something that no other says */
	size_t count;
	/* A critical mount (/, /usr, /boot, ...) could not be followed to its disks: an overlay whose
	 * layers are out of sight (a container), a filesystem that nobody here knows. What lies in
	 * memory or on the network is no such case: it is on no disk. */
	bool unresolved;
};

/* Collects the facts of the machine below @root. 0 or -errno; free with inuse_finish. */
int inuse_load(int root, struct inuse *ret);
void inuse_finish(struct inuse *inuse);

/* Adds the disks that hold the file at @path (the archive, a layout), as REASON_SOURCE with the
 * phrase "holds the %s". @path is one of the running machine's, and is followed from an open fd.
 * 0 (with inuse->unresolved where its disk cannot be told), -EOPNOTSUPP where @root is no running
 * machine, or -errno. */
int inuse_add_file(struct inuse *inuse, int root, const char *path, const char *what);

#endif
