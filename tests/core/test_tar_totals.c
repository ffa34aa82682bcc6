/* SPDX-License-Identifier: MIT */
#include "core/tar/tar_totals.h"

#include "device/base/util.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NONE UINT64_MAX

static void parse(void **state)
{
	static const struct {
		const char *line;
		uint64_t bytes;
		const char *rest; /* the text before the reply */
	} cases[] = {
		{"Total bytes read: 10240 (10KiB, 1.8MiB/s)", 10240, ""},
		{"Total bytes read: 0 (0B, ?/s)", 0, ""},
		{"Total bytes read: 7945689497 (7.4GiB, 36MiB/s)", 7945689497, ""},
		{"Total bytes read: 9007199254740992 (8.0PiB, 1.0GiB/s)", 9007199254740992, ""},
		/* interrupts a warning */
		{"tar: t/f: Cannot openTotal bytes read: 931840 (910KiB, 308MiB/s)", 931840,
			"tar: t/f: Cannot open"},
		{"tar: Total bytes read: 931840 (910KiB, 308MiB/s)", 931840, "tar: "},
		/* a number at the end of the warning is not part of the count */
		{"tar: f9Total bytes read: 20480 (20KiB, 1MiB/s)", 20480, "tar: f9"},
		/* interrupts the final total, after each of its pieces */
		{"Total bytes read: Total bytes read: 20480 (20KiB, 1MiB/s)", 20480, ""},
		{"Total bytes read: 20480 (20KiB, 9MiB/s)Total bytes read: 20480 (20KiB, 1MiB/s)",
			20480, ""},
		{"xTotal bytes read: 1 (1B, 9B/s)Total bytes read: 2 (2B, 1B/s)", 2, "x"},
		/* other languages: the whole line is the reply */
		{"Gesamtzahl gelesener Bytes: 1054720 (1,1MiB, 36MiB/s)", 1054720, ""},
		{"\xe8\xaa\xad\xe3\x81\xbf: 20480 (20KiB, 1,0MiB/s)", 20480, ""},
		{"20480 (20KiB, 1.0MiB/s)", 20480, ""},
		/* bsdtar */
		{"In: 2905088 bytes, compression 0%;  Out: 892 files, 2905088 bytes", 2905088, ""},
		{"In: 0 bytes, compression -3%;  Out: 0 files, 0 bytes", 0, ""},

		{"", NONE, NULL},
		{"/s)", NONE, NULL},
		{"(/s)", NONE, NULL},
		{" (1KiB, 1/s)", NONE, NULL},
		{"x (10KiB, 1.8MiB/s)", NONE, NULL},
		{"Total bytes read: (10KiB, 1.8MiB/s)", NONE, NULL},
		{"Total bytes read: 10240", NONE, NULL},
		{"Total bytes read: 10240 (10KiB, 1.8MiB/s", NONE, NULL},
		{"Total bytes read: 10240(10KiB, 1.8MiB/s)", NONE, NULL},
		{"Total bytes read: 10240 (1.8MiB/s)", NONE, NULL},
		{"Total bytes read: 99999999999999999999 (1EiB, 1MiB/s)", NONE, NULL},
		{"Total bytes read: 999999999999999999999999999999 (1EiB, 1MiB/s)", NONE, NULL},
		/* a warning that contains a reply as a file name does not end in it */
		{"tar: Total bytes read: 9 (9B, 9B/s): Cannot open: File exists", NONE, NULL},
		{"Total bytes written: 10240 of (10KiB, 1.8MiB/s)", NONE, NULL},
		{"1 (xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx, 1MiB/s)",
			NONE, NULL},
		{"In: bytes, compression 0%;  Out: 1 files, 1 bytes", NONE, NULL},
		{"In: 12 bytes", NONE, NULL},
		{"tar: In: 12 bytes, compression 0%;  Out: 1 files, 1 bytes", NONE, NULL},
		{"Current: t/f (1017 bytes)", NONE, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t bytes = NONE;
		size_t start = 999;
		bool found = tar_totals_parse(cases[i].line, &bytes, &start);

		if (found != (cases[i].rest != NULL) || bytes != cases[i].bytes)
			fail_msg("\"%s\": %d, %llu", cases[i].line, found,
				(unsigned long long)bytes);
		if (found && (start != strlen(cases[i].rest) ||
				     strncmp(cases[i].line, cases[i].rest, start) != 0))
			fail_msg("\"%s\": starts at %zu", cases[i].line, start);
		if (!found)
			assert_int_equal(start, 999); /* untouched */
		assert_int_equal(tar_totals_parse(cases[i].line, &bytes, NULL), found);
	}
}

/* A number of any length in a line. */
static void endless_number(void **state)
{
	char line[4096];
	uint64_t bytes;

	(void)state;
	memset(line, '9', sizeof(line));
	str_copy(line + sizeof(line) - 20, 20, " (1KiB, 1MiB/s)");
	assert_false(tar_totals_parse(line, &bytes, NULL));
}

/* A reply that is cut at the end is not a reply. */
static void cut_replies(void **state)
{
	static const char *const whole[] = {
		"Total bytes read: 10240 (10KiB, 1.8MiB/s)",
		"In: 2905088 bytes, compression 0%;  Out: 892 files, 2905088 bytes",
	};
	uint64_t bytes;
	char line[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(whole); i++) {
		for (size_t length = 0; length < strlen(whole[i]); length++) {
			str_copy(line, length + 1, whole[i]);
			if (tar_totals_parse(line, &bytes, NULL))
				fail_msg("\"%s\"", line);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse),
		cmocka_unit_test(endless_number),
		cmocka_unit_test(cut_replies),
	};

	return cmocka_run_group_tests_name("totals", tests, NULL, NULL);
}
