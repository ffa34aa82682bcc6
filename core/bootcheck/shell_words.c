/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/shell_words.h"

#include "device/base/util.h"

#include <ctype.h>
#include <string.h>

static const struct {
	const char *name;
	enum shell_keyword keyword;
} keywords[] = {
	{"if", SHELL_IF},
	{"then", SHELL_THEN},
	{"elif", SHELL_ELIF},
	{"else", SHELL_ELSE},
	{"fi", SHELL_FI},
	{"for", SHELL_FOR},
	{"while", SHELL_WHILE},
	{"until", SHELL_UNTIL},
	{"do", SHELL_DO},
	{"done", SHELL_DONE},
};

struct reader {
	struct shell_text *text;
	const struct shell_state *state;
	struct shell_words *ret;
	bool in_word, is_plain; /* is_plain: without quotes and variables */
};

static int peek(const struct shell_text *text, size_t ahead)
{
	return text->size - text->at > ahead ? (unsigned char)text->text[text->at + ahead] : -1;
}

static int take(struct shell_text *text)
{
	int c = peek(text, 0);

	if (c >= 0)
		text->at++;
	if (c == '\n')
		text->line++;
	return c;
}

static void put(struct reader *reader, char c)
{
	struct shell_words *ret = reader->ret;

	if (!reader->in_word) {
		reader->in_word = reader->is_plain = true;
		if (ret->count == SHELL_WORDS_MAX)
			ret->is_cut = true;
		else
			ret->words[ret->count] = ret->buffer + ret->used;
	}
	/* Room for the end of this word stays. */
	if (c == '\0' || ret->is_cut)
		return;
	if (ret->used + 2 > sizeof(ret->buffer))
		ret->is_cut = true;
	else
		ret->buffer[ret->used++] = c;
}

static void end_word(struct reader *reader)
{
	struct shell_words *ret = reader->ret;

	if (!reader->in_word)
		return;
	reader->in_word = false;
	if (ret->count == SHELL_WORDS_MAX)
		return;
	ret->buffer[ret->used] = '\0';
	ret->used += ret->used + 1 < sizeof(ret->buffer);
	ret->is_cut |= ret->used + 1 >= sizeof(ret->buffer);
	ret->count++;
}

static void put_value(struct reader *reader, const char *value, bool quoted)
{
	for (; *value; value++) {
		if (!quoted && strchr(" \t\n", *value))
			end_word(reader);
		else
			put(reader, *value);
	}
}

static void put_symbol(struct reader *reader, const char *name, size_t length)
{
	put(reader, SHELL_SYMBOL);
	put(reader, '{');
	for (size_t i = 0; i < length; i++)
		put(reader, name[i] == SHELL_SYMBOL ? '?' : name[i]);
	put(reader, '}');
}

/* Behind "$". */
static void read_variable(struct reader *reader, bool quoted)
{
	struct shell_text *text = reader->text;
	const char *name, *value;
	size_t length = 0;
	bool braces = peek(text, 0) == '{';

	if (braces)
		(void)take(text);
	name = text->text + text->at;
	while (braces ? peek(text, 0) >= 0 && !strchr("}\n", peek(text, 0))
		      : isalnum(peek(text, 0)) || peek(text, 0) == '_') {
		(void)take(text);
		length++;
	}
	if (braces && peek(text, 0) == '}')
		(void)take(text);
	if (length == 0) {
		put(reader, '$');
		return;
	}
	value = shell_state_get(reader->state, name, length);
	if (value)
		put_value(reader, value, quoted);
	else
		put_symbol(reader, name, length);
	if (reader->in_word)
		reader->is_plain = false;
}

/* Behind a quote of either kind. */
static void read_quoted(struct reader *reader, int quote)
{
	int c;

	put(reader, '\0');
	reader->is_plain = false;
	while ((c = take(reader->text)) >= 0 && c != quote) {
		if (c == '$' && quote == '"')
			read_variable(reader, true);
		else if (c == '\\' && quote == '"' && peek(reader->text, 0) == '\n')
			(void)take(reader->text);
		else if (c == '\\' && quote == '"' && peek(reader->text, 0) >= 0 &&
			 strchr("\"\\$`", peek(reader->text, 0)))
			put(reader, (char)take(reader->text));
		else if (c != SHELL_SYMBOL)
			put(reader, (char)c);
	}
}

static void read_escape(struct reader *reader)
{
	int c;

	if (peek(reader->text, 0) == '\r' && peek(reader->text, 1) == '\n')
		(void)take(reader->text);
	c = take(reader->text);
	if (c < 0 || c == '\n' || c == SHELL_SYMBOL)
		return;
	put(reader, (char)c);
	reader->is_plain = false;
}

static void skip_comment(struct shell_text *text)
{
	while (peek(text, 0) >= 0 && peek(text, 0) != '\n')
		(void)take(text);
}

/* The keyword that the first word is, so far the only one. */
static enum shell_keyword find_keyword(const struct reader *reader)
{
	const struct shell_words *ret = reader->ret;

	if (ret->count != 1 || !reader->is_plain)
		return SHELL_NO_KEYWORD;
	for (size_t i = 0; i < ARRAY_SIZE(keywords); i++)
		if (strcmp(ret->words[0], keywords[i].name) == 0)
			return keywords[i].keyword;
	return SHELL_NO_KEYWORD;
}

static bool is_brace(const struct shell_text *text, int c)
{
	return text->has_braces && (c == '{' || c == '}');
}

/* Reads one byte or one construct. True at the end of the command, which is then in ret->end. */
static bool read_piece(struct reader *reader, int c)
{
	struct shell_text *text = reader->text;

	if (c == '"' || c == '\'') {
		read_quoted(reader, c);
	} else if (c == '$') {
		read_variable(reader, false);
	} else if (c == '\\') {
		read_escape(reader);
	} else if (c == '#' && !reader->in_word) {
		skip_comment(text);
	} else if (is_brace(text, c)) {
		put(reader, (char)c);
		end_word(reader);
		reader->ret->end = SHELL_END_LIST;
		return true;
	} else if (c == ';' || c == '\n') {
		reader->ret->end = SHELL_END_LIST;
		return true;
	} else if (c == '&' || c == '|') {
		bool twice = peek(text, 0) == c;

		if (twice)
			(void)take(text);
		reader->ret->end = !twice     ? SHELL_END_LIST
				   : c == '&' ? SHELL_END_AND
					      : SHELL_END_OR;
		return true;
	} else if (c != SHELL_SYMBOL) {
		put(reader, (char)c);
	}
	return false;
}

void shell_words_read(
	struct shell_text *text, const struct shell_state *state, struct shell_words *ret)
{
	struct reader reader = {.text = text, .state = state, .ret = ret};
	bool ended = false;

	ret->end = SHELL_END_TEXT;
	ret->keyword = SHELL_NO_KEYWORD;
	ret->line = text->line;
	ret->count = ret->used = 0;
	ret->is_cut = false;
	while (!ended) {
		unsigned line = text->line;
		int c = peek(text, 0);
		bool divides = c < 0 || strchr(" \t\r\n;&|", c) || is_brace(text, c);

		if (divides && reader.in_word) {
			end_word(&reader);
			ret->keyword = find_keyword(&reader);
			if (ret->keyword != SHELL_NO_KEYWORD) {
				ret->end = SHELL_END_KEYWORD;
				return;
			}
		}
		if (ret->count == 0 && !reader.in_word)
			ret->line = line;
		if (c < 0)
			return;
		(void)take(text);
		if (c != ' ' && c != '\t' && c != '\r')
			ended = read_piece(&reader, c);
	}
}
