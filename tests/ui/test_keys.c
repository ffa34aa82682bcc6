/* SPDX-License-Identifier: MIT */
#include "ui/term/keys.h"

#include "device/base/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* after the above */
#include <cmocka.h>

static enum action of_char(char c, bool typing)
{
	return keys_action((struct key){SYMBOL_TEXT, (uint32_t)c}, typing);
}

static void keys_map_to_actions(void **state)
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
	assert_int_equal(of_char('j', false), ACTION_NONE); /* no hjkl: l is the log */
	assert_int_equal(of_char('l', false), ACTION_LOG);
	assert_int_equal(of_char('A', false), ACTION_NONE);
	assert_int_equal(keys_action((struct key){SYMBOL_NONE, 0}, false), ACTION_NONE);
	assert_int_equal(keys_action((struct key){SYMBOL_INTERRUPT, 0}, true), ACTION_INTERRUPT);
	assert_int_equal(of_char('k', false), ACTION_KINDS);
	assert_int_equal(of_char('s', false), ACTION_SAVE);
}

static void typing_takes_all_letters(void **state)
{
	(void)state;
	for (char c = ' '; c < 0x7f; c++)
		assert_int_equal(of_char(c, true), ACTION_TEXT);
}

/* Feeds @bytes without a timeout. Returns the last key, and the number of keys. */
static struct key read_all(struct key_reader *reader, const char *bytes, unsigned *ret_keys)
{
	struct key key, last = {SYMBOL_NONE, 0};

	*ret_keys = 0;
	for (; *bytes; bytes++)
		if (keys_read(reader, (unsigned char)*bytes, &key) && ++*ret_keys)
			last = key;
	return last;
}

static void every_encoding_is_a_key(void **state)
{
	unsigned keys;

	(void)state;
	for (size_t i = 0; i < keys_encodings_count; i++) {
		struct key_reader reader = {0};

		assert_int_not_equal(keys_encodings[i].symbol, SYMBOL_NONE);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(keys_encodings[i].bytes, keys_encodings[k].bytes);
		assert_int_equal(read_all(&reader, keys_encodings[i].bytes, &keys).symbol,
			keys_encodings[i].symbol);
		assert_int_equal(keys, 1);
		assert_false(keys_awaits(&reader));
	}
}

/* The only key with a meaning is the q after each sequence. */
static void ignores_unknown_sequences(void **state)
{
	static const char *const sequences[] = {
		"\033[99;5~", "\033[1;5A", /* Ctrl-Up */
		"\033[[E",		   /* F5 of the Linux console */
		"\033[[[A", "\033OZ", "\033O5A", "\033[?1;2c", "\033[24;80R", /* late answers */
		"\033[1;2R", "\033[8;24;80t", "\033[I",			      /* focus in */
		"\033[<0;33;12M", "\033[32;33;12M",			      /* the mouse */
		"\033[M pc", "\033[M#\377q", "\233M yd",		      /* X10 mouse */
		"\033(p", "\033 F", "\033#8", "\033$)p",		      /* character sets */
		"\033[200~", "\033x", "\033\033x", "\033\033[99~", "\033P1+r544e=787465726d\033\\",
		"\033]11;rgb:0000/0000/0000\a", "\033]11;rgb:0000/0000/0000\033\\", "\2331;5A",
		"\217z", "\220abc\033\\", "\033[1111111111111111111111111111A", "\377",
		"\303\303\251",	    /* truncated, then a valid letter */
		"\200", "\300\200", /* overlong */
		"\355\240\200",	    /* a surrogate */
		"\302\233",	    /* a control character */
		"\021\023",	    /* Ctrl-Q, Ctrl-S */
	};
	unsigned keys;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sequences); i++) {
		struct key_reader reader = {0};
		struct key key;

		for (const char *s = sequences[i]; *s; s++)
			if (keys_read(&reader, (unsigned char)*s, &key) &&
				key.symbol != SYMBOL_NONE && key.codepoint < 0x80)
				fail_msg("sequence %zu leaks a key at %td", i, s - sequences[i]);
		assert_false(keys_awaits(&reader));
		key = read_all(&reader, "q", &keys);
		assert_int_equal(keys, 1);
		assert_int_equal(key.symbol, SYMBOL_TEXT);
		assert_int_equal(key.codepoint, 'q');
	}
}

/* A mouse column beyond 223 is sent as NUL; the row still follows. */
static void mouse_beyond_column_223(void **state)
{
	static const unsigned char bytes[] = {033, '[', 'M', ' ', 0, 'c'};
	struct key_reader reader = {0};
	struct key key;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		assert_int_equal(keys_read(&reader, bytes[i], &key), i + 1 == sizeof(bytes));
	assert_int_equal(key.symbol, SYMBOL_NONE);
	assert_false(keys_awaits(&reader));
}

