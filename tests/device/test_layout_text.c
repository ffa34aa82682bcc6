/* SPDX-License-Identifier: MIT */
#include "device/layout/layout_text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int clean(const char *text, char ret[256], struct diag *diag)
{
	*diag = (struct diag){0};
	assert_true(str_copy(ret, 256, text));
	return layout_text_clean(ret, strlen(text), diag);
}

static void comments_become_blanks(void **state)
{
	static const char *const cases[][2] = {
		{"a = b # c\nd", "a = b    \nd"},
		{"a // b\n", "a     \n"},
		{"/* a\nb */c", "    \n    c"},
		{"a = \"# no // comment /* here\"", "a = \"# no // comment /* here\""},
		{"files = { a, 'b' }", "files = { a, 'b' }"},
	};
	char text[256];
	struct diag diag;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(clean(cases[i][0], text, &diag), 0);
		assert_string_equal(text, cases[i][1]);
	}
}

static void the_line_of_a_fault_is_known(void **state)
{
	static const struct {
		const char *text;
		int line;
		const char *message;
	} cases[] = {
		{"a\n\"b", 2, "unterminated string"},
		{"a\n\"b\n", 2, "it must end on the same line"},
		{"\n/* a\n", 2, "unterminated comment"},
		{"a {\n b {\n }\n", 1, "is not closed"},
		{"a {\n}\nb {\n", 3, "is not closed"},
		{"# a\n\na;", 3, "unexpected ;"},
		{"a\n'$HOME'", 2, "without \\ and $"},
	};
	char text[256];
	struct diag diag;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(clean(cases[i].text, text, &diag), -EINVAL);
		assert_int_equal(diag.line, cases[i].line);
		if (!strstr(diag.text, cases[i].message))
			fail_msg("'%s' gives: %s", cases[i].text, diag.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comments_become_blanks),
		cmocka_unit_test(the_line_of_a_fault_is_known),
	};

	return cmocka_run_group_tests_name("layout_text", tests, NULL, NULL);
}
