/* SPDX-License-Identifier: MIT */
#include "core/format/pax.h"

#include "device/base/util.h"
#include "tests/lib/sandbox.h"

#include <errno.h>

static struct bytes bytes(const char *text)
{
	return (struct bytes){text, strlen(text)};
}

static void reads_records(void **state)
{
	struct bytes rest = bytes("12 path=abc\n15 mtime=-1.25\n\n");
	struct pax_record record;

	(void)state;
	assert_int_equal(pax_next(&rest, &record), 1);
	assert_true(pax_equal(record.key, "path"));
	assert_true(pax_equal(record.value, "abc"));
	assert_int_equal(pax_next(&rest, &record), 1);
	assert_true(pax_equal(record.value, "-1.25"));
	assert_int_equal(pax_next(&rest, &record), -EBADMSG);
	rest = bytes("9 a=\nb=\n\n11 c=d=e=f\n6 gh=\n");
	assert_int_equal(pax_next(&rest, &record), 1);
	assert_true(pax_equal(record.value, "\nb=\n"));
	assert_int_equal(pax_next(&rest, &record), 1);
	assert_true(pax_equal(record.key, "c"));
	assert_true(pax_equal(record.value, "d=e=f"));
	assert_int_equal(pax_next(&rest, &record), 1);
	assert_int_equal(record.value.size, 0);
	assert_int_equal(pax_next(&rest, &record), 0);
}

static void rejects_records(void **state)
{
	static const char *const cases[] = {"rubbish\n", "12 path=ab\n", "11 path=abc\n", "3 a=\n",
		"0 a=b\n", " 6 a=b\n", "6 ab\n\n", "6", "6 ", "99999999999999999999 a=b\n",
		"-6 a=b\n", "2 \n", "5 a=\n", "6 =ab\n"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bytes rest = bytes(cases[i]);
		struct pax_record record;

		if (pax_next(&rest, &record) != -EBADMSG)
			fail_msg("case %zu", i);
	}
}

/* What follows the header belongs to it no more. */
static void stays_in_the_header(void **state)
{
	struct bytes rest = {"12 path=abc\n", 11};
	struct pax_record record;

	(void)state;
	assert_int_equal(pax_next(&rest, &record), -EBADMSG);
}

static void reads_times(void **state)
{
	static const struct {
		const char *text;
		bool good;
		int64_t s;
		uint32_t ns;
	} cases[] = {
		{"1", true, 1, 0},
		{"1.", true, 1, 0},
		{"1.5", true, 1, 500000000},
		{"1.000000001", true, 1, 1},
		{"1.0000000019", true, 1, 1},
		{"-1", true, -1, 0},
		{"-1.5", true, -2, 500000000},
		{"-86400.25", true, -86401, 750000000},
		{"-0.25", true, -1, 750000000},
		{"-1.0000000001", true, -2, 999999999},
		{"15032385535", true, 15032385535, 0},
		{"", false, 0, 0},
		{"-", false, 0, 0},
		{".5", false, 0, 0},
		{"1.5.5", false, 0, 0},
		{"1e3", false, 0, 0},
		{" 1", false, 0, 0},
		{"9223372036854775808", false, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t s = 0;
		uint32_t ns = 0;
		bool good = pax_time(bytes(cases[i].text), &s, &ns);

		if (good != cases[i].good || s != cases[i].s || ns != cases[i].ns)
			fail_msg("%s: %d, %lld, %u", cases[i].text, good, (long long)s, ns);
	}
}

static void decodes(void **state)
{
	static const struct {
		const char *from, *percent, *gnu;
	} names[] = {
		{"user.a%3Db", "user.a=b", "user.a=b"},
		{"user.a%3db", "user.a=b", "user.a%3db"},
		{"user.a%25b", "user.a%b", "user.a%b"},
		{"user.a%253Db", "user.a%3Db", "user.a%3Db"},
		{"user.%20", "user. ", "user.%20"},
		{"a%", "a%", "a%"},
		{"a%4", "a%4", "a%4"},
		{"a%zz", "a%zz", "a%zz"},
	};
	static const struct {
		const char *from, *to;
	} base64[] = {
		{"", ""},
		{"MQ", "1"},
		{"MQ==", "1"},
		{"MTI", "12"},
		{"MTIz", "123"},
		{"+/+/", "\xfb\xff\xbf"},
		{"M Q", NULL},
		{"M-Q_", NULL},
	};
	char to[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		size_t size = pax_decode_percent(bytes(names[i].from), to);

		assert_true(pax_equal((struct bytes){to, size}, names[i].percent));
		size = pax_decode_gnu(bytes(names[i].from), to);
		assert_true(pax_equal((struct bytes){to, size}, names[i].gnu));
	}
	for (size_t i = 0; i < ARRAY_SIZE(base64); i++) {
		ssize_t size = pax_decode_base64(bytes(base64[i].from), to);

		if (!base64[i].to)
			assert_int_equal(size, -EBADMSG);
		else
			assert_true(pax_equal((struct bytes){to, (size_t)size}, base64[i].to));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_records),
		cmocka_unit_test(rejects_records),
		cmocka_unit_test(stays_in_the_header),
		cmocka_unit_test(reads_times),
		cmocka_unit_test(decodes),
	};

	return cmocka_run_group_tests_name("pax", tests, NULL, NULL);
}
