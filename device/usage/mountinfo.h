/* SPDX-License-Identifier: MIT */
/* mountinfo - a table of mounts, as /proc/PID/mountinfo has it (proc(5)), and which one a path is
 * on. */
#ifndef DEVICE_USAGE_MOUNTINFO_H
#define DEVICE_USAGE_MOUNTINFO_H

#include "device/base/util.h"

#include <stddef.h>
#include <stdint.h>

/* One mount; the strings are unescaped and lie in the table. */
struct mountinfo_entry {
	int id;
	uint32_t major, minor; /* major 0: the filesystem has no device of its own */
	const char *point;     /* where it is mounted */
	const char *fs_type;
	const char *source;  /* "/dev/sda1", "tmpfs", ... : told by the filesystem, may lie */
	const char *options; /* of the filesystem: "rw,lowerdir=/a:/b,upperdir=/c" */
};

struct mountinfo {
	char *text;			 /* owned */
	struct mountinfo_entry *entries; /* owned; in the order of mounting */
	size_t count;
};

/* Reads the table at @path ("proc/self/mountinfo") below @root. 0 or -errno; lines that make no
 * sense are left out. Free with mountinfo_finish. */
_must_check_ int mountinfo_load(int root, const char *path, struct mountinfo *ret);
void mountinfo_finish(struct mountinfo *mounts);

/* The mount that the absolute path @path is on: the deepest mount point that leads to it, and of
 * several on the same point the uppermost. NULL where there is none. */
const struct mountinfo_entry *mountinfo_of_path(const struct mountinfo *mounts, const char *path);
const struct mountinfo_entry *mountinfo_of_id(const struct mountinfo *mounts, int id);

/* Puts back in place what the kernel has written as octal ("\\040" for a blank). */
void mountinfo_unescape(char *text);

#endif
