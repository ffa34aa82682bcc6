/* SPDX-License-Identifier: MIT */
#include "ui/screens/line_edit.h"

#include "device/base/utf8.h"
#include "device/base/util.h"

#include <string.h>

size_t line_edit_cursor(const char *text, size_t behind)
{
	size_t length = strlen(text);

	return behind < length ? length - behind : 0;
}

/* The start of the character before @at. */
static size_t before(const char *text, size_t at)
{
	return at > 0 ? utf8_start(text, at - 1) : 0;
}

/* The end of the character at @at. */
static size_t after(const char *text, size_t at)
{
	if (text[at])
		at++;
	while (((unsigned char)text[at] & 0xc0) == 0x80)
		at++;
	return at;
}

static void cut(char *text, size_t from, size_t to)
{
	memmove(text + from, text + to, strlen(text + to) + 1);
}

static void insert(const struct line_edit *line, size_t at, uint32_t codepoint)
{
	char bytes[UTF8_MAX + 1];
	size_t length = strlen(line->text), added;

	if (codepoint < 0x20 || codepoint == 0x7f)
		return;
	added = utf8_encode(codepoint, bytes);
	if (length + added >= line->size)
		return;
	memmove(line->text + at + added, line->text + at, length - at + 1);
	memcpy(line->text + at, bytes, added);
}

/* The start of the word before @at: a name of a path, or a word between blanks. */
static size_t word_before(const char *text, size_t at)
{
	while (at > 0 && strchr(" /", text[at - 1]))
		at--;
	while (at > 0 && !strchr(" /", text[at - 1]))
		at--;
	return at;
}

bool line_edit_key(const struct line_edit *line, struct key key)
{
	char *text = line->text;
	size_t length = strlen(text), at;

	if (*line->behind > length)
		*line->behind = length;
	at = length - *line->behind;
	switch ((int)key.symbol) {
	case SYMBOL_TEXT:
		insert(line, at, key.codepoint);
		return true;
	case SYMBOL_LEFT:
		*line->behind = length - before(text, at);
		return true;
	case SYMBOL_RIGHT:
		*line->behind = length - after(text, at);
		return true;
	case SYMBOL_HOME:
		*line->behind = length;
		return true;
	case SYMBOL_END:
		*line->behind = 0;
		return true;
	case SYMBOL_DELETE:
		/* Some terminals send it for Backspace. */
		if (*line->behind > 0) {
			*line->behind = length - after(text, at);
			cut(text, at, length - *line->behind);
			return true;
		}
		cut(text, before(text, at), at);
		return true;
	case SYMBOL_ERASE:
		cut(text, before(text, at), at);
		return true;
	case SYMBOL_CUT_WORD:
		cut(text, word_before(text, at), at);
		return true;
	case SYMBOL_CUT_REST:
		text[at] = '\0';
		*line->behind = 0;
		return true;
	case SYMBOL_CUT_LINE:
		text[0] = '\0';
		*line->behind = 0;
		return true;
	default:
		return false;
	}
}
