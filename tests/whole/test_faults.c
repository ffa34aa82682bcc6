/* SPDX-License-Identifier: MIT */
/*
 * Faults of terminals: missing, late or malformed answers to queries, sizes that change a thousand
 * times a second, kernel messages on the screen. The front end must still show the right screen,
 * and neither lose nor invent keys. The test plays the engine; test_line has a real one.
 */
#include "tests/lib/console_fixture.h"
#include "tests/lib/front.h"
#include "tests/lib/screen_model.h"
#include "tests/lib/speed.h"
#include "ui/term/term_query.h"

#define DRAWN "detach, the install continues"
#define HELP  "Help: "

/* Asserts that the whole screen becomes the expected one at @rows by @cols. */
static void expect_picture(
	struct front *f, const struct snapshot *s, int rows, int cols, const struct glyphs *glyphs)
{
	struct model *m = make_model();
	struct grid grid;

	m->screen = &screen_install;
	m->only_follow = true;
	m->snap.commands = true;
	model_set_snapshot(m, s);
	assert_int_equal(grid_init(&grid, rows, cols, glyphs), 0);
	screen_draw(m, &grid);
	if (!emulator_wait_grid(&f->emulator, &grid)) {
		grid_print(&grid, stdout, false);
		fflush(stdout);
		front_expect(f, "the above");
	}
	grid_finish(&grid);
	free_model(m);
}

/* Reads the terminal for @ms. */
static void attend(struct front *f, unsigned ms)
{
	uint64_t end = now_ms() + ms;

	while (now_ms() < end)
		(void)emulator_feed(&f->emulator, 5);
}

/* --- answers --- */

static const struct answers {
	const char *name;
	const char *bytes; /* sent as the answers */
	unsigned after_ms; /* delay after the query; 0: at once */
	unsigned every_ms; /* interval between bytes; 0: all at once */
	int rows, cols;	   /* expected size */
	bool utf8;	   /* expected to draw UTF-8 */
	const char *shown; /* expected effect of keys among the answers; NULL: none */
} answers[] = {
	{"none", "", .rows = 24, .cols = 80},
	{"all", "\033[30;100R\033[1;2R\033[?1;2c", .rows = 30, .cols = 100, .utf8 = true},
	{"of a terminal without UTF-8", "\033[30;100R\033[1;3R\033[?6c", .rows = 30, .cols = 100},
	{"byte by byte", "\033[30;100R\033[1;2R\033[?6c", .every_ms = 3, .rows = 30, .cols = 100,
		.utf8 = true},
	{"identity first", "\033[?6c\033[30;100R\033[1;2R", .rows = 30, .cols = 100, .utf8 = true},
	{"identity alone", "\033[?64;1;2;6;22c", .rows = 24, .cols = 80},
	{"half of one", "\033[30;1", .rows = 24, .cols = 80},
	{"2 s late", "\033[30;100R\033[1;2R\033[?1;2c", .after_ms = 2000, .rows = 24, .cols = 80},
	{"half now, half 2 s late", "00R\033[1;2R\033[?1;2c", .after_ms = 2000, .rows = 24,
		.cols = 80},
	{"swapped, and not asked for", "\033[8;100;30t\033[30;100R\033[1;3R\033[?1;2c", .rows = 30,
		.cols = 100},
	{"swapped, alone", "\033[8;100;30t\033[?1;2c", .rows = 24, .cols = 80},
	{"no numbers", "\033[R\033[;R\033[;;;R\033[?R\033[?;c", .rows = 24, .cols = 80},
	{"absurd sizes", "\033[0;0R\033[9999;9999R\033[999;999R\033[-5;-5R\033[?1;2c", .rows = 24,
		.cols = 80},
	{"garbage",
		"\033[\033[3\377\376\033P1+r544e=64636479\033\\\033]11;rgb:dc/dy/cy\a\033[?\200c",
		.rows = 24, .cols = 80},
	{"our own words", TERM_QUERY_TEXT, .rows = 24, .cols = 80},
	{"between keys", "\033[30;100R?\033[1;3R\033[?1;2c", .rows = 30, .cols = 100,
		.shown = HELP},
	{"between halves of keys", "\033[B\033[30;100R\033[A\033[1;3R?\033[?1;2c", .rows = 30,
		.cols = 100, .shown = HELP},
	{"keys alone", "\033[A\033[B?", .rows = 24, .cols = 80, .shown = HELP},
};

/* Sends the answers. Returns false if that took so long that the query may have timed out. */
static bool answer(struct front *f, const struct answers *a)
{
	uint64_t now = now_ms(), asked_ms = now, end = now + EMULATOR_MS;

	while (f->emulator.bytes < strlen(TERM_QUERY_TEXT)) {
		now = now_ms();
		(void)emulator_feed(&f->emulator, 5);
		if (f->emulator.bytes == 0)
			asked_ms = now; /* at the earliest */
		assert_true(now < end);
	}
	if (strncmp(a->name, "half now", 8) == 0)
		front_type(f, "\033[30;1");
	attend(f, a->after_ms);
	if (a->every_ms == 0)
		front_type(f, a->bytes);
	for (const char *byte = a->bytes; a->every_ms > 0 && *byte; byte++) {
		attend(f, a->every_ms);
		front_type(f, (char[]){*byte, '\0'});
	}
	return a->after_ms > 0 || now_ms() - asked_ms < TERM_QUERY_MS / 2;
}

