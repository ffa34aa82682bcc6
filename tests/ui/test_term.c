/* SPDX-License-Identifier: MIT */
/* A terminal emulator shows the same as the grid, for every kind of terminal, and the terminal is
 * restored on every exit. */
#include "ui/term/term.h"

#include "tests/lib/emulator.h"
#include "tests/lib/screen_model.h"

#include <locale.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
/* after the above */
#include <cmocka.h>

/* NULL: the built-in description. */
static const char *const types[] = {"vt100", "vt220", "linux", "xterm-256color", "screen", NULL};

/* Waits for the answers of the terminal or the timeout. Returns true on SYMBOL_RESIZE. */
static bool settle(struct terminal *term, struct emulator *e)
{
	uint64_t end = now_ms() + EMULATOR_MS;
	bool changed = false;
	struct key key;

	do {
		(void)emulator_feed(e, 10);
		while (term_key(term, &key))
			changed = changed || key.symbol == SYMBOL_RESIZE;
	} while (term_wait_ms(term) >= 0 && now_ms() < end);
	return changed;
}

static struct terminal *open_unsettled(struct emulator *e, const char *type)
{
	struct terminal *term = NULL;
	char note[400];

	if (term_open(&term, e->slave, e->slave, type, note, sizeof(note)) < 0)
		fail_msg("%s: %s", type ? type : "none", note);
	e->theme = term_theme(term);
	assert_string_equal(note, type ? "" : "TERM is not set; using a plain VT220 description.");
	assert_null(getenv("TERMINFO")); /* children would inherit it */
	return term;
}

static struct terminal *open_term(struct emulator *e, const char *type)
{
	struct terminal *term = open_unsettled(e, type);

	(void)settle(term, e);
	return term;
}

static void show(struct terminal *term, struct emulator *e, const struct model *m)
{
	struct grid grid;
	int rows, cols;

	(void)settle(term, e);
	term_size(term, &rows, &cols);
	assert_int_equal(grid_init(&grid, rows, cols, term_glyphs(term)), 0);
	screen_draw(m, &grid);
	term_show(term, &grid);
	if (!emulator_wait_grid(e, &grid)) {
		grid_print(&grid, stdout, false);
		emulator_print(e);
		fail_msg("the emulator shows another picture");
	}
	grid_finish(&grid);
}

static void check_screens(const char *type, const char *locale, bool unicode)
{
	struct model *m = make_install();
	struct terminal *term;
	struct emulator e;

	setenv("LC_ALL", locale, 1);
	set_browse(m);
	set_scan(m, INSPECT_OK);
	m->planned = m->plan.complete = true;
	emulator_open(&e, 24, 80, unicode);
	term = open_term(&e, type);
	assert_ptr_equal(term_glyphs(term), unicode ? &glyphs_unicode : &glyphs_ascii);
	for (size_t i = 0; i < ARRAY_SIZE(all_screens); i++) {
		m->screen = all_screens[i];
		show(term, &e, m);
	}
	/* Foreign output on the screen; Ctrl-L repairs it. */
	vterm_input_write(e.vt, "\033[10;1Hkernel: oops", 19);
	term_invalidate(term);
	show(term, &e, m);
	vterm_input_write(e.vt, "\033[10;1Hkernel: oops", 19);
	term_query(term);
	show(term, &e, m);
	term_close(term);
	emulator_close(&e);
	free_model(m);
}

/* The terminal decides about Unicode, not the locale. */
static void screens_ascii(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		check_screens(types[i], i % 2 ? "C" : "C.UTF-8", false);
}

static void screens_unicode(void **state)
{
	(void)state;
	if (!setlocale(LC_CTYPE, "C.UTF-8")) {
		print_message("SKIPPED: the locale C.UTF-8 is missing\n");
		skip();
	}
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		check_screens(types[i], i % 2 ? "C" : "C.UTF-8", true);
}

