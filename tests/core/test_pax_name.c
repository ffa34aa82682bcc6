/* SPDX-License-Identifier: MIT */
#include "core/format/pax_name.h"

#include "tests/lib/sandbox.h"

static void judges_names(void **state)
{
	(void)state;
	assert_true(pax_name_is_utf8("caf\xc3\xa9"));
	assert_false(pax_name_is_utf8("caf\xe9"));
	assert_false(pax_name_is_decomposed("caf\xc3\xa9"));
	assert_true(pax_name_is_decomposed("cafe\xcc\x81"));
	assert_true(pax_name_is_decomposed("\xe9 cafe\xcc\x81"));
	assert_true(pax_name_is_decomposed("\xe1\x84\x80\xe1\x85\xa1")); /* Hangul */
	assert_false(pax_name_is_decomposed("\xea\xb0\x80"));
	assert_true(pax_name_is_utf8(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_names),
	};

	return cmocka_run_group_tests_name("pax_name", tests, NULL, NULL);
}
