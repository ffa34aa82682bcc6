/* SPDX-License-Identifier: MIT */
/*
 * theme - how a cell's attributes look on the terminal; plain data, no curses. Colours only repeat
 * the text, so every meaning has a look without them.
 */
#ifndef UI_TERM_THEME_H
#define UI_TERM_THEME_H

#include <stdint.h>

/* Colour numbers of ECMA-48. Anything but a meaning keeps the terminal's default colours. */
enum colour {
	COLOUR_DEFAULT = -1,
	COLOUR_BLACK = 0,
	COLOUR_RED = 1,
	COLOUR_GREEN = 2,
	COLOUR_YELLOW = 3,
	COLOUR_WHITE = 7,
};

struct look {
	uint8_t attr;	   /* ATTR_BOLD, ATTR_REVERSE, ATTR_DIM */
	int8_t ink, paper; /* enum colour */
};

/* The attributes that a meaning adds and drops, and its colours. */
struct theme_meaning {
	uint8_t attr; /* ATTR_GOOD, ATTR_WARN or ATTR_BAD */
	uint8_t add, drop;
	int8_t ink, paper;
};
#define THEME_MEANINGS 3

struct theme {
	const char *name;
	struct theme_meaning meanings[THEME_MEANINGS]; /* most severe first, which wins */
};

extern const struct theme theme_mono, theme_colour;

/* Returns theme_mono if @no_color (NO_COLOR of the environment, or NULL) is not empty, see
 * no-color.org, or if the terminal has fewer than eight @colours; else theme_colour. */
const struct theme *theme_choose(const char *no_color, int colours);

/* Returns the look of a cell with the attributes @attr of grid.h. */
struct look theme_look(const struct theme *theme, unsigned attr);

#endif
