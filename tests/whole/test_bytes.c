/* SPDX-License-Identifier: MIT */
/*
 * The bytes that an install of two minutes sends over the line: the frames of the app, at its rate,
 * go through curses and term_output to a terminal emulator, whose picture must equal every frame.
 */
#include "ui/term/line_speed.h"
#include "ui/term/term.h"

#include "tests/lib/emulator.h"
#include "tests/lib/install_story.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
/* after the above */
#include <cmocka.h>

static const char *const types[] = {"vt220", "xterm-256color", NULL};

/* Limits in bytes. */
#define FIRST_ASCII   900
#define FIRST_UNICODE 1350
#define REPAIR	      1700
#define BANNER	      750
#define FRAME_MEAN    60
#define FRAME_WORST   250
#define SECOND_FAST   180
#define SECOND_SLOW   96

struct bench {
	struct emulator emulator;
	struct terminal *term;
	struct model *model;
	struct grid grid;
	const struct line_speed *speed;
};

struct counts {
	uint64_t first, frames, total, worst, extract, banner, repair;
};

/* Waits until the terminal has answered. */
static void settle(struct bench *b)
{
	struct key key;

	do {
		(void)emulator_feed(&b->emulator, 10);
		while (term_key(b->term, &key))
			;
	} while (term_wait_ms(b->term) >= 0);
}

static void bench_open(struct bench *b, const char *type, bool unicode, unsigned baud)
{
	const struct glyphs *glyphs;
	char note[400];

	*b = (struct bench){.speed = line_speed_choose(baud), .model = make_model()};
	emulator_open(&b->emulator, 24, 80, unicode);
	assert_int_equal(
		term_open(&b->term, b->emulator.slave, b->emulator.slave, type, note, sizeof(note)),
		0);
	b->emulator.theme = term_theme(b->term);
	settle(b);
	/* On a busy machine the answer may have come too late: query again. */
	for (int i = 0; i < 20 && term_glyphs(b->term)->unicode != unicode; i++) {
		term_query(b->term);
		settle(b);
	}
	glyphs = term_glyphs(b->term);
	assert_ptr_equal(glyphs, unicode ? &glyphs_unicode : &glyphs_ascii);
	/* As term does on a slow serial line; a pty has no speed. */
	if (unicode && b->speed->thrifty)
		glyphs = &glyphs_thrifty;
	assert_int_equal(grid_init(&b->grid, 24, 80, glyphs), 0);
	b->model->screen = &screen_install;
	b->model->text_ms = b->speed->text_ms;
}

static void bench_close(struct bench *b)
{
	grid_finish(&b->grid);
	term_close(b->term);
	emulator_close(&b->emulator);
	free_model(b->model);
}

/* Draws a frame. Returns the bytes sent. */
static uint64_t frame(struct bench *b)
{
	uint64_t before = term_bytes(b->term), end = now_ms() + EMULATOR_MS;

	screen_draw(b->model, &b->grid);
	term_show(b->term, &b->grid);
	for (; !emulator_equals(&b->emulator, &b->grid); term_send(b->term)) {
		assert_true(emulator_feed(&b->emulator, 50));
		assert_true(now_ms() < end);
	}
	return term_bytes(b->term) - before;
}

