/* SPDX-License-Identifier: MIT */
/* line_edit - editing one line of UTF-8 text with the keys of shells: Left, Right, Home, End,
 * Backspace, Delete, Ctrl-A, Ctrl-E, Ctrl-U, Ctrl-W, Ctrl-K. Pure. */
#ifndef UI_SCREENS_LINE_EDIT_H
#define UI_SCREENS_LINE_EDIT_H

#include "ui/term/keys.h"

#include <stdbool.h>
#include <stddef.h>

struct line_edit {
	char *text;
	size_t size;	/* of the array @text */
	size_t *behind; /* bytes behind the cursor; 0: it is at the end. More than the text has: all */
};

/* Handles @key. Returns false if it is not a key of the line: the text is unchanged then. */
bool line_edit_key(const struct line_edit *line, struct key key);

/* Returns the number of bytes before the cursor. */
size_t line_edit_cursor(const char *text, size_t behind);

#endif
