/* SPDX-License-Identifier: MIT */
/*
 * line_speed - how often progress is redrawn on a serial line. Uses at most a tenth of the line (a
 * fifth below 9600 baud): a saturated line delays the echo of keys. Keys and screen changes are
 * shown at once at any speed. Pure. tests/whole/test_bytes.c measures it for the Install screen.
 */
#ifndef UI_TERM_LINE_SPEED_H
#define UI_TERM_LINE_SPEED_H

#include <stdbool.h>
#include <termios.h>

struct line_speed {
	unsigned baud_max;  /* the row is for lines up to this speed */
	unsigned frame_ms;  /* period of gauges and percentages */
	unsigned text_ms;   /* period of amounts, rates and times */
	unsigned escape_ms; /* timeout for the rest of a key's sequence: serial adapters and console
			     * servers delay bytes, and so does a slow line */
	bool thrifty;	    /* use glyphs_thrifty: no multi-byte characters for lines and bars */
};

/* Returns the row for @baud; 0 means unknown or no serial line, and is fast. Never NULL. */
const struct line_speed *line_speed_choose(unsigned baud);

/* Converts the @speed that cfgetospeed(3) returns to baud; 0 if it is not in the table. */
unsigned line_speed_baud(speed_t speed);

#endif