static void colours(void **state)
{
	struct model *m = make_install();
	struct terminal *term;
	struct emulator e;
	VTermScreenCell plain, good;

	(void)state;
	setenv("LC_ALL", "C", 1);
	emulator_open(&e, 24, 80, false);
	term = open_term(&e, "xterm-256color");
	show(term, &e, m);
	plain = emulator_cell(&e, 5, 1);
	good = emulator_cell(&e, 9, 3); /* the O of OK */
	assert_int_equal(good.chars[0], 'O');
	assert_false(vterm_color_is_equal(&plain.fg, &good.fg));
	assert_true(vterm_color_is_equal(&plain.bg, &good.bg));
	term_close(term);
	emulator_close(&e);

	setenv("NO_COLOR", "1", 1);
	emulator_open(&e, 24, 80, false);
	term = open_term(&e, "xterm-256color");
	show(term, &e, m);
	plain = emulator_cell(&e, 5, 1);
	good = emulator_cell(&e, 9, 3);
	assert_true(vterm_color_is_equal(&plain.fg, &good.fg));
	term_close(term);
	emulator_close(&e);
	unsetenv("NO_COLOR");
	free_model(m);
}

static void no_size_and_resize(void **state)
{
	struct model *m = make_install();
	struct terminal *term;
	struct emulator e;
	int rows, cols;

	(void)state;
	/* Variables left by a shell are ignored. */
	setenv("LINES", "7", 1);
	setenv("COLUMNS", "33", 1);
	emulator_open(&e, 0, 0, false);
	term = open_term(&e, "vt220");
	term_size(term, &rows, &cols);
	assert_int_equal(rows, 24);
	assert_int_equal(cols, 80);
	show(term, &e, m);
	emulator_resize(&e, 30, 100);
	term_size(term, &rows, &cols);
	assert_int_equal(rows, 30);
	assert_int_equal(cols, 100);
	show(term, &e, m);
	emulator_resize(&e, 10, 40);
	show(term, &e, m);
	emulator_resize(&e, 5, 20); /* too small */
	show(term, &e, m);
	term_close(term);
	emulator_close(&e);
	unsetenv("LINES");
	unsetenv("COLUMNS");
	free_model(m);
}

static struct key next_key(struct terminal *term)
{
	uint64_t end = now_ms() + EMULATOR_MS;
	struct key key = {SYMBOL_NONE, 0};

	while (now_ms() < end) {
		struct pollfd poll_fd = {.fd = term_fd(term), .events = POLLIN};

		if (term_key(term, &key) && key.symbol != SYMBOL_NONE)
			return key;
		(void)poll(&poll_fd, 1, 20);
	}
	return key;
}

static void keys(void **state)
{
	static const char *const nothing[] = {
		"\033[99;5~", "\033[200~", "\033[[E", "\033OZ", "\033[?1;2c", "\033[24;80R"};

	(void)state;
	for (size_t t = 0; t < ARRAY_SIZE(types); t++) {
		struct terminal *term;
		struct emulator e;

		emulator_open(&e, 24, 80, false);
		term = open_term(&e, types[t]);
		for (size_t i = 0; i < keys_encodings_count; i++) {
			emulator_type(&e, keys_encodings[i].bytes);
			assert_int_equal(next_key(term).symbol, keys_encodings[i].symbol);
		}
		for (size_t i = 0; i < ARRAY_SIZE(nothing); i++) {
			struct key key;

			/* The first key with a meaning is the z after it. */
			emulator_type(&e, nothing[i]);
			emulator_type(&e, "z");
			key = next_key(term);
			assert_int_equal(key.symbol, SYMBOL_TEXT);
			assert_int_equal(key.codepoint, 'z');
		}
		emulator_type(&e, "\r\t\014\021\023");
		assert_int_equal(next_key(term).symbol, SYMBOL_ENTER);
		assert_int_equal(next_key(term).symbol, SYMBOL_TAB);
		assert_int_equal(next_key(term).symbol, SYMBOL_REDRAW);
		/* Ctrl-Q and Ctrl-S have no effect. */
		emulator_type(&e, "\033");
		assert_int_equal(next_key(term).symbol, SYMBOL_ESCAPE);
		term_close(term);
		emulator_close(&e);
	}
}

