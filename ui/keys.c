/* SPDX-License-Identifier: MIT */
#include "ui/keys.h"

#include "device/util.h"

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
	{.symbol = SYMBOL_HELP, .action = ACTION_HELP},
	{.symbol = SYMBOL_REDRAW, .action = ACTION_REDRAW},
	{SYMBOL_TEXT, 'q', ACTION_BACK},
	{SYMBOL_TEXT, '?', ACTION_HELP},
	{SYMBOL_TEXT, 'l', ACTION_LOG},
	{SYMBOL_TEXT, 'a', ACTION_ALL},
	{SYMBOL_TEXT, 'r', ACTION_RESCAN},
	{SYMBOL_TEXT, '/', ACTION_SEARCH},
	{SYMBOL_TEXT, 'p', ACTION_PATH},
	{SYMBOL_TEXT, 'd', ACTION_DETACH},
	{SYMBOL_TEXT, 'c', ACTION_CANCEL},
	{SYMBOL_TEXT, 'y', ACTION_YES},
	{SYMBOL_TEXT, 'n', ACTION_NO},
};

static const char *const labels[ACTION_COUNT] = {
	[ACTION_UP] = "Up",
	[ACTION_DOWN] = "Up/Down",
	[ACTION_PAGE_DOWN] = "PgUp/PgDn",
	[ACTION_TAB] = "Tab",
	[ACTION_NEXT] = "Enter",
	[ACTION_BACK] = "q",
	[ACTION_QUIT] = "q",
	[ACTION_ESCAPE] = "Esc",
	[ACTION_LEFT] = "Left",
	[ACTION_ERASE] = "Backspace",
	[ACTION_HELP] = "?",
	[ACTION_LOG] = "l",
	[ACTION_REDRAW] = "Ctrl-L",
	[ACTION_ALL] = "a",
	[ACTION_RESCAN] = "r",
	[ACTION_SEARCH] = "/",
	[ACTION_PATH] = "p",
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

/* Cursor keys in both modes, since a terminal may be in either when we come; Home, End and the
 * function keys as vt220, xterm, rxvt, PuTTY and the Linux console send them. */
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
	{"\033OM", SYMBOL_ENTER},
	{"\177", SYMBOL_ERASE},
	{"\010", SYMBOL_ERASE},
};
const size_t keys_encodings_count = ARRAY_SIZE(keys_encodings);

bool keys_swallow(struct key_swallow *swallow, uint32_t codepoint)
{
	bool final = codepoint >= 0x40 && codepoint <= 0x7e;

	switch (swallow->state) {
	case SWALLOW_IDLE:
		if (codepoint == 033)
			swallow->state = SWALLOW_ESCAPE;
		return codepoint == 033;
	case SWALLOW_ESCAPE:
		swallow->state = codepoint == '['   ? SWALLOW_CSI
				 : codepoint == 'O' ? SWALLOW_SS3
						    : SWALLOW_IDLE;
		return true; /* Alt and a letter means nothing either */
	case SWALLOW_CSI:
		/* "ESC [ [ A": the Linux console's function keys. */
		swallow->state = codepoint == '[' ? SWALLOW_LINUX
				 : final	  ? SWALLOW_IDLE
						  : SWALLOW_CSI;
		return true;
	case SWALLOW_SS3:
	case SWALLOW_LINUX:
		if (final)
			swallow->state = SWALLOW_IDLE;
		return true;
	}
	return false;
}
