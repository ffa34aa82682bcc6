/* SPDX-License-Identifier: MIT */
#include "core/process/ratelimit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Returns how many of @count tokens, requested every @step_ms from @from_ms on, are granted. */
static unsigned taken(struct ratelimit *limit, uint64_t from_ms, unsigned step_ms, unsigned count)
{
	unsigned n = 0;

	for (unsigned i = 0; i < count; i++)
		n += ratelimit_take(limit, from_ms + (uint64_t)i * step_ms);
	return n;
}

static void some_at_once_then_one_a_period(void **state)
{
	struct ratelimit limit = {.burst = 4, .period_ms = 1000};

	(void)state;
	assert_int_equal(taken(&limit, 50000, 0, 100), 4);
	assert_int_equal(taken(&limit, 50999, 0, 100), 0);
	assert_int_equal(taken(&limit, 51000, 0, 100), 1);
	assert_int_equal(taken(&limit, 54000, 0, 100), 3);
	/* A long pause saves no more than the burst. */
	assert_int_equal(taken(&limit, 500000, 0, 100), 4);
}

static void a_flood_for_two_minutes(void **state)
{
	struct ratelimit limit = {.burst = 4, .period_ms = 5000};

	(void)state;
	assert_int_equal(taken(&limit, 0, 10, 12000), 4 + 120000 / 5000 - 1);
}

static void slow_events_are_never_refused(void **state)
{
	struct ratelimit limit = {.burst = 1, .period_ms = 1000};

	(void)state;
	assert_int_equal(taken(&limit, 0, 1000, 100), 100);
	assert_int_equal(taken(&limit, 200000, 500, 100), 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(some_at_once_then_one_a_period),
		cmocka_unit_test(a_flood_for_two_minutes),
		cmocka_unit_test(slow_events_are_never_refused),
	};

	return cmocka_run_group_tests_name("limit", tests, NULL, NULL);
}
