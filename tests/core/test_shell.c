/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/shell.h"

#include "tests/lib/sandbox.h"

#include "device/base/util.h"

/*
 * The commands of this shell: yes, no, likely and maybe end as their names say; say TEXT notes it,
 * with "?" if it may not be reached; sure notes if only success goes on; at notes its line; set NAME
 * VALUE; run NAME; test; exit.
 */
static struct shell shell;
static char seen[1024];

static void note(const char *text, const char *behind)
{
	size_t used = strlen(seen);

	for (; *text && used + 2 < sizeof(seen); text++)
		seen[used++] = *text == SHELL_SYMBOL ? '$' : *text;
	seen[used] = '\0';
	(void)str_format(seen + used, sizeof(seen) - used, "%s ", behind);
}

static enum shell_status run_command(
	struct shell *of, const struct shell_words *words, bool is_sure)
{
	static const struct {
		const char *name;
		enum shell_status status;
	} constants[] = {
		{"yes", SHELL_TRUE},
		{"no", SHELL_FALSE},
		{"likely", SHELL_LIKELY},
		{"maybe", SHELL_UNKNOWN},
	};
	char *const *word = words->words;
	const char *value;
	char line[16];

	assert_ptr_equal(of, &shell);
	assert_true(words->count > 0);
	for (size_t i = 0; i < ARRAY_SIZE(constants); i++)
		if (strcmp(*word, constants[i].name) == 0)
			return constants[i].status;
	if (strcmp(*word, "test") == 0)
		return shell_test(word, words->count);
	if (strcmp(*word, "exit") == 0)
		shell.state.is_over = true;
	if (strcmp(*word, "sure") == 0)
		note(is_sure ? "sure" : "unsure", "");
	(void)STR_FORMAT(line, "%u", words->line);
	if (strcmp(*word, "at") == 0)
		note(line, "");
	if (words->count > 1 && strcmp(*word, "say") == 0)
		note(word[1], shell.uncertain > 0 ? "?" : "");
	if (words->count > 2 && strcmp(*word, "set") == 0)
		shell_state_set(
			&shell.state, shell_keep(&shell, word[1]), shell_keep(&shell, word[2]));
	if (words->count > 1 && strcmp(*word, "run") == 0) {
		value = shell_state_get(&shell.state, word[1], strlen(word[1]));
		if (value)
			shell_run(&shell, value, strlen(value), words->line);
	}
	return SHELL_TRUE;
}

/* Runs a script from its @line on; returns what it has noted. */
static const char *run_from(const char *text, unsigned line)
{
	memset(&shell, 0, sizeof(shell));
	shell.command = run_command;
	seen[0] = '\0';
	shell_run(&shell, text, strlen(text), line);
	assert_int_equal(shell.depth, 0);
	assert_int_equal(shell.uncertain, 0);
	return seen;
}

static const char *run(const char *text)
{
	return run_from(text, 1);
}

struct shell_case {
	const char *text, *found;
};

static void expect(const struct shell_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(run(cases[i].text), cases[i].found);
		assert_false(shell.is_lost);
	}
}

static void runs_commands_in_order(void **state)
{
	(void)state;
	assert_string_equal(run(""), "");
	assert_string_equal(run("say a; say b\nsay c\r\n"), "a b c ");
	assert_string_equal(run("say a; exit; say b\nsay c"), "a ");
	assert_true(shell.state.is_over);
	assert_string_equal(run("say $a; set a 1; say $a"), "${a} 1 ");
	assert_string_equal(run_from("at\n\n at; at \\\n x\nat", 7), "7 9 9 11 ");
	assert_string_equal(run_from("set v 'at\nat'\nrun v\nat", 3), "5 6 6 ");
}

