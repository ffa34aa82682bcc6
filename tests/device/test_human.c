/* SPDX-License-Identifier: MIT */
#include "device/base/human.h"

#include "device/base/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void sizes(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{0, "0 B"},
		{512, "512 B"},
		{1023, "1023 B"},
		{1024, "1 KiB"},
		{1536, "1.5 KiB"},
		{MIB(4), "4 MiB"},
		{MIB(4) - 1, "4 MiB"},
		{MIB(204) + KIB(700), "205 MiB"},
		{MIB(740), "740 MiB"},
		{GIB(1) - 1, "1 GiB"},
		{7818182656, "7.3 GiB"},
		{31914983424, "29.7 GiB"},
		{GIB(8), "8 GiB"},
		{GIB(1023) + MIB(1000), "1 TiB"},
		{UINT64_MAX, "16 EiB"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(human_size(cases[i].bytes).s, cases[i].text);
}

static void exact_sizes(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{0, "0 B"},
		{1, "1 B"},
		{1023, "1023 B"},
		{1024, "1 KiB"},
		{1025, "1025 B"},
		{KIB(64), "64 KiB"},
		{KIB(64) + 1, "65537 B"},
		{MIB(1536), "1536 MiB"},
		{GIB(3), "3 GiB"},
		{GIB(1024), "1 TiB"},
		{UINT64_C(15) << 60, "15 EiB"},
		{UINT64_MAX, "18446744073709551615 B"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(human_exact(cases[i].bytes).s, cases[i].text);
}

static void done_of(void **state)
{
	(void)state;
	assert_string_equal(human_done_of(MIB(453), MIB(740), " / ").s, "453 / 740 MiB");
	assert_string_equal(human_done_of(MIB(453), MIB(740), "/").s, "453/740 MiB");
	assert_string_equal(human_done_of(0, GIB(2), " / ").s, "0.0 / 2.0 GiB");
	assert_string_equal(human_done_of(GIB(2) - 1, GIB(2), " / ").s, "1.9 / 2.0 GiB");
	assert_string_equal(human_done_of(MIB(740), MIB(740), " / ").s, "740 / 740 MiB");
	/* One byte less than the total is not complete. */
	assert_string_equal(human_done_of(MIB(740) - 1, MIB(740), " / ").s, "739 / 740 MiB");
	/* Unknown, or wrong. */
	assert_string_equal(human_done_of(MIB(453), 0, " / ").s, "453 MiB");
	assert_string_equal(human_done_of(MIB(800), MIB(740), " / ").s, "740 / 740 MiB");
}

/* For all numbers: the first one is never larger than the total. */
static void done_is_within_total(void **state)
{
	(void)state;
	srand(1);
	for (int i = 0; i < 20000; i++) {
		uint64_t total = ((uint64_t)rand() << 31 | (uint64_t)rand()) >> (rand() % 60);
		uint64_t done = total ? (uint64_t)((double)total * (rand() % 1001) / 1000) : 0;
		struct human_text text = human_done_of(done, total, "/");
		char *rest;
		double at = strtod(text.s, &rest);

		if (total == 0)
			continue;
		assert_true(*rest == '/');
		assert_true(at <= strtod(rest + 1, NULL));
		assert_true(strlen(text.s) < sizeof(text.s) - 1);
	}
}

static void rates(void **state)
{
	(void)state;
	assert_string_equal(human_rate(0).s, "0 B/s");
	assert_string_equal(human_rate(37958451).s, "36.2 MiB/s");
	assert_string_equal(human_rate(MIB(36)).s, "36.0 MiB/s");
	assert_string_equal(human_rate(UINT64_MAX).s, "16.0 EiB/s");
}

static void counts(void **state)
{
	(void)state;
	assert_string_equal(human_count(0).s, "0");
	assert_string_equal(human_count(999).s, "999");
	assert_string_equal(human_count(1000).s, "1,000");
	assert_string_equal(human_count(19318).s, "19,318");
	assert_string_equal(human_count(UINT64_MAX).s, "18,446,744,073,709,551,615");
}

static void durations(void **state)
{
	(void)state;
	assert_string_equal(human_duration(0).s, "0:00");
	assert_string_equal(human_duration(36).s, "0:36");
	assert_string_equal(human_duration(725).s, "12:05");
	assert_string_equal(human_duration(3599).s, "59:59");
	assert_string_equal(human_duration(3723).s, "1:02:03");
	assert_string_equal(human_left(19).s, "about 0:19 left");
	assert_string_equal(human_left(-1).s, "time left unknown");
	/* The largest values are not cut. */
	assert_string_equal(human_left(INT64_MAX).s, "about 2562047788015215:30:07 left");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(exact_sizes),
		cmocka_unit_test(done_of),
		cmocka_unit_test(done_is_within_total),
		cmocka_unit_test(rates),
		cmocka_unit_test(counts),
		cmocka_unit_test(durations),
	};

	return cmocka_run_group_tests_name("human", tests, NULL, NULL);
}
