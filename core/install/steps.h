/* SPDX-License-Identifier: MIT */
/* steps - the names and the order of an install's steps, and those of each scope. Their work is in
 * phases.h. */
#ifndef CORE_INSTALL_STEPS_H
#define CORE_INSTALL_STEPS_H

#include "core/plan/scope.h"

enum step_id {
	STEP_OPEN,  /* shown as "scan": inspect has read the archive, the install opens it; without
		       an archive, the plan is completed */
	STEP_CHECK, /* plan_check and a trial of mkfs, before the lock; the lock step checks a
		       device again */
	STEP_LOCK,
	STEP_WIPE,  /* from here the device cannot boot */
	STEP_TABLE, /* in the kernel only, not on the medium */
	STEP_MKFS,
	STEP_EXTRACT,
	STEP_FLUSH,
	STEP_VERIFY,
	STEP_COMMIT, /* boot loaders and the partition table are written: the device can boot */
	STEP_COUNT
};

enum step_state { STEP_TODO, STEP_ACTIVE, STEP_DONE, STEP_FAILED, STEP_SKIPPED };

/* "scan", "check", ...: the words of the screens and of --json; "end" for STEP_COUNT. */
const char *step_name(enum step_id step);

/* True if an install of @scope has @step. */
bool step_is_of(enum scope scope, enum step_id step);
/* The step that follows @step in an install of @scope; STEP_COUNT after the last. */
enum step_id step_after(enum scope scope, enum step_id step);

#endif
