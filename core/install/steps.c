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

#define STEP(step) (1u << STEP_##step)

static const unsigned steps_of[SCOPE_COUNT] = {
	[SCOPE_ALL] = (1u << STEP_COUNT) - 1,
	[SCOPE_FILES] = (1u << STEP_COUNT) - 1,
	[SCOPE_IMAGES] = ((1u << STEP_COUNT) - 1) & ~STEP(EXTRACT),
	[SCOPE_BOOT] = STEP(OPEN) | STEP(CHECK) | STEP(LOCK) | STEP(COMMIT),
};

bool step_is_of(enum scope scope, enum step_id step)
{
	return steps_of[scope] & (1u << step);
}

enum step_id step_after(enum scope scope, enum step_id step)
{
	do
		step++;
	while (step < STEP_COUNT && !step_is_of(scope, step));
	return step;
}
