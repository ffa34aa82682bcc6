/* SPDX-License-Identifier: MIT */
/*
 * trial - makes each filesystem of a plan on a sparse file in memory before anything is written to
 * the target, with the program, the options, the size and the sectors of the install, and mounts it
 * as the install does. So options that mkfs refuses, a filesystem that this kernel cannot mount, and
 * one that is too small are known beforehand.
 */
#ifndef CORE_PLAN_TRIAL_H
#define CORE_PLAN_TRIAL_H

#include "core/plan/plan.h"

/* The filesystem that mkfs made of one partition. */
struct trial_filesystem {
	/* An mkfs that failed, a filesystem that could not be mounted or identified: the reason, a
	 * phrase. "" if there is none. */
	char fault[160];
	uint64_t usable_bytes; /* for files; UINT64_MAX if unknown */
	uint64_t inodes;       /* UINT64_MAX if unknown or without limit */
	uint64_t unit_bytes;   /* the space of a file is a multiple of it */
};

struct trial {
	/* Parallel to the partitions of the layout. Without a filesystem there is nothing to know. */
	struct trial_filesystem filesystems[LAYOUT_PARTITIONS_MAX];
	char untried[160]; /* why nothing, or not all, could be tried: a phrase; or "" */
};

/*
 * Tries all filesystems of @plan. Blocks, for seconds on a slow board: call it in a work child, in a
 * mount namespace of its own (mount_enter_private), with @dir as its private folder. @root is the
 * root of that namespace. Never fails: without loop devices, or without memory for the file, less is
 * known.
 */
void trial_run(struct trial *ret, const struct plan *plan, int root, const char *dir);

/* The same from a process that must not change its namespace: in a child, for which it waits. Asks
 * @stops(@arg) often. Needs root. Returns 0; -ECANCELED if @stops returned true; or -errno if there
 * could be no child. */
_must_check_ int trial_run_apart(
	struct trial *ret, const struct plan *plan, bool (*stops)(void *arg), void *arg);

/* Adds to @verdict the problems that the trial has found. Pure. */
void trial_check(const struct plan *plan, const struct trial *trial, struct plan_verdict *verdict);

#endif