/* A serial line has no size: the terminal is queried, and again after Ctrl-L. */
static void size_is_queried(void **state)
{
	struct model *m = make_install();
	struct terminal *term;
	struct emulator e;
	int rows, cols;

	(void)state;
	emulator_open(&e, 0, 0, true);
	vterm_set_size(e.vt, 33, 111);
	term = open_unsettled(&e, "vt220");
	assert_true(settle(term, &e));
	assert_false(settle(term, &e)); /* reported once */
	term_size(term, &rows, &cols);
	assert_int_equal(rows, 33);
	assert_int_equal(cols, 111);
	show(term, &e, m);
	vterm_free(e.vt);
	emulator_new_screen(&e, 24, 80);
	term_query(term);
	assert_true(settle(term, &e));
	term_size(term, &rows, &cols);
	assert_int_equal(rows, 24);
	assert_int_equal(cols, 80);
	show(term, &e, m);
	/* Nothing changes if no answer comes. */
	e.mute = true;
	term_query(term);
	assert_false(settle(term, &e));
	assert_ptr_equal(term_glyphs(term), &glyphs_unicode);
	show(term, &e, m);
	term_close(term);
	emulator_close(&e);
	free_model(m);
}

/* The first grid waits for the answers or the timeout. */
static void first_picture_waits(void **state)
{
	(void)state;
	for (int mute = 0; mute < 2; mute++) {
		struct model *m = make_install();
		struct terminal *term;
		struct emulator e;
		struct grid grid;
		uint64_t start = now_ms(), before;

		emulator_open(&e, 24, 80, false);
		e.mute = mute;
		term = open_unsettled(&e, "vt220");
		before = term_bytes(term);
		assert_int_equal(grid_init(&grid, 24, 80, term_glyphs(term)), 0);
		screen_draw(m, &grid);
		term_show(term, &grid);
		assert_int_equal(term_out_fd(term), -1);
		assert_int_equal(term_bytes(term), before);
		assert_in_range(term_wait_ms(term), 0, 400);
		assert_false(settle(term, &e));
		assert_true(emulator_wait_grid(&e, &grid));
		if (mute)
			assert_true(now_ms() - start >= 400);
		grid_finish(&grid);
		term_close(term);
		emulator_close(&e);
		free_model(m);
	}
}

/* Keys typed before, between and after the answers are read in order; late answers are not keys. */
static void keys_during_query(void **state)
{
	static const struct key want[] = {{SYMBOL_TEXT, 'a'}, {SYMBOL_UP, 0}, {SYMBOL_TEXT, 'b'},
		{SYMBOL_ENTER, 0}, {SYMBOL_TEXT, 'c'}, {SYMBOL_RESIZE, 0}, {SYMBOL_TEXT, 'z'}};
	struct terminal *term;
	struct emulator e;

	(void)state;
	emulator_open(&e, 0, 0, false);
	e.mute = true;
	emulator_type(&e, "a");
	term = open_unsettled(&e, "vt220");
	emulator_type(&e, "\033[A\033[30;90Rb\r\033[1;3R\033[?1;2cc");
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		struct key key;

		if (i + 1 == ARRAY_SIZE(want))
			emulator_type(&e, "\033[24;80R\033[1;2R\033[?1;2cz");
		key = next_key(term);
		assert_int_equal(key.symbol, want[i].symbol);
		assert_int_equal(key.codepoint, want[i].codepoint);
	}
	term_close(term);
	emulator_close(&e);
}

/* The same during the query of a terminal of type dumb. */
static void keys_during_query_of_dumb(void **state)
{
	static const char want[] = "abc";
	struct terminal *term;
	struct termios during;
	struct emulator e;
	char note[400];

	(void)state;
	emulator_open(&e, 24, 80, false);
	e.mute = true;
	emulator_type(&e, "a\033[?1;2cbc");
	assert_int_equal(term_open(&term, e.slave, e.slave, "dumb", note, sizeof(note)), 0);
	assert_int_equal(tcgetattr(e.slave, &during), 0);
	assert_false(during.c_lflag & (ICANON | ECHO | ISIG));
	for (size_t i = 0; want[i]; i++) {
		struct key key = next_key(term);

		assert_int_equal(key.symbol, SYMBOL_TEXT);
		assert_int_equal(key.codepoint, want[i]);
	}
	term_close(term);
	assert_int_equal(tcgetattr(e.slave, &during), 0);
	assert_true(during.c_lflag & ICANON);
	emulator_close(&e);
}

