/* SPDX-License-Identifier: MIT */
/*
 * inuse_load - collects the facts of a machine below a root fd: from the mount tables of every namespace,
 * swaps, holders, loop devices and the kernel command line.
 */
#ifndef DEVICE_USAGE_INUSE_LOAD_H
#define DEVICE_USAGE_INUSE_LOAD_H

#include "device/base/util.h"
#include "device/usage/inuse.h"

/* Collects the facts of the machine below @root. 0 or -errno; free with inuse_finish. */
_must_check_ int inuse_load(int root, struct inuse *ret);

/* A file that a job reads or writes: its archive, layout file, blobs, log. */
struct inuse_file {
	const char *path; /* of the machine below the root */
	const char *what; /* "archive" */
};

/* Adds the disks that hold the file, as REASON_SOURCE with the phrase "holds the %s". On a running
 * machine it is followed from an open fd, on a recorded one by the path alone.
 * 0 (with inuse->unresolved where its disk is unknown), or -errno (-ENOENT: no such file). */
_must_check_ int inuse_add_file(struct inuse *inuse, int root, const struct inuse_file *file);
/* Each of @count files; one that does not exist holds nothing. 0 or the first other -errno. */
_must_check_ int inuse_add_files(
	struct inuse *inuse, int root, const struct inuse_file *files, size_t count);

#endif
