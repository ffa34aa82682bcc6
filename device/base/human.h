/* SPDX-License-Identifier: MIT */
/*
 * text - numbers as people read them, pure. Each call returns its words by value, to be used right
 * there: printf("%s\n", text_size(bytes).s).
 */
#ifndef UI_TEXT_H
#define UI_TEXT_H

#include <stdint.h>

struct text {
	char s[48];
};

/* "512 B", "4 MiB", "204 MiB", "7.3 GiB": one decimal below 10 of a unit and from GiB on, but never
 * ".0". */
struct text text_size(uint64_t bytes);

/* "453 / 740 MiB" with @between as " / ": both in the unit of @total, the first rounded down so that
 * the two agree only at the end. A @total of 0 is unknown: "453 MiB". */
struct text text_done_of(uint64_t done, uint64_t total, const char *between);

/* "36.2 MiB/s": always one decimal from KiB on, so that columns hold still. */
struct text text_rate(uint64_t bytes_per_second);

/* "19,318" */
struct text text_count(uint64_t count);

/* "0:36", "12:05", "1:02:03" */
struct text text_duration(uint64_t seconds);

/* "about 0:19 left", and "time left unknown" where @eta_s is negative. */
struct text text_left(int64_t eta_s);

#endif
