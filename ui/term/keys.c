/* SPDX-License-Identifier: MIT */
#include "ui/term/keys.h"

#include "device/base/utf8.h"
#include "device/base/util.h"

#include <string.h>

static const struct {
	enum symbol symbol;
	uint32_t codepoint;
	enum action action;
} bindings[] = {
	{.symbol = SYMBOL_UP, .action = ACTION_UP},
	{.symbol = SYMBOL_DOWN, .action = ACTION_DOWN},
	{.symbol = SYMBOL_PAGE_UP, .action = ACTION_PAGE_UP},
	{.symbol = SYMBOL_PAGE_DOWN, .action = ACTION_PAGE_DOWN},
	{.symbol = SYMBOL_HOME, .action = ACTION_HOME},
	{.symbol = SYMBOL_END, .action = ACTION_END},
	{.symbol = SYMBOL_TAB, .action = ACTION_TAB},
	{.symbol = SYMBOL_ENTER, .action = ACTION_NEXT},
	{.symbol = SYMBOL_LEFT, .action = ACTION_BACK},
	{.symbol = SYMBOL_ESCAPE, .action = ACTION_BACK},
	{.symbol = SYMBOL_ERASE, .action = ACTION_ERASE},
	{.symbol = SYMBOL_DELETE, .action = ACTION_ERASE},
	{.symbol = SYMBOL_CUT_WORD, .action = ACTION_CLEAR},
	{.symbol = SYMBOL_CUT_LINE, .action = ACTION_CLEAR},
	{.symbol = SYMBOL_INTERRUPT, .action = ACTION_INTERRUPT},
	{.symbol = SYMBOL_HELP, .action = ACTION_HELP},
	{.symbol = SYMBOL_REDRAW, .action = ACTION_REDRAW},
	{SYMBOL_TEXT, 'q', ACTION_BACK},
	{SYMBOL_TEXT, '?', ACTION_HELP},
	{SYMBOL_TEXT, 'l', ACTION_LOG},
	{SYMBOL_TEXT, 'a', ACTION_ALL},
	{SYMBOL_TEXT, 'r', ACTION_RESCAN},
	{SYMBOL_TEXT, '/', ACTION_SEARCH},
	{SYMBOL_TEXT, 'p', ACTION_PATH},
	{SYMBOL_TEXT, 'k', ACTION_KINDS},
	{SYMBOL_TEXT, 's', ACTION_SAVE},
	{SYMBOL_TEXT, 'd', ACTION_DETACH},
	{SYMBOL_TEXT, 'c', ACTION_CANCEL},
	{SYMBOL_TEXT, 'y', ACTION_YES},
	{SYMBOL_TEXT, 'n', ACTION_NO},
};

static const char *const labels[ACTION_COUNT] = {
	[ACTION_UP] = "Up",
	[ACTION_DOWN] = "Up/Down",
	[ACTION_PAGE_DOWN] = "PgUp/PgDn",
	[ACTION_HOME] = "Home/End",
	[ACTION_TAB] = "Tab",
	[ACTION_NEXT] = "Enter",
	[ACTION_BACK] = "q",
	[ACTION_QUIT] = "q",
	[ACTION_ESCAPE] = "Esc",
	[ACTION_LEFT] = "Left",
	[ACTION_ERASE] = "Backspace",
	[ACTION_CLEAR] = "Ctrl-U",
	[ACTION_INTERRUPT] = "Ctrl-C",
	[ACTION_HELP] = "?",
	[ACTION_LOG] = "l",
	[ACTION_REDRAW] = "Ctrl-L",
	[ACTION_ALL] = "a",
	[ACTION_RESCAN] = "r",
	[ACTION_SEARCH] = "/",
	[ACTION_PATH] = "p",
	[ACTION_KINDS] = "k",
	[ACTION_SAVE] = "s",
	[ACTION_DETACH] = "d",
	[ACTION_CANCEL] = "c",
	[ACTION_YES] = "y",
	[ACTION_NO] = "n",
	[ACTION_DIGIT] = "1-9",
};

