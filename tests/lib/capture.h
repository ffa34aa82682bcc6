/* SPDX-License-Identifier: MIT */
/* capture - a stream in memory, for tests that compare output. */
#ifndef TESTS_CAPTURE_H
#define TESTS_CAPTURE_H

#include "device/base/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static FILE *out;
static char *capture_text;
static size_t capture_bytes, capture_taken;

/* cmocka setup and teardown; others may call them. 0 or -1. */
static inline int capture_open(void **state)
{
	(void)state;
	capture_taken = 0;
	out = open_memstream(&capture_text, &capture_bytes);
	return out ? 0 : -1;
}

static inline int capture_close(void **state)
{
	(void)state;
	(void)fclose(out);
	free(capture_text);
	return 0;
}

/* Returns the output since the last call; valid until the next one. */
static inline const char *capture_take(void)
{
	static char last[65536];

	assert_int_equal(fflush(out), 0);
	assert_true(STR_COPY(last, capture_text + capture_taken));
	capture_taken = capture_bytes;
	return last;
}

#endif
