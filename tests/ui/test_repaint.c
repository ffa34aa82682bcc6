/* SPDX-License-Identifier: MIT */
#include "ui/term/repaint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void clean_screen_needs_no_repaint(void **state)
{
	struct repaint repair = {0};

	(void)state;
	assert_int_equal(repaint_wait_ms(&repair, 5000), -1);
	assert_false(repaint_take(&repair, 5000));
}

static void one_message_one_repaint(void **state)
{
	struct repaint repair = {0};

	(void)state;
	repaint_note(&repair, 5000);
	assert_int_equal(repaint_wait_ms(&repair, 5000), REPAINT_AFTER_MS);
	assert_false(repaint_take(&repair, 5000 + REPAINT_AFTER_MS - 1));
	assert_int_equal(repaint_wait_ms(&repair, 9000), 0);
	assert_true(repaint_take(&repair, 5000 + REPAINT_AFTER_MS));
	assert_int_equal(repaint_wait_ms(&repair, 9000), -1);
	assert_false(repaint_take(&repair, 9000));
}

/* A message every @every_ms for ten seconds, checked every 10 ms. */
static void chatty(unsigned every_ms)
{
	struct repaint repair = {0};
	uint64_t last = 0, first_soiled = 0, now;
	unsigned count = 0;

	for (now = 5000; now < 15000; now += 10) {
		if ((now - 5000) % every_ms == 0) {
			repaint_note(&repair, now);
			first_soiled = first_soiled ? first_soiled : now;
		}
		if (!repaint_take(&repair, now))
			continue;
		if (count == 0)
			assert_true(now - first_soiled <= 500);
		else
			assert_true(now - last >= REPAINT_EVERY_MS);
		last = now;
		count++;
	}
	assert_true(count >= 9 && count <= 10);
	/* No repaint is left at the end. */
	for (; now < 20000; now += 10)
		if (repaint_take(&repair, now))
			last = now;
	assert_int_equal(repaint_wait_ms(&repair, now), -1);
	assert_true(last >= repair.soiled_ms + REPAINT_AFTER_MS);
}

static void at_most_once_a_second(void **state)
{
	(void)state;
	chatty(10);
	chatty(150);
	chatty(330);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clean_screen_needs_no_repaint),
		cmocka_unit_test(one_message_one_repaint),
		cmocka_unit_test(at_most_once_a_second),
	};

	return cmocka_run_group_tests_name("repair", tests, NULL, NULL);
}
