/* SPDX-License-Identifier: MIT */
/*
 * install - the engine of one install: a state machine behind one descriptor that never blocks.
 * Whatever is slow is a child. Poll install_fd for input and call install_dispatch. It mounts, so
 * its process should be in a namespace of its own (mount_enter_private): see service.h.
 */
#ifndef CORE_INSTALL_INSTALL_H
#define CORE_INSTALL_INSTALL_H

#include "core/install/snapshot.h"
#include "core/plan/plan.h"

struct install;

struct install_world {
	int root;	 /* root fd for sysfs and proc, borrowed */
	const char *dir; /* the job's private directory: nodes and mount points; devices allowed */
	const char *settings_journal;
	/* Ends every child of this process that is none of the install's: orphans that came to it, a
	 * subreaper. Called when no child of the install runs. NULL where the process has others. */
	void (*end_strays)(void);
};

/* @manifest is what inspect made of the plan's archive, borrowed. NULL and errno on failure. */
struct install *install_new(const struct plan *plan, const struct manifest *manifest,
	const struct install_world *world);
/* Kills and reaps every child, unmounts, closes the target unbootable if it had begun. */
void install_free(struct install *install);

int install_fd(const struct install *install);
/* Begins with the first step. */
void install_start(struct install *install);
/* Handles what is ready; returns at once. */
void install_dispatch(struct install *install);
/* Ends it: children get TERM, then KILL after 2 s; the target is left unbootable. */
void install_cancel(struct install *install);
/* The state now. Valid until the next call. */
const struct snapshot *install_snapshot(const struct install *install);

/* What an install of @plan looks like before its first step: names and sizes, no state. */
void install_identify(struct snapshot *ret, const struct plan *plan);

#endif
