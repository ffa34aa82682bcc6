/* SPDX-License-Identifier: MIT */
#include "ui/term/term.h"

#include "device/base/util.h"
#include "ui/term/line_speed.h"
#include "ui/term/painter.h"
#include "ui/term/term_crash.h"
#include "ui/term/term_output.h"
#include "ui/term/term_query.h"
#include "ui/term/terminfo.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#define LEAVE_MS    200 /* longest wait for a stuck line in term_close */
#define OUT_WAIT_MS 100 /* longest wait between checks of a line that is sending */

struct terminal {
	SCREEN *screen;
	FILE *queue; /* owned: a duplicate of output.queue, for curses */
	int in, out; /* borrowed */
	struct term_output output;
	struct grid next; /* the latest grid */
	bool waiting;	  /* next is not painted yet */
	struct termios saved;
	unsigned baud;
	int in_kernel; /* bytes in the serial port, last changed at moved_ms */
	uint64_t moved_ms;
	const struct glyphs *glyphs;
	struct painter painter;
	char input[256]; /* unparsed input, from input_at to input_end */
	size_t input_at, input_end;
	uint64_t input_ms; /* when it was read */
	struct key_reader reader;
	struct term_query query;
	int rows, cols;	  /* from the last query; 0: unknown */
	bool can_unicode; /* a UTF-8 locale is installed */
	bool changed;	  /* SYMBOL_RESIZE is pending */
	bool repair;	  /* repaint everything next time */
};

/*
 * Sets a UTF-8 locale, which curses needs to write UTF-8; in other locales it also sends "repeat
 * the last character" (REP), which minicom and screen do not support. Whether the terminal draws
 * UTF-8 is up to term_query, not to the locale. Returns false if no such locale is installed.
 */
