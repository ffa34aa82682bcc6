/* SPDX-License-Identifier: MIT */
#include "ui/screens/line_edit.h"

#include "device/base/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* after the above */
#include <cmocka.h>

static char text[16];
static size_t behind;
static const struct line_edit line = {text, sizeof(text), &behind};

static void press(enum symbol symbol)
{
	assert_true(line_edit_key(&line, (struct key){symbol, 0}));
}

static void type(uint32_t codepoint)
{
	assert_true(line_edit_key(&line, (struct key){SYMBOL_TEXT, codepoint}));
}

/* "ab|cd": the cursor is at the bar. */
static void set(const char *with_bar)
{
	const char *bar = strchr(with_bar, '|');

	STR_FORMAT(text, "%.*s%s", (int)(bar - with_bar), with_bar, bar + 1);
	behind = strlen(bar + 1);
}

static void expect(const char *with_bar)
{
	char got[40];
	size_t at = line_edit_cursor(text, behind);

	STR_FORMAT(got, "%.*s|%s", (int)at, text, text + at);
	assert_string_equal(got, with_bar);
}

static void each_key(void **state)
{
	static const struct {
		const char *before;
		enum symbol symbol;
		const char *after;
	} cases[] = {
		{"abc|", SYMBOL_LEFT, "ab|c"},
		{"|abc", SYMBOL_LEFT, "|abc"},
		{"ab|c", SYMBOL_RIGHT, "abc|"},
		{"abc|", SYMBOL_RIGHT, "abc|"},
		{"ab|c", SYMBOL_HOME, "|abc"},
		{"a|bc", SYMBOL_END, "abc|"},
		{"ab|c", SYMBOL_ERASE, "a|c"},
		{"|abc", SYMBOL_ERASE, "|abc"},
		{"a|bc", SYMBOL_DELETE, "a|c"},
		{"abc|", SYMBOL_DELETE, "ab|"},
		{"|", SYMBOL_DELETE, "|"},
		{"|", SYMBOL_ERASE, "|"},
		{"a|bc", SYMBOL_CUT_LINE, "|"},
		{"a|bc", SYMBOL_CUT_REST, "a|"},
		{"/a/bc|", SYMBOL_CUT_WORD, "/a/|"},
		{"/a/bc/|", SYMBOL_CUT_WORD, "/a/|"},
		{"a b  |c", SYMBOL_CUT_WORD, "a |c"},
		{"|abc", SYMBOL_CUT_WORD, "|abc"},
		/* Whole characters: e with an accent, an ideograph, a combining mark alone. */
		{"\303\251|x", SYMBOL_LEFT, "|\303\251x"},
		{"|\303\251x", SYMBOL_RIGHT, "\303\251|x"},
		{"a\346\274\242|", SYMBOL_ERASE, "a|"},
		{"a|\346\274\242b", SYMBOL_DELETE, "a|b"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		set(cases[i].before);
		press(cases[i].symbol);
		expect(cases[i].after);
	}
}

static void text_is_inserted(void **state)
{
	(void)state;
	set("a|c");
	type('b');
	expect("ab|c");
	type(0xe9);
	expect("ab\303\251|c");
	type(0x1b);
	type(0x7f);
	expect("ab\303\251|c");
	set("0123456789|abcd");
	type('x');
	expect("0123456789x|abcd");
	type('y'); /* full */
	type(0xe9);
	expect("0123456789x|abcd");
}

/* A text that was replaced by a shorter one. */
static void the_cursor_stays_in_the_text(void **state)
{
	(void)state;
	STR_COPY(text, "ab");
	behind = 9;
	assert_int_equal(line_edit_cursor(text, behind), 0);
	type('x');
	expect("x|ab");
}

static void other_keys_are_not_taken(void **state)
{
	static const enum symbol others[] = {SYMBOL_NONE, SYMBOL_UP, SYMBOL_DOWN, SYMBOL_ENTER,
		SYMBOL_ESCAPE, SYMBOL_TAB, SYMBOL_INTERRUPT, SYMBOL_PAGE_UP, SYMBOL_HELP};

	(void)state;
	set("a|b");
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_false(line_edit_key(&line, (struct key){others[i], 0}));
	expect("a|b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_key),
		cmocka_unit_test(text_is_inserted),
		cmocka_unit_test(the_cursor_stays_in_the_text),
		cmocka_unit_test(other_keys_are_not_taken),
	};

	return cmocka_run_group_tests_name("line_edit", tests, NULL, NULL);
}