/* Returns false if the machine was too busy to answer in time. */
static bool check_answers(const struct answers *a)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	const struct front_program program = {.term = "vt220", .utf8 = a->utf8, .mute = true};
	struct front f = front_follow_on(&s, true, &program);

	print_message("answers: %s\n", a->name);
	vterm_free(f.emulator.vt);
	emulator_new_screen(&f.emulator, a->rows, a->cols);
	if (!answer(&f, a)) {
		assert_int_equal(kill(f.pid, SIGTERM), 0);
		assert_int_equal(front_end(&f), EXIT_DETACHED);
		front_close(&f);
		return false;
	}
	if (a->shown) {
		front_expect(&f, a->shown);
		front_type(&f, "q");
	}
	expect_picture(&f, &s, a->rows, a->cols, a->utf8 ? &glyphs_unicode : &glyphs_ascii);
	/* Late effects would show within 300 ms; then keys must work. */
	attend(&f, 300);
	expect_picture(&f, &s, a->rows, a->cols, a->utf8 ? &glyphs_unicode : &glyphs_ascii);
	front_type(&f, "?");
	front_expect(&f, HELP);
	front_type(&f, "qd");
	assert_int_equal(front_end(&f), EXIT_DETACHED);
	front_close(&f);
	return true;
}

static void any_answers_will_do(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		unsigned tries = 1;

		while (!check_answers(&answers[i]) && tries < 10)
			tries++;
		assert_in_range(tries, 1, 9);
	}
}

/* --- sizes --- */

#define STORM 1000

static void size_storm(void **state)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct front f = front_follow(&s, true);
	unsigned random = 4711;
	uint64_t cpu, start;
	char buf[4096];

	(void)state;
	front_expect(&f, DRAWN);
	cpu = front_cpu_us(&f);
	start = now_ms();
	for (unsigned i = 0; i < STORM; i++) {
		struct winsize size = {0};

		random = random * 1103515245 + 12345;
		size.ws_row = (unsigned short)(2 + random / 65536 % 199);
		random = random * 1103515245 + 12345;
		size.ws_col = (unsigned short)(2 + random / 65536 % 299);
		assert_int_equal(ioctl(f.emulator.master, TIOCSWINSZ, &size), 0);
		(void)poll(NULL, 0, 1);
		/* Discard it: it is drawn for sizes that the emulator does not have. */
		while (read(f.emulator.master, buf, sizeof(buf)) > 0)
			;
	}
	emulator_resize(&f.emulator, 30, 100);
	expect_picture(&f, &s, 30, 100, &glyphs_ascii);
	start = now_ms() - start;
	cpu = front_cpu_us(&f) - cpu;
	print_message("%u sizes: right after %u ms, %u %% of a processor\n", STORM, (unsigned)start,
		(unsigned)(cpu / 10 / start));
	assert_true(cpu < start * 1000 / 2);
	front_type(&f, "d");
	assert_int_equal(front_end(&f), EXIT_DETACHED);
	front_close(&f);
}

/* --- kernel messages --- */

#define MESSAGES 5

/* Returns the milliseconds until the screen is right again. */
static unsigned time_repair(struct front *f, const struct snapshot *s, int kmsg)
{
	uint64_t start = console_print(f, kmsg);

	console_wait_repaired(f);
	expect_picture(f, s, 24, 80, &glyphs_ascii);
	return (unsigned)(now_ms() - start);
}

static void kernel_messages_are_repaired(void **state)
{
	struct snapshot s = make_snapshot(STEP_EXTRACT);
	struct front f;
	int kmsg;

	console_mount(*state);
	kmsg = console_open_log();
	f = front_follow(&s, true);
	front_expect(&f, DRAWN);
	/* Another program raised the level again: messages are printed. */
	sandbox_file(console_box, "printk", CONSOLE_LOUD "\n");
	for (unsigned i = 0; i < MESSAGES; i++) {
		/* Also during a frame: one is due 250 ms after the last. */
		s.progress.percent++;
		front_send(&f, &s);
		attend(&f, 100 * i);
		assert_speed("repaired", time_repair(&f, &s, kmsg), 500);
		attend(&f, 1000); /* repairs are limited to one a second */
	}
	front_type(&f, "d");
	assert_int_equal(front_end(&f), EXIT_DETACHED);
	front_close(&f);
	close_fd(&kmsg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_answers_will_do),
		cmocka_unit_test(size_storm),
		console_test(kernel_messages_are_repaired),
	};

	return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