/* A program that exits at once must not leave the answers to the shell. */
static void answers_do_not_reach_the_shell(void **state)
{
	struct terminal *term;
	struct emulator e;
	struct pollfd left = {.events = POLLIN};
	struct termios raw;
	pid_t pid;

	(void)state;
	emulator_open(&e, 24, 80, true);
	left.fd = e.slave;
	pid = fork();
	if (pid == 0) {
		term = open_unsettled(&e, "vt220");
		term_close(term);
		_exit(0);
	}
	while (waitpid(pid, NULL, WNOHANG) == 0)
		(void)emulator_feed(&e, 5);
	(void)emulator_feed(&e, 100);
	/* In canonical mode, poll does not report an incomplete line. */
	assert_int_equal(tcgetattr(e.slave, &raw), 0);
	cfmakeraw(&raw);
	assert_int_equal(tcsetattr(e.slave, TCSANOW, &raw), 0);
	assert_int_equal(poll(&left, 1, 200), 0);
	emulator_close(&e);
}

static void settings_are_restored(void **state)
{
	struct termios before, during, after;
	struct terminal *term;
	struct emulator e;

	(void)state;
	emulator_open(&e, 24, 80, false);
	assert_int_equal(tcgetattr(e.slave, &before), 0);
	term = open_term(&e, "vt220");
	assert_int_equal(tcgetattr(e.slave, &during), 0);
	assert_false(during.c_iflag & IXON);
	assert_false(during.c_lflag & (ICANON | ECHO | ISIG));
	term_close(term);
	assert_int_equal(tcgetattr(e.slave, &after), 0);
	assert_int_equal(before.c_iflag, after.c_iflag);
	assert_int_equal(before.c_oflag, after.c_oflag);
	assert_int_equal(before.c_lflag, after.c_lflag);
	emulator_close(&e);
}

/* A child that crashes after its terminal was resized to @rows. */
static void run_crash(struct emulator *e, const char *type, int rows)
{
	const struct rlimit none = {0, 0};
	struct model *m = make_install();
	struct terminal *term;

	(void)setrlimit(RLIMIT_CORE, &none);
	term = open_term(e, type);
	show(term, e, m);
	emulator_resize(e, rows, 80);
	show(term, e, m);
	(void)raise(SIGSEGV);
	_exit(0);
}

static void check_crash(const char *type, int rows, bool other_screen)
{
	struct termios before, after;
	VTermPos cursor = {-1, -1};
	struct emulator e;
	char last[2048];
	int status;
	pid_t pid;

	emulator_open(&e, 24, 80, false);
	assert_int_equal(tcgetattr(e.slave, &before), 0);
	pid = fork();
	if (pid == 0)
		run_crash(&e, type, rows);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSEGV);
	assert_int_equal(tcgetattr(e.slave, &after), 0);
	assert_int_equal(before.c_iflag, after.c_iflag);
	assert_int_equal(before.c_lflag, after.c_lflag);
	/* A picture with the cursor in it, then the output of the crash handler. */
	emulator_resize(&e, rows, 80);
	(void)vterm_input_write(e.vt, "\033[5;5H", 6);
	(void)emulator_feed(&e, 0);
	if (!other_screen) {
		vterm_state_get_cursorpos(vterm_obtain_state(e.vt), &cursor);
		assert_int_equal(cursor.row, rows - 1);
		assert_int_equal(cursor.col, 0);
	}
	emulator_row(&e, rows - 1, last, sizeof(last));
	assert_string_equal(last, "");
	emulator_row(&e, rows - 2, last, sizeof(last));
	assert_string_not_equal(last, "");
	emulator_close(&e);
}

static void crash_restores_the_terminal(void **state)
{
	(void)state;
	for (int rows = 20; rows <= 30; rows += 10) {
		check_crash("vt220", rows, false);
		check_crash(NULL, rows, false);
	}
	check_crash("xterm-256color", 30, true);
}