static uint64_t greater(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static struct counts run(const char *type, bool unicode, unsigned baud, unsigned repair_ms)
{
	struct counts counts = {0};
	struct story story;
	uint64_t shown_ms = 0;
	struct bench b;

	bench_open(&b, type, unicode, baud);
	story_begin(&story, b.model->now_ms);
	story.snap.commands = true;
	model_set_snapshot(b.model, &story.snap);
	counts.first = frame(&b);
	while (story_tick(&story)) {
		uint64_t bytes;

		b.model->now_ms = story.start_ms + story.ms;
		model_set_snapshot(b.model, &story.snap);
		if (story.ms - shown_ms < b.speed->frame_ms)
			continue;
		shown_ms = story.ms;
		if (repair_ms && story.ms % repair_ms == 0) {
			term_invalidate(b.term);
			counts.repair = greater(counts.repair, frame(&b));
			continue;
		}
		bytes = frame(&b);
		counts.frames += bytes > 0;
		counts.total += bytes;
		counts.worst = greater(counts.worst, bytes);
		if (story.snap.step == STEP_EXTRACT)
			counts.extract += bytes;
	}
	model_set_snapshot(b.model, &story.snap);
	b.model->calm = b.model->snap;
	b.model->screen = &screen_result;
	b.model->may_restart = true; /* the longest advice, and one more key */
	counts.banner = frame(&b);
	bench_close(&b);
	return counts;
}

static const char *name_of(const char *type)
{
	return type ? type : "built in";
}

static void two_minutes(bool unicode, unsigned baud)
{
	unsigned extract_ms = story_ends_ms[STEP_EXTRACT] - story_ends_ms[STEP_MKFS];
	bool slow = baud > 0 && baud <= 19200;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct counts c = run(types[i], unicode, baud, 0);
		uint64_t mean = c.total / c.frames, second = c.total * 1000 / STORY_MS;
		uint64_t busy = c.extract * 1000 / extract_ms;

		print_message(
			"%-14s %-7s %6u baud: first %4u B, frame %2u B, worst %3u B, second %3u "
			"B, of extract %3u B, PASS %3u B\n",
			name_of(types[i]), unicode ? "Unicode" : "ASCII", baud, (unsigned)c.first,
			(unsigned)mean, (unsigned)c.worst, (unsigned)second, (unsigned)busy,
			(unsigned)c.banner);
		assert_in_range(c.first, 1, unicode ? FIRST_UNICODE : FIRST_ASCII);
		assert_in_range(c.worst, 1, FRAME_WORST);
		assert_in_range(busy, 1, slow ? SECOND_SLOW : SECOND_FAST);
		assert_in_range(second, 1, slow ? SECOND_SLOW : SECOND_FAST);
		assert_in_range(mean, 1, slow ? SECOND_SLOW : FRAME_MEAN);
		assert_in_range(c.banner, 1, BANNER);
	}
}

static void fast_ascii(void **state)
{
	(void)state;
	two_minutes(false, 115200);
}

static void fast_unicode(void **state)
{
	(void)state;
	two_minutes(true, 115200);
}

static void slow_ascii(void **state)
{
	(void)state;
	two_minutes(false, 9600);
}

static void slow_unicode(void **state)
{
	(void)state;
	two_minutes(true, 9600);
}

/* Slower lines: at most a fifth of the line, at ten bits a byte. */
static void slower_lines(void **state)
{
	static const unsigned bauds[] = {1200, 2400, 4800, 19200};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bauds); i++) {
		struct counts c = run("xterm-256color", true, bauds[i], 0);
		uint64_t second = c.total * 1000 / STORY_MS;

		print_message("%5u baud: second %3u B, worst frame %3u B\n", bauds[i],
			(unsigned)second, (unsigned)c.worst);
		assert_in_range(second, 1, bauds[i] / 50);
	}
}

/* A repaint at any moment, as after Ctrl-L or at the start of boardstrap attach. */
static void repairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		for (int unicode = 0; unicode < 2; unicode++) {
			struct counts c = run(types[i], unicode, 115200, 5000);

			print_message("%-14s %-7s whole screen: %4u B at most\n", name_of(types[i]),
				unicode ? "Unicode" : "ASCII", (unsigned)c.repair);
			assert_in_range(c.repair, 1, REPAIR);
		}
}

/* The other screens, each as the first one shown. */
static void other_screens(void **state)
{
	static const struct screen *const screens[] = {&screen_target, &screen_archive,
		&screen_layout, &screen_review, &screen_result, &screen_help};

	(void)state;
	for (int unicode = 0; unicode < 2; unicode++) {
		struct snapshot passed = make_passed();
		struct bench b;

		bench_open(&b, "vt220", unicode, 115200);
		set_browse(b.model);
		set_scan(b.model, INSPECT_OK);
		b.model->planned = b.model->plan.complete = true;
		model_set_snapshot(b.model, &passed);
		for (size_t i = 0; i < ARRAY_SIZE(screens); i++) {
			uint64_t bytes;

			b.model->screen = screens[i];
			term_invalidate(b.term);
			bytes = frame(&b);
			print_message("%-8s %-7s %4u B\n", screens[i]->name,
				unicode ? "Unicode" : "ASCII", (unsigned)bytes);
			assert_in_range(bytes, 1, unicode ? FIRST_UNICODE : FIRST_ASCII);
		}
		bench_close(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fast_ascii),
		cmocka_unit_test(fast_unicode),
		cmocka_unit_test(slow_ascii),
		cmocka_unit_test(slow_unicode),
		cmocka_unit_test(slower_lines),
		cmocka_unit_test(repairs),
		cmocka_unit_test(other_screens),
	};

	/* The terminal decides about Unicode, not the locale. */
	setenv("LC_ALL", "C.UTF-8", 1);
	if (!setlocale(LC_CTYPE, "C.UTF-8")) {
		print_message("1..0 # SKIPPED: the locale C.UTF-8 is missing\n");
		return 0;
	}
	return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