static void takes_the_way_of_a_condition(void **state)
{
	static const struct shell_case cases[] = {
		{"if yes; then say a; else say b; fi; say c", "a c "},
		{"if no; then say a; else say b; fi; say c", "b c "},
		{"if no; then say a; fi; say c", "c "},
		{"if maybe; then say a; else say b; fi; say c", "a? b? c "},
		/* A file that should be there: the way without it is not the usual one. */
		{"if likely; then say a; else say b; fi; say c", "a b? c "},
		{"if no; then say a; elif yes; then say b; else say c; fi", "b "},
		{"if no; then say a; elif no; then say b; else say c; fi", "c "},
		{"if yes; then say a; elif yes; then say b; else say c; fi", "a "},
		{"if maybe; then say a; elif yes; then say b; else say c; fi", "a? b? "},
		{"if maybe; then say a; elif no; then say b; elif maybe; then say c; fi", "a? c? "},
		{"if maybe; then if yes; then say a; else say b; fi; fi; say c", "a? c "},
		{"if yes; then if maybe; then say a; fi; say b; fi", "a? b "},
		/* The last command of the condition decides; all of them run. */
		{"if no; say a; yes; then say b; fi", "a b "},
		{"if yes; no; then say b; fi", ""},
		{"if no || yes; then say a; fi", "a "},
		{"if yes && no; then say a; else say b; fi", "b "},
		{"if if yes; then say a; fi; yes; then say b; fi", "a b "},
		/* Nothing runs in what is not reached. */
		{"if no; then if yes; then say a; fi; for i in 1 2; do say b; done; "
		 "while yes; do say c; done; yes && say d; fi; say e",
			"e "},
	};

	(void)state;
	expect(cases, ARRAY_SIZE(cases));
}

static void knows_what_is_true_on_all_ways(void **state)
{
	static const struct shell_case cases[] = {
		{"if maybe; then set a 1; else set a 1; fi; say $a", "1 "},
		{"if maybe; then set a 1; else set a 2; fi; say $a", "${a} "},
		{"if maybe; then set a 1; fi; say $a", "${a} "},
		{"set a 1; if maybe; then set a 1; fi; say $a", "1 "},
		{"set a 1; if maybe; then set a 2; say $a; fi; say $a", "2? ${a} "},
		{"set a 1; if likely; then set a 2; fi; say $a", "${a} "},
		{"set a 1; if yes; then set a 2; else set a 3; fi; say $a", "2 "},
		{"set a 1; if no; then set a 2; else set a 3; fi; say $a", "3 "},
		{"set a 1; if no; then set a 2; fi; say $a", "1 "},
		{"if maybe; then set a 1; elif maybe; then set a 1; else set a 1; fi; say $a",
			"1 "},
		{"if maybe; then set a 1; elif maybe; then set a 2; else set a 1; fi; say $a",
			"${a} "},
		/* A way that ends the script does not go on. */
		{"set a 1; if maybe; then set a 2; exit; fi; say $a", "1 "},
		{"set a 1; if maybe; then set a 2; else exit; fi; say $a", "2 "},
		{"if maybe; then exit; else exit; fi; say a", ""},
		{"if no; then exit; fi; say a", "a "},
		/* The condition itself sets variables, as far as it runs. */
		{"if set a 1 && maybe; then say $a; else say $a; fi", "1? 1? "},
		{"set a 1; if maybe && set a 2; then say $a; fi; say $a", "2? ${a} "},
		{"set a 1; if maybe || set a 2; then say $a; fi", "${a} "},
	};

	(void)state;
	expect(cases, ARRAY_SIZE(cases));
}

static void follows_chains(void **state)
{
	static const struct shell_case cases[] = {
		{"yes && say a; no && say b; say c", "a c "},
		{"yes || say a; no || say b; say c", "b c "},
		{"maybe && say a; say b", "a? b "},
		{"maybe || say a; say b", "a? b "},
		{"likely && say a; say b", "a b "},
		{"likely || say a; say b", "a? b "},
		{"no && say a || say b", "b "},
		{"yes || say a && say b", "b "},
		{"no && no && say a", ""},
		{"maybe && yes && say a; say b", "a? b "},
		{"maybe && say a || say b", "a? b? "},
		{"yes && if yes; then say a; fi; say b", "a b "},
		{"no && if yes; then say a; fi; say b", "b "},
		/* Values. */
		{"set a 1; maybe && set a 2; say $a", "${a} "},
		{"set a 1; maybe || set a 2; say $a", "${a} "},
		{"set a 1; maybe && set a 2 && say $a; say $a", "2? ${a} "},
		{"set a 1; no && set a 2; say $a", "1 "},
		{"set a 1; yes && set a 2; say $a", "2 "},
		{"set a 1; maybe && set a 1; say $a", "1 "},
		{"yes && exit; say a", ""},
		{"no || exit; say a", ""},
		{"no && exit; say a", "a "},
		{"set a 1; maybe || exit; say $a", "1 "},
		{"set a 1; set a 2 && maybe && exit; say $a", "2 "},
	};

	(void)state;
	expect(cases, ARRAY_SIZE(cases));
}

