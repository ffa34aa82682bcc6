/* SPDX-License-Identifier: MIT */
#include "device/layout/genimage_text.h"

#include "device/base/util.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* Overwrites @size bytes with blanks, but keeps the lines. */
static void blank(char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (text[i] != '\n')
			text[i] = ' ';
}

/* Returns the length of the comment at @text, or 0. A comment without an end takes the rest of the text. */
static size_t comment_length(const char *text)
{
	const char *end;

	if (text[0] == '/' && text[1] == '*') {
		end = strstr(text + 2, "*/");
		return end ? (size_t)(end - text) + 2 : strlen(text);
	}
	return text[0] == '#' || (text[0] == '/' && text[1] == '/') ? strcspn(text, "\n") : 0;
}

/* Returns the length of the quoted string at @text, or 0. */
static size_t string_length(const char *text)
{
	const char *end = text[0] == '"' || text[0] == '\'' ? strchr(text + 1, text[0]) : NULL;

	return end ? (size_t)(end - text) + 1 : 0;
}

/* Overwrites comments: libConfuse 3.3 counts lines wrongly after them. */
static void drop_comments(char *text)
{
	for (size_t i = 0, n; text[i]; i += n ? n : 1) {
		n = comment_length(text + i);
		blank(text + i, n);
		if (n == 0)
			n = string_length(text + i);
	}
}

static int line_of(const char *text, const char *at)
{
	int line = 1;

	for (; text < at; text++)
		line += *text == '\n';
	return line;
}

/* The end of the section that opens at or after @text, behind its brace; NULL if it is not closed. */
static char *section_end(char *text)
{
	int depth = 0;

	for (size_t n; *text; text += n ? n : 1) {
		n = string_length(text);
		if (*text == '{')
			depth++;
		else if (*text == '}' && --depth <= 0)
			return text + 1;
	}
	return NULL;
}

/* True if @text begins with the whole word. */
static bool is_word(const char *text, const char *word)
{
	size_t length = strlen(word);

	return strncmp(text, word, length) == 0 && !isalnum((unsigned char)text[length]) &&
	       !strchr("-_.=", text[length] ? text[length] : '.');
}

/* True if the section from @text to @end has the section @name. */
static bool has_section(const char *text, const char *end, const char *name)
{
	text += strcspn(text, "{");
	for (size_t n; text < end; text += n ? n : 1) {
		n = string_length(text);
		if (n == 0 && is_word(text, name))
			return true;
		if (n == 0)
			n = strspn(text, "abcdefghijklmnopqrstuvwxyz-");
	}
	return false;
}

/* True if the section from @text to @end is that of a vfat for which @has returns false. */
static bool is_made(
	const char *text, const char *end, bool (*has)(void *arg, const char *image), void *arg)
{
	char name[256];
	size_t length;

	if (!is_word(text, "image") || !has_section(text, end, "vfat"))
		return false;
	text += strlen("image");
	text += strspn(text, " \t\r\n");
	length = string_length(text);
	if (length > 0) {
		text++;
		length -= 2;
	} else {
		length = strcspn(text, " \t\r\n{");
	}
	return STR_FORMAT(name, "%.*s", (int)length, text) && !has(arg, name);
}

static int keep_disk(
	char *text, bool (*has)(void *arg, const char *image), void *arg, struct diag *diag)
{
	char *at = text, *disk = NULL;

	for (at += strspn(at, " \t\r\n"); *at; at += strspn(at, " \t\r\n")) {
		char *end = section_end(at);

		if (!end)
			return diag_fail_at(diag, line_of(text, at), -EINVAL,
				"the section that begins here is not closed");
		if (is_word(at, "image") && has_section(at, end, "hdimage")) {
			if (disk)
				return diag_fail_at(diag, line_of(text, at), -EINVAL,
					"this is a second disk image: a layout describes one disk");
			disk = at;
		} else if (is_made(at, end, has, arg)) {
			at = end;
			continue;
		} else if (is_word(at, "image") || is_word(at, "flash") || is_word(at, "config")) {
			blank(at, (size_t)(end - at));
		} else {
			return diag_fail_at(diag, line_of(text, at), -EINVAL,
				"only the sections image, flash and config are known here");
		}
		at = end;
	}
	return disk ? 0 : diag_fail(diag, -EINVAL, "no disk image (hdimage) is described here");
}

bool genimage_text_is(const char *text)
{
	for (size_t n; *text; text += n ? n : 1) {
		n = comment_length(text);
		if (n == 0 && !isspace((unsigned char)*text))
			return is_word(text, "image") || is_word(text, "flash") ||
			       is_word(text, "config");
	}
	return false;
}

int genimage_text_reduce(
	char *text, bool (*has)(void *arg, const char *image), void *arg, struct diag *diag)
{
	const char *variable;

	drop_comments(text);
	variable = strchr(text, '$');
	if (variable) /* libConfuse would expand it */
		return diag_fail_at(diag, line_of(text, variable), -EINVAL,
			"variables of the environment are not known here");
	return keep_disk(text, has, arg, diag);
}
