/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/shell_words.h"

#include "tests/lib/sandbox.h"

#include "device/base/util.h"

static char seen[1024];

static void note(const char *before, const char *text, const char *behind)
{
	size_t used = strlen(seen);

	(void)str_format(seen + used, sizeof(seen) - used, "%s%s%s", before, text, behind);
}

static void note_command(const struct shell_words *words)
{
	static const char *const ends[] = {
		[SHELL_END_TEXT] = ".",
		[SHELL_END_LIST] = ";",
		[SHELL_END_AND] = "&",
		[SHELL_END_OR] = "|",
		[SHELL_END_KEYWORD] = ":",
	};
	char line[16];

	assert_true(words->count <= SHELL_WORDS_MAX);
	assert_int_equal(words->end == SHELL_END_KEYWORD, words->keyword != SHELL_NO_KEYWORD);
	(void)STR_FORMAT(line, "%u", words->line);
	if (words->count > 0)
		note("", line, "");
	for (size_t i = 0; i < words->count; i++) {
		for (char *p = words->words[i]; (p = strchr(p, SHELL_SYMBOL));)
			*p = '@';
		note("[", words->words[i], "]");
	}
	note(words->is_cut ? "!" : "", ends[words->end], "");
}

/* All commands, each as "line[word][word]" and its end: "." of the text, ";" of a list, "&" and "|"
 * before && and ||, ":" behind a keyword; "!" if it is cut. SHELL_SYMBOL is "@". */
static const char *read_from(struct shell_text text)
{
	static const struct shell_state state = {
		.variables = {{"a", "x y"}, {"b", "\tx\ny "}, {"empty", ""}, {"if", "then"},
			{"quote", "'\"\\$a#;"}, {"a b", "blank"}},
		.variable_count = 6,
	};
	static struct shell_words words;

	seen[0] = '\0';
	do {
		shell_words_read(&text, &state, &words);
		note_command(&words);
	} while (words.end != SHELL_END_TEXT);
	return seen;
}

static const char *read_text(const char *text)
{
	return read_from((struct shell_text){.text = text, .size = strlen(text), .line = 1});
}

struct words_case {
	const char *text, *found;
};

static void expect(const struct words_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_string_equal(read_text(cases[i].text), cases[i].found);
}

static void ends_commands(void **state)
{
	static const struct words_case cases[] = {
		{"", "."},
		{"a", "1[a]."},
		{" a\tb ", "1[a][b]."},
		{"a\n", "1[a];."},
		{"a;b\nc", "1[a];1[b];2[c]."},
		{"a&&b||c", "1[a]&1[b]|1[c]."},
		{"a && b || c", "1[a]&1[b]|1[c]."},
		{"a & b | c", "1[a];1[b];1[c]."},
		{"a;;b", "1[a];;1[b]."},
		{"\n\n a", ";;3[a]."},
		{"a\r\nb\r\n", "1[a];2[b];."},
		{"a\\;b \\&\\& c", "1[a;b][&&][c]."},
		{"';' \"&&\"", "1[;][&&]."},
	};

	(void)state;
	expect(cases, ARRAY_SIZE(cases));
}

static void keeps_quoted_text_together(void **state)
{
	static const struct words_case cases[] = {
		{"\"a  b\" 'c  d'", "1[a  b][c  d]."},
		{"a\"b\"'c'd", "1[abcd]."},
		{"'' \"\"", "1[][]."},
		{"'\"' \"'\"", "1[\"][']."},
		{"'a\\'b'", "1[a\\b]."}, /* the last quote has no end */
		{"\"\\\"\\\\\\$\\`\"", "1[\"\\$`]."},
		{"\"\\n\\ \"", "1[\\n\\ ]."},
		{"'a\nb'; c", "1[a\nb];2[c]."},
		{"\"a\nb\"\nc", "1[a\nb];3[c]."},
		{"\"a", "1[a]."},
		{"'a;b", "1[a;b]."},
	};

	(void)state;
	expect(cases, ARRAY_SIZE(cases));
}

