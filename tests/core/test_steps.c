/* SPDX-License-Identifier: MIT */
#include "core/install/steps.h"

#include "device/base/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Programs read these words from --json: names and order are stable. The order also keeps an
 * install safe: every step that may refuse comes before the first write, and only the last one
 * makes the medium bootable. */
static void names_are_stable(void **state)
{
	static const char *const words[] = {"scan", "check", "lock", "wipe", "table", "mkfs",
		"extract", "flush", "verify", "commit"};

	(void)state;
	assert_int_equal(ARRAY_SIZE(words), STEP_COUNT);
	for (enum step_id step = STEP_OPEN; step < STEP_COUNT; step++)
		assert_string_equal(step_name(step), words[step]);
}

static void end_follows_the_last_step(void **state)
{
	(void)state;
	assert_string_equal(step_name(STEP_COUNT), "end");
	assert_string_equal(step_name((enum step_id)(STEP_COUNT + 1)), "end");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_stable),
		cmocka_unit_test(end_follows_the_last_step),
	};

	return cmocka_run_group_tests_name("steps", tests, NULL, NULL);
}
