/* SPDX-License-Identifier: MIT */
/*
 * speed - promises of speed. Only a machine that does nothing else can keep them, so they are judged with
 * SPEED=1 in the environment (`make bench-screens`). Otherwise the limit is twenty times as high: it still
 * fails what hangs or polls with a long pause, and lets a busy machine pass.
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

/* Reports what took @ms, and fails where that is more than the @most that is promised. */
static inline void assert_speed(const char *what, uint64_t ms, uint64_t most)
{
	const char *speed = getenv("SPEED");
	bool judged = speed && strcmp(speed, "1") == 0;

	print_message("%s: %u ms, of %u ms promised\n", what, (unsigned)ms, (unsigned)most);
	assert_in_range(ms, 0, judged ? most : 20 * most);
}

#endif
