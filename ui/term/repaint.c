/* SPDX-License-Identifier: MIT */
#include "ui/term/repaint.h"

static void plan(struct repaint *repair)
{
	uint64_t allowed_ms = repair->repaired_ms ? repair->repaired_ms + REPAINT_EVERY_MS : 0;

	repair->due_ms = repair->soiled_ms + REPAINT_AFTER_MS;
	if (repair->due_ms < allowed_ms)
		repair->due_ms = allowed_ms;
}

void repaint_note(struct repaint *repair, uint64_t now_ms)
{
	repair->soiled_ms = now_ms;
	/* Later output does not postpone the repaint. */
	if (repair->due_ms == 0)
		plan(repair);
}

int repaint_wait_ms(const struct repaint *repair, uint64_t now_ms)
{
	if (repair->due_ms == 0)
		return -1;
	return repair->due_ms > now_ms ? (int)(repair->due_ms - now_ms) : 0;
}

bool repaint_take(struct repaint *repair, uint64_t now_ms)
{
	if (repair->due_ms == 0 || now_ms < repair->due_ms)
		return false;
	repair->repaired_ms = now_ms;
	repair->due_ms = 0;
	/* The last output may still be on its way to the screen. */
	if (now_ms - repair->soiled_ms < REPAINT_AFTER_MS)
		plan(repair);
	return true;
}
