/* SPDX-License-Identifier: MIT */
/*
 * Every state of every screen, and long random walks through screens and sizes, on every kind of
 * terminal. After every frame the picture of the emulator must equal the grid, cell by cell, in
 * characters, attributes and colours.
 */
#include "ui/term/term.h"

#include "tests/lib/emulator.h"
#include "tests/lib/install_story.h"
#include "tests/lib/screen_states.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
/* after the above */
#include <cmocka.h>

#define FRAMES 400

/* NULL: the description for terminals of unknown make. wyse60 and others outside the family use
 * their installed description, which libvterm does not emulate. */
static const char *const types[] = {
	"vt100", "vt220", "linux", "xterm-256color", "screen", "tmux-256color", "putty", NULL};

static const struct {
	int rows, cols;
} sizes[] = {{24, 80}, {10, 40}, {30, 100}, {60, 200}, {25, 81}, {17, 71}, {5, 20}, {24, 132}};

struct walk {
	struct emulator emulator;
	struct terminal *term;
	struct model *model;
	struct grid grid; /* the last frame */
	struct story story;
	uint32_t seed, random; /* own generator, for reproducible walks */
	unsigned frame;
	const char *term_type;
};

static uint32_t pick(struct walk *w, uint32_t below)
{
	w->random = w->random * 1664525u + 1013904223u;
	return (w->random >> 8) % below;
}

/* Waits until the terminal has answered. */
static void settle(struct walk *w)
{
	uint64_t end = now_ms() + EMULATOR_MS;
	struct key key;

	do {
		(void)emulator_feed(&w->emulator, term_wait_ms(w->term) >= 0 ? 10 : 0);
		while (term_key(w->term, &key))
			;
	} while (term_wait_ms(w->term) >= 0 && now_ms() < end);
}

/* --- events between two frames --- */

/* As in the app. */
static void go_to(struct walk *w, const struct screen *screen)
{
	w->model->screen = screen;
	w->model->overlay = NULL;
	w->model->entry = ENTRY_NONE;
	w->model->cancel_asked = false;
}

static void take_state(struct walk *w, const struct state *state)
{
	free_model(w->model);
	w->model = state->make();
	w->model->now_ms = w->story.start_ms + w->story.ms;
	w->model->grid = &w->grid;
}

static void a_state(struct walk *w)
{
	take_state(w, &states[pick(w, ARRAY_SIZE(states))]);
}

static void time_goes_on(struct walk *w)
{
	go_to(w, &screen_install);
	for (uint32_t n = pick(w, 40) + 1; n > 0; n--) {
		if (!story_tick(&w->story))
			story_begin(&w->story, w->story.start_ms + STORY_MS);
		w->model->now_ms = w->story.start_ms + w->story.ms;
		model_set_snapshot(w->model, &w->story.snap);
	}
}

static void another_screen(struct walk *w)
{
	go_to(w, all_screens[pick(w, ARRAY_SIZE(all_screens))]);
}

static void an_end(struct walk *w)
{
	static const enum install_state ends[] = {
		INSTALL_PASSED, INSTALL_FAILED, INSTALL_CANCELLED};
	struct snapshot s = pick(w, 2) ? make_passed()
				       : make_failed(STEP_VERIFY, EXIT_VERIFY,
						 "what the device returns is not what was written");

	s.state = ends[pick(w, ARRAY_SIZE(ends))];
	s.exit_code = (int)pick(w, 8);
	s.verify.mismatches = pick(w, 2) * 3;
	model_set_snapshot(w->model, &s);
	go_to(w, &screen_result);
}

/* Only keys that need no app. */
static void keys(struct walk *w)
{
	static const struct key some[] = {{SYMBOL_UP, 0}, {SYMBOL_DOWN, 0}, {SYMBOL_END, 0},
		{SYMBOL_HOME, 0}, {SYMBOL_PAGE_DOWN, 0}, {SYMBOL_TAB, 0}, {SYMBOL_TEXT, '?'},
		{SYMBOL_TEXT, 'l'}, {SYMBOL_TEXT, '/'}, {SYMBOL_TEXT, 'a'}, {SYMBOL_TEXT, 'c'},
		{SYMBOL_TEXT, 'p'}, {SYMBOL_TEXT, 0x6f22}, {SYMBOL_TEXT, 0xe9}, {SYMBOL_ERASE, 0},
		{SYMBOL_ESCAPE, 0}};

	for (uint32_t n = pick(w, 5) + 1; n > 0; n--)
		(void)screen_key(w->model, some[pick(w, ARRAY_SIZE(some))]);
}

static void a_notice(struct walk *w)
{
	model_say(w->model, pick(w, 2),
		"Zwei W\xc3\xb6rter, \xe6\xbc\xa2\xe5\xad\x97 and a sentence that is long enough "
		"to need a second line on most of the terminals that there are.");
}

static void another_scan(struct walk *w)
{
	static const enum inspect_state scans[] = {INSPECT_RUNNING, INSPECT_OK, INSPECT_BAD};

	set_scan(w->model, scans[pick(w, ARRAY_SIZE(scans))]);
	w->model->planned = pick(w, 2);
	w->model->scan.archives.list[0].sidecar = (enum sidecar_state)pick(w, 3);
}