static void puts_in_variables(void **state)
{
	static const struct words_case cases[] = {
		{"$a ${a}", "1[x][y][x][y]."},
		{"\"$a\" \"${a}\"", "1[x y][x y]."},
		{"'$a' '${a}'", "1[$a][${a}]."},
		{"p${a}q$a", "1[px][yqx][y]."},
		{"p$b", "1[p][x][y]."},
		{"p\"$b\"", "1[p\tx\ny ]."},
		{"c $empty d", "1[c][d]."},
		{"c \"$empty\" d", "1[c][][d]."},
		{"c$empty", "1[c]."},
		{"${a b}", "1[blank]."},
		{"$a_ $a-", "1[@{a_}][x][y-]."},
		{"$c \"${c}\" p${c}q", "1[@{c}][@{c}][p@{c}q]."},
		/* A value is not read again. */
		{"$quote", "1['\"\\$a#;]."},
		{"\"$quote\"", "1['\"\\$a#;]."},
		/* No variables. */
		{"\\$a \"\\$a\"", "1[$a][$a]."},
		{"$ $- ${}", "1[$][$-][$]."},
		{"${a", "1[x][y]."},
		{"${a\nc", "1[x][y];2[c]."},
	};

	(void)state;
	expect(cases, ARRAY_SIZE(cases));
}

static void joins_lines(void **state)
{
	static const struct words_case cases[] = {
		{"a\\\nb", "1[ab]."},
		{"a \\\n b\nc", "1[a][b];3[c]."},
		{"a \\\r\n b", "1[a][b]."},
		{"\"a\\\nb\"", "1[ab]."},
		{"'a\\\nb'", "1[a\\\nb]."},
		{"\\\n\\\na", "3[a]."},
		{"a\\", "1[a]."},
		{"\\a\\ \\b", "1[a b]."},
	};

	(void)state;
	expect(cases, ARRAY_SIZE(cases));
}

static void skips_comments(void **state)
{
	static const struct words_case cases[] = {
		{"# a", "."},
		{"# a ; b 'c\nd", ";2[d]."},
		{"a # b\nc", "1[a];2[c]."},
		{"a;# b\nc", "1[a];;2[c]."},
		{"a#b", "1[a#b]."},
		{"''#b", "1[#b]."},
		{"\\# '#' \"#\"", "1[#][#][#]."},
		{"# a \\\nb", ";2[b]."},
	};

	(void)state;
	expect(cases, ARRAY_SIZE(cases));
}

static void finds_keywords(void **state)
{
	static const struct words_case cases[] = {
		{"if a; then b; elif c; then d; else e; fi",
			"1[if]:1[a];1[then]:1[b];1[elif]:1[c];1[then]:1[d];1[else]:1[e];1[fi]:."},
		{"for i in a\ndo b\ndone", "1[for]:1[i][in][a];2[do]:2[b];3[done]:."},
		{"while a; do b; done", "1[while]:1[a];1[do]:1[b];1[done]:."},
		{"until a", "1[until]:1[a]."},
		{"if if a", "1[if]:1[if]:1[a]."},
		{"fi;fi\nfi", "1[fi]:;1[fi]:;2[fi]:."},
		{"a && if b || fi", "1[a]&1[if]:1[b]|1[fi]:."},
		{"if;", "1[if]:;."},
		/* Only plain words, where a command begins. */
		{"a if fi", "1[a][if][fi]."},
		{"iffy; IF; fi=", "1[iffy];1[IF];1[fi=]."},
		{"'if' a; \"if\"; i\"f\"", "1[if][a];1[if];1[if]."},
		{"\\if a; i\\f", "1[if][a];1[if]."},
		{"$if a", "1[then][a]."},
	};

	(void)state;
	expect(cases, ARRAY_SIZE(cases));
}

