/* SPDX-License-Identifier: MIT */
/* inuse_load - collects the facts of the machine below a root fd: from the mount tables of all
 * namespaces, swaps, holders, loop devices and the kernel command line. */
#ifndef DEVICE_USAGE_INUSE_LOAD_H
#define DEVICE_USAGE_INUSE_LOAD_H

#include "device/base/util.h"
#include "device/usage/inuse.h"

/* Collects the facts of the machine below @root. 0 or -errno; free with inuse_finish. */
_must_check_ int inuse_load(int root, struct inuse *ret);

/* A file that a job reads or writes: its archive, layout file, blobs, log. */
struct inuse_file {
	const char *path; /* on the machine below the root */
	const char *what; /* "archive" */
};

/* Adds the disks of the file, as REASON_SOURCE with the phrase "holds the %s". Resolves an open
 * fd on a running machine, the path on a recorded one. 0 (with inuse->unresolved set if the disk
 * is unknown), or -errno (-ENOENT: no such file). */
_must_check_ int inuse_add_file(struct inuse *inuse, int root, const struct inuse_file *file);

#endif
