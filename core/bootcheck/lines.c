/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/lines.h"

#include "device/base/util.h"

#include <string.h>

void lines_begin(struct lines *lines, const char *text, size_t size)
{
	static const char mark[] = "\xef\xbb\xbf";

	lines->text = text;
	lines->size = size > 0 ? strnlen(text, size) : 0;
	lines->at = 0;
	lines->number = 0;
	lines->is_cut = false;
	if (lines->size >= strlen(mark) && memcmp(text, mark, strlen(mark)) == 0)
		lines->at = strlen(mark);
}

char *text_trim(char *text)
{
	size_t length;

	text += strspn(text, " \t\r");
	length = strlen(text);
	while (length > 0 && strchr(" \t\r", text[length - 1]))
		length--;
	text[length] = '\0';
	return text;
}

char *lines_next(struct lines *lines)
{
	const char *start, *end;
	size_t rest = lines->size - lines->at, length;

	if (rest == 0)
		return NULL;
	start = lines->text + lines->at;
	end = memchr(start, '\n', rest);
	length = end ? (size_t)(end - start) : rest;
	lines->at += end ? length + 1 : rest;
	lines->number++;
	lines->is_cut = length >= sizeof(lines->buffer);
	if (lines->is_cut)
		length = sizeof(lines->buffer) - 1;
	memcpy(lines->buffer, start, length);
	lines->buffer[length] = '\0';
	return text_trim(lines->buffer);
}

char *word_next(char **rest)
{
	char *word = *rest + strspn(*rest, " \t");

	if (*word == '\0')
		return NULL;
	*rest = word + strcspn(word, " \t");
	if (**rest != '\0')
		*(*rest)++ = '\0';
	return word;
}
