/* SPDX-License-Identifier: MIT */
/*
 * keys - the bindings of keys to actions, the same on every screen, and a parser for the byte
 * sequences of keys. Terminals send a key in several ways, whatever their terminfo entry lists; the
 * parser knows all of them, and no part of an unknown sequence is read as a key.
 */
#ifndef UI_TERM_KEYS_H
#define UI_TERM_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum symbol {
	SYMBOL_NONE, /* an unknown sequence or a reply of the terminal: ignore it */
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
	SYMBOL_DELETE,
	SYMBOL_CUT_WORD, /* Ctrl-W: delete the word before the cursor */
	SYMBOL_CUT_REST, /* Ctrl-K: delete what is behind it */
	SYMBOL_CUT_LINE, /* Ctrl-U: delete the whole line */
	SYMBOL_INTERRUPT,
	SYMBOL_HELP,
	SYMBOL_REDRAW,
	SYMBOL_RESIZE, /* not a key: the terminal's size or glyphs have changed */
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
	ACTION_CLEAR, /* delete all that was typed */
	ACTION_INTERRUPT,
	ACTION_HELP,
	ACTION_LOG,
	ACTION_REDRAW,
	ACTION_ALL,
	ACTION_RESCAN,
	ACTION_SEARCH,
	ACTION_PATH,
	ACTION_KINDS,
	ACTION_SAVE,
	ACTION_DETACH,
	ACTION_CANCEL,
	ACTION_YES,
	ACTION_NO,
	/* keys_action never returns the next three: they are labels in a key line. */
	ACTION_QUIT,
	ACTION_ESCAPE, /* "back" in a text field */
	ACTION_LEFT,   /* "back" on a screen where letters are text */
	/* Keys with a key.codepoint: */
	ACTION_DIGIT, /* '1' to '9' */
	ACTION_TEXT,  /* in a text field */
	ACTION_COUNT
};

/* Returns the action of @key. With @typing, printable characters are text. */
enum action keys_action(struct key key, bool typing);
/* Returns the name of the key of @action for the key line: "Up/Down", "Enter", "q". */
const char *keys_label(enum action action);

/* All sequences by which terminals send the named keys. */
struct key_encoding {
	const char *bytes;
	enum symbol symbol;
};
extern const struct key_encoding keys_encodings[];
extern const size_t keys_encodings_count;

/* Parses keys from the terminal's input. Initialise it to {0}. */
struct key_reader {
	enum {
		READ_PLAIN,
		READ_ESCAPE,
		READ_CSI,
		READ_SS3,
		READ_STRING,  /* a reply that ends with "ESC \\" or BEL */
		READ_CHARSET, /* "ESC (" and the like: a letter follows */
		READ_MOUSE,   /* "ESC [ M": button, column and row follow, a byte each */
		READ_UTF8,
	} state;
	char held[16];		/* the sequence so far; a longer one is unknown */
	uint8_t count, missing; /* bytes: held; still missing from a character or mouse report */
};

/* Parses one byte. Returns true if it completes a key; SYMBOL_NONE for an unknown sequence. */
bool keys_read(struct key_reader *reader, unsigned char byte, struct key *ret);
/* True inside an incomplete sequence. */
bool keys_awaits(const struct key_reader *reader);
/* Ends an incomplete sequence; call it when no byte has come for line_speed.escape_ms. Returns the
 * Escape key, or SYMBOL_NONE. */
struct key keys_give_up(struct key_reader *reader);

#endif
