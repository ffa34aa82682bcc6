/* SPDX-License-Identifier: MIT */
#include "core/report/json.h"

#include "tests/lib/sandbox.h"

#include <math.h>

/* Returns the output of @write; the caller frees it. */
static void expect_json(void (*write)(struct json *json), const char *expected)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct json json;

	assert_non_null(out);
	json_init(&json, out);
	write(&json);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, expected);
	free(text);
}

static void write_nested(struct json *json)
{
	json_begin_object(json, NULL);
	json_begin_array(json, "a");
	json_end_array(json);
	json_begin_array(json, "b");
	json_u64(json, NULL, 1);
	json_begin_object(json, NULL);
	json_null(json, "n");
	json_bool(json, "t", true);
	json_end_object(json);
	json_bool(json, NULL, false);
	json_end_array(json);
	json_begin_object(json, "c");
	json_end_object(json);
	json_end_object(json);
}

static void commas_separate(void **state)
{
	(void)state;
	expect_json(write_nested, "{\"a\":[],\"b\":[1,{\"n\":null,\"t\":true},false],\"c\":{}}");
}

static void write_numbers(struct json *json)
{
	json_begin_array(json, NULL);
	json_u64(json, NULL, UINT64_MAX);
	json_i64(json, NULL, INT64_MIN);
	json_double(json, NULL, 0.05, 1);
	json_double(json, NULL, -1.25, 2);
	json_double(json, NULL, -0.001, 1);
	json_double(json, NULL, 99.96, 1);
	json_double(json, NULL, 7, 0);
	json_double(json, NULL, (double)NAN, 1);
	json_double(json, NULL, -HUGE_VAL, 1);
	json_double(json, NULL, 1e300, 1);
	json_double(json, NULL, 1e14, 1);
	json_end_array(json);
}

static void numbers_are_exact(void **state)
{
	(void)state;
	expect_json(write_numbers, "[18446744073709551615,-9223372036854775808,0.1,-1.25,0.0,100.0,"
				   "7,null,null,null,null]");
}

static void write_strings(struct json *json)
{
	json_begin_object(json, NULL);
	json_string(json, "a\"\\", "\b\f\n\r\t\x01\x1f\x7f/");
	json_string(json, "none", NULL);
	json_string(json, "utf8",
		"gr\xc3\xb6\xc3\x9f"
		"e \xe2\x82\xac \xf0\x9f\x92\xbe");
	json_end_object(json);
}

static void strings_are_escaped(void **state)
{
	(void)state;
	expect_json(write_strings, "{\"a\\\"\\\\\":\"\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f/\","
				   "\"none\":null,\"utf8\":\"gr\xc3\xb6\xc3\x9f"
				   "e \xe2\x82\xac \xf0\x9f\x92\xbe\"}");
}

static void write_broken(struct json *json)
{
	json_begin_array(json, NULL);
	json_string(json, NULL, "\xff\xfe");
	json_string(json, NULL, "cut \xe2\x82");
	json_string(json, NULL, "lone \x80 tail");
	json_string(json, NULL, "overlong \xc0\xaf");
	json_string(json, NULL, "surrogate \xed\xa0\x80");
	json_string(json, NULL, "\xc3(\xc3\xb6");
	json_string(json, NULL, "\xf0\x9f\x92\"");
	json_end_array(json);
}

static void broken_utf8_becomes_question_marks(void **state)
{
	(void)state;
	expect_json(write_broken, "[\"\?\?\",\"cut \?\?\",\"lone ? tail\",\"overlong \?\?\","
				  "\"surrogate \?\?\?\",\"?(\xc3\xb6\",\"\?\?\?\\\"\"]");
}

static void write_lines(struct json *json)
{
	for (int i = 0; i < 2; i++) {
		json_begin_object(json, NULL);
		json_i64(json, "i", -i);
		json_end_object(json);
		json_end_line(json);
	}
}

static void objects_are_lines(void **state)
{
	(void)state;
	expect_json(write_lines, "{\"i\":0}\n{\"i\":-1}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commas_separate),
		cmocka_unit_test(numbers_are_exact),
		cmocka_unit_test(strings_are_escaped),
		cmocka_unit_test(broken_utf8_becomes_question_marks),
		cmocka_unit_test(objects_are_lines),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
