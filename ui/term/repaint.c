/* SPDX-License-Identifier: MIT */
#include "ui/term/repaint.h"

static void plan(struct repaint *repaint)
{
	uint64_t allowed_ms = repaint->repaired_ms ? repaint->repaired_ms + REPAINT_EVERY_MS : 0;

	repaint->due_ms = repaint->soiled_ms + REPAINT_AFTER_MS;
	if (repaint->due_ms < allowed_ms)
		repaint->due_ms = allowed_ms;
}

void repaint_note(struct repaint *repaint, uint64_t now_ms)
{
	repaint->soiled_ms = now_ms;
	/* Later output does not postpone the repaint. */
	if (repaint->due_ms == 0)
		plan(repaint);
}

int repaint_wait_ms(const struct repaint *repaint, uint64_t now_ms)
{
	if (repaint->due_ms == 0)
		return -1;
	return repaint->due_ms > now_ms ? (int)(repaint->due_ms - now_ms) : 0;
}

bool repaint_take(struct repaint *repaint, uint64_t now_ms)
{
	if (repaint->due_ms == 0 || now_ms < repaint->due_ms)
		return false;
	repaint->repaired_ms = now_ms;
	repaint->due_ms = 0;
	/* The last output may still be on its way to the screen. */
	if (now_ms - repaint->soiled_ms < REPAINT_AFTER_MS)
		plan(repaint);
	return true;
}
