/* SPDX-License-Identifier: MIT */
#include "core/format/tar_header.h"

#include "device/base/util.h"
#include "tests/lib/manifest_fixture.h"

#include <errno.h>

static void reads_numbers(void **state)
{
	static const struct {
		const char *field;
		size_t size;
		bool good;
		int64_t value;
	} cases[] = {
		{"0000644\0", 8, true, 0644},
		{"0000644 ", 8, true, 0644},
		{"   644 \0", 8, true, 0644},
		{"\000000644", 8, false, 0}, /* a NUL of the field before, or an empty field */
		{"77777777", 8, true, 077777777},
		{"777777777777", 12, true, 0777777777777},
		{"\0\0\0\0\0\0\0\0", 8, true, 0},
		{"        ", 8, false, 0},
		{"zzzzzzz\0", 8, false, 0},
		{"0000648\0", 8, false, 0},
		{"-000001\0", 8, false, 0},
		{"12x4567\0", 8, false, 0},
		{"\x80\0\0\0\0\x30\0\0", 8, true, 0x300000},
		{"\x80\0\0\0\xff\xff\xff\xff", 8, true, UINT32_MAX},
		{"\xff\xff\xff\xff\xff\xff\xff\xf0", 8, true, -16},
		{"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12, true, INT64_MAX},
		{"\x80\0\0\0\x80\0\0\0\0\0\0\0", 12, false, 0},
		{"\xff\xff\xff\xff\x80\0\0\0\0\0\0\0", 12, true, INT64_MIN},
		{"\xff\xff\xff\xfe\xff\xff\xff\xff\xff\xff\xff\xff", 12, false, 0},
		{"\xbf\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t value = 0;
		bool good = tar_header_number(
			(const unsigned char *)cases[i].field, cases[i].size, &value);

		if (good != cases[i].good || value != cases[i].value)
			fail_msg("case %zu: %d, %lld", i, good, (long long)value);
	}
}

static void sum_up(unsigned char *block, bool is_signed)
{
	int sum = 0;

	memset(block + 148, ' ', 8);
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += is_signed ? (signed char)block[i] : block[i];
	(void)snprintf((char *)block + 148, 8, "%06o", (unsigned)sum & 0777777u);
}

static void reads_each_format(void **state)
{
	static const struct {
		const char *magic;
		enum tar_format format;
		const char *name;
		bool gnu_times, odd_prefix;
	} cases[] = {
		{"ustar\00000", TAR_FORMAT_USTAR, "p/q/f", false, false},
		{"ustar  \0", TAR_FORMAT_GNU, "f", true, false},
		{"ustar00\0", TAR_FORMAT_USTAR, "p/q/f", false, true},
		{"\0\0\0\0\0\0\0\0", TAR_FORMAT_V7, "f", false, false},
	};
	static const struct member member = {"f", '0', "link", "12"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned char block[TAR_BLOCK];
		struct tar_header header;

		put_header(block, &member);
		memcpy(block + 257, cases[i].magic, 8);
		memcpy(block + 345, "p/q", 3);
		sum_up(block, false);
		assert_int_equal(tar_header_parse(block, &header), 0);
		assert_int_equal(header.format, cases[i].format);
		assert_string_equal(header.name, cases[i].name);
		assert_string_equal(header.link, "link");
		assert_int_equal(header.gnu_times, cases[i].gnu_times);
		assert_int_equal(header.odd_prefix, cases[i].odd_prefix);
		assert_int_equal(header.size, 2);
		assert_int_equal(header.mode, 0644);
		assert_null(header.fault);
		assert_false(header.signed_sum);
	}
}

/* Names fill their fields to the last byte. */
static void reads_full_fields(void **state)
{
	struct member member = {"", '2', NULL, NULL};
	unsigned char block[TAR_BLOCK];
	struct tar_header header;

	(void)state;
	put_header(block, &member);
	memset(block, 'n', 100);
	memset(block + 157, 'l', 100);
	memset(block + 345, 'p', 155);
	sum_up(block, false);
	assert_int_equal(tar_header_parse(block, &header), 0);
	assert_int_equal(strlen(header.name), 256);
	assert_int_equal(strlen(header.link), 100);
}

static void checks_the_sum(void **state)
{
	static const struct member member = {"\xe4\xf6", '0', NULL, NULL};
	unsigned char block[TAR_BLOCK];
	struct tar_header header;

	(void)state;
	put_header(block, &member);
	sum_up(block, true);
	assert_int_equal(tar_header_parse(block, &header), 0);
	assert_true(header.signed_sum);
	block[0]++;
	assert_int_equal(tar_header_parse(block, &header), -EBADMSG);
}

static void names_the_bad_field(void **state)
{
	static const struct {
		size_t at;
		char type;
		const char *text; /* NULL: not used for this type */
	} cases[] = {
		{100, '0', "mode"},
		{108, '0', "user ID"},
		{116, '0', "group ID"},
		{124, '0', "size"},
		{136, '0', "modification time"},
		{329, '3', "device number"},
		{337, '4', "device number"},
		{329, '0', NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct member member = {"f", cases[i].type, NULL, NULL};
		unsigned char block[TAR_BLOCK];
		struct tar_header header;

		put_header(block, &member);
		memcpy(block + cases[i].at, "junk", 4);
		sum_up(block, false);
		assert_int_equal(tar_header_parse(block, &header), 0);
		if (cases[i].text)
			assert_non_null(strstr(header.fault, cases[i].text));
		else
			assert_null(header.fault);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_numbers),
		cmocka_unit_test(reads_each_format),
		cmocka_unit_test(reads_full_fields),
		cmocka_unit_test(checks_the_sum),
		cmocka_unit_test(names_the_bad_field),
	};

	return cmocka_run_group_tests_name("tar_header", tests, NULL, NULL);
}
