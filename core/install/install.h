/* SPDX-License-Identifier: MIT */
/*
 * install - the engine of one install: a state machine behind one descriptor. Slow work runs in
 * children; opening and locking the target does not, and may wait for a device that does not
 * answer. Poll install_fd for input, then call install_dispatch. The engine mounts filesystems, so
 * its process should have its own mount namespace (mount_enter_private): see service.h.
 *
 * The steps are lists of phases (phases.h) that work on a job (job.h). The engine alone runs the
 * next phase, begins and ends steps, and ends the install.
 */
#ifndef CORE_INSTALL_INSTALL_H
#define CORE_INSTALL_INSTALL_H

#include "core/install/plan_report.h"
#include "core/install/snapshot.h"
#include "core/install/world.h"
#include "core/plan/plan.h"

struct install;

/* Makes an install of @plan, which is copied. If it is not complete, the install scans the archive
 * first, and @manifest is NULL; else @manifest is inspect's, of the plan's archive. It and the
 * strings of @world are borrowed until install_free. Returns NULL with errno on failure. */
struct install *install_new(const struct plan *plan, const struct manifest *manifest,
	const struct install_world *world);
/* Kills and reaps every child, unmounts, and leaves the target unbootable if the install was
 * running. */
void install_free(struct install *install);

/* An epoll descriptor, readable when there is work for install_dispatch; borrowed. */
int install_fd(const struct install *install);
/* Starts the first step. */
void install_start(struct install *install);
/* Handles pending events; waits for none. */
void install_dispatch(struct install *install);
/* Cancels the install: children get SIGTERM, and SIGKILL after 2 s. A target that was written to is
 * left unbootable. */
void install_cancel(struct install *install);
/* The current state; borrowed, valid until the next call. */
const struct snapshot *install_snapshot(const struct install *install);

/* The plan with its problems, once the snapshot has its field planned set; borrowed. The verdict of a
 * plan that was complete from the beginning is empty. */
const struct plan_report *install_plan(const struct install *install);

/* Fills @ret for an install of @plan before its first step: names and sizes only. */
void install_identify(struct snapshot *ret, const struct plan *plan);

#endif
