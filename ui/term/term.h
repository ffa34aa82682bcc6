/* SPDX-License-Identifier: MIT */
/*
 * term - the terminal: with its parts painter and term_crash all that sees curses. It takes a grid and
 * shows it, sending only what changed, and gives keys. It owns the terminal's settings from term_open to term_close, and
 * puts them back even where the program crashes.
 */
#ifndef UI_TERM_TERM_H
#define UI_TERM_TERM_H

#include "device/base/util.h"
#include "ui/term/grid.h"
#include "ui/term/keys.h"
#include "ui/term/theme.h"

#include <stddef.h>

struct terminal; /* not "term": <term.h> has one */

/* Sizes beyond these are taken for nonsense. */
#define TERM_ROWS_MAX 200
#define TERM_COLS_MAX 300

/*
 * Takes the terminal at @in and @out. @type is TERM, or NULL. Where that is missing or unknown, a
 * description of our own is used, and @note tells so in a sentence; else @note is "". 0; or -errno
 * with the sentence in @note: -ENOTTY no terminal, -ENXIO a type that cannot place its cursor
 * (dumb), and nothing at the other end that answers within 400 ms. Sets LC_CTYPE to a locale of UTF-8.
 * One at a time.
 */
_must_check_ int term_open(
	struct terminal **ret, int in, int out, const char *type, char *note, size_t note_size);

/* Puts everything back; waits 200 ms at most for a terminal that takes nothing any more. NULL is
 * fine. */
void term_close(struct terminal *term);

/*
 * Asks the terminal what it is, and paints everything when it has answered, or 400 ms later;
 * term_open does so first. SYMBOL_RESIZE comes where size or glyphs are others than before.
 */
void term_query(struct terminal *term);
/* The size now: as the line tells it, else as the terminal has answered, else 80x24. */
void term_size(struct terminal *term, int *ret_rows, int *ret_cols);
/* ASCII, unless the terminal has shown that it draws UTF-8. */
const struct glyphs *term_glyphs(const struct terminal *term);

/* How it is given attributes: with colours or without. */
const struct theme *term_theme(const struct terminal *term);

/* Poll this for input. */
int term_fd(const struct terminal *term);
/* Poll this for POLLOUT: -1 while nothing waits to be sent, or only time tells when it can be. */
int term_out_fd(const struct terminal *term);
/* After so many milliseconds a serial port has sent what it had, and term_pump goes on; or, where it
 * sends nothing, is to be looked at again; or -1. */
int term_out_wait_ms(struct terminal *term);
/* Sends what the line takes, without ever waiting for it; then the latest grid, if that had to. */
void term_pump(struct terminal *term);
/* Speed of a serial line; 0 of others, and where it is not known. */
unsigned term_baud(const struct terminal *term);
/* Bytes that were sent. */
uint64_t term_bytes(const struct terminal *term);
/* After so many milliseconds there may be a key without any more input: whether Escape is one, only
 * time tells. -1: there will not. */
int term_wait_ms(const struct terminal *term);
/* Takes one key. False where there is none now. */
bool term_key(struct terminal *term, struct key *ret);
/* After input was told: true where the line is gone. */
bool term_is_gone(const struct terminal *term);

/* Shows @grid, of the size that term_size told last: now; or, while the line has no room, once it
 * has, unless a later one replaces it. */
void term_show(struct terminal *term, const struct grid *grid);
/* The next term_show paints everything: something else has written on the screen. */
void term_repair(struct terminal *term);
void term_beep(struct terminal *term);

/* Name and version of the screen library. */
const char *term_version(void);

#endif
