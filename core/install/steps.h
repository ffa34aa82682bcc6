/* SPDX-License-Identifier: MIT */
/* steps - the names and the order of an install's steps. Their work is in phases.h. */
#ifndef CORE_INSTALL_STEPS_H
#define CORE_INSTALL_STEPS_H

enum step_id {
	STEP_OPEN,  /* shown as "scan": inspect has read the archive, the install opens it */
	STEP_CHECK, /* plan_check and a trial of mkfs, before the lock; the lock step checks a
		       device again */
	STEP_LOCK,
	STEP_WIPE,  /* from here the device cannot boot */
	STEP_TABLE, /* in the kernel only, not on the medium */
	STEP_MKFS,
	STEP_EXTRACT,
	STEP_FLUSH,
	STEP_VERIFY,
	STEP_COMMIT, /* the partition table is written: the device can boot */
	STEP_COUNT
};

enum step_state { STEP_TODO, STEP_ACTIVE, STEP_DONE, STEP_FAILED, STEP_SKIPPED };

/* "scan", "check", ...: the words of the screens and of --json; "end" for STEP_COUNT. */
const char *step_name(enum step_id step);

#endif
