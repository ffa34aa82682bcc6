/* SPDX-License-Identifier: MIT */
/*
 * human - numbers as people read them, pure. Each call returns its words by value, to be used right
 * there: printf("%s\n", human_size(bytes).s).
 */
#ifndef DEVICE_BASE_HUMAN_H
#define DEVICE_BASE_HUMAN_H

#include <stdint.h>

struct human_text {
	char s[48];
};

/* "512 B", "4 MiB", "204 MiB", "7.3 GiB": one decimal below 10 of a unit and from GiB on, but never
 * ".0". */
struct human_text human_size(uint64_t bytes);

/* As short as it is exact, in the largest unit that leaves no rest: "64 KiB", "65537 B". */
struct human_text human_exact(uint64_t bytes);

/* "453 / 740 MiB" with @between as " / ": both in the unit of @total, the first rounded down so that
 * the two agree only at the end. A @total of 0 is unknown: "453 MiB". */
struct human_text human_done_of(uint64_t done, uint64_t total, const char *between);

/* "36.2 MiB/s": always one decimal from KiB on, so that columns hold still. */
struct human_text human_rate(uint64_t bytes_per_second);

/* "19,318" */
struct human_text human_count(uint64_t count);

/* "0:36", "12:05", "1:02:03" */
struct human_text human_duration(uint64_t seconds);

/* "about 0:19 left", and "time left unknown" where @eta_s is negative. */
struct human_text human_left(int64_t eta_s);

#endif
