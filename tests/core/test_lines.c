/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/lines.h"

#include "tests/lib/sandbox.h"

#include "device/base/util.h"

/* All lines, each as "number[text]", with "!" behind it if it is cut. */
static const char *read_bytes(const char *text, size_t size)
{
	static char seen[4096];
	struct lines lines;
	size_t used = 0;

	seen[0] = '\0';
	lines_begin(&lines, text, size);
	for (char *line; (line = lines_next(&lines));) {
		(void)str_format(seen + used, sizeof(seen) - used, "%u[%s]%s", lines.number, line,
			lines.is_cut ? "!" : "");
		used += strlen(seen + used);
		memset(line, 'x', strlen(line)); /* the caller may change it */
	}
	assert_null(lines_next(&lines));
	return seen;
}

static const char *read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

static void divides_text(void **state)
{
	static const struct {
		const char *text, *found;
	} cases[] = {
		{"", ""},
		{"a", "1[a]"},
		{"a\n", "1[a]"},
		{"a\nb", "1[a]2[b]"},
		{"\n\n", "1[]2[]"},
		{"a\r\nb\r\n", "1[a]2[b]"},
		{"\r\n\r\na", "1[]2[]3[a]"},
		{"a\rb\n", "1[a\rb]"}, /* CR alone does not end a line */
		{" \ta \t b\t \r\n\t\n", "1[a \t b]2[]"},
		{"\v\f\n", "1[\v\f]"}, /* these are not blanks */
		{"\xff\x01\xfe", "1[\xff\x01\xfe]"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(read_text(cases[i].text), cases[i].found);
}

static void leaves_out_a_byte_order_mark(void **state)
{
	(void)state;
	assert_string_equal(read_text("\xef\xbb\xbf"), "");
	assert_string_equal(read_text("\xef\xbb\xbf\na"), "1[]2[a]");
	assert_string_equal(read_text("\xef\xbb\xbf\xef\xbb\xbf"), "1[\xef\xbb\xbf]");
	assert_string_equal(read_text("a\n\xef\xbb\xbf"), "1[a]2[\xef\xbb\xbf]");
	assert_string_equal(read_text(" \xef\xbb\xbf"), "1[\xef\xbb\xbf]");
	assert_string_equal(read_bytes("\xef\xbb\xbf", 2), "1[\xef\xbb]");
}

static void ends_at_nul(void **state)
{
	(void)state;
	assert_string_equal(read_bytes(NULL, 0), "");
	assert_string_equal(read_bytes("abc", 1), "1[a]");
	assert_string_equal(read_bytes("\0a", 2), "");
	assert_string_equal(read_bytes("a\0b\nc", 5), "1[a]");
	assert_string_equal(read_bytes("a\n\0b", 4), "1[a]");
	assert_string_equal(read_bytes("\xef\xbb\xbf\0a", 5), "");
}

static void cuts_long_lines(void **state)
{
	static char text[2 * LINE_MAX_BYTES];
	static const struct {
		size_t length;
		bool is_cut;
	} cases[] = {
		{LINE_MAX_BYTES - 2, false},
		{LINE_MAX_BYTES - 1, false},
		{LINE_MAX_BYTES, true},
		{2 * LINE_MAX_BYTES - 4, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t length = cases[i].length;
		struct lines lines;
		const char *line;

		memset(text, 'a', length);
		memcpy(text + length, "\nb", sizeof("\nb"));
		lines_begin(&lines, text, strlen(text));
		line = lines_next(&lines);
		assert_non_null(line);
		assert_int_equal(lines.is_cut, cases[i].is_cut);
		assert_int_equal(strlen(line), cases[i].is_cut ? LINE_MAX_BYTES - 1 : length);
		assert_string_equal(lines_next(&lines), "b");
		assert_false(lines.is_cut);
		assert_int_equal(lines.number, 2);
		assert_null(lines_next(&lines));
	}
}

static void splits_words(void **state)
{
	static const struct {
		const char *text, *found;
	} cases[] = {
		{"", ""},
		{" \t ", ""},
		{"a", "[a]"},
		{"\ta  b\t\tc ", "[a][b][c]"},
		{"a\rb \"c d\"", "[a\rb][\"c][d\"]"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[64], seen[64] = "", *rest = text;

		assert_true(STR_COPY(text, cases[i].text));
		for (char *word; (word = word_next(&rest));)
			(void)str_format(
				seen + strlen(seen), sizeof(seen) - strlen(seen), "[%s]", word);
		assert_null(word_next(&rest));
		assert_string_equal(seen, cases[i].found);
	}
}

static void leaves_the_rest_behind_a_word(void **state)
{
	char text[] = " a  b c", *rest = text;

	(void)state;
	assert_string_equal(word_next(&rest), "a");
	assert_string_equal(rest, " b c");
}

static void trims_text(void **state)
{
	static const struct {
		const char *text, *found;
	} cases[] = {
		{"", ""},
		{" \t\r ", ""},
		{"a", "a"},
		{"\r\t a \tb\r \t", "a \tb"},
		{" \na\n ", "\na\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[64];

		assert_true(STR_COPY(text, cases[i].text));
		assert_string_equal(text_trim(text), cases[i].found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(divides_text),
		cmocka_unit_test(leaves_out_a_byte_order_mark),
		cmocka_unit_test(ends_at_nul),
		cmocka_unit_test(cuts_long_lines),
		cmocka_unit_test(splits_words),
		cmocka_unit_test(leaves_the_rest_behind_a_word),
		cmocka_unit_test(trims_text),
	};

	return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