/* On a stopped line the loop sleeps and one frame is queued; afterwards the latest is shown. */
static void stopped_line_costs_nothing(void **state)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct model *m = make_install();
	struct pollfd out = {.events = POLLOUT};
	struct terminal *term;
	struct emulator e;
	struct grid grid;
	uint64_t before, start;

	(void)state;
	setenv("LC_ALL", "C", 1);
	emulator_open(&e, 24, 80, false);
	term = open_term(&e, "vt220");
	show(term, &e, m);
	assert_int_equal(term_out_fd(term), -1);
	assert_int_equal(grid_init(&grid, 24, 80, term_glyphs(term)), 0);
	assert_int_equal(tcflow(e.slave, TCOOFF), 0);
	before = term_bytes(term);
	start = now_ms();
	for (int i = 0; i < 100; i++) {
		s.progress.extracted.done += MIB(2);
		s.elapsed_ms += 1250;
		model_set_snapshot(m, &s);
		screen_draw(m, &grid);
		term_show(term, &grid);
		term_beep(term);
	}
	assert_true(now_ms() - start < EMULATOR_MS / 10);
	assert_int_equal(term_bytes(term), before);
	/* The descriptor is not ready, so the loop sleeps. */
	out.fd = term_out_fd(term);
	assert_true(out.fd >= 0);
	assert_int_equal(poll(&out, 1, 200), 0);
	assert_int_equal(tcflow(e.slave, TCOON), 0);
	assert_int_equal(poll(&out, 1, EMULATOR_MS), 1);
	term_send(term);
	assert_true(emulator_wait_grid(&e, &grid));
	print_message("after 100 frames that were not sent: %u B\n",
		(unsigned)(term_bytes(term) - before));
	assert_in_range(term_bytes(term) - before, 1, 250);
	assert_int_equal(term_out_fd(term), -1);
	assert_int_equal(e.bytes, term_bytes(term));
	grid_finish(&grid);
	term_close(term);
	emulator_close(&e);
	free_model(m);
}

/* Returns the milliseconds of term_close on a stopped line, with @fill also a full one. */
static uint64_t close_stuck(bool fill)
{
	_cleanup_free_ char *block = calloc(1, 4096);
	struct model *m = make_install();
	struct terminal *term;
	struct emulator e;
	struct termios before, after;
	uint64_t start;
	struct grid grid;

	emulator_open(&e, 24, 80, false);
	assert_int_equal(tcgetattr(e.slave, &before), 0);
	term = open_term(&e, "vt220");
	if (fill) {
		(void)fcntl(e.slave, F_SETFL, O_NONBLOCK);
		while (write(e.slave, block, 4096) > 0)
			;
		(void)fcntl(e.slave, F_SETFL, 0);
	}
	assert_int_equal(tcflow(e.slave, TCOOFF), 0);
	assert_int_equal(grid_init(&grid, 24, 80, term_glyphs(term)), 0);
	screen_draw(m, &grid);
	term_show(term, &grid);
	grid_finish(&grid);
	start = now_ms();
	term_close(term);
	start = now_ms() - start;
	assert_int_equal(tcgetattr(e.slave, &after), 0);
	assert_int_equal(before.c_lflag, after.c_lflag);
	assert_int_equal(before.c_iflag, after.c_iflag);
	/* The flags of the caller's descriptor are unchanged. */
	assert_false(fcntl(e.slave, F_GETFL) & O_NONBLOCK);
	emulator_close(&e);
	free_model(m);
	return start;
}

static void stopped_line_does_not_block(void **state)
{
	(void)state;
	assert_in_range(close_stuck(false), 0, EMULATOR_MS / 10);
	assert_in_range(close_stuck(true), 0, EMULATOR_MS / 10);
}

static void lost_line_is_detected(void **state)
{
	struct terminal *term;
	struct emulator e;

	(void)state;
	emulator_open(&e, 24, 80, false);
	term = open_term(&e, "vt220");
	assert_false(term_is_gone(term));
	emulator_type(&e, "x");
	while (next_key(term).codepoint != 'x')
		;
	assert_false(term_is_gone(term));
	close_fd(&e.master);
	assert_true(term_is_gone(term));
	term_close(term);
	emulator_close(&e);
}

