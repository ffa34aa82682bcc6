/* SPDX-License-Identifier: MIT */
#include "device/base/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void kernels_run_programs_of_related_machines(void **state)
{
	(void)state;
	assert_true(machine_runs(MACHINE_AMD64, MACHINE_I386));
	assert_true(machine_runs(MACHINE_ARM64, MACHINE_ARMHF));
	assert_true(machine_runs(MACHINE_ARMHF, MACHINE_ARMEL));
	assert_true(machine_runs(MACHINE_ARM64, MACHINE_ARM64));
	assert_true(machine_runs(MACHINE_UNKNOWN, MACHINE_ARM64));
	assert_true(machine_runs(MACHINE_ARM64, MACHINE_UNKNOWN));
	assert_false(machine_runs(MACHINE_I386, MACHINE_AMD64));
	assert_false(machine_runs(MACHINE_ARMHF, MACHINE_ARM64));
	assert_false(machine_runs(MACHINE_ARM64, MACHINE_AMD64));
	for (unsigned i = 1; i < MACHINE_COUNT; i++)
		assert_int_equal(machine_find(machine_name(i)), i);
	assert_int_equal(machine_find("vax"), MACHINE_UNKNOWN);
	assert_int_equal(machine_find(""), MACHINE_UNKNOWN);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernels_run_programs_of_related_machines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
