/* SPDX-License-Identifier: MIT */
/*
 * keys - which key means what: one table, the same on every screen. Terminals send the same key in
 * several ways; the ways are listed here, and term.c teaches them to curses.
 */
#ifndef UI_KEYS_H
#define UI_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum symbol {
	SYMBOL_NONE, /* nothing to act on: an unknown sequence, a reply of the terminal */
	SYMBOL_TEXT, /* key.codepoint */
	SYMBOL_UP,
	SYMBOL_DOWN,
	SYMBOL_LEFT,
	SYMBOL_RIGHT,
	SYMBOL_PAGE_UP,
	SYMBOL_PAGE_DOWN,
	SYMBOL_HOME,
	SYMBOL_END,
	SYMBOL_TAB,
	SYMBOL_ENTER,
	SYMBOL_ESCAPE,
	SYMBOL_ERASE,
	SYMBOL_HELP,
	SYMBOL_REDRAW,
};

struct key {
	enum symbol symbol;
	uint32_t codepoint;
};

enum action {
	ACTION_NONE,
	ACTION_UP,
	ACTION_DOWN,
	ACTION_PAGE_UP,
	ACTION_PAGE_DOWN,
	ACTION_HOME,
	ACTION_END,
	ACTION_TAB,
	ACTION_NEXT,
	ACTION_BACK,
	ACTION_ERASE,
	ACTION_HELP,
	ACTION_LOG,
	ACTION_REDRAW,
	ACTION_ALL,
	ACTION_RESCAN,
	ACTION_SEARCH,
	ACTION_PATH,
	ACTION_DETACH,
	ACTION_CANCEL,
	ACTION_YES,
	ACTION_NO,
	/* Never from a key, but names in a key line: */
	ACTION_QUIT,
	ACTION_ESCAPE, /* "back" while a text is typed */
	ACTION_LEFT,   /* the same, where the text is all there is */
	ACTION_DIGIT,  /* key.codepoint '1' to '9' */
	ACTION_TEXT,   /* key.codepoint, while a text is typed */
	ACTION_COUNT
};

/* What @key means; with @typing, printable characters are text. */
enum action keys_action(struct key key, bool typing);
/* What the key line calls the key of @action: "Up/Down", "Enter", "q". */
const char *keys_label(enum action action);

/* Every way in which terminals send the keys that have a name, whatever their terminfo says. */
struct key_encoding {
	const char *bytes;
	enum symbol symbol;
};
extern const struct key_encoding keys_encodings[];
extern const size_t keys_encodings_count;

/*
 * A reader of sequences that nobody knows, so that their last letter is never taken for a key: give
 * it every plain character; true where it belongs to a sequence and means nothing.
 */
struct key_swallow {
	enum { SWALLOW_IDLE, SWALLOW_ESCAPE, SWALLOW_CSI, SWALLOW_SS3, SWALLOW_LINUX } state;
};
bool keys_swallow(struct key_swallow *swallow, uint32_t codepoint);

#endif
