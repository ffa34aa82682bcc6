/* SPDX-License-Identifier: MIT */
/*
 * term - the terminal: shows a grid, sending only the differences, and reads keys. Owns the
 * terminal's settings from term_open to term_close, and restores them even on a crash. Only term
 * and its parts, painter and term_crash, use curses.
 */
#ifndef UI_TERM_TERM_H
#define UI_TERM_TERM_H

#include "device/base/util.h"
#include "ui/term/grid.h"
#include "ui/term/keys.h"
#include "ui/term/theme.h"

#include <stddef.h>

struct terminal; /* not "term": <term.h> has one */

/* Larger sizes are clamped to these. */
#define TERM_ROWS_MAX 200
#define TERM_COLS_MAX 300

/*
 * Opens the terminal on @in and @out, which stay the caller's. @type is TERM or NULL; if it is
 * missing or unknown, a built-in description is used and @note explains that, else @note is "".
 * Returns 0, -ENOMEM, or one of these errors with the reason in @note: -ENOTTY if there is no
 * terminal; -ENXIO if @type cannot position the cursor (dumb) and no terminal answers within 400
 * ms; -EIO if the terminal cannot be set up. Sets LC_CTYPE to a UTF-8 locale. Only one terminal can
 * be open.
 */
_must_check_ int term_open(
	struct terminal **ret, int in, int out, const char *type, char *note, size_t note_size);

/* Restores everything. Waits at most 200 ms for a terminal that accepts no output. NULL is
 * allowed. */
void term_close(struct terminal *term);

/*
 * Queries the size and glyphs of the terminal, and repaints everything when it has answered, or
 * after 400 ms. If size or glyphs have changed, term_key returns SYMBOL_RESIZE. term_open calls
 * this.
 */
void term_query(struct terminal *term);
/* Returns the current size: from TIOCGWINSZ, else from the last query, else 80x24. */
void term_size(struct terminal *term, int *ret_rows, int *ret_cols);
/* ASCII, unless a query has shown that the terminal draws UTF-8. */
const struct glyphs *term_glyphs(const struct terminal *term);

/* The theme in use: with or without colours. */
const struct theme *term_theme(const struct terminal *term);

/* Returns the descriptor to poll for POLLIN. */
int term_fd(const struct terminal *term);
/* Returns the descriptor to poll for POLLOUT; -1 if nothing is queued, or if term_out_wait_ms
 * applies instead. */
int term_out_fd(const struct terminal *term);
/* Returns the milliseconds after which to call term_send, while a serial port still has to send its
 * buffer, at most 100; -1 if there is nothing to wait for. */
int term_out_wait_ms(struct terminal *term);
/* Sends as much as the line accepts, without blocking, then the latest grid if it had to wait. */
void term_send(struct terminal *term);
/* Returns the speed of a serial line; 0 if unknown or not serial. */
unsigned term_baud(const struct terminal *term);
/* Returns the number of bytes sent so far. */
uint64_t term_bytes(const struct terminal *term);
/* Returns the milliseconds after which term_key may return a key without more input (Escape is one
 * only after a timeout), or -1. */
int term_wait_ms(const struct terminal *term);
/* Reads one key. Returns false if no key is ready. */
bool term_key(struct terminal *term, struct key *ret);
/* Call it after POLLIN: true if the line is gone. */
bool term_is_gone(const struct terminal *term);

/* Shows @grid, which has the size last returned by term_size. While the line is busy, the grid
 * waits, and a later one replaces it. */
void term_show(struct terminal *term, const struct grid *grid);
/* Makes the next term_show repaint everything, after something else has written on the screen. */
void term_invalidate(struct terminal *term);
void term_beep(struct terminal *term);

/* Returns name and version of the curses library. */
const char *term_version(void);

#endif
