/* SPDX-License-Identifier: MIT */
/*
 * term_crash - a part of term: gives the terminal back when the program crashes (SIGSEGV, SIGBUS,
 * SIGFPE, SIGILL, SIGABRT), then lets the signal end the program. One terminal at a time.
 */
#ifndef UI_TERM_TERM_CRASH_H
#define UI_TERM_TERM_CRASH_H

#include <termios.h>

/* Prepares everything now, for curses' current terminal: a crash writes the bytes that leave the screen
 * to @out, a non-blocking descriptor, and sets @in to @saved. */
void term_crash_arm(int in, int out, const struct termios *saved);
/* The screen of curses has another size. */
void term_crash_resized(void);
void term_crash_disarm(void);

#endif
