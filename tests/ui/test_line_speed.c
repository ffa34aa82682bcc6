/* SPDX-License-Identifier: MIT */
/* Slow lines get fewer updates, and every speed has a row. */
#include "ui/term/line_speed.h"

#include "device/base/util.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void by_speed(void **state)
{
	static const struct {
		unsigned baud, frame_ms, text_ms, escape_ms;
	} cases[] = {
		{0, 250, 1000, 150},
		{50, 10000, 30000, 400},
		{1200, 10000, 30000, 400},
		{2400, 4000, 12000, 400},
		{4800, 2000, 6000, 250},
		{9600, 1000, 3000, 250},
		{19200, 1000, 3000, 250},
		{38400, 250, 1000, 250},
		{115200, 250, 1000, 250},
		{3000000, 250, 1000, 250},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct line_speed *row = line_speed_choose(cases[i].baud);

		assert_int_equal(row->frame_ms, cases[i].frame_ms);
		assert_int_equal(row->text_ms, cases[i].text_ms);
		assert_int_equal(row->escape_ms, cases[i].escape_ms);
		assert_true(row->thrifty == (cases[i].frame_ms > 250));
	}
}

static void speeds_of_termios(void **state)
{
	struct termios settings = {0};

	(void)state;
	assert_int_equal(line_speed_baud(B0), 0); /* hung up */
	assert_int_equal(cfsetospeed(&settings, B9600), 0);
	assert_int_equal(line_speed_baud(cfgetospeed(&settings)), 9600);
	assert_int_equal(cfsetospeed(&settings, B115200), 0);
	assert_int_equal(line_speed_baud(cfgetospeed(&settings)), 115200);
	assert_int_equal(line_speed_baud(B2400), 2400);
	assert_int_equal(line_speed_baud(B1500000), 1500000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_speed),
		cmocka_unit_test(speeds_of_termios),
	};

	return cmocka_run_group_tests_name("line_speed", tests, NULL, NULL);
}
