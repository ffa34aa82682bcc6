/* SPDX-License-Identifier: MIT */
/*
 * screen_frame - the frame round every screen: title, steps, scan gauge, the line that is typed,
 * notices and keys. Pure: draws the model on a grid.
 */
#ifndef UI_SCREENS_SCREEN_FRAME_H
#define UI_SCREENS_SCREEN_FRAME_H

#include "ui/screens/screen.h"

/* Clears @grid and draws the screen on top with its frame. */
void screen_draw(const struct model *model, struct grid *grid);

/* The rows inside the frame of @screen. */
struct area screen_area(
	const struct model *model, const struct screen *screen, const struct grid *grid);

/* The hints of @screen that work now. Returns how many; @ret has room for SCREEN_HINTS. */
#define SCREEN_HINTS 16
size_t screen_hints(const struct model *model, const struct screen *screen,
	const struct hint *ret[SCREEN_HINTS]);

#endif
