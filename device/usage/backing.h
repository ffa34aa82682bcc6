/* SPDX-License-Identifier: MIT */
/*
 * resolve - from a mount, a path or a number down to the whole disks that hold it, through what
 * only mounts can tell: overlays, the members of a btrfs, the backing file of a loop device.
 */
#ifndef DEVICE_RESOLVE_H
#define DEVICE_RESOLVE_H

#include "device/mountinfo.h"
#include "device/stack.h"

#include <stdbool.h>

#define RESOLVE_MOUNTS_MAX 64

/* Set root, mounts and through_files; the functions below add to the rest. */
struct resolver {
	int root;
	const struct mountinfo *mounts;
	bool through_files; /* go on from a loop device to what holds its backing file */
	bool unresolved;    /* something could not be followed */
	size_t count;
	char disks[STACK_DISKS_MAX][32]; /* kernel names, each once */
	/* Mounts without a device of their own, each looked at once. */
	struct {
		const struct mountinfo_entry *mount;
		bool active; /* being looked at: what leads here again lies on itself */
	} seen[RESOLVE_MOUNTS_MAX];
	size_t seen_count;
};

/* What lies in memory, on raw flash or on another machine has no disk, and is resolved. */
void resolve_mount(struct resolver *resolver, const struct mountinfo_entry *mount);
/* An absolute path of the machine. */
void resolve_path(struct resolver *resolver, const char *path);
void resolve_number(struct resolver *resolver, uint32_t major, uint32_t minor);

#endif
