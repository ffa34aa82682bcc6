/* SPDX-License-Identifier: MIT */
#include "ui/keys.h"

#include "device/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* after the above */
#include <cmocka.h>

static enum action of_char(char c, bool typing)
{
	return keys_action((struct key){SYMBOL_TEXT, (uint32_t)c}, typing);
}

static void meanings(void **state)
{
	(void)state;
	assert_int_equal(of_char('q', false), ACTION_BACK);
	assert_int_equal(keys_action((struct key){SYMBOL_LEFT, 0}, false), ACTION_BACK);
	assert_int_equal(keys_action((struct key){SYMBOL_ESCAPE, 0}, true), ACTION_BACK);
	assert_int_equal(keys_action((struct key){SYMBOL_ENTER, 0}, true), ACTION_NEXT);
	assert_int_equal(keys_action((struct key){SYMBOL_HELP, 0}, false), ACTION_HELP);
	assert_int_equal(of_char('?', false), ACTION_HELP);
	assert_int_equal(of_char('5', false), ACTION_DIGIT);
	assert_int_equal(of_char('0', false), ACTION_NONE);
	assert_int_equal(of_char('j', false), ACTION_NONE); /* hjkl are no arrows: l is the log */
	assert_int_equal(of_char('l', false), ACTION_LOG);
	assert_int_equal(of_char('A', false), ACTION_NONE);
	assert_int_equal(keys_action((struct key){SYMBOL_NONE, 0}, false), ACTION_NONE);
}

static void typing_takes_all_letters(void **state)
{
	(void)state;
	for (char c = ' '; c < 0x7f; c++)
		assert_int_equal(of_char(c, true), ACTION_TEXT);
}

static void swallows_unknown(void **state)
{
	static const char *const sequences[] = {
		"\033[A", "\033[99;5~", "\033[[E", "\033OZ", "\033[?1;2c", "\033x", "\033[200~"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sequences); i++) {
		struct key_swallow swallow = {0};

		for (const char *s = sequences[i]; *s; s++)
			assert_true(keys_swallow(&swallow, (unsigned char)*s));
		assert_int_equal(swallow.state, SWALLOW_IDLE);
		assert_false(keys_swallow(&swallow, 'q'));
	}
}

static void every_encoding_is_a_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < keys_encodings_count; i++) {
		assert_int_not_equal(keys_encodings[i].symbol, SYMBOL_NONE);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(keys_encodings[i].bytes, keys_encodings[k].bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(meanings),
		cmocka_unit_test(typing_takes_all_letters),
		cmocka_unit_test(swallows_unknown),
		cmocka_unit_test(every_encoding_is_a_key),
	};

	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
