/* SPDX-License-Identifier: MIT */
/*
 * repaint - when to paint the whole screen anew after something else has written on it: soon, but not
 * before it is through, and never so often that a chatty kernel fills a serial line. Pure; time is in
 * milliseconds.
 */
#ifndef UI_TERM_REPAINT_H
#define UI_TERM_REPAINT_H

#include <stdbool.h>
#include <stdint.h>

#define REPAINT_AFTER_MS 200  /* a line of 80 bytes takes 83 ms at 9600 baud */
#define REPAINT_EVERY_MS 1000 /* at most; a painted screen is up to 1.7 kB */

struct repaint {
	uint64_t soiled_ms;   /* the last time that something was written on it; 0: never */
	uint64_t due_ms;      /* 0: it is clean */
	uint64_t repaired_ms; /* 0: never */
};

/* Something has written on the screen. */
void repaint_note(struct repaint *repair, uint64_t now_ms);
/* Milliseconds until it is to be painted anew; -1 where it is clean. */
int repaint_wait_ms(const struct repaint *repair, uint64_t now_ms);
/* True where it is to be painted anew now; the caller does so. */
bool repaint_take(struct repaint *repair, uint64_t now_ms);

#endif
