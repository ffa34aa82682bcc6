/* SPDX-License-Identifier: MIT */
#include "device/base/utf8.h"

#include <stdbool.h>

/*
 * Indexed by length: mask and value of the fixed bits of the lead byte, and the least code point.
 */
static const struct {
	unsigned char mask, lead;
	uint32_t least;
} forms[UTF8_MAX + 1] = {
	[1] = {0x80, 0x00, 0},
	[2] = {0xe0, 0xc0, 0x80},
	[3] = {0xf0, 0xe0, 0x800},
	[4] = {0xf8, 0xf0, 0x10000},
};

static bool is_continuation(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

size_t utf8_length(unsigned char lead)
{
	for (size_t length = 1; length <= UTF8_MAX; length++)
		if ((lead & forms[length].mask) == forms[length].lead)
			return length;
	return 0;
}

size_t utf8_decode(const char *text, uint32_t *ret_point)
{
	size_t length = utf8_length((unsigned char)text[0]);
	uint32_t point = (unsigned char)text[0] & (unsigned char)~forms[length].mask;

	for (size_t i = 1; i < length; i++) {
		if (!is_continuation(text[i]))
			return 0;
		point = point << 6 | ((unsigned char)text[i] & 0x3f);
	}
	if (length == 0 || point < forms[length].least || point > 0x10ffff ||
		(point >= 0xd800 && point <= 0xdfff))
		return 0;
	*ret_point = point;
	return length;
}

size_t utf8_encode(uint32_t point, char ret[UTF8_MAX + 1])
{
	size_t length = UTF8_MAX;

	while (length > 1 && point < forms[length].least)
		length--;
	for (size_t i = length - 1; i > 0; i--, point >>= 6)
		ret[i] = (char)(0x80 | (point & 0x3f));
	ret[0] = (char)(forms[length].lead | point);
	ret[length] = '\0';
	return length;
}

size_t utf8_start(const char *text, size_t at)
{
	while (at > 0 && is_continuation(text[at]))
		at--;
	return at;
}

size_t utf8_width(const char *text)
{
	size_t columns = 0;

	for (; *text; text++)
		columns += !is_continuation(*text);
	return columns;
}

size_t utf8_offset(const char *text, size_t columns)
{
	size_t at = 0;

	for (; text[at]; at++)
		if (!is_continuation(text[at]) && columns-- == 0)
			break;
	return at;
}
