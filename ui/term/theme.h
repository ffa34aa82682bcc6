/* SPDX-License-Identifier: MIT */
/*
 * theme - what a terminal is given for the attributes of a cell, as a pure value: term.c only turns
 * it into what curses calls it. Colours repeat what words say, so every meaning has a look without
 * them, too.
 */
#ifndef UI_TERM_THEME_H
#define UI_TERM_THEME_H

#include <stdint.h>

/* By their numbers in ECMA-48; what the terminal's owner has set is never painted over but for a
 * meaning. */
enum colour {
	COLOUR_DEFAULT = -1,
	COLOUR_BLACK = 0,
	COLOUR_RED = 1,
	COLOUR_GREEN = 2,
	COLOUR_YELLOW = 3,
	COLOUR_WHITE = 7,
};

struct look {
	uint8_t attr;	   /* of ATTR_BOLD, ATTR_REVERSE and ATTR_DIM */
	int8_t ink, paper; /* enum colour */
};

/* What a meaning adds to and takes from the attributes, and its colours. */
struct theme_meaning {
	uint8_t attr; /* ATTR_GOOD, ATTR_WARN or ATTR_BAD */
	uint8_t add, drop;
	int8_t ink, paper;
};
#define THEME_MEANINGS 3

struct theme {
	const char *name;
	struct theme_meaning meanings[THEME_MEANINGS]; /* the gravest first: one that has several
							  looks like that */
};

extern const struct theme theme_mono, theme_colour;

/* Mono where @no_color (the environment's NO_COLOR, may be NULL) is not empty (no-color.org), or the
 * terminal has fewer than eight @colours. */
const struct theme *theme_choose(const char *no_color, int colours);

/* The look of a cell with the attributes @attr of grid.h. */
struct look theme_look(const struct theme *theme, unsigned attr);

#endif
