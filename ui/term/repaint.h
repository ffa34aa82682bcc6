/* SPDX-License-Identifier: MIT */
/*
 * repaint - when to repaint the whole screen after something else, such as the kernel, has written
 * on it: soon, but not before that output is complete, and not so often that a chatty kernel
 * saturates a serial line. Pure; times are in milliseconds.
 */
#ifndef UI_TERM_REPAINT_H
#define UI_TERM_REPAINT_H

#include <stdbool.h>
#include <stdint.h>

#define REPAINT_AFTER_MS 200  /* a line of 80 bytes takes 83 ms at 9600 baud */
#define REPAINT_EVERY_MS 1000 /* shortest period; a whole screen is up to 1.7 kB */

struct repaint {
	uint64_t soiled_ms;   /* last foreign output; 0: never */
	uint64_t due_ms;      /* next repaint; 0: none needed */
	uint64_t repaired_ms; /* last repaint; 0: never */
};

/* Records that something else has written on the screen. */
void repaint_note(struct repaint *repaint, uint64_t now_ms);
/* Returns the milliseconds until the next repaint, or -1 if none is needed. */
int repaint_wait_ms(const struct repaint *repaint, uint64_t now_ms);
/* Returns true if a repaint is due, which the caller then does. */
bool repaint_take(struct repaint *repaint, uint64_t now_ms);

#endif
