/* SPDX-License-Identifier: MIT */
/*
 * keys - which key means what: one table, the same on every screen; and which bytes are which key.
 * Terminals send the same key in several ways, whatever their description says; all ways are known
 * here, and no part of a sequence that nobody knows is ever taken for a key.
 */
#ifndef UI_TERM_KEYS_H
#define UI_TERM_KEYS_H

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
	SYMBOL_RESIZE, /* no key: the terminal is another than was thought, in size or glyphs */
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

/* Every way in which terminals send the keys that have a name. */
struct key_encoding {
	const char *bytes;
	enum symbol symbol;
};
extern const struct key_encoding keys_encodings[];
extern const size_t keys_encodings_count;

/* Reads keys from what a terminal sends; {0} to begin with. */
struct key_reader {
	enum {
		READ_PLAIN,
		READ_ESCAPE,
		READ_CSI,
		READ_SS3,
		READ_STRING,  /* an answer that ends with "ESC \\" or BEL */
		READ_CHARSET, /* "ESC (" and the like: a letter follows */
		READ_MOUSE,   /* "ESC [ M": button, column and row follow, a byte each */
		READ_UTF8,
	} state;
	char held[16];		/* the sequence; what does not fit makes it unknown */
	uint8_t count, missing; /* bytes: held; to come of a letter or of the mouse */
};

/* Takes a byte. True where a key has ended with it: SYMBOL_NONE where it means nothing. */
bool keys_read(struct key_reader *reader, unsigned char byte, struct key *ret);
/* True while the rest of a sequence is awaited. */
bool keys_awaits(const struct key_reader *reader);
/* The rest did not come within tempo.escape_ms: the Escape key, or nothing. */
struct key keys_give_up(struct key_reader *reader);

#endif
