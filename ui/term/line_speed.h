/* SPDX-License-Identifier: MIT */
/*
 * line_speed - how often what changes by itself is shown, by the speed of the line: as often as a tenth of
 * it allows (a fifth below 9600 baud), for a line that is always busy answers keys late. Keys and
 * other screens are shown at once on any. Pure. Measured for the Install screen by tests/whole/test_bytes.c.
 */
#ifndef UI_TERM_LINE_SPEED_H
#define UI_TERM_LINE_SPEED_H

#include <stdbool.h>
#include <termios.h>

struct line_speed {
	unsigned baud_max;  /* for lines up to this speed */
	unsigned frame_ms;  /* gauges and percents */
	unsigned text_ms;   /* numbers that are read and not looked at: amounts, rates, times */
	unsigned escape_ms; /* for the rest of a key's sequence: adapters hold bytes back, console
			     * servers for longer, and a slow line takes its time for each */
	bool thrifty;	    /* nothing is drawn by characters of several bytes: glyphs_thrifty */
};

/* For a line of @baud; 0: not known, or no serial line at all, which is fast. Never NULL. */
const struct line_speed *line_speed_choose(unsigned baud);

/* Baud of a line with the @speed that cfgetospeed(3) tells; 0 for those that have no name there. */
unsigned line_speed_baud(speed_t speed);

#endif
