/* SPDX-License-Identifier: MIT */
#include "device/base/human.h"

#include "device/base/util.h"

#include <inttypes.h>

static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

/* The unit to show @bytes in: the largest one whose rounded value is at least 1, which avoids
 * "1024 MiB". */
static unsigned unit_of(uint64_t bytes)
{
	unsigned unit = 0;

	while (unit + 1 < ARRAY_SIZE(units) &&
		(bytes >> (10 * unit)) + (unit > 0 && (bytes >> (10 * unit - 1) & 1)) >= 1024)
		unit++;
	return unit;
}

/* @bytes in tenths of @unit, rounded to the nearest or down; exact for all 64 bits. */
static uint64_t tenths(uint64_t bytes, unsigned unit, bool nearest)
{
	unsigned shift = 10 * unit;
	uint64_t rest = bytes & ((UINT64_C(1) << shift) - 1);

	/* Ten times the remainder of an EiB would overflow 64 bits. The bits that are dropped are
	 * below 2^-20 of a tenth. */
	if (shift > 20) {
		rest >>= shift - 20;
		shift = 20;
	}
	return (bytes >> (10 * unit)) * 10 +
	       ((rest * 10 + (nearest ? (UINT64_C(1) << shift) / 2 : 0)) >> shift);
}

struct human_text human_size(uint64_t bytes)
{
	struct human_text text;
	unsigned unit = unit_of(bytes);
	uint64_t value = tenths(bytes, unit, true);
	bool decimal = value % 10 != 0 && (unit >= 3 || value < 100);

	if (decimal)
		STR_FORMAT(
			text.s, "%" PRIu64 ".%" PRIu64 " %s", value / 10, value % 10, units[unit]);
	else
		STR_FORMAT(text.s, "%" PRIu64 " %s", (value + 5) / 10, units[unit]);
	return text;
}

struct human_text human_exact(uint64_t bytes)
{
	struct human_text text;
	unsigned unit = 0;

	while (bytes > 0 && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	STR_FORMAT(text.s, "%" PRIu64 " %s", bytes, units[unit]);
	return text;
}

struct human_text human_done_of(uint64_t done, uint64_t total, const char *between)
{
	struct human_text text;
	unsigned unit = unit_of(total);
	uint64_t to = tenths(total, unit, true), at = tenths(done, unit, false);

	if (total == 0)
		return human_size(done);
	/* The total is rounded to the nearest value and may be less than the exact one. */
	if (unit < 3) {
		to = (to + 5) / 10;
		at /= 10;
	}
	if (done >= total)
		at = to;
	else if (at > to)
		at = to;
	if (unit < 3)
		STR_FORMAT(text.s, "%" PRIu64 "%s%" PRIu64 " %s", at, between, to, units[unit]);
	else
		STR_FORMAT(text.s, "%" PRIu64 ".%" PRIu64 "%s%" PRIu64 ".%" PRIu64 " %s", at / 10,
			at % 10, between, to / 10, to % 10, units[unit]);
	return text;
}

struct human_text human_rate(uint64_t bytes_per_second)
{
	struct human_text text;
	unsigned unit = unit_of(bytes_per_second);
	uint64_t value = tenths(bytes_per_second, unit, true);

	if (unit == 0)
		STR_FORMAT(text.s, "%" PRIu64 " B/s", bytes_per_second);
	else
		STR_FORMAT(text.s, "%" PRIu64 ".%" PRIu64 " %s/s", value / 10, value % 10,
			units[unit]);
	return text;
}

struct human_text human_count(uint64_t count)
{
	struct human_text text;
	char digits[24];
	size_t length, at = 0;

	STR_FORMAT(digits, "%" PRIu64, count);
	for (length = 0; digits[length]; length++)
		;
	for (size_t i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			text.s[at++] = ',';
		text.s[at++] = digits[i];
	}
	text.s[at] = '\0';
	return text;
}

struct human_text human_duration(uint64_t seconds)
{
	struct human_text text;
	uint64_t hours = seconds / 3600;
	unsigned minutes = (unsigned)(seconds / 60 % 60), rest = (unsigned)(seconds % 60);

	if (hours > 0)
		STR_FORMAT(text.s, "%" PRIu64 ":%02u:%02u", hours, minutes, rest);
	else
		STR_FORMAT(text.s, "%u:%02u", minutes, rest);
	return text;
}

struct human_text human_left(int64_t eta_s)
{
	struct human_text text;

	if (eta_s < 0)
		STR_FORMAT(text.s, "time left unknown");
	else
		STR_FORMAT(text.s, "about %s left", human_duration((uint64_t)eta_s).s);
	return text;
}
