/* SPDX-License-Identifier: MIT */
/* All ways in which a terminal may answer, or not. */
#include "ui/term/term_query.h"

#include "device/base/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
/* after the above */
#include <cmocka.h>

#define START 1000

static const struct answer {
	const char *name, *bytes;
	int rows, cols;
	bool utf8;
	const char *typed;
	unsigned ms; /* the query is over this long after the last byte */
} answers[] = {
	{"UTF-8", "\033[24;80R\033[1;2R\033[?1;2c", 24, 80, true, "", 0},
	{"Latin-1", "\033[24;80R\033[1;3R\033[?1;2c", 24, 80, false, "", 0},
	{"large", "\033[60;200R\033[17;2R\033[?62;1;6;9c", 60, 200, true, "", 0},
	{"silent", "", 0, 0, false, "", TERM_QUERY_MS},
	{"identity alone", "\033[?1;2c", 0, 0, false, "", 50},
	{"size alone", "\033[24;80R", 24, 80, false, "", TERM_QUERY_MS},
	{"size missing", "\033[1;2R\033[?1;2c", 0, 0, true, "", 50},
	{"positions swapped", "\033[1;2R\033[24;80R\033[?1;2c", 24, 80, true, "", 0},
	{"identity first", "\033[?1;2c\033[24;80R\033[1;2R", 24, 80, true, "", 0},
	{"keys between", "a\033[24;80Rb\r\033[1;2R\033[A\033[?1;2cq", 24, 80, true, "ab\r\033[Aq",
		0},
	{"the mouse between", "\033[M pc\033[24;80R\033(p\033[1;2R\033[?1;2c\033[M !q", 24, 80,
		true, "\033[M pc\033(p\033[M !q", 0},
	{"a key inside", "\033[24;8x0R\033[1;2R\033[?1;2c", 0, 0, true, "\033[24;8x0R", 50},
	{"Escape before", "\033\033[24;80R\033[1;2R\033[?6c", 24, 80, true, "\033", 0},
	{"Escape behind", "\033[24;80R\033[1;2R\033", 24, 80, true, "\033", TERM_QUERY_MS},
	{"cut off", "\033[24;80R\033[1;", 24, 80, false, "\033[1;", TERM_QUERY_MS},
	{"too small", "\033[1;1R\033[1;2R\033[?1c", 0, 0, true, "", 0},
	{"no edges", "\033[999;999R\033[1;2R\033[?1c", 0, 0, true, "", 0},
	{"zero", "\033[0;0R\033[0;0R\033[?1c", 0, 0, false, "", 0},
	{"overflow", "\033[4294967320;80R\033[1;2R\033[?1c", 0, 0, true, "\033[4294967320;80R", 50},
	{"negative", "\033[-24;80R\033[?1c", 0, 0, false, "", 50},
	{"window report", "\033[8;24;80t\033[?1c", 0, 0, false, "\033[8;24;80t", 50},
	{"garbage", "\377\376xyz\033\033[\033]\033[;;;R", 0, 0, false,
		"\377\376xyz\033\033[\033]\033[;;;R", TERM_QUERY_MS},
	{"endless", "\033[1111111111111111111111111111111R", 0, 0, false,
		"\033[1111111111111111111111111111111R", TERM_QUERY_MS},
	{"echo", TERM_QUERY_TEXT, 0, 0, false, "", 0},
	{"echo with answers", TERM_QUERY_TEXT "\033[24;80R\033[1;2R\033[?1;2c", 0, 0, false, "", 0},
};

static void check(const struct answer *a)
{
	struct term_query query;

	term_query_begin(&query, START);
	assert_true(query.active);
	for (const char *s = a->bytes; *s; s++)
		term_query_feed(&query, *s, START);
	if (a->ms > 0 && term_query_is_over(&query, START + a->ms - 1))
		fail_msg("%s: over too soon", a->name);
	if (!term_query_is_over(&query, START + a->ms))
		fail_msg("%s: not over", a->name);
	term_query_end(&query);
	assert_false(query.active);
	if (query.rows != a->rows || query.cols != a->cols || query.utf8 != a->utf8)
		fail_msg("%s: %d x %d, UTF-8 %d", a->name, query.rows, query.cols, query.utf8);
	if (query.typed_count != strlen(a->typed) ||
		memcmp(query.typed, a->typed, query.typed_count) != 0)
		fail_msg("%s: typed \"%.*s\"", a->name, (int)query.typed_count, query.typed);
}

static void all_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
		check(&answers[i]);
}

static void request_is_short(void **state)
{
	(void)state;
	assert_in_range(strlen(TERM_QUERY_TEXT), 1, 40);
}

static void times_out(void **state)
{
	struct term_query query;

	(void)state;
	term_query_begin(&query, START);
	term_query_feed(&query, 'x', START + 399);
	assert_false(term_query_is_over(&query, START + 399));
	assert_true(term_query_is_over(&query, START + 400));
	/* The identity never extends the timeout. */
	for (const char *s = "\033[?1;2c"; *s; s++)
		term_query_feed(&query, *s, START + 399);
	assert_true(term_query_is_over(&query, START + 400));
}

static void full_of_keys(void **state)
{
	struct term_query query;

	(void)state;
	term_query_begin(&query, START);
	for (size_t i = 0; i < sizeof(query.typed); i++) {
		assert_false(term_query_is_over(&query, START));
		term_query_feed(&query, (char)('a' + i % 26), START);
	}
	assert_true(term_query_is_over(&query, START));
	term_query_feed(&query, '!', START);
	term_query_end(&query);
	assert_int_equal(query.typed_count, sizeof(query.typed));
	for (size_t i = 0; i < query.typed_count; i++)
		assert_int_equal(query.typed[i], 'a' + i % 26);
}

/* With random input, typed bytes keep their order, and a size is plausible. */
static void random_input(void **state)
{
	static const char alphabet[] = "\033[[;;?0123456789Rcnx";
	unsigned seed = 20260101;

	(void)state;
	for (int round = 0; round < 100000; round++) {
		char bytes[64];
		struct term_query query;
		size_t at = 0;

		term_query_begin(&query, START);
		for (size_t i = 0; i < sizeof(bytes); i++) {
			bytes[i] = alphabet[(unsigned)rand_r(&seed) % (sizeof(alphabet) - 1)];
			term_query_feed(&query, bytes[i], START);
		}
		term_query_end(&query);
		for (size_t i = 0; i < query.typed_count; i++, at++)
			while (at < sizeof(bytes) && bytes[at] != query.typed[i])
				at++;
		assert_true(at <= sizeof(bytes));
		assert_true(query.cols == 0 || (query.rows >= 4 && query.rows < 999));
		assert_true(query.cols == 0 || (query.cols >= 4 && query.cols < 999));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_answers),
		cmocka_unit_test(request_is_short),
		cmocka_unit_test(times_out),
		cmocka_unit_test(full_of_keys),
		cmocka_unit_test(random_input),
	};

	return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