static void marks_commands_that_must_succeed(void **state)
{
	static const struct shell_case cases[] = {
		{"sure", "unsure "},
		{"sure; yes", "unsure "},
		{"sure && yes", "sure "},
		{"sure || yes", "sure "},
		{"yes && sure", "unsure "},
		{"if sure; then yes; fi", "sure "},
		{"if yes; then sure; else sure; fi", "unsure "},
		{"for i in a; do sure; done", "unsure "},
	};

	(void)state;
	expect(cases, ARRAY_SIZE(cases));
}

static void runs_loops(void **state)
{
	static const struct shell_case cases[] = {
		{"for i in a b c; do say $i; done; say $i", "a b c c "},
		{"for i in; do say $i; done; say b", "b "},
		{"for i in a 'b c'; do say \"$i\"; done", "a b c "},
		{"set w 'a b'; for i in $w; do say $i; done", "a b "},
		{"for i in a b; do for k in 1 2; do say $i$k; done; done", "a1 a2 b1 b2 "},
		{"set a 1; for i in 2 3; do say $a; set a $i; done; say $a", "1 2 3 "},
		{"for i in a b c; do say $i; test $i = b && exit; done; say d", "a b "},
		/* The words are not known: once, which stands for any number of times. */
		{"for i in a $w; do say $i; done; say $i", "${i}? ${i} "},
		{"set i 1; for i in $w; do say $i; done; say $i", "${i}? ${i} "},
		{"for i in 1 2 3 4 5 6 7 8 9; do say $i; done; say b", "${i}? b "},
		{"set a 1; for i in $w; do set a 2; done; say $a", "${a} "},
		{"set a 1; for i in $w; do set a 2; exit; done; say $a", "1 "},
		{"while maybe; do say a; done; say b", "a? b "},
		{"until maybe; do say a; done; say b", "a? b "},
		{"while say a; do say b; done", "a b? "},
		{"set a 1; while maybe; do set a 2; done; say $a", "${a} "},
		{"set a 1; until maybe; do set a 2; exit; done; say $a", "1 "},
	};

	(void)state;
	expect(cases, ARRAY_SIZE(cases));
}

static void goes_on_behind_broken_constructs(void **state)
{
	static const struct shell_case cases[] = {
		{"fi; say a", "a "},
		{"done\nthen say a; else; say b", "a b "},
		{"do do do say a", "a "},
		{"if yes; then say a", "a "},
		{"if", ""},
		{"if yes; fi; say a", "a "},
		{"for", ""},
		{"for i in a b", ""},
		{"for i in a; say b; done; say c", "c "},
		{"while yes", ""},
		{"yes &&", ""},
		{"&& say a", "a "},
		{"|| || ;; say a", "a "},
	};

	(void)state;
	expect(cases, ARRAY_SIZE(cases));
}

/* A script of @count times @open, @middle, and @count times @close. */
static const char *run_nested(const char *open, const char *middle, const char *close, size_t count)
{
	size_t size = count * (strlen(open) + strlen(close)) + strlen(middle) + 1, used = 0;
	char *text = malloc(size);

	assert_non_null(text);
	text[0] = '\0';
	for (size_t i = 0; i < 2 * count + 1; i++) {
		(void)str_format(text + used, size - used, "%s",
			i < count    ? open
			: i == count ? middle
				     : close);
		used += strlen(text + used);
	}
	(void)run(text);
	free(text);
	return seen;
}

static void limits_nesting(void **state)
{
	static const struct {
		const char *open, *middle, *close, *found;
	} cases[] = {
		{"if yes; then ", "say a", "; fi", "a "},
		{"if if yes; then ", "say a", "; fi; then yes; fi", "a "},
		{"for i in a; do ", "say a", "; done", "a "},
		{"while yes; do ", "say a", "; done", "a? "},
		{"yes && if yes; then ", "say a", "; fi", "a "},
		{"if no; then yes; el", "if yes; then say a; fi", "", "a "},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_string_equal(run_nested(cases[i].open, cases[i].middle, cases[i].close, 10),
			cases[i].found);
		assert_false(shell.is_lost);
		assert_string_equal(
			run_nested(cases[i].open, cases[i].middle, cases[i].close, 1000), "");
		assert_true(shell.is_lost);
		assert_true(shell.state.is_over);
	}
}

static void ends_what_has_no_end(void **state)
{
	static const char *const scripts[] = {
		"set a 'run a'; run a; say b",
		"set a 'run b'; set b 'run a'; run a; say b",
		"set a 'run a; run a'; run a; say b",
		"set a 'if maybe; then run a; fi; run a'; run a; say b",
		"set a 'for i in 1 2 3 4 5 6 7 8; do run a; done'; run a; say b",
		"set a 'while maybe; do run a; done'; run a && say b",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		assert_string_equal(run(scripts[i]), "");
		assert_true(shell.is_lost);
		assert_true(shell.state.is_over);
	}
	/* 8^12 rounds, with more values than there is room for: nothing is known behind them. */
	(void)run_nested("for i in 1 2 3 4 5 6 7 8; do ", "yes", "; done", 12);
	assert_true(shell.is_lost);
	/* A long script is no loop. */
	assert_string_equal(run_nested("yes\n", "say a", "\nyes", 100000), "a ");
	assert_false(shell.is_lost);
}

