/* SPDX-License-Identifier: MIT */
#include "device/base/utf8.h"

#include "device/base/util.h"
#include "tests/lib/sandbox.h"

/* The bounds of each form. */
static const struct {
	uint32_t point;
	const char *text;
} characters[] = {
	{'A', "A"},
	{0x7f, "\x7f"},
	{0x80, "\xc2\x80"},
	{0xf6, "\xc3\xb6"},
	{0x7ff, "\xdf\xbf"},
	{0x800, "\xe0\xa0\x80"},
	{0x20ac, "\xe2\x82\xac"},
	{0xd7ff, "\xed\x9f\xbf"},
	{0xe000, "\xee\x80\x80"},
	{0xffff, "\xef\xbf\xbf"},
	{0x10000, "\xf0\x90\x80\x80"},
	{0x1f4be, "\xf0\x9f\x92\xbe"},
	{0x10ffff, "\xf4\x8f\xbf\xbf"},
};

static void characters_survive_both_ways(void **state)
{
	char bytes[UTF8_MAX + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(characters); i++) {
		size_t length = strlen(characters[i].text);
		uint32_t point = 4711;

		assert_int_equal(utf8_length((unsigned char)characters[i].text[0]), length);
		assert_int_equal(utf8_decode(characters[i].text, &point), length);
		assert_int_equal(point, characters[i].point);
		assert_int_equal(utf8_encode(characters[i].point, bytes), length);
		assert_string_equal(bytes, characters[i].text);
	}
}

static void every_code_point_survives(void **state)
{
	char bytes[UTF8_MAX + 1];

	(void)state;
	for (uint32_t point = 0; point <= 0x10ffff; point++) {
		bool surrogate = point >= 0xd800 && point <= 0xdfff;
		size_t length = utf8_encode(point, bytes);
		uint32_t back = UINT32_MAX;

		assert_int_equal(utf8_decode(bytes, &back), surrogate ? 0 : length);
		assert_int_equal(back, surrogate ? UINT32_MAX : point);
	}
}

static void malformed_bytes_are_refused(void **state)
{
	static const char *const texts[] = {
		"\x80",		    /* a continuation byte */
		"\xbf",		    /* the last one */
		"\xc3",		    /* cut off by the end */
		"\xe2\x82",	    /* and later */
		"\xf0\x9f\x92",	    /* and later still */
		"\xc3(",	    /* cut off by another character */
		"\xe2\x82\xc3\xb6", /* and by the lead of one */
		"\xc0\x80",	    /* overlong, two bytes */
		"\xc1\xbf",	    /* the largest of them */
		"\xe0\x9f\xbf",	    /* overlong, three */
		"\xf0\x8f\xbf\xbf", /* overlong, four */
		"\xed\xa0\x80",	    /* the first surrogate */
		"\xed\xbf\xbf",	    /* the last */
		"\xf4\x90\x80\x80", /* above U+10FFFF */
		"\xf7\xbf\xbf\xbf", /* far above */
		"\xfe",		    /* not a lead byte */
		"\xff",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		uint32_t point = 4711;

		if (utf8_decode(texts[i], &point) != 0)
			print_error("case %zu is accepted\n", i);
		assert_int_equal(utf8_decode(texts[i], &point), 0);
		assert_int_equal(point, 4711);
	}
}

static void the_lead_announces_the_length(void **state)
{
	(void)state;
	assert_int_equal(utf8_length('\0'), 1);
	assert_int_equal(utf8_length(0x80), 0);
	assert_int_equal(utf8_length(0xbf), 0);
	assert_int_equal(utf8_length(0xc0), 2);
	assert_int_equal(utf8_length(0xdf), 2);
	assert_int_equal(utf8_length(0xe0), 3);
	assert_int_equal(utf8_length(0xf0), 4);
	assert_int_equal(utf8_length(0xf7), 4);
	assert_int_equal(utf8_length(0xf8), 0);
	assert_int_equal(utf8_length(0xff), 0);
}

/* "a", two, three and four bytes, "z". */
static const char mixed[] = "a\xc3\xb6\xe2\x82\xac\xf0\x9f\x92\xbez";

static void a_cut_falls_between_characters(void **state)
{
	static const size_t starts[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11};

	(void)state;
	for (size_t at = 0; at < ARRAY_SIZE(starts); at++)
		assert_int_equal(utf8_start(mixed, at), starts[at]);
	/* There is no start of a character before it. */
	assert_int_equal(utf8_start("\x80\x80", 1), 0);
}

static void columns_are_characters(void **state)
{
	static const size_t offsets[] = {0, 1, 3, 6, 10, 11, 11};

	(void)state;
	assert_int_equal(utf8_width(""), 0);
	assert_int_equal(utf8_width("mmcblk0"), 7);
	assert_int_equal(utf8_width(mixed), 5);
	for (size_t columns = 0; columns < ARRAY_SIZE(offsets); columns++)
		assert_int_equal(utf8_offset(mixed, columns), offsets[columns]);
	assert_int_equal(utf8_offset("", 3), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(characters_survive_both_ways),
		cmocka_unit_test(every_code_point_survives),
		cmocka_unit_test(malformed_bytes_are_refused),
		cmocka_unit_test(the_lead_announces_the_length),
		cmocka_unit_test(a_cut_falls_between_characters),
		cmocka_unit_test(columns_are_characters),
	};

	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
