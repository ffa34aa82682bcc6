/* SPDX-License-Identifier: MIT */
#include "ui/term/grid.h"

#include "device/base/util.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
/* after the above */
#include <cmocka.h>

static struct grid make(int rows, int cols, const struct glyphs *glyphs)
{
	struct grid grid;

	assert_int_equal(grid_init(&grid, rows, cols, glyphs), 0);
	return grid;
}

static void check(struct grid *grid, bool attrs, const char *want)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	grid_print(grid, out, attrs);
	fclose(out);
	assert_string_equal(text, want);
	free(text);
	grid_clear(grid);
}

static void clips(void **state)
{
	struct grid grid = make(2, 8, &glyphs_ascii);

	(void)state;
	assert_int_equal(grid_put(&grid, 0, 1, 20, 0, "abcdefghij"), 11);
	check(&grid, false, " abcdefg\n\n");
	assert_int_equal(grid_put(&grid, 0, 0, 6, 0, "abcdefgh"), 6);
	check(&grid, false, "abcd..\n\n");
	assert_int_equal(grid_put(&grid, 0, 0, 6, 0, "abcdef"), 6);
	check(&grid, false, "abcdef\n\n");
	(void)grid_put_tail(&grid, 0, 0, 6, 0, "/a/b/cdef");
	check(&grid, false, "..cdef\n\n");
	assert_int_equal(grid_put_middle(&grid, 0, 0, 8, 0, "abcdefghij"), 8);
	check(&grid, false, "abcdef..\n\n"); /* too narrow for two ends */
	grid_finish(&grid);
	grid = make(2, 14, &glyphs_ascii);
	assert_int_equal(grid_put_middle(&grid, 0, 1, 13, 0, "root-2026-01-02.tar.zst"), 14);
	(void)grid_put_middle(&grid, 1, 1, 13, 0, "root.tar.zst");
	check(&grid, false, " root-20...zst\n root.tar.zst\n");
	grid_finish(&grid);
	grid = make(2, 8, &glyphs_ascii);
	/* Beyond every edge. */
	(void)grid_put(&grid, -1, 0, 8, 0, "x");
	(void)grid_put(&grid, 2, 0, 8, 0, "x");
	(void)grid_put(&grid, 0, -2, 8, 0, "xyz");
	(void)grid_put(&grid, 1, 9, 8, 0, "x");
	(void)grid_put(&grid, 1, 3, 0, 0, "x");
	(void)grid_put(&grid, 1, 3, -5, 0, "x");
	grid_attr(&grid, 5, 5, 5, ATTR_BOLD);
	grid_fill(&grid, 1, 6, 9, '-', 0);
	check(&grid, false, "z\n      --\n");
	assert_int_equal(grid_right(&grid, 0, 8, 0, "abc"), 5);
	assert_int_equal(grid_right(&grid, 1, 4, 0, "abcdefgh"), 0);
	check(&grid, false, "     abc\nab..\n");
	assert_int_equal(grid_format(&grid, 0, 0, 0, "%d-%s", 42, "xyzabc"), 7);
	check(&grid, false, "42-xy..\n\n");
	grid_finish(&grid);
}

static void foreign_text(void **state)
{
	struct grid ascii = make(1, 12, &glyphs_ascii), unicode = make(1, 12, &glyphs_unicode);

	(void)state;
	(void)grid_put(&ascii, 0, 0, 12, 0, "gr\xc3\xb6\xc3\x9f\x65 \x1b[A");
	check(&ascii, false, "gr??e ?[A\n");
	/* Only a UTF-8 locale has the width of characters. */
	if (!setlocale(LC_CTYPE, "C.UTF-8")) {
		print_message("SKIPPED in part: there is no locale C.UTF-8\n");
		grid_finish(&ascii);
		grid_finish(&unicode);
		skip();
	}
	(void)grid_put(&unicode, 0, 0, 12, 0, "gr\xc3\xb6\xc3\x9f\x65 \xff\xc3");
	check(&unicode, false, "gr\xc3\xb6\xc3\x9f\x65 ??\n");
	/* Wide characters take two columns and are never halved; combining ones take none. */
	assert_int_equal(grid_width(&unicode, "\xe6\xbc\xa2\xe5\xad\x97"), 4);
	(void)grid_put(&unicode, 0, 9, 3, 0, "\xe6\xbc\xa2\xe5\xad\x97");
	check(&unicode, false, "         \xe6\xbc\xa2\xe2\x80\xa6\n");
	assert_int_equal(grid_width(&unicode, "e\xcc\x81x"), 2);
	grid_finish(&ascii);
	grid_finish(&unicode);
}

