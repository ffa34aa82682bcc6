/* SPDX-License-Identifier: MIT */
#include "core/install/steps.h"

const char *step_name(enum step_id step)
{
	static const char *const names[STEP_COUNT] = {
		[STEP_OPEN] = "scan",
		[STEP_CHECK] = "check",
		[STEP_LOCK] = "lock",
		[STEP_WIPE] = "wipe",
		[STEP_TABLE] = "table",
		[STEP_MKFS] = "mkfs",
		[STEP_EXTRACT] = "extract",
		[STEP_FLUSH] = "flush",
		[STEP_VERIFY] = "verify",
		[STEP_COMMIT] = "commit",
	};

	return step < STEP_COUNT ? names[step] : "end";
}
