/* SPDX-License-Identifier: MIT */
#include "core/format/pax_name.h"

#include "device/base/utf8.h"
#include "device/base/util.h"

/* The characters that canonical compositions of Unicode 6 to 16 end with. */
static const struct {
	uint32_t first, last;
} marks[] = {
	{0x300, 0x36f},
	{0x653, 0x655},
	{0x93c, 0x93c},
	{0x9be, 0x9be},
	{0x9d7, 0x9d7},
	{0xb3e, 0xb3e},
	{0xb56, 0xb57},
	{0xbbe, 0xbbe},
	{0xbd7, 0xbd7},
	{0xc56, 0xc56},
	{0xcc2, 0xcc2},
	{0xcd5, 0xcd6},
	{0xd3e, 0xd3e},
	{0xd57, 0xd57},
	{0xdca, 0xdca},
	{0xdcf, 0xdcf},
	{0xddf, 0xddf},
	{0x102e, 0x102e},
	{0x1161, 0x1175}, /* Hangul vowels and final consonants */
	{0x11a8, 0x11c2},
	{0x1b35, 0x1b35},
	{0x3099, 0x309a},
	{0x110ba, 0x110ba},
	{0x11127, 0x11127},
	{0x1133e, 0x1133e},
	{0x11357, 0x11357},
	{0x113b8, 0x113c9},
	{0x114b0, 0x114b0},
	{0x114ba, 0x114ba},
	{0x114bd, 0x114bd},
	{0x115af, 0x115af},
	{0x11930, 0x11930},
	{0x1611e, 0x16129},
	{0x16d63, 0x16d68},
};

static bool is_mark(uint32_t point)
{
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (point >= marks[i].first && point <= marks[i].last)
			return true;
	return false;
}

bool pax_name_is_utf8(const char *name)
{
	uint32_t point;

	while (*name) {
		size_t length = utf8_decode(name, &point);

		if (length == 0)
			return false;
		name += length;
	}
	return true;
}

bool pax_name_is_decomposed(const char *name)
{
	uint32_t point;

	while (*name) {
		size_t length = utf8_decode(name, &point);

		if (length > 0 && is_mark(point))
			return true;
		name += length > 0 ? length : 1;
	}
	return false;
}