enum action keys_action(struct key key, bool typing)
{
	if (typing && key.symbol == SYMBOL_TEXT)
		return ACTION_TEXT;
	if (key.symbol == SYMBOL_TEXT && key.codepoint >= '1' && key.codepoint <= '9')
		return ACTION_DIGIT;
	for (size_t i = 0; i < ARRAY_SIZE(bindings); i++)
		if (bindings[i].symbol == key.symbol && bindings[i].codepoint == key.codepoint)
			return bindings[i].action;
	return ACTION_NONE;
}

const char *keys_label(enum action action)
{
	return labels[action] ? labels[action] : "";
}

/* Cursor keys in both modes, because the terminal may be in either at start; Home, End and function
 * keys as VT220, xterm, rxvt, PuTTY and the Linux console send them. */
const struct key_encoding keys_encodings[] = {
	{"\033[A", SYMBOL_UP},
	{"\033OA", SYMBOL_UP},
	{"\033[B", SYMBOL_DOWN},
	{"\033OB", SYMBOL_DOWN},
	{"\033[C", SYMBOL_RIGHT},
	{"\033OC", SYMBOL_RIGHT},
	{"\033[D", SYMBOL_LEFT},
	{"\033OD", SYMBOL_LEFT},
	{"\033[H", SYMBOL_HOME},
	{"\033OH", SYMBOL_HOME},
	{"\033[1~", SYMBOL_HOME},
	{"\033[7~", SYMBOL_HOME},
	{"\033[F", SYMBOL_END},
	{"\033OF", SYMBOL_END},
	{"\033[4~", SYMBOL_END},
	{"\033[8~", SYMBOL_END},
	{"\033[5~", SYMBOL_PAGE_UP},
	{"\033[6~", SYMBOL_PAGE_DOWN},
	{"\033OP", SYMBOL_HELP},
	{"\033[11~", SYMBOL_HELP},
	{"\033[[A", SYMBOL_HELP},
	{"\033[3~", SYMBOL_DELETE},
	{"\033OM", SYMBOL_ENTER},
	{"\177", SYMBOL_ERASE},
	{"\010", SYMBOL_ERASE},
	{"\t", SYMBOL_TAB},
	{"\n", SYMBOL_ENTER},
	{"\r", SYMBOL_ENTER},
	{"\001", SYMBOL_HOME},
	{"\005", SYMBOL_END},
	{"\003", SYMBOL_INTERRUPT},
	{"\013", SYMBOL_CUT_REST},
	{"\014", SYMBOL_REDRAW},
	{"\025", SYMBOL_CUT_LINE},
	{"\027", SYMBOL_CUT_WORD},
};
const size_t keys_encodings_count = ARRAY_SIZE(keys_encodings);

/* Looks up the complete sequence. */
static struct key take_sequence(struct key_reader *reader)
{
	struct key key = {SYMBOL_NONE, 0};

	reader->state = READ_PLAIN;
	for (size_t i = 0; i < keys_encodings_count; i++)
		if (strlen(keys_encodings[i].bytes) == reader->count &&
			memcmp(keys_encodings[i].bytes, reader->held, reader->count) == 0)
			key.symbol = keys_encodings[i].symbol;
	return key;
}

static void hold(struct key_reader *reader, unsigned char byte)
{
	if (reader->count < sizeof(reader->held))
		reader->held[reader->count++] = (char)byte;
}

static void begin(struct key_reader *reader, int state, const char *held)
{
	*reader = (struct key_reader){.state = state, .count = (uint8_t)strlen(held)};
	memcpy(reader->held, held, reader->count);
}

/* 8-bit terminals send one byte for ESC and a letter. */
static const struct {
	unsigned char byte;
	int state;
	const char *same;
} introducers[] = {
	{033, READ_ESCAPE, "\033"},
	{0x9b, READ_CSI, "\033["},
	{0x8f, READ_SS3, "\033O"},
	{0x90, READ_STRING, ""},
	{0x9d, READ_STRING, ""},
};

