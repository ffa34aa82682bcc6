/* SPDX-License-Identifier: MIT */
/* steps - the names and the order of an install's steps; what they do is in install_steps.c. */
#ifndef CORE_INSTALL_STEPS_H
#define CORE_INSTALL_STEPS_H

enum step_id {
	STEP_SCAN,  /* the archive is read once: integrity, totals, manifest */
	STEP_CHECK, /* plan_check, again, right before the first write */
	STEP_LOCK,
	STEP_WIPE,  /* from here the device cannot boot */
	STEP_TABLE, /* told to the kernel only */
	STEP_MKFS,
	STEP_EXTRACT,
	STEP_FLUSH,
	STEP_VERIFY,
	STEP_COMMIT, /* the partition table reaches the medium: the device can boot */
	STEP_COUNT
};

enum step_state { STEP_TODO, STEP_ACTIVE, STEP_DONE, STEP_FAILED, STEP_SKIPPED };

/* "scan", "check", ...: the words of the screen and of --json. */
const char *step_name(enum step_id step);

#endif