static void a_stall(struct walk *w)
{
	model_set_snapshot(w->model, &w->story.snap);
	go_to(w, &screen_install);
	STR_COPY(w->model->snap.stall, pick(w, 2) ? "no progress for 12 s" : "");
	w->model->snap.commands = pick(w, 2);
}

static void resize(struct walk *w)
{
	size_t i = pick(w, ARRAY_SIZE(sizes));
	int rows, cols;

	vterm_get_size(w->emulator.vt, &rows, &cols);
	/* The emulator replaces the picture on a resize, which a real terminal of the same size
	 * keeps. */
	if (rows != sizes[i].rows || cols != sizes[i].cols)
		emulator_resize(&w->emulator, sizes[i].rows, sizes[i].cols);
}

static void soil(struct walk *w)
{
	static const char text[] = "\033[3;3H[ 12.345678] mmc1: error -110\r\nand more";

	vterm_input_write(w->emulator.vt, text, sizeof(text) - 1);
	if (pick(w, 2))
		term_invalidate(w->term);
	else
		term_query(w->term);
}

static void (*const happenings[])(struct walk *w) = {a_state, a_state, a_state, time_goes_on,
	time_goes_on, another_screen, another_screen, an_end, keys, keys, keys, a_notice,
	another_scan, a_stall, resize, soil};

/* --- the comparison --- */

static void fail_frame(struct walk *w, const struct grid *grid)
{
	for (int row = 0; row < grid->rows; row++)
		for (int col = 0; col < grid->cols; col++) {
			const struct cell *want = grid_cell(grid, row, col);
			VTermScreenCell have = emulator_cell(&w->emulator, row, col);

			if (!emulator_cell_equals(&w->emulator, have, want))
				print_error("row %d, column %d: U+%04X, attributes %u, bold %u, "
					    "reverse %u instead of U+%04X, %u\n",
					row, col, have.chars[0], have.attrs.underline,
					have.attrs.bold, have.attrs.reverse, want->codepoint,
					want->attr);
		}
	fail_msg("%s, seed %u: frame %u differs from the grid",
		w->term_type ? w->term_type : "unknown make", w->seed, w->frame);
}

static void frame(struct walk *w)
{
	uint64_t end = now_ms() + EMULATOR_MS;
	int rows, cols;

	settle(w);
	term_size(w->term, &rows, &cols);
	grid_finish(&w->grid);
	assert_int_equal(grid_init(&w->grid, rows, cols, term_glyphs(w->term)), 0);
	screen_draw(w->model, &w->grid);
	term_show(w->term, &w->grid);
	/* Send output that a full line held back, as the app does. */
	for (; !emulator_equals(&w->emulator, &w->grid); term_send(w->term))
		if (!emulator_feed(&w->emulator, 50) || now_ms() > end)
			fail_frame(w, &w->grid);
}

static void walk(const char *term_type, bool unicode, uint32_t seed)
{
	struct walk w = {
		.term_type = term_type, .seed = seed, .random = seed, .model = make_model()};
	char note[400];

	emulator_open(&w.emulator, 24, 80, unicode);
	assert_int_equal(term_open(&w.term, w.emulator.slave, w.emulator.slave, term_type, note,
				 sizeof(note)),
		0);
	w.emulator.theme = term_theme(w.term);
	settle(&w);
	/* On a busy machine the answer may have come too late: query again. */
	for (int i = 0; i < 20 && term_glyphs(w.term)->unicode != unicode; i++) {
		term_query(w.term);
		settle(&w);
	}
	assert_true(term_glyphs(w.term)->unicode == unicode);
	w.model->grid = &w.grid;
	set_browse(w.model);
	story_begin(&w.story, w.model->now_ms);
	model_set_snapshot(w.model, &w.story.snap);
	/* Each state once, then random events. */
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		take_state(&w, &states[i]);
		frame(&w);
	}
	for (w.frame = 1; w.frame <= FRAMES; w.frame++) {
		happenings[pick(&w, ARRAY_SIZE(happenings))](&w);
		frame(&w);
	}
	grid_finish(&w.grid);
	term_close(w.term);
	emulator_close(&w.emulator);
	free_model(w.model);
}

static void walks(bool unicode)
{
	const char *seed = getenv("SEED");

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		walk(types[i], unicode, seed ? (uint32_t)atoi(seed) : (uint32_t)i + 1);
}

static void ascii(void **state)
{
	(void)state;
	walks(false);
}

static void unicode(void **state)
{
	(void)state;
	walks(true);
}

static void without_colours(void **state)
{
	(void)state;
	setenv("NO_COLOR", "1", 1);
	walk("xterm-256color", true, 5);
	unsetenv("NO_COLOR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ascii),
		cmocka_unit_test(unicode),
		cmocka_unit_test(without_colours),
	};

	setenv("LC_ALL", "C.UTF-8", 1);
	if (!setlocale(LC_CTYPE, "C.UTF-8")) {
		print_message("1..0 # SKIPPED: the locale C.UTF-8 is missing\n");
		return 0;
	}
	return cmocka_run_group_tests_name("emulation", tests, NULL, NULL);
}
