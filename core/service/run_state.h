/* SPDX-License-Identifier: MIT */
/*
 * run_state - files with the last snapshot and the plan of every engine. They outlive the engine,
 * for `status` and for viewers that miss its end. All file names of an engine, its socket's too, are made here:
 * "TARGET.PID" and a suffix.
 */
#ifndef CORE_SERVICE_RUN_STATE_H
#define CORE_SERVICE_RUN_STATE_H

#include "core/install/plan_report.h"
#include "core/install/snapshot.h"
#include "device/base/util.h"

#include <stdbool.h>

#define RUN_STATE_PATH_MAX 108 /* size of a socket address, see unix(7) */
#define RUN_STATES_KEPT	   16

/* Writes the path of a file of @engine (a pid) in @dir to @ret. '/' and '.' in @target
 * become '_'. */
void run_state_path(char ret[RUN_STATE_PATH_MAX], const char *dir, const char *target, int engine,
	const char *suffix);
/* Returns true if @file is the name of a file of @target (NULL: of any target) with @suffix. */
bool run_state_is_file(const char *file, const char *target, const char *suffix);

/* Writes @snapshot to the file named by its target_name and engine, replacing it atomically.
 * Returns 0 or -errno. */
_must_check_ int run_state_write(const char *dir, const struct snapshot *snapshot);
/* Writes the plan of the install that @snapshot belongs to, once, before a viewer sees it as planned.
 * Returns 0 or -errno. */
_must_check_ int run_state_write_plan(
	const char *dir, const struct snapshot *snapshot, const struct plan_report *report);
/* Removes the files of the oldest engines until there is room for one more of RUN_STATES_KEPT. */
void run_state_sweep(const char *dir);

/* Reads the newest file of @target (NULL: of all). Returns 0, -ENOENT, -EPROTO if another version
 * wrote it, or -errno. */
_must_check_ int run_state_newest(const char *dir, const char *target, struct snapshot *ret);
/* Reads the file of the install that @seen belongs to. Returns 0, -ENOENT if the file is missing or
 * belongs to another install, or as above. */
_must_check_ int run_state_of(const char *dir, const struct snapshot *seen, struct snapshot *ret);

/* Reads the plan of the install that @seen belongs to. Returns as run_state_of. */
_must_check_ int run_state_plan(
	const char *dir, const struct snapshot *seen, struct plan_report *ret);
/* Reads the file of @engine, whatever its target. Returns 0, -ENOENT, or as above. */
_must_check_ int run_state_of_engine(const char *dir, int engine, struct snapshot *ret);

/* Marks a run state without an end as failed, for an engine that no longer runs: it was killed.
 * Returns false, and changes nothing, if @snapshot has ended. */
bool run_state_end(struct snapshot *snapshot);

#endif