static void wraps(void **state)
{
	struct grid grid = make(4, 12, &glyphs_ascii);

	(void)state;
	assert_int_equal(grid_lines(&grid, 10, "one two three four five"), 3);
	assert_int_equal(grid_lines(&grid, 10, ""), 0);
	assert_int_equal(grid_lines(&grid, 0, "one"), 0);
	assert_int_equal(grid_wrap(&grid, 0, 1, 10, 0, 0, "one"), 0);
	assert_int_equal(grid_wrap(&grid, 0, 1, 10, 4, 0, "one two three four five"), 3);
	check(&grid, false, " one two\n three four\n five\n\n");
	assert_int_equal(grid_wrap(&grid, 0, 1, 10, 2, 0, "one two three four five"), 2);
	check(&grid, false, " one two\n three fo..\n\n\n");
	/* A word longer than a line. */
	assert_int_equal(grid_wrap(&grid, 0, 0, 5, 4, 0, "abcdefghijkl mn"), 3);
	check(&grid, false, "abcde\nfghij\nkl mn\n\n");
	grid_finish(&grid);
}

static void bars(void **state)
{
	struct grid ascii = make(1, 10, &glyphs_ascii), unicode = make(1, 4, &glyphs_unicode);

	(void)state;
	grid_bar(&ascii, 0, 0, 10, 0, 100, 0);
	check(&ascii, false, "         |\n");
	grid_bar(&ascii, 0, 0, 10, 49, 100, 0);
	check(&ascii, false, "####     |\n");
	/* Never full before the end. */
	grid_bar(&ascii, 0, 0, 10, UINT64_MAX - 1, UINT64_MAX, 0);
	check(&ascii, false, "######## |\n");
	grid_bar(&ascii, 0, 0, 10, 7, 7, 0);
	check(&ascii, false, "#########|\n");
	grid_bar(&ascii, 0, 0, 10, 9, 7, 0);
	check(&ascii, false, "#########|\n");
	grid_bar(&ascii, 0, 0, 10, 5, 0, 0);
	check(&ascii, false, "         |\n");
	grid_bar(&ascii, 0, 0, -3, 5, 9, 0);
	check(&ascii, false, "\n");
	grid_bar(&unicode, 0, 0, 4, 4, 8, 0);
	check(&unicode, false, "\xe2\x96\x88\xe2\x96\x8c \xe2\x94\x82\n");
	grid_finish(&ascii);
	grid_finish(&unicode);
}

static void attributes(void **state)
{
	struct grid grid = make(2, 6, &glyphs_ascii);

	(void)state;
	(void)grid_put(&grid, 0, 0, 6, ATTR_BOLD, "ab");
	(void)grid_put(&grid, 0, 2, 6, ATTR_BAD | ATTR_BOLD, "c");
	grid_attr(&grid, 0, 1, 4, ATTR_REVERSE);
	grid_rule(&grid, 1);
	check(&grid, true, "abc\n------\n 0 bBXrr\n");
	grid_finish(&grid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clips),
		cmocka_unit_test(foreign_text),
		cmocka_unit_test(wraps),
		cmocka_unit_test(bars),
		cmocka_unit_test(attributes),
	};

	return cmocka_run_group_tests_name("grid", tests, NULL, NULL);
}
