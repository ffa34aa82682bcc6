/* SPDX-License-Identifier: MIT */
#include "core/install/phases.h"
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

/* An install of the boot loader alone does nothing to table and filesystems. */
static void a_scope_has_its_steps(void **state)
{
	static const enum step_id boot[] = {
		STEP_OPEN, STEP_CHECK, STEP_LOCK, STEP_COMMIT, STEP_COUNT};

	(void)state;
	for (size_t i = 0; i + 1 < ARRAY_SIZE(boot); i++)
		assert_int_equal(step_after(SCOPE_BOOT, boot[i]), boot[i + 1]);
	for (enum step_id step = STEP_OPEN; step < STEP_COUNT; step++)
		assert_int_equal(step_after(SCOPE_ALL, step), step + 1);
	for (unsigned scope = 0; scope < SCOPE_COUNT; scope++)
		for (enum step_id step = STEP_OPEN; step < STEP_COUNT; step++)
			assert_int_equal(step_is_of(scope, step), phase_of(scope, step, 0) != NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_stable),
		cmocka_unit_test(end_follows_the_last_step),
		cmocka_unit_test(a_scope_has_its_steps),
	};

	return cmocka_run_group_tests_name("steps", tests, NULL, NULL);
}
