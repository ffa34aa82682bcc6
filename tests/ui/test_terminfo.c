/* SPDX-License-Identifier: MIT */
/* Terminals of the family use the built-in descriptions, and all others the installed ones. */
#include "ui/term/terminfo.h"

#include "device/base/util.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* after the above */
#include <cmocka.h>

static void chooses_entry(void **state)
{
	static const struct {
		const char *type, *entry; /* entry NULL: the installed one */
	} cases[] = {
		{"vt100", "boardstrap-mono"},
		{"vt102", "boardstrap-mono"},
		{"vt220", "boardstrap-mono"},
		{"linux", "boardstrap"},
		{"putty", "boardstrap-page"},
		{"screen", "boardstrap-page"},
		{"tmux-256color", "boardstrap-page"},
		{"xterm", "boardstrap-page"},
		{"xterm-256color", "boardstrap-page"},
		{"wyse60", NULL},
		{"vt52", NULL},
		{"foobar", "boardstrap"},
		{"", "boardstrap"},
		{NULL, "boardstrap"},
	};
	_cleanup_close_ int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *type = cases[i].type, *want = cases[i].entry;
		struct terminfo terminfo;
		char note[200];

		assert_int_equal(terminfo_choose(&terminfo, type, fd, note, sizeof(note)), 0);
		/* Some machines have fewer descriptions installed. */
		if (type && type[0] && strcmp(type, "foobar") != 0 && note[0]) {
			print_message("SKIPPED: %s: %s\n", type, note);
			continue;
		}
		assert_string_equal(terminfo.type, want ? want : type);
		assert_true(!!terminfo.entry == !!want);
		assert_true(!!note[0] == (!type || !type[0] || strcmp(type, "foobar") == 0));
	}
}

static void environment_is_restored(void **state)
{
	const struct terminfo ours = {.entry = &terminfo_built_in[0]}, other = {.type = "wyse60"};

	(void)state;
	assert_int_equal(setenv("TERMINFO", "/nonexistent", 1), 0);
	terminfo_offer(&ours);
	assert_memory_equal(getenv("TERMINFO"), "b64:", 4);
	terminfo_withdraw(&ours);
	assert_string_equal(getenv("TERMINFO"), "/nonexistent");
	terminfo_offer(&other);
	assert_string_equal(getenv("TERMINFO"), "/nonexistent");
	terminfo_withdraw(&other);
	assert_int_equal(unsetenv("TERMINFO"), 0);
	terminfo_offer(&ours);
	terminfo_withdraw(&ours);
	assert_null(getenv("TERMINFO"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chooses_entry),
		cmocka_unit_test(environment_is_restored),
	};

	return cmocka_run_group_tests_name("terminfo", tests, NULL, NULL);
}
