/* SPDX-License-Identifier: MIT */
/*
 * painter - part of term: paints a grid with curses, which sends only the difference to the last
 * picture. Works on curses' current terminal.
 */
#ifndef UI_TERM_PAINTER_H
#define UI_TERM_PAINTER_H

#include "ui/term/grid.h"
#include "ui/term/theme.h"

/* Include curses last, without its macros: their names clash with ours. */
#define NCURSES_NOMACROS 1
#define NCURSES_WIDECHAR 1
#include <curses.h>

struct painter {
	const struct theme *theme;
	attr_t attrs; /* attributes that the terminal supports; asking curses for another makes it
			 send a reset */
	bool cursor_shown;
};

/* Chooses the theme from the terminal's colours and NO_COLOR, and hides the cursor. */
void painter_init(struct painter *painter);

/* Paints @grid, and resizes the screen of curses to it. @all: repaint everything. */
void painter_show(struct painter *painter, const struct grid *grid, bool all);

#endif
