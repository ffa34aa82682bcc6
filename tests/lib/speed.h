/* SPDX-License-Identifier: MIT */
/*
 * speed - time limits. Only an idle machine can keep them, so they are enforced with SPEED=1 in the
 * environment (`make bench-screens`). Otherwise the limit is twenty times as high: that still
 * catches hangs and slow polling, and tolerates a busy machine.
 */
#ifndef TESTS_SPEED_H
#define TESTS_SPEED_H

#include "device/base/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Prints that @what took @ms, and fails if that exceeds @most. */
static inline void assert_speed(const char *what, uint64_t ms, uint64_t most)
{
	const char *speed = getenv("SPEED");
	bool judged = speed && strcmp(speed, "1") == 0;

	print_message("%s: %u ms, of %u ms promised\n", what, (unsigned)ms, (unsigned)most);
	assert_in_range(ms, 0, judged ? most : 20 * most);
}

#endif
