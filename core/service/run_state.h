/* SPDX-License-Identifier: MIT */
/*
 * run_state - the last known state of every engine, a file each, which outlives the engine: for `status`,
 * and for a viewer that is not there when the end is told. Every file of an engine, its socket too, has
 * its name from here: "TARGET.PID" and a suffix.
 */
#ifndef CORE_SERVICE_RUN_STATE_H
#define CORE_SERVICE_RUN_STATE_H

#include "core/install/snapshot.h"
#include "device/base/util.h"

#include <stdbool.h>

#define RUN_STATE_PATH_MAX 108 /* of a socket's address, see unix(7) */
#define RUN_STATES_KEPT	   16

/* The path of a file of @engine (its pid) in @dir. What a file name cannot have in @target is '_'. */
void run_state_path(char ret[RUN_STATE_PATH_MAX], const char *dir, const char *target, int engine,
	const char *suffix);
/* Is @file such a name with @suffix, of @target, or with NULL of any? */
bool run_state_is_file(const char *file, const char *target, const char *suffix);

/* Writes @snapshot, whose target_name and engine name the file, in the place of the one before, all or
 * nothing. 0 or -errno. */
_must_check_ int run_state_write(const char *dir, const struct snapshot *snapshot);
/* Removes the oldest, so that there is room for one more of RUN_STATES_KEPT. */
void run_state_sweep(const char *dir);

/* The newest of @target, or with NULL of all. 0; -ENOENT, -EPROTO (of another version), or -errno. */
_must_check_ int run_state_newest(const char *dir, const char *target, struct snapshot *ret);
/* Of the install that @seen is of. 0; -ENOENT too where the file is of another install; or as above. */
_must_check_ int run_state_of(const char *dir, const struct snapshot *seen, struct snapshot *ret);

/* What a state without an end means once its engine has gone: it was killed. False where it has one. */
bool run_state_end(struct snapshot *snapshot);

#endif
