/* SPDX-License-Identifier: MIT */
/* emulator - a terminal in this process: a pty with libvterm at its other end. */
#ifndef TESTS_EMULATOR_H
#define TESTS_EMULATOR_H

#include "device/base/util.h"
#include "ui/term/grid.h"
#include "ui/term/theme.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <vterm.h>

#include <cmocka.h>

#define EMULATOR_CALL static inline __attribute__((unused))
#define EMULATOR_MS   60000 /* timeout, sufficient for a busy machine */

struct emulator {
	int master, slave;
	VTerm *vt;
	VTermScreen *screen;
	bool utf8;
	const struct theme *theme; /* the expected theme; NULL: mono */
	bool mute;		   /* never answers a query */
	uint64_t bytes;		   /* received */
};

EMULATOR_CALL void emulator_new_screen(struct emulator *e, int rows, int cols)
{
	e->vt = vterm_new(rows, cols);
	vterm_set_utf8(e->vt, e->utf8);
	e->screen = vterm_obtain_screen(e->vt);
	vterm_screen_enable_altscreen(e->screen, 1);
	vterm_screen_reset(e->screen, 1);
}

/* @rows 0: a line without a size, connected to a terminal of 24 by 80. */
EMULATOR_CALL void emulator_open(struct emulator *e, int rows, int cols, bool utf8)
{
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};

	*e = (struct emulator){.master = -1, .slave = -1, .utf8 = utf8};
	if (openpty(&e->master, &e->slave, NULL, NULL, &size) < 0)
		abort();
	(void)fcntl(e->master, F_SETFD, FD_CLOEXEC);
	(void)fcntl(e->master, F_SETFL, O_NONBLOCK);
	emulator_new_screen(e, rows ? rows : 24, cols ? cols : 80);
}

EMULATOR_CALL void emulator_close(struct emulator *e)
{
	vterm_free(e->vt);
	close_fd(&e->master);
	close_fd(&e->slave);
}

/* Replaces the terminal by one full of letters, which stand for the old picture: libvterm 0.1.4 may
 * crash on output for the old size after vterm_set_size. */
EMULATOR_CALL void emulator_resize(struct emulator *e, int rows, int cols)
{
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};

	vterm_free(e->vt);
	emulator_new_screen(e, rows, cols);
	(void)vterm_input_write(e->vt, "\033#8", 3);
	(void)ioctl(e->master, TIOCSWINSZ, &size);
}

/* Feeds the available output to the emulator, after waiting up to @wait_ms for it. Returns false at
 * the end of the file. */
EMULATOR_CALL bool emulator_feed(struct emulator *e, int wait_ms)
{
	struct pollfd poll_fd = {.fd = e->master, .events = POLLIN};
	char buf[4096];
	size_t answer;
	bool more;
	ssize_t n;

	(void)poll(&poll_fd, 1, wait_ms);
	while ((n = read(e->master, buf, sizeof(buf))) > 0) {
		vterm_input_write(e->vt, buf, (size_t)n);
		e->bytes += (uint64_t)n;
	}
	more = n < 0 && errno == EAGAIN;
	while ((answer = vterm_output_read(e->vt, buf, sizeof(buf))) > 0)
		if (!e->mute && write_full(e->master, buf, answer) < 0)
			abort();
	return more;
}

EMULATOR_CALL void emulator_type(struct emulator *e, const char *bytes)
{
	if (write_full(e->master, bytes, strlen(bytes)) < 0)
		abort();
}

EMULATOR_CALL VTermScreenCell emulator_cell(const struct emulator *e, int row, int col)
{
	VTermScreenCell cell = {0};

	(void)vterm_screen_get_cell(e->screen, (VTermPos){row, col}, &cell);
	return cell;
}

/* Returns one row as text, without trailing blanks. */
EMULATOR_CALL void emulator_row(const struct emulator *e, int row, char *ret, size_t size)
{
	VTermRect rect = {.start_row = row, .end_row = row + 1, .start_col = 0, .end_col = 300};
	size_t n;

	vterm_get_size(e->vt, &(int){0}, &rect.end_col);
	n = vterm_screen_get_text(e->screen, ret, size - 1, rect);
	while (n > 0 && ret[n - 1] == ' ')
		n--;
	ret[n] = '\0';
}

EMULATOR_CALL bool emulator_shows(const struct emulator *e, const char *text)
{
	int rows, cols;
	char row[2048];

	vterm_get_size(e->vt, &rows, &cols);
	for (int i = 0; i < rows; i++) {
		emulator_row(e, i, row, sizeof(row));
		if (strstr(row, text))
			return true;
	}
	return false;
}

/* Prints the screen, for the log of a test that fails. */
EMULATOR_CALL void emulator_print(const struct emulator *e)
{
	int rows, cols;

	vterm_get_size(e->vt, &rows, &cols);
	for (int i = 0; i < rows; i++) {
		char row[2048];

		emulator_row(e, i, row, sizeof(row));
		print_message("%2d|%s\n", i, row);
	}
}

/* Waits until @text is on the screen. Returns false after EMULATOR_MS, or at the end of the
 * file. */
EMULATOR_CALL bool emulator_wait(struct emulator *e, const char *text)
{
	uint64_t end = now_ms() + EMULATOR_MS;

	while (!emulator_shows(e, text))
		if (!emulator_feed(e, 50) || now_ms() > end)
			return emulator_shows(e, text);
	return true;
}

EMULATOR_CALL bool emulator_has_colour(VTermColor have, int8_t want, bool ink)
{
	if (want == COLOUR_DEFAULT)
		return ink ? VTERM_COLOR_IS_DEFAULT_FG(&have) : VTERM_COLOR_IS_DEFAULT_BG(&have);
	return VTERM_COLOR_IS_INDEXED(&have) && have.indexed.idx == want;
}

/* A blank only has a background. libvterm 0.1.4 has no dim attribute, and returns 0 for a cell that
 * was never written. */
EMULATOR_CALL bool emulator_cell_equals(
	const struct emulator *e, VTermScreenCell have, const struct cell *want)
{
	struct look look = theme_look(e->theme ? e->theme : &theme_mono, want->attr);
	bool reverse = look.attr & ATTR_REVERSE, bold = look.attr & ATTR_BOLD;
	uint32_t point = have.chars[0] ? have.chars[0] : ' ';

	/* The painter may draw a full block as a reversed blank. */
	if (want->codepoint == 0x2588 && point == ' ' && !(want->attr & ~ATTR_REVERSE)) {
		point = 0x2588;
		have.attrs.reverse = !have.attrs.reverse;
	}
	if (want->codepoint == 0) /* the right half of a wide character */
		return true;
	if (point != want->codepoint || have.attrs.reverse != reverse || have.attrs.underline ||
		have.attrs.blink || !emulator_has_colour(have.bg, look.paper, false))
		return false;
	return want->codepoint == ' ' ||
	       (have.attrs.bold == bold && emulator_has_colour(have.fg, look.ink, true));
}

EMULATOR_CALL bool emulator_equals(const struct emulator *e, const struct grid *grid)
{
	for (int row = 0; row < grid->rows; row++)
		for (int col = 0; col < grid->cols; col++) {
			if (!emulator_cell_equals(
				    e, emulator_cell(e, row, col), grid_cell(grid, row, col)))
				return false;
		}
	return true;
}

EMULATOR_CALL bool emulator_wait_grid(struct emulator *e, const struct grid *grid)
{
	uint64_t end = now_ms() + EMULATOR_MS;

	while (!emulator_equals(e, grid))
		if (!emulator_feed(e, 50) || now_ms() > end)
			return false;
	return true;
}

#endif
