/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/shell_state.h"

#include "tests/lib/sandbox.h"

#include "device/base/util.h"

static const char *value_of(const struct shell_state *state, const char *name)
{
	return shell_state_get(state, name, strlen(name));
}

static void keeps_variables(void **state)
{
	struct shell_state s = {0};

	(void)state;
	assert_null(value_of(&s, "a"));
	shell_state_set(&s, "a", "1");
	shell_state_set(&s, "ab", "2");
	shell_state_set(&s, "b", "");
	assert_string_equal(value_of(&s, "a"), "1");
	assert_string_equal(value_of(&s, "ab"), "2");
	assert_string_equal(value_of(&s, "b"), "");
	/* Only whole names, of which the length counts. */
	assert_null(value_of(&s, "abc"));
	assert_null(value_of(&s, ""));
	assert_string_equal(shell_state_get(&s, "abc", 2), "2");
	assert_string_equal(shell_state_get(&s, "abc", 1), "1");
	shell_state_set(&s, "a", "3");
	assert_string_equal(value_of(&s, "a"), "3");
	shell_state_set(&s, "a", NULL);
	shell_state_set(&s, "never set", NULL);
	assert_null(value_of(&s, "a"));
	assert_string_equal(value_of(&s, "ab"), "2");
	assert_string_equal(value_of(&s, "b"), "");
	assert_int_equal(s.variable_count, 2);
}

static void does_not_know_variables_without_room(void **state)
{
	static char names[SHELL_VARIABLES_MAX + 1][8];
	struct shell_state s = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_true(STR_FORMAT(names[i], "n%zu", i));
		shell_state_set(&s, names[i], "1");
	}
	assert_string_equal(value_of(&s, names[SHELL_VARIABLES_MAX - 1]), "1");
	assert_null(value_of(&s, names[SHELL_VARIABLES_MAX]));
	shell_state_set(&s, names[0], "2");
	assert_string_equal(value_of(&s, names[0]), "2");
	shell_state_set(&s, names[0], NULL);
	shell_state_set(&s, names[SHELL_VARIABLES_MAX], "3");
	assert_string_equal(value_of(&s, names[SHELL_VARIABLES_MAX]), "3");
}

static void keeps_files_by_address(void **state)
{
	struct shell_state s = {0};

	(void)state;
	assert_null(shell_state_slot(&s, "80"));
	shell_state_load(&s, (struct shell_slot){.address = "80", .path = "/a"});
	shell_state_load(
		&s, (struct shell_slot){.address = "800", .path = "/b", .root = "LABEL=b"});
	assert_string_equal(shell_state_slot(&s, "80")->path, "/a");
	assert_null(shell_state_slot(&s, "80")->root);
	assert_string_equal(shell_state_slot(&s, "800")->root, "LABEL=b");
	assert_null(shell_state_slot(&s, "8"));
	/* The last file counts. */
	shell_state_load(&s, (struct shell_slot){.address = "800", .dir = "/c"});
	assert_int_equal(s.slot_count, 2);
	assert_null(shell_state_slot(&s, "800")->path);
	assert_null(shell_state_slot(&s, "800")->root);
	assert_string_equal(shell_state_slot(&s, "800")->dir, "/c");
}

static void does_not_know_files_without_room(void **state)
{
	static char addresses[SHELL_SLOTS_MAX + 1][8];
	struct shell_state s = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		assert_true(STR_FORMAT(addresses[i], "%zx", i));
		shell_state_load(&s, (struct shell_slot){.address = addresses[i], .path = "/a"});
	}
	assert_string_equal(shell_state_slot(&s, addresses[SHELL_SLOTS_MAX - 1])->path, "/a");
	assert_null(shell_state_slot(&s, addresses[SHELL_SLOTS_MAX]));
	shell_state_load(&s, (struct shell_slot){.address = addresses[0], .path = "/b"});
	assert_string_equal(shell_state_slot(&s, addresses[0])->path, "/b");
}

static void forgets_files(void **state)
{
	struct shell_state s = {.overlays = {"/o"}, .overlay_count = 1};

	(void)state;
	shell_state_set(&s, "a", "1");
	shell_state_load(&s, (struct shell_slot){.address = "1", .path = "/a", .root = "LABEL=a"});
	shell_state_load(&s, (struct shell_slot){.address = "2", .dir = "/d"});
	shell_state_forget_files(&s);
	assert_string_equal(value_of(&s, "a"), "1");
	/* Something is there, but not known. */
	assert_non_null(shell_state_slot(&s, "1"));
	assert_null(shell_state_slot(&s, "1")->path);
	assert_null(shell_state_slot(&s, "1")->root);
	assert_null(shell_state_slot(&s, "2")->dir);
	assert_true(s.overlays_unknown);
}

/* ---- merges ---- */

#define WORDS_MAX 8

/* A state as words: NAME=VALUE; @ADDRESS and the file there, "/PATH", "/DIR/" or "?", and "#ROOT";
 * +OVERLAY, of which "+?" is that they are not known; "!" for the end of the script. The words
 * are in @text. */
static struct shell_state state_of(char *text)
{
	struct shell_state ret = {0};
	char *save;