static bool read_plain(struct key_reader *reader, unsigned char byte, struct key *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(introducers); i++)
		if (introducers[i].byte == byte) {
			begin(reader, introducers[i].state, introducers[i].same);
			return false;
		}
	if (utf8_length(byte) > 1) {
		begin(reader, READ_UTF8, "");
		hold(reader, byte);
		reader->missing = (uint8_t)(utf8_length(byte) - 1);
		return false;
	}
	if (byte < ' ' || byte == 0x7f) {
		begin(reader, READ_PLAIN, "");
		hold(reader, byte);
		*ret = take_sequence(reader);
	} else if (byte < 0x80) {
		*ret = (struct key){SYMBOL_TEXT, byte};
	}
	return true;
}

static bool read_utf8(struct key_reader *reader, unsigned char byte, struct key *ret)
{
	uint32_t point;

	if (utf8_length(byte) > 0) {
		/* The character was truncated; this byte starts a new one. */
		reader->state = READ_PLAIN;
		return read_plain(reader, byte, ret);
	}
	hold(reader, byte);
	if (--reader->missing > 0)
		return false;
	reader->state = READ_PLAIN;
	if (utf8_decode(reader->held, &point) > 0 && point >= 0xa0)
		*ret = (struct key){SYMBOL_TEXT, point};
	return true;
}

static bool is_intermediate(unsigned char byte)
{
	return byte >= ' ' && byte <= '/';
}

static bool read_escape(struct key_reader *reader, unsigned char byte)
{
	switch (byte) {
	case '[':
		reader->state = READ_CSI;
		break;
	case 'O':
		reader->state = READ_SS3;
		break;
	case 'P':
	case ']':
	case '^':
	case '_':
		reader->state = READ_STRING;
		break;
	default:
		/* Anything else is Alt and a letter, which has no binding. */
		reader->state = is_intermediate(byte) ? READ_CHARSET : READ_PLAIN;
		return reader->state == READ_PLAIN;
	}
	hold(reader, byte);
	return false;
}

/* Skips a sequence without meaning. Returns true at its end, which depends on its kind. */
static bool skip(struct key_reader *reader, unsigned char byte)
{
	bool ends = reader->state == READ_STRING  ? byte == '\a'
		    : reader->state == READ_MOUSE ? --reader->missing == 0
						  : !is_intermediate(byte);

	if (ends)
		reader->state = READ_PLAIN;
	return ends;
}

bool keys_read(struct key_reader *reader, unsigned char byte, struct key *ret)
{
	*ret = (struct key){SYMBOL_NONE, 0};
	switch (reader->state) {
	case READ_PLAIN:
		return read_plain(reader, byte, ret);
	case READ_UTF8:
		return read_utf8(reader, byte, ret);
	case READ_ESCAPE:
	case READ_CSI:
	case READ_SS3:
	case READ_STRING:
	case READ_CHARSET:
	case READ_MOUSE:
		break;
	}
	/* ESC ends any incomplete sequence. Other control characters do as well, except in a
	 * string, and NUL in a mouse report, which xterm sends for columns that do not fit in a
	 * byte. */
	if (byte == 033 || (byte < ' ' && reader->state != READ_STRING &&
				   !(byte == 0 && reader->state == READ_MOUSE)))
		return read_plain(reader, byte, ret);
	if (reader->state == READ_ESCAPE)
		return read_escape(reader, byte);
	if (reader->state != READ_CSI && reader->state != READ_SS3)
		return skip(reader, byte);
	hold(reader, byte);
	/* "ESC [ [ A": the Linux console's function keys. */
	if (byte < 0x40 || byte > 0x7e || (byte == '[' && reader->state == READ_CSI))
		return false;
	if (byte == 'M' && reader->state == READ_CSI && reader->count == 3) {
		reader->state = READ_MOUSE;
		reader->missing = 3;
		return false;
	}
	*ret = take_sequence(reader);
	return true;
}

bool keys_awaits(const struct key_reader *reader)
{
	return reader->state != READ_PLAIN;
}

struct key keys_give_up(struct key_reader *reader)
{
	struct key key = {reader->state == READ_ESCAPE ? SYMBOL_ESCAPE : SYMBOL_NONE, 0};

	reader->state = READ_PLAIN;
	return key;
}