static void divides_at_braces_of_grub(void **state)
{
	static const struct {
		const char *text, *plain, *braces;
	} cases[] = {
		{"a { b }", "1[a][{][b][}].", "1[a][{];1[b][}];."},
		{"a{b}c", "1[a{b}c].", "1[a][{];1[b][}];1[c]."},
		{"a '{' \\} \"}\"", "1[a][{][}][}].", "1[a][{][}][}]."},
		{"${a}{", "1[x][y{].", "1[x][y][{];."},
		{"if{", "1[if{].", "1[if]:1[{];."},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct shell_text text = {
			.text = cases[i].text, .size = strlen(cases[i].text), .line = 1};

		assert_string_equal(read_from(text), cases[i].plain);
		text.has_braces = true;
		assert_string_equal(read_from(text), cases[i].braces);
	}
}

/* A file cannot pretend to have a variable, as it has no symbols of its own. */
static void drops_symbols(void **state)
{
	static const struct words_case cases[] = {
		{"a\001{b}", "1[a{b}]."},
		{"\"\001\" '\001' \\\001", "1[][]."},
		{"${c\001}", "1[@{c?}]."},
	};

	(void)state;
	expect(cases, ARRAY_SIZE(cases));
}

static void takes_any_bytes_of_its_size(void **state)
{
	(void)state;
	assert_string_equal(
		read_from((struct shell_text){.text = "ab; c", .size = 1, .line = 1}), "1[a].");
	assert_string_equal(
		read_from((struct shell_text){.text = "$ab", .size = 2, .line = 1}), "1[x][y].");
	assert_string_equal(
		read_from((struct shell_text){.text = "a \xff\xfe", .size = 4, .line = 9}),
		"9[a][\xff\xfe].");
}

/* @text is one command and "b". Returns the length of its first word. */
static size_t expect_cut(const char *text, size_t count, bool is_cut)
{
	static const struct shell_state none;
	static struct shell_words words;
	struct shell_text rest = {.text = text, .size = strlen(text), .line = 1};
	size_t length;

	shell_words_read(&rest, &none, &words);
	assert_int_equal(words.count, count);
	assert_int_equal(words.is_cut, is_cut);
	length = strlen(words.words[0]);
	shell_words_read(&rest, &none, &words);
	assert_int_equal(words.count, 1);
	assert_string_equal(words.words[0], "b");
	assert_false(words.is_cut);
	return length;
}

static void marks_too_many_words(void **state)
{
	char text[2 * SHELL_WORDS_MAX + 8];

	(void)state;
	for (size_t count = SHELL_WORDS_MAX - 1; count <= SHELL_WORDS_MAX + 1; count++) {
		for (size_t i = 0; i < count; i++)
			memcpy(text + 2 * i, "a ", 2);
		memcpy(text + 2 * count, ";b", sizeof(";b"));
		if (count <= SHELL_WORDS_MAX)
			(void)expect_cut(text, count, false);
		else
			(void)expect_cut(text, SHELL_WORDS_MAX, true);
	}
}

static void marks_long_words(void **state)
{
	static char text[3 * SHELL_WORDS_SIZE];

	(void)state;
	for (size_t length = SHELL_WORDS_SIZE / 2; length < sizeof(text) / 2; length *= 2) {
		bool is_cut = length >= SHELL_WORDS_SIZE;
		size_t kept;

		memset(text, 'a', length);
		memcpy(text + length, ";b", sizeof(";b"));
		kept = expect_cut(text, 1, is_cut);
		assert_true(is_cut ? kept >= SHELL_WORDS_SIZE / 2 : kept == length);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_commands),
		cmocka_unit_test(keeps_quoted_text_together),
		cmocka_unit_test(puts_in_variables),
		cmocka_unit_test(joins_lines),
		cmocka_unit_test(skips_comments),
		cmocka_unit_test(finds_keywords),
		cmocka_unit_test(divides_at_braces_of_grub),
		cmocka_unit_test(drops_symbols),
		cmocka_unit_test(takes_any_bytes_of_its_size),
		cmocka_unit_test(marks_too_many_words),
		cmocka_unit_test(marks_long_words),
	};

	return cmocka_run_group_tests_name("shell_words", tests, NULL, NULL);
}