static void tests_words(void **state)
{
	static const struct {
		const char *words[5];
		enum shell_status status;
	} cases[] = {
		{{"test", "-n", "a"}, SHELL_TRUE},
		{{"test", "-n", ""}, SHELL_FALSE},
		{{"test", "-z", "a"}, SHELL_FALSE},
		{{"test", "-z", ""}, SHELL_TRUE},
		{{"test", "a", "=", "a"}, SHELL_TRUE},
		{{"test", "a", "=", "b"}, SHELL_FALSE},
		{{"test", "", "=", ""}, SHELL_TRUE},
		{{"test", "a", "!=", "a"}, SHELL_FALSE},
		{{"test", "a", "!=", "b"}, SHELL_TRUE},
		{{"test", "-n", "=", "-n"}, SHELL_TRUE},
		/* Only the loader knows. */
		{{"test", "-n", "\001{a}"}, SHELL_UNKNOWN},
		{{"test", "\001{a}", "=", "\001{a}"}, SHELL_UNKNOWN},
		{{"test", "a", "!=", "a$b"}, SHELL_UNKNOWN},
		{{"test"}, SHELL_UNKNOWN},
		{{"test", "a"}, SHELL_UNKNOWN},
		{{"test", "-n"}, SHELL_UNKNOWN},
		{{"test", "-e", "/a"}, SHELL_UNKNOWN},
		{{"test", "1", "-lt", "2"}, SHELL_UNKNOWN},
		{{"test", "a", "=", "a", "-o"}, SHELL_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[5][16], *words[5];
		size_t count = 0;

		for (; count < 5 && cases[i].words[count]; count++) {
			assert_true(STR_COPY(text[count], cases[i].words[count]));
			words[count] = text[count];
		}
		assert_int_equal(shell_test(words, count), cases[i].status);
	}
}

static void knows_text_without_variables(void **state)
{
	(void)state;
	assert_true(shell_is_known(""));
	assert_true(shell_is_known("/boot/{a}"));
	assert_false(shell_is_known("/boot/\001{a}"));
	assert_false(shell_is_known("$a"));
	assert_false(shell_is_known("a$"));
}

static void loses_variables(void **state)
{
	(void)state;
	(void)run("set a 1; set b 2");
	shell_state_load(&shell.state, (struct shell_slot){.address = "8", .path = "/a"});
	shell_lose_variables(&shell);
	assert_true(shell.is_lost);
	assert_null(shell_state_get(&shell.state, "a", 1));
	assert_null(shell_state_get(&shell.state, "b", 1));
	assert_string_equal(shell_state_slot(&shell.state, "8")->path, "/a");
}

static void keeps_text_while_there_is_room(void **state)
{
	char text[1000] = "";
	const char *first;
	size_t count = 0;

	(void)state;
	(void)run("");
	memset(text, 'a', sizeof(text) - 1);
	first = shell_keep(&shell, text);
	assert_ptr_not_equal(first, text);
	for (count = 1; shell_keep(&shell, text); count++)
		assert_true(count < SHELL_MEMORY_BYTES / sizeof(text));
	assert_int_equal(count, SHELL_MEMORY_BYTES / sizeof(text));
	assert_string_equal(first, text);
	assert_string_equal(shell_keep(&shell, "b"), "b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_commands_in_order),
		cmocka_unit_test(takes_the_way_of_a_condition),
		cmocka_unit_test(knows_what_is_true_on_all_ways),
		cmocka_unit_test(follows_chains),
		cmocka_unit_test(marks_commands_that_must_succeed),
		cmocka_unit_test(runs_loops),
		cmocka_unit_test(goes_on_behind_broken_constructs),
		cmocka_unit_test(limits_nesting),
		cmocka_unit_test(ends_what_has_no_end),
		cmocka_unit_test(tests_words),
		cmocka_unit_test(knows_text_without_variables),
		cmocka_unit_test(loses_variables),
		cmocka_unit_test(keeps_text_while_there_is_room),
	};

	return cmocka_run_group_tests_name("shell", tests, NULL, NULL);
}
