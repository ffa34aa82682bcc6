/* SPDX-License-Identifier: MIT */
/* mountinfo - reads a table of mounts, /proc/PID/mountinfo (proc(5)), and finds the mount of a
 * path. */
#ifndef DEVICE_USAGE_MOUNTINFO_H
#define DEVICE_USAGE_MOUNTINFO_H

#include "device/base/util.h"

#include <stddef.h>
#include <stdint.h>

/* One mount. The strings are unescaped, except options, and point into the table. */
struct mountinfo_entry {
	int id;
	uint32_t major, minor; /* major 0: the filesystem has no device of its own */
	const char *point;     /* mount point */
	const char *fs_type;
	const char *source;  /* "/dev/sda1", "tmpfs", ...: set by the filesystem, may be wrong */
	const char *options; /* of the filesystem: "rw,lowerdir=/a:/b,upperdir=/c" */
};

struct mountinfo {
	char *text;			 /* owned */
	struct mountinfo_entry *entries; /* owned; in the order of mounting */
	size_t count;
};

/* Reads the table at @path ("proc/self/mountinfo") below @root. Malformed lines are skipped. 0 or
 * -errno; free with mountinfo_finish. */
_must_check_ int mountinfo_load(int root, const char *path, struct mountinfo *ret);
void mountinfo_finish(struct mountinfo *mounts);

/* The mount of the absolute path @path: the deepest mount point above it and, of several mounts
 * on the same point, the last one. NULL if not found. */
const struct mountinfo_entry *mountinfo_of_path(const struct mountinfo *mounts, const char *path);
/* The mount with the id @id, or NULL. */
const struct mountinfo_entry *mountinfo_of_id(const struct mountinfo *mounts, int id);

/* Resolves the kernel's octal escapes ("\040" for a blank), in place. */
void mountinfo_unescape(char *text);

#endif
