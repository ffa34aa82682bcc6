/* SPDX-License-Identifier: MIT */
/* human - formats numbers for people. Pure. Each function returns the text by value, for use in
 * the same expression: printf("%s\n", human_size(bytes).s). */
#ifndef DEVICE_BASE_HUMAN_H
#define DEVICE_BASE_HUMAN_H

#include <stdint.h>

struct human_text {
	char s[48];
};

/* "512 B", "4 MiB", "204 MiB", "7.3 GiB": one decimal if the value is below 10 or in GiB and
 * above, but never ".0". */
struct human_text human_size(uint64_t bytes);

/* The exact value in the largest unit that divides it: "64 KiB", "65537 B". */
struct human_text human_exact(uint64_t bytes);

/* "453 / 740 MiB" if @between is " / ". Both numbers are in the unit of @total; the first is
 * rounded down, so that they are equal only at the end. A @total of 0 means unknown: "453 MiB". */
struct human_text human_done_of(uint64_t done, uint64_t total, const char *between);

/* "36.2 MiB/s": from KiB on always one decimal, so that the width does not jump. */
struct human_text human_rate(uint64_t bytes_per_second);

/* "19,318" */
struct human_text human_count(uint64_t count);

/* "0:36", "12:05", "1:02:03" */
struct human_text human_duration(uint64_t seconds);

/* "about 0:19 left", or "time left unknown" if @eta_s is negative. */
struct human_text human_left(int64_t eta_s);

#endif