	for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		char *root = strchr(word, '#'), *value = word + strcspn(word, "=/?");

		if (root)
			*root++ = '\0';
		if (*word == '!') {
			ret.is_over = true;
		} else if (strcmp(word, "+?") == 0) {
			ret.overlays_unknown = true;
		} else if (*word == '+') {
			ret.overlays[ret.overlay_count++] = word + 1;
		} else if (*word == '@') {
			struct shell_slot slot = {.address = word + 1, .root = root};

			if (strcmp(value, "/") != 0 && value[strlen(value) - 1] == '/')
				slot.dir = value + 1;
			else if (*value == '/')
				slot.path = value + 1;
			*value = '\0';
			shell_state_load(&ret, slot);
		} else {
			*value++ = '\0';
			shell_state_set(&ret, word, value);
		}
	}
	return ret;
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* The words of a state, in alphabetical order. */
static const char *words_of(const struct shell_state *state)
{
	static char text[256];
	char words[WORDS_MAX][32];
	size_t count = 0;

	for (size_t i = 0; i < state->variable_count; i++)
		(void)STR_FORMAT(words[count++], "%s=%s", state->variables[i].name,
			state->variables[i].value);
	for (size_t i = 0; i < state->slot_count; i++) {
		const struct shell_slot *slot = &state->slots[i];
		const char *path = slot->path ? slot->path : slot->dir;

		(void)STR_FORMAT(words[count++], "@%s%s%s%s%s", slot->address, path ? "/" : "?",
			path ? path : "", slot->root ? "#" : "", slot->root ? slot->root : "");
	}
	for (size_t i = 0; i < state->overlay_count; i++)
		(void)STR_FORMAT(words[count++], "+%s", state->overlays[i]);
	if (state->overlays_unknown)
		(void)STR_COPY(words[count++], "+?");
	if (state->is_over)
		(void)STR_COPY(words[count++], "!");
	assert_true(count <= WORDS_MAX);
	qsort(words, count, sizeof(words[0]), compare);
	text[0] = '\0';
	for (size_t i = 0; i < count; i++)
		(void)str_format(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
			i > 0 ? " " : "", words[i]);
	return text;
}

static void expect_merged(const char *one, const char *other, const char *merged)
{
	char text[2][128];
	struct shell_state state, from;

	assert_true(STR_COPY(text[0], one) && STR_COPY(text[1], other));
	state = state_of(text[0]);
	from = state_of(text[1]);
	shell_state_merge(&state, &from);
	assert_string_equal(words_of(&state), merged);
}

static void merges_what_is_true_for_both(void **state)
{
	static const struct {
		const char *one, *other, *merged;
	} cases[] = {
		{"", "", ""},
		/* Variables. */
		{"a=1", "a=1", "a=1"},
		{"a=1", "a=2", ""},
		{"a=1", "a=", ""},
		{"a=1", "", ""},
		{"a=", "a=", "a="},
		{"a=1 b=2 c=3 d=4", "d=4 c=4 b=2 e=1", "b=2 d=4"},
		/* Files: an address that only one has is known to be in use. */
		{"@8/k", "@8/k", "@8/k"},
		{"@8/k", "@8/l", "@8?"},
		{"@8/k", "", "@8?"},
		{"@8/k", "@9/k", "@8? @9?"},
		{"@8/k @9/i", "@9/i @8/l", "@8? @9/i"},
		{"@8/k#LABEL=a", "@8/k#LABEL=a", "@8/k#LABEL=a"},
		{"@8/k#LABEL=a", "@8/k#LABEL=b", "@8?"},
		{"@8/k#LABEL=a", "@8/k", "@8?"},
		{"@8/d/", "@8/d/", "@8/d/"},
		{"@8/d/", "@8/e/", "@8?"},
		{"@8/d/", "@8/d/k", "@8?"},
		{"@8/d/", "@8?", "@8?"},
		/* Overlays, in their order. */
		{"+a +b", "+a +b", "+a +b"},
		{"+a +b", "+b +a", "+?"},
		{"+a +b", "+a", "+?"},
		{"+a", "", "+?"},
		{"+?", "+a", "+?"},
		{"+?", "", "+?"},
		/* All of them. */
		{"a=1 @8/k +o", "a=1 @8/k +o", "+o @8/k a=1"},
		{"a=1 @8/k +o", "a=2 @8/l +p", "+? @8?"},
		/* The script does not go on from its end. */
		{"a=1 @8/k +o !", "a=2", "a=2"},
		{"! +?", "a=1 @8/k", "@8/k a=1"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		expect_merged(cases[i].one, cases[i].other, cases[i].merged);
		expect_merged(cases[i].other, cases[i].one, cases[i].merged);
	}
	expect_merged("a=1 !", "a=1 !", "! a=1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_variables),
		cmocka_unit_test(does_not_know_variables_without_room),
		cmocka_unit_test(keeps_files_by_address),
		cmocka_unit_test(does_not_know_files_without_room),
		cmocka_unit_test(forgets_files),
		cmocka_unit_test(merges_what_is_true_for_both),
	};

	return cmocka_run_group_tests_name("shell_state", tests, NULL, NULL);
}