static void eight_bits(void **state)
{
	struct key_reader reader = {0};
	unsigned keys;

	(void)state;
	assert_int_equal(read_all(&reader, "\233A", &keys).symbol, SYMBOL_UP);
	assert_int_equal(read_all(&reader, "\217B", &keys).symbol, SYMBOL_DOWN);
	assert_int_equal(read_all(&reader, "\2336~", &keys).symbol, SYMBOL_PAGE_DOWN);
}

static void multibyte_characters(void **state)
{
	static const struct {
		const char *bytes;
		uint32_t codepoint;
	} letters[] = {{"\303\251", 0xe9}, {"\342\202\254", 0x20ac}, {"\360\237\230\200", 0x1f600},
		{"\302\240", 0xa0}, {"~", '~'}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(letters); i++) {
		struct key_reader reader = {0};
		unsigned keys;
		struct key key = read_all(&reader, letters[i].bytes, &keys);

		assert_int_equal(keys, 1);
		assert_int_equal(key.symbol, SYMBOL_TEXT);
		assert_int_equal(key.codepoint, letters[i].codepoint);
	}
}

static void incomplete_sequences_time_out(void **state)
{
	static const struct {
		const char *bytes;
		enum symbol symbol;
	} cases[] = {
		{"\033", SYMBOL_ESCAPE},
		{"\033\033", SYMBOL_ESCAPE},
		{"\033[", SYMBOL_NONE},
		{"\033O", SYMBOL_NONE},
		{"\033[1;", SYMBOL_NONE},
		{"\033[M", SYMBOL_NONE},
		{"\033[M p", SYMBOL_NONE},
		{"\033(", SYMBOL_NONE},
		{"\033]11;", SYMBOL_NONE},
		{"\303", SYMBOL_NONE},
	};
	unsigned keys;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct key_reader reader = {0};

		(void)read_all(&reader, cases[i].bytes, &keys);
		assert_true(keys_awaits(&reader));
		assert_int_equal(keys_give_up(&reader).symbol, cases[i].symbol);
		assert_false(keys_awaits(&reader));
		assert_int_equal(read_all(&reader, "q", &keys).codepoint, 'q');
	}
	/* Enter is Enter, even after an incomplete sequence. */
	for (size_t i = 0; i < 8; i++) {
		struct key_reader reader = {0};

		(void)read_all(&reader, cases[i].bytes, &keys);
		assert_int_equal(read_all(&reader, "\r", &keys).symbol, SYMBOL_ENTER);
	}
}

/* The key that ends a broken sequence is read, and the sequence is dropped. */
static void broken_sequence_leaves_nothing(void **state)
{
	static const struct {
		const char *broken, *end;
		struct key key;
	} cases[] = {
		{"\303", "q", {SYMBOL_TEXT, 'q'}},
		{"\342\202", "q", {SYMBOL_TEXT, 'q'}},
		{"\360\237\230", "q", {SYMBOL_TEXT, 'q'}},
		{"\342\202", "\303\274", {SYMBOL_TEXT, 0xfc}},
		{"\342", "\r", {SYMBOL_ENTER, 0}},
		{"\342", "\033[A", {SYMBOL_UP, 0}},
		{"\033[1;", "\r", {SYMBOL_ENTER, 0}},
		{"\033[1;", "\033[A", {SYMBOL_UP, 0}},
		{"\033O", "\033[A", {SYMBOL_UP, 0}},
		{"\033[M p", "\r", {SYMBOL_ENTER, 0}},
		{"\033(", "\t", {SYMBOL_TAB, 0}},
		{"\033]11;", "\033[A", {SYMBOL_UP, 0}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct key_reader reader = {0};
		unsigned keys;
		struct key key;

		(void)read_all(&reader, cases[i].broken, &keys);
		assert_int_equal(keys, 0);
		key = read_all(&reader, cases[i].end, &keys);
		assert_int_equal(keys, 1);
		assert_int_equal(key.symbol, cases[i].key.symbol);
		assert_int_equal(key.codepoint, cases[i].key.codepoint);
		assert_false(keys_awaits(&reader));
		key = read_all(&reader, "\342\202\254", &keys);
		assert_int_equal(keys, 1);
		assert_int_equal(key.codepoint, 0x20ac);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_map_to_actions),
		cmocka_unit_test(typing_takes_all_letters),
		cmocka_unit_test(ignores_unknown_sequences),
		cmocka_unit_test(every_encoding_is_a_key),
		cmocka_unit_test(mouse_beyond_column_223),
		cmocka_unit_test(eight_bits),
		cmocka_unit_test(multibyte_characters),
		cmocka_unit_test(incomplete_sequences_time_out),
		cmocka_unit_test(broken_sequence_leaves_nothing),
	};

	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
