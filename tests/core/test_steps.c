/* SPDX-License-Identifier: MIT */
#include "core/install/steps.h"

#include "device/base/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Programs read these words from --json: they and their order stay. */
static void words_in_their_order(void **state)
{
	static const char *const words[] = {"scan", "check", "lock", "wipe", "table", "mkfs",
		"extract", "flush", "verify", "commit"};

	(void)state;
	assert_int_equal(ARRAY_SIZE(words), STEP_COUNT);
	for (enum step_id step = STEP_SCAN; step < STEP_COUNT; step++)
		assert_string_equal(step_name(step), words[step]);
}

static void nothing_but_an_end_behind_the_last(void **state)
{
	(void)state;
	assert_string_equal(step_name(STEP_COUNT), "end");
	assert_string_equal(step_name((enum step_id)(STEP_COUNT + 1)), "end");
}

/* What makes the steps safe: the medium can boot only from the last one on, and all that may refuse
 * comes before the first write. */
static void writes_lie_between_checks_and_commit(void **state)
{
	static const enum step_id writing[] = {
		STEP_WIPE, STEP_TABLE, STEP_MKFS, STEP_EXTRACT, STEP_FLUSH};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(writing); i++) {
		assert_true(STEP_SCAN < writing[i]);
		assert_true(STEP_CHECK < writing[i]);
		assert_true(STEP_LOCK < writing[i]);
		assert_true(STEP_VERIFY > writing[i]);
	}
	assert_true(STEP_COMMIT > STEP_VERIFY);
	assert_int_equal(STEP_COMMIT + 1, STEP_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_in_their_order),
		cmocka_unit_test(nothing_but_an_end_behind_the_last),
		cmocka_unit_test(writes_lie_between_checks_and_commit),
	};

	return cmocka_run_group_tests_name("steps", tests, NULL, NULL);
}
