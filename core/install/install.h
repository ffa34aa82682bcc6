/* SPDX-License-Identifier: MIT */
/*
 * install - the engine of one install: a state machine behind one descriptor that never blocks.
 * Whatever is slow is a child. Poll install_fd for input and call install_dispatch. It mounts, so
 * its process should be in a namespace of its own (mount_enter_private): see service.h.
 *
 * The steps are lists of phases (phases.h) that work on a job (job.h). The engine alone runs the
 * next phase, begins and ends steps, and ends the install.
 */
#ifndef CORE_INSTALL_INSTALL_H
#define CORE_INSTALL_INSTALL_H

#include "core/install/snapshot.h"
#include "core/install/world.h"
#include "core/plan/plan.h"

struct install;

/* @manifest is inspect's, of the plan's archive; it and the strings of @world are borrowed. NULL and
 * errno on failure. */
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

/* The snapshot of an install of @plan before its first step: names and sizes, no state. */
void install_identify(struct snapshot *ret, const struct plan *plan);

#endif
