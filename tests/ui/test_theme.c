/* SPDX-License-Identifier: MIT */
#include "ui/term/theme.h"

#include "device/base/util.h"
#include "ui/term/grid.h"

#include <setjmp.h>
#include <stdarg.h>
/* after the above */
#include <cmocka.h>

static void chooses(void **state)
{
	(void)state;
	assert_ptr_equal(theme_choose(NULL, 8), &theme_colour);
	assert_ptr_equal(theme_choose("", 256), &theme_colour);
	assert_ptr_equal(theme_choose("1", 256), &theme_mono);
	assert_ptr_equal(theme_choose("0", 256), &theme_mono); /* any value counts */
	assert_ptr_equal(theme_choose(NULL, 0), &theme_mono);
	assert_ptr_equal(theme_choose(NULL, -1), &theme_mono);
}

static void check(const struct theme *theme, unsigned attr, struct look want)
{
	struct look look = theme_look(theme, attr);

	assert_int_equal(look.attr, want.attr);
	assert_int_equal(look.ink, want.ink);
	assert_int_equal(look.paper, want.paper);
}

static void looks(void **state)
{
	static const struct {
		unsigned attr;
		struct look mono, colour;
	} cases[] = {
		{ATTR_NORMAL, {0, -1, -1}, {0, -1, -1}},
		{ATTR_DIM | ATTR_REVERSE, {ATTR_DIM | ATTR_REVERSE, -1, -1},
			{ATTR_DIM | ATTR_REVERSE, -1, -1}},
		{ATTR_GOOD, {0, -1, -1}, {0, COLOUR_GREEN, -1}},
		{ATTR_WARN, {ATTR_BOLD, -1, -1}, {0, COLOUR_BLACK, COLOUR_YELLOW}},
		{ATTR_WARN | ATTR_BOLD | ATTR_REVERSE, {ATTR_BOLD | ATTR_REVERSE, -1, -1},
			{ATTR_REVERSE, COLOUR_BLACK, COLOUR_YELLOW}},
		{ATTR_BAD, {ATTR_BOLD, -1, -1}, {ATTR_BOLD, COLOUR_WHITE, COLOUR_RED}},
		/* The most severe meaning wins. */
		{ATTR_GOOD | ATTR_WARN | ATTR_BAD, {ATTR_BOLD, -1, -1},
			{ATTR_BOLD, COLOUR_WHITE, COLOUR_RED}},
		{ATTR_GOOD | ATTR_WARN, {ATTR_BOLD, -1, -1}, {0, COLOUR_BLACK, COLOUR_YELLOW}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		check(&theme_mono, cases[i].attr, cases[i].mono);
		check(&theme_colour, cases[i].attr, cases[i].colour);
	}
}

/* A colour sets its own background, except green, which is readable on black and on white. */
static void colours_set_the_background(void **state)
{
	(void)state;
	for (unsigned attr = 0; attr < 64; attr++) {
		struct look mono = theme_look(&theme_mono, attr);
		struct look colour = theme_look(&theme_colour, attr);

		assert_int_equal(mono.ink, COLOUR_DEFAULT);
		assert_int_equal(mono.paper, COLOUR_DEFAULT);
		assert_int_equal(mono.attr & ATTR_REVERSE, attr & ATTR_REVERSE);
		assert_int_equal(colour.attr & ATTR_REVERSE, attr & ATTR_REVERSE);
		if (colour.paper == COLOUR_DEFAULT)
			assert_true(colour.ink == COLOUR_DEFAULT || colour.ink == COLOUR_GREEN);
		else
			assert_true(colour.ink != COLOUR_DEFAULT && colour.ink != colour.paper);
		/* Bold black may be shown as grey. */
		assert_false(colour.ink == COLOUR_BLACK && (colour.attr & ATTR_BOLD));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chooses),
		cmocka_unit_test(looks),
		cmocka_unit_test(colours_set_the_background),
	};

	return cmocka_run_group_tests_name("theme", tests, NULL, NULL);
}
