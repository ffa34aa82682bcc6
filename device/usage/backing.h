/* SPDX-License-Identifier: MIT */
/* backing - finds the whole disks below a mount, a path or a device number, also through links
 * that only mounts show: overlays, members of a btrfs, the backing file of a loop device. */
#ifndef DEVICE_USAGE_BACKING_H
#define DEVICE_USAGE_BACKING_H

#include "device/disk/wholedisk.h"
#include "device/usage/mountinfo.h"

#include <stdbool.h>

#define BACKING_MOUNTS_MAX 64

/* Set root, mounts and through_files; the functions below add to the other fields. */
struct backing {
	int root;
	const struct mountinfo *mounts;
	bool through_files; /* continue from a loop device to the disk of its backing file */
	bool unresolved;    /* something could not be resolved */
	size_t count;
	char disks[WHOLEDISK_MAX][32]; /* kernel names, without duplicates */
	/* Mounts without a device number, each resolved once. */
	struct {
		const struct mountinfo_entry *mount;
		bool active; /* being resolved: reaching it again means a cycle */
	} seen[BACKING_MOUNTS_MAX];
	size_t seen_count;
};

/* Adds the disks of a mount. A filesystem in memory, on raw flash or on another machine has none,
 * and is not unresolved. */
void backing_add_mount(struct backing *backing, const struct mountinfo_entry *mount);
/* Adds the disks of an absolute path of the machine. */
void backing_add_path(struct backing *backing, const char *path);
/* Adds the disks below a device number. */
void backing_add_number(struct backing *backing, uint32_t major, uint32_t minor);

#endif
