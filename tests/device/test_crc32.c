/* SPDX-License-Identifier: MIT */
#include "device/base/crc32.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* The check value of the catalogue of CRC algorithms, and the ends. */
static void known_values(void **state)
{
	(void)state;
	assert_int_equal(crc32("123456789", 9), 0xcbf43926);
	assert_int_equal(crc32("", 0), 0);
	assert_int_equal(crc32("\0", 1), 0xd202ef8d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(known_values)};

	return cmocka_run_group_tests_name("crc32", tests, NULL, NULL);
}
