/* SPDX-License-Identifier: MIT */
/*
 * painter - a part of term: paints a grid with curses, which sends only what has changed since the
 * picture before. Works on curses' current terminal.
 */
#ifndef UI_TERM_PAINTER_H
#define UI_TERM_PAINTER_H

#include "ui/term/grid.h"
#include "ui/term/theme.h"

/* Curses last, and with nothing of its own that could be taken for ours. */
#define NCURSES_NOMACROS 1
#define NCURSES_WIDECHAR 1
#include <curses.h>

struct painter {
	const struct theme *theme;
	attr_t attrs; /* that the terminal has: curses would send a reset for the others */
	bool cursor_shown;
};

/* Chooses the theme by the terminal's colours and NO_COLOR, and hides the cursor. */
void painter_init(struct painter *painter);

/* Paints @grid, resizing the screen of curses to it; with @all everything, not the difference. */
void painter_show(struct painter *painter, const struct grid *grid, bool all);

#endif
