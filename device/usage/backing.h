/* SPDX-License-Identifier: MIT */
/*
 * backing - from a mount, a path or a number down to the whole disks that hold it, through what
 * only mounts can tell: overlays, the members of a btrfs, the backing file of a loop device.
 */
#ifndef DEVICE_USAGE_BACKING_H
#define DEVICE_USAGE_BACKING_H

#include "device/disk/wholedisk.h"
#include "device/usage/mountinfo.h"

#include <stdbool.h>

#define BACKING_MOUNTS_MAX 64

/* Set root, mounts and through_files; the functions below add to the rest. */
struct backing {
	int root;
	const struct mountinfo *mounts;
	bool through_files; /* go on from a loop device to what holds its backing file */
	bool unresolved;    /* something could not be followed */
	size_t count;
	char disks[WHOLEDISK_MAX][32]; /* kernel names, each once */
	/* Mounts without a device of their own, each looked at once. */
	struct {
		const struct mountinfo_entry *mount;
		bool active; /* being looked at: what leads here again lies on itself */
	} seen[BACKING_MOUNTS_MAX];
	size_t seen_count;
};

/* What lies in memory, on raw flash or on another machine has no disk, and is resolved. */
void backing_add_mount(struct backing *backing, const struct mountinfo_entry *mount);
/* An absolute path of the machine. */
void backing_add_path(struct backing *backing, const char *path);
void backing_add_number(struct backing *backing, uint32_t major, uint32_t minor);

#endif