static void unknown_types(void **state)
{
	struct terminal *term = NULL;
	struct emulator e;
	char note[400];
	int pipe_fds[2];

	(void)state;
	emulator_open(&e, 24, 80, false);
	assert_int_equal(term_open(&term, e.slave, e.slave, NULL, note, sizeof(note)), 0);
	assert_string_equal(note, "TERM is not set; using a plain VT220 description.");
	term_close(term);
	setenv("TERMINFO", "/nonexistent", 1);
	assert_int_equal(term_open(&term, e.slave, e.slave, "foobar", note, sizeof(note)), 0);
	assert_string_equal(note,
		"The terminal type \"foobar\" (TERM) is unknown; using a plain VT220 description.");
	assert_string_equal(getenv("TERMINFO"), "/nonexistent");
	unsetenv("TERMINFO");
	term_close(term);
	assert_int_equal(term_open(&term, e.slave, e.slave, "dumb", note, sizeof(note)), -ENXIO);
	assert_non_null(strstr(note, "--plain"));
	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(
		term_open(&term, pipe_fds[0], e.slave, "vt220", note, sizeof(note)), -ENOTTY);
	assert_non_null(strstr(note, "--plain"));
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	emulator_close(&e);
}

/* Runs in a child without terminal descriptions and locales, on standard input and output, until q
 * is pressed. */
static int run_bare(void)
{
	struct terminal *term;
	struct grid grid;
	struct key key = {SYMBOL_NONE, 0};
	char note[400];
	bool ascii;

	if (setlocale(LC_CTYPE, "C.UTF-8") ||
		term_open(&term, 0, 1, "xterm-256color", note, sizeof(note)) < 0 ||
		grid_init(&grid, 24, 80, term_glyphs(term)) < 0)
		return 1;
	grid_text(&grid, 0, 0, ATTR_NORMAL, note);
	term_show(term, &grid);
	while (key.codepoint != 'q') {
		struct pollfd fds[] = {{.fd = term_fd(term), .events = POLLIN},
			{.fd = term_out_fd(term), .events = POLLOUT}};

		(void)poll(fds, 2, term_wait_ms(term));
		term_send(term);
		(void)term_key(term, &key);
	}
	ascii = term_glyphs(term) == &glyphs_ascii;
	grid_finish(&grid);
	term_close(term);
	return ascii ? 42 : 2;
}

/* Only the program and a UTF-8 terminal; curses cannot write UTF-8 without a locale. */
static void nothing_installed(void **state)
{
	static const char *const dirs[] = {"/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo",
		"/usr/lib/terminfo", "/usr/lib/locale"};
	uint64_t end = now_ms() + EMULATOR_MS;
	struct emulator e;
	bool shown = false;
	int status;
	pid_t pid;

	(void)state;
	emulator_open(&e, 24, 80, true);
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0 ||
			mount("none", "/", "none", MS_REC | MS_PRIVATE, "") < 0)
			_exit(77);
		for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
			if (mount("none", dirs[i], "tmpfs", 0, "") < 0 && errno != ENOENT)
				_exit(77);
		setenv("TERMINFO", "/nonexistent", 1);
		setenv("HOME", "/nonexistent", 1);
		(void)dup2(e.slave, 0);
		(void)dup2(e.slave, 1);
		(void)execl("/proc/self/exe", "test_term", "bare", NULL);
		_exit(1);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		(void)emulator_feed(&e, 20);
		if (!shown && emulator_shows(&e, "(TERM) is unknown")) {
			shown = true;
			emulator_type(&e, "q");
		}
		if (now_ms() > end)
			(void)kill(pid, SIGKILL);
	}
	emulator_close(&e);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		print_message("SKIPPED: hiding the terminal descriptions takes root\n");
		skip();
	}
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 42);
	assert_true(shown);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(screens_ascii),
		cmocka_unit_test(screens_unicode),
		cmocka_unit_test(colours),
		cmocka_unit_test(no_size_and_resize),
		cmocka_unit_test(keys),
		cmocka_unit_test(size_is_queried),
		cmocka_unit_test(first_picture_waits),
		cmocka_unit_test(keys_during_query),
		cmocka_unit_test(keys_during_query_of_dumb),
		cmocka_unit_test(answers_do_not_reach_the_shell),
		cmocka_unit_test(settings_are_restored),
		cmocka_unit_test(crash_restores_the_terminal),
		cmocka_unit_test(stopped_line_costs_nothing),
		cmocka_unit_test(stopped_line_does_not_block),
		cmocka_unit_test(lost_line_is_detected),
		cmocka_unit_test(unknown_types),
		cmocka_unit_test(nothing_installed),
	};

	if (argc > 1 && strcmp(argv[1], "bare") == 0)
		return run_bare();
	return cmocka_run_group_tests_name("term", tests, NULL, NULL);
}
