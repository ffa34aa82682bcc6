/* SPDX-License-Identifier: MIT */
#include "core/tar/tar_totals.h"

#include "device/base/util.h"

#include <string.h>

#define RATES_MAX 64 /* enough for "(1013KiB, 999MiB/s)" in any language */

static const char gnu_head[] = "Total bytes read: ";
static const char bsd_head[] = "In: ";
static const char bsd_middle[] = " bytes, compression ";
static const char bsd_end[] = " bytes";

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool ends_in(const char *line, size_t length, const char *what)
{
	size_t n = strlen(what);

	return length >= n && memcmp(line + length - n, what, n) == 0;
}

/* Parses the number in line[start..end). */
static bool number(const char *line, size_t start, size_t end, uint64_t *ret_value)
{
	char digits[24] = "";

	if (end - start >= sizeof(digits))
		return false;
	memcpy(digits, line + start, end - start);
	return str_to_u64(digits, 10, ret_value) == 0;
}

/* Parses one reply at the end of line[0..length). */
static bool parse_one(const char *line, size_t length, uint64_t *ret_bytes, size_t *ret_start)
{
	size_t open = length, start;

	if (!ends_in(line, length, "/s)"))
		return false;
	while (open > 0 && length - open < RATES_MAX && line[open] != '(')
		open--;
	if (line[open] != '(' || open < 2 || line[open - 1] != ' ' ||
		!memchr(line + open, ',', length - open))
		return false;
	for (start = open - 1; start > 0 && is_digit(line[start - 1]);)
		start--;
	if (!number(line, start, open - 1, ret_bytes))
		return false;
	*ret_start = ends_in(line, start, gnu_head) ? start - (sizeof(gnu_head) - 1) : 0;
	return true;
}

static bool parse_gnu(const char *line, size_t length, uint64_t *ret_bytes, size_t *ret_start)
{
	size_t start;
	uint64_t more;

	if (!parse_one(line, length, ret_bytes, &start))
		return false;
	/* A reply may interrupt the final total, which tar writes in pieces. */
	while (start > 0) {
		if (ends_in(line, start, gnu_head))
			start -= sizeof(gnu_head) - 1;
		else if (!parse_one(line, start, &more, &start))
			break;
	}
	*ret_start = start;
	return true;
}

static bool parse_bsd(const char *line, size_t length, uint64_t *ret_bytes, size_t *ret_start)
{
	size_t start = sizeof(bsd_head) - 1, end = start;

	/* bsdtar writes it in one piece between two files, so it is always a whole line. */
	if (strncmp(line, bsd_head, start) != 0 || !ends_in(line, length, bsd_end))
		return false;
	while (is_digit(line[end]))
		end++;
	if (strncmp(line + end, bsd_middle, sizeof(bsd_middle) - 1) != 0)
		return false;
	*ret_start = 0;
	return number(line, start, end, ret_bytes);
}

bool tar_totals_parse(const char *line, uint64_t *ret_bytes, size_t *ret_start)
{
	size_t length = strlen(line), start;
	uint64_t bytes;

	if (!parse_gnu(line, length, &bytes, &start) && !parse_bsd(line, length, &bytes, &start))
		return false;
	*ret_bytes = bytes;
	if (ret_start)
		*ret_start = start;
	return true;
}
