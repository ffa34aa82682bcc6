/* SPDX-License-Identifier: MIT */
#include "ui/term/theme.h"

#include "ui/term/grid.h"

#include <stddef.h>

/* PASS and FAIL also differ in their fill, so colours are not needed. */
const struct theme theme_mono = {
	.name = "mono",
	.meanings =
		{
			{ATTR_BAD, .add = ATTR_BOLD, .ink = COLOUR_DEFAULT,
				.paper = COLOUR_DEFAULT},
			{ATTR_WARN, .add = ATTR_BOLD, .ink = COLOUR_DEFAULT,
				.paper = COLOUR_DEFAULT},
			{ATTR_GOOD, .ink = COLOUR_DEFAULT, .paper = COLOUR_DEFAULT},
		},
};

/*
 * The terminal's background is unknown, yellow on white is unreadable, and so is red on black
 * across a room: warnings and failures set their own background. Contrasts on the Linux console and
 * in xterm: bold white on red 7.8 and 5.8, black on yellow 4 and 12. Many terminals show bold black
 * as grey, so it is never used.
 */
const struct theme theme_colour = {
	.name = "colour",
	.meanings =
		{
			{ATTR_BAD, .add = ATTR_BOLD, .ink = COLOUR_WHITE, .paper = COLOUR_RED},
			{ATTR_WARN, .drop = ATTR_BOLD, .ink = COLOUR_BLACK, .paper = COLOUR_YELLOW},
			{ATTR_GOOD, .drop = ATTR_BOLD, .ink = COLOUR_GREEN,
				.paper = COLOUR_DEFAULT},
		},
};

const struct theme *theme_choose(const char *no_color, int colours)
{
	return (no_color && no_color[0]) || colours < 8 ? &theme_mono : &theme_colour;
}

struct look theme_look(const struct theme *theme, unsigned attr)
{
	struct look look = {
		.attr = (uint8_t)(attr & (ATTR_BOLD | ATTR_REVERSE | ATTR_DIM)),
		.ink = COLOUR_DEFAULT,
		.paper = COLOUR_DEFAULT,
	};

	for (size_t i = 0; i < THEME_MEANINGS; i++) {
		const struct theme_meaning *meaning = &theme->meanings[i];

		if (!(attr & meaning->attr))
			continue;
		look.attr = (uint8_t)((look.attr | meaning->add) & ~meaning->drop);
		look.ink = meaning->ink;
		look.paper = meaning->paper;
		break;
	}
	return look;
}