static bool choose_locale(void)
{
	static const char *const locales[] = {"", "C.UTF-8", "C.utf8", "en_US.UTF-8"};

	for (size_t i = 0; i < ARRAY_SIZE(locales); i++)
		if (setlocale(LC_CTYPE, locales[i]) && strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
			return true;
	return false;
}

/* Sets raw mode with TCSANOW: curses would wait for a stopped line to drain. */
static void set_raw(const struct terminal *term)
{
	struct termios raw = term->saved;

	cfmakeraw(&raw);
	raw.c_iflag &= ~(tcflag_t)(IXON | IXOFF);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	(void)tcsetattr(term->in, TCSANOW, &raw);
}

/* A pty also has a speed, a meaningless one, but TIOCMGET fails on it. */
static unsigned read_baud(const struct terminal *term)
{
	int wires;

	return ioctl(term->out, TIOCMGET, &wires) < 0 ? 0
						      : line_speed_baud(cfgetospeed(&term->saved));
}

static FILE *open_duplicate(int fd)
{
	_cleanup_close_ int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	FILE *file = copy < 0 ? NULL : fdopen(copy, "w");

	if (file)
		(void)take_fd(&copy);
	return file;
}

/* Changes the settings that curses has made of screen and line. */
static void set_up(struct terminal *term)
{
	int rows, cols;

	(void)nonl();
	(void)typeahead(-1); /* output never blocks, so never cut a frame short for a key */
	painter_init(&term->painter);
	term_size(term, &rows, &cols);
	(void)resizeterm(rows, cols);
	term_crash_arm(term->in, term->output.line, &term->saved);
	set_raw(term);
}

/* Keeps the keys that were typed during a query. */
static void take_typed(struct terminal *term, const struct term_query *query)
{
	_Static_assert(sizeof(term->input) >= sizeof(query->typed), "typed keys do not fit");
	memcpy(term->input, query->typed, query->typed_count);
	term->input_at = 0;
	term->input_end = query->typed_count;
	term->input_ms = now_ms();
}

/* Sends the identity request (DA1), which every terminal answers. If an answer comes, the line
 * stays raw, so that keys are neither echoed nor lost. */
static bool answers(struct terminal *term)
{
	struct pollfd to = {.fd = term->out, .events = POLLOUT};
	struct pollfd from = {.fd = term->in, .events = POLLIN};
	uint64_t now = now_ms();
	struct term_query query;
	bool identified;
	char byte;

	set_raw(term);
	term_query_begin(&query, now);
	if (poll(&to, 1, 0) == 1 && write(term->out, "\033[c", 3) == 3)
		for (; !query.identified && !term_query_is_over(&query, now); now = now_ms())
			if (poll(&from, 1, (int)(query.end_ms - now)) == 1 &&
				read(term->in, &byte, 1) == 1)
				term_query_feed(&query, byte, now);
	identified = query.identified;
	term_query_end(&query);
	take_typed(term, &query);
	if (!identified)
		(void)tcsetattr(term->in, TCSANOW, &term->saved);
	return identified;
}

int term_open(
	struct terminal **ret, int in, int out, const char *type, char *note, size_t note_size)
{
	struct terminfo terminfo;
	struct terminal *term;
	struct termios saved;
	int r;

	*note = '\0';
	if (tcgetattr(in, &saved) < 0 || !isatty(out)) {
		(void)str_format(note, note_size,
			"The screens need a terminal. Use boardstrap install --plain.");
		return -ENOTTY;
	}
	term = calloc(1, sizeof(*term));
	if (!term)
		return -ENOMEM;
	term->in = in;
	term->out = out;
	term->saved = saved;
	r = terminfo_choose(&terminfo, type, out, note, note_size);
	if (r == -ENXIO && answers(term)) {
		terminfo_plain(&terminfo, type, note, note_size);
		r = 0;
	}
	if (r < 0) {
		free(term);
		return r;
	}
	term->can_unicode = choose_locale();
	term->glyphs = &glyphs_ascii; /* until the terminal answers */
	r = term_output_init(&term->output, out);
	if (r < 0)
		errno = -r;
	else
		term->queue = open_duplicate(term->output.queue);
	if (!term->queue)
		goto fail;
	term->baud = read_baud(term);
	/* These would override the size that the terminal reports. */
	(void)unsetenv("LINES");
	(void)unsetenv("COLUMNS");
	/* Curses only writes; this module reads the keys. */
	terminfo_offer(&terminfo);
	term->screen = newterm(terminfo.type, term->queue, term->queue);
	terminfo_withdraw(&terminfo);
	if (!term->screen)
		goto fail;
	set_up(term);
	term_query(term);
	*ret = term;
	return 0;
fail:
	(void)str_format(note, note_size, "The terminal could not be set up: %s.", strerror(errno));
	if (term->queue)
		(void)fclose(term->queue);
	term_output_finish(&term->output);
	(void)tcsetattr(in, TCSANOW, &saved);
	free(term);
	return -EIO;
}

void term_size(struct terminal *term, int *ret_rows, int *ret_cols)
{
	struct winsize size = {0};

	if (ioctl(term->out, TIOCGWINSZ, &size) < 0 || size.ws_row < 2 || size.ws_col < 2) {
		size.ws_row = (unsigned short)(term->cols > 0 ? term->rows : 24);
		size.ws_col = (unsigned short)(term->cols > 0 ? term->cols : 80);
	}
	*ret_rows = size.ws_row > TERM_ROWS_MAX ? TERM_ROWS_MAX : size.ws_row;
	*ret_cols = size.ws_col > TERM_COLS_MAX ? TERM_COLS_MAX : size.ws_col;
}

const struct glyphs *term_glyphs(const struct terminal *term)
{
	return term->glyphs;
}

const struct theme *term_theme(const struct terminal *term)
{
	return term->painter.theme;
}

int term_fd(const struct terminal *term)
{
	return term->in;
}

/* True if a grid waits for room on the line only. */
static bool is_due(const struct terminal *term)
{
	return term->waiting && !term->query.active;
}

int term_out_fd(const struct terminal *term)
{
	return is_due(term) || term_output_queued(&term->output) > 0
		       ? term_output_poll_fd(&term->output)
		       : -1;
}

int term_out_wait_ms(struct terminal *term)
{
	int bytes = is_due(term) ? term_output_in_kernel(&term->output) : 0;
	int ms = bytes * 10 * 1000 / (int)(term->baud ? term->baud : 115200) + 1; /* 10 bits each */
	uint64_t now = now_ms(), wait_ms;

	if (bytes != term->in_kernel) {
		term->in_kernel = bytes;
		term->moved_ms = now;
	}
	if (bytes == 0 || term_output_poll_fd(&term->output) >= 0)
		return -1;
	/* Back off while the line is stopped. */
	wait_ms = (uint64_t)ms + (now - term->moved_ms) / 2;
	return wait_ms < OUT_WAIT_MS ? (int)wait_ms : OUT_WAIT_MS;
}

unsigned term_baud(const struct terminal *term)
{
	return term->baud;
}

uint64_t term_bytes(const struct terminal *term)
{
	return term->output.bytes;
}

bool term_is_gone(const struct terminal *term)
{
	struct pollfd poll_fd = {.fd = term->in, .events = POLLIN};
	int waiting = 0;

	if (poll(&poll_fd, 1, 0) < 1)
		return false;
	/* Readable but empty is the end of the file. */
	return (poll_fd.revents & (POLLHUP | POLLERR | POLLNVAL)) ||
	       ioctl(term->in, FIONREAD, &waiting) < 0 || waiting == 0;
}

/* --- input --- */

static bool has_input(const struct terminal *term, int wait_ms)
{
	struct pollfd poll_fd = {.fd = term->in, .events = POLLIN};

	return poll(&poll_fd, 1, wait_ms) == 1;
}

/* Passes all input to the query, which returns the keys at its end. */
static bool read_answers(struct terminal *term)
{
	char buf[sizeof(term->query.typed)];
	ssize_t n = read(term->in, buf, term_query_room(&term->query));

	for (ssize_t i = 0; i < n; i++)
		term_query_feed(&term->query, buf[i], now_ms());
	return n > 0;
}

static void end_query(struct terminal *term)
{
	const struct glyphs *glyphs = term->glyphs;
	struct term_query *query = &term->query;
	int rows, cols, rows_now, cols_now;

	term_query_end(query);
	take_typed(term, query);
	term_size(term, &rows, &cols);
	if (query->cols > 0) {
		term->rows = query->rows;
		term->cols = query->cols;
	}
	term_size(term, &rows_now, &cols_now);
	/* Keep the glyphs if the terminal has not answered this time. */
	if (query->positions > 0)
		term->glyphs = !query->utf8 || !term->can_unicode	? &glyphs_ascii
			       : line_speed_choose(term->baud)->thrifty ? &glyphs_thrifty
									: &glyphs_unicode;
	term->changed = rows_now != rows || cols_now != cols || term->glyphs != glyphs;
	term->repair = true;
	if (term->changed)
		term->waiting = false; /* the waiting grid has the old size or glyphs */
	term_send(term);
}

/* Call it before restoring the settings, or a shell reads the answers as commands. */
static void await_answers(struct terminal *term)
{
	while (term->query.active && !term_query_is_over(&term->query, now_ms()))
		if (!has_input(term, term_wait_ms(term)) || !read_answers(term))
			return;
}

/* Reads the available input. Returns false if it holds no keys. */
static bool fill_input(struct terminal *term)
{
	ssize_t n;

	if (term->query.active) {
		if (has_input(term, 0))
			(void)read_answers(term);
		if (term_query_is_over(&term->query, now_ms()))
			end_query(term);
		return term->input_at < term->input_end;
	}
	n = has_input(term, 0) ? read(term->in, term->input, sizeof(term->input)) : 0;
	if (n <= 0)
		return false;
	term->input_at = 0;
	term->input_end = (size_t)n;
	term->input_ms = now_ms();
	return true;
}

void term_query(struct terminal *term)
{
	term_invalidate(term);
	/* Behind queued output the answer would come too late. */
	if (term->query.active || term_output_send(&term->output) != 0 ||
		!term_output_has_room(&term->output) ||
		write_full(term->output.queue, TERM_QUERY_TEXT, strlen(TERM_QUERY_TEXT)) < 0)
		return;
	term_query_begin(&term->query, now_ms());
	(void)term_output_send(&term->output);
}

bool term_key(struct terminal *term, struct key *ret)
{
	while (term->input_at < term->input_end || fill_input(term))
		if (keys_read(&term->reader, (unsigned char)term->input[term->input_at++], ret))
			return true;
	if (term->changed) {
		term->changed = false;
		*ret = (struct key){SYMBOL_RESIZE, 0};
		return true;
	}
	if (term->query.active || term_wait_ms(term) != 0)
		return false;
	*ret = keys_give_up(&term->reader);
	return true;
}

int term_wait_ms(const struct terminal *term)
{
	uint64_t now = now_ms();
	uint64_t end = term->query.active
			       ? term->query.end_ms
			       : term->input_ms + line_speed_choose(term->baud)->escape_ms;

	if (!term->query.active && !keys_awaits(&term->reader))
		return -1;
	return now < end ? (int)(end - now) : 0;
}

void term_close(struct terminal *term)
{
	if (!term)
		return;
	/* With no alternate screen, the shell's prompt appears on the last row. */
	(void)move(LINES - 1, 0);
	(void)clrtoeol();
	(void)refresh();
	(void)curs_set(1);
	(void)endwin();
	if (term_output_drain(&term->output, LEAVE_MS))
		await_answers(term);
	(void)tcsetattr(term->in, TCSANOW, &term->saved);
	term_crash_disarm();
	delscreen(term->screen);
	(void)fclose(term->queue);
	term_output_finish(&term->output);
	grid_finish(&term->next);
	free(term);
}

/* --- output --- */

void term_send(struct terminal *term)
{
	if (term_output_send(&term->output) < 0)
		term->waiting = false; /* the line is gone */
	if (!is_due(term) || !term_output_is_idle(&term->output))
		return;
	term->waiting = false;
	painter_show(&term->painter, &term->next, term->repair);
	term->repair = false;
	(void)term_output_send(&term->output);
}

void term_show(struct terminal *term, const struct grid *grid)
{
	if (term->next.rows != grid->rows || term->next.cols != grid->cols) {
		grid_finish(&term->next);
		if (grid_init(&term->next, grid->rows, grid->cols, grid->glyphs) < 0)
			return; /* skip this frame; the next one may find memory */
	}
	grid_copy(&term->next, grid);
	term->waiting = true;
	term_send(term);
}

void term_invalidate(struct terminal *term)
{
	term->repair = true;
	/* The other program may also have changed the settings of the line. */
	set_raw(term);
}

void term_beep(struct terminal *term)
{
	/* Do not queue beeps for a stopped line. */
	if (term_output_has_room(&term->output))
		(void)beep();
	term_send(term);
}

const char *term_version(void)
{
	return curses_version();
}
