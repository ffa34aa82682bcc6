/* SPDX-License-Identifier: MIT */
/*
 * screen_frame - the frame of every screen: title, steps, scan gauge, text field, notice and key
 * line. Pure: draws the model on a grid.
 */
#ifndef UI_SCREENS_SCREEN_FRAME_H
#define UI_SCREENS_SCREEN_FRAME_H

#include "ui/screens/screen.h"

/* Clears @grid, and draws the topmost screen and its frame. */
void screen_draw(const struct model *model, struct grid *grid);

/* Returns the rows inside the frame of @screen. */
struct area screen_area(
	const struct model *model, const struct screen *screen, const struct grid *grid);

/* Returns the number of keys that work now, and their hints in @ret, which has room for
 * SCREEN_HINTS; those of the text field while it is open. */
#define SCREEN_HINTS 16
size_t screen_hints(const struct model *model, const struct screen *screen,
	const struct hint *ret[SCREEN_HINTS]);

/* The screens of the steps before an install of the model's scope, in order; ends with NULL. Kinds
 * belongs to the step of Target, and is not among them. */
const struct screen *const *screen_way(const struct model *model);
/* The index in screen_way of the step that @screen belongs to; -1 if it has none. */
int screen_place(const struct model *model, const struct screen *screen);

#endif
