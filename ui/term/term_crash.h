/* SPDX-License-Identifier: MIT */
/*
 * term_crash - part of term: restores the terminal when the program crashes (SIGSEGV, SIGBUS,
 * SIGFPE, SIGILL, SIGABRT), then lets the signal end the program. Handles one terminal at a time.
 */
#ifndef UI_TERM_TERM_CRASH_H
#define UI_TERM_TERM_CRASH_H

#include <termios.h>

/* Installs the handlers for curses' current terminal. On a crash they write the bytes that leave
 * the screen, prepared here, to @out, a non-blocking descriptor, and set @in to @saved. */
void term_crash_arm(int in, int out, const struct termios *saved);
/* Call it after the screen of curses has changed its size. */
void term_crash_resized(void);
/* Restores the default handlers. */
void term_crash_disarm(void);

#endif
