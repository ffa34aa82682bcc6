/* SPDX-License-Identifier: MIT */
#include "device/layout/layout_text.h"

#include "device/base/util.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* Overwrites the comment at text[*at] with blanks and sets *at to its last byte. */
static int clean_comment(char *text, size_t size, size_t *at, int *line, struct diag *diag)
{
	bool is_block = text[*at] == '/' && text[*at + 1] == '*';
	int begin = *line;
	size_t i = *at, end = i + (is_block ? 2 : 0);

	while (end < size &&
		(is_block ? text[end] != '*' || text[end + 1] != '/' : text[end] != '\n'))
		end++;
	if (is_block && end >= size)
		return diag_fail_at(diag, begin, -EINVAL, "unterminated comment");
	if (is_block)
		end += 2;
	for (; i < end; i++) {
		*line += text[i] == '\n';
		if (text[i] != '\n')
			text[i] = ' ';
	}
	*at = end - 1;
	return 0;
}

int layout_text_clean(char *text, size_t size, struct diag *diag)
{
	char quote = '\0';
	int line = 1, depth = 0, open = 0; /* line where the outer of @depth open braces is */

	for (size_t i = 0; i < size; i++) {
		char c = text[i];
		bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';

		if (c == '\n')
			line++;
		if (quote && c == '\n')
			return diag_fail_at(diag, line - 1, -EINVAL,
				"unterminated string: it must end on the same line");
		if (quote && (c < ' ' || c > '~' || c == '\\' || c == '$'))
			return diag_fail_at(diag, line, -EINVAL,
				"a string must be plain ASCII without \\ and $");
		if (quote) {
			quote = c == quote ? '\0' : quote;
		} else if (c == '"' || c == '\'') {
			quote = c;
		} else if (c == '#' || (c == '/' && (text[i + 1] == '/' || text[i + 1] == '*'))) {
			if (clean_comment(text, size, &i, &line, diag) < 0)
				return -EINVAL;
		} else if (!blank && !isalnum((unsigned char)c) && !strchr("_-.:/={},", c)) {
			return diag_fail_at(diag, line, -EINVAL,
				"unexpected %c: are quotes missing?",
				isgraph((unsigned char)c) ? c : '?');
		} else if (c == '\0') {
			return diag_fail_at(diag, line, -EINVAL,
				"this is not a text file: it contains a NUL byte");
		} else if (c == '{' && depth++ == 0) {
			open = line;
		} else if (c == '}' && depth > 0) {
			depth--;
		}
	}
	if (quote)
		return diag_fail_at(diag, line, -EINVAL, "unterminated string");
	return depth > 0 ? diag_fail_at(diag, open, -EINVAL,
				   "the section that begins here is not closed")
			 : 0;
}
