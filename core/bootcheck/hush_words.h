/* SPDX-License-Identifier: MIT */
/*
 * hush_words - divides a U-Boot script into words, as its shell hush does, and puts in the values of
 * variables. Pure.
 *
 * Facts, from U-Boot's common/cli_hush.c: commands end with a newline, ";", "&&" or "||"; "..."
 * keeps blanks together and has variables, '...' has none; a backslash stands for the byte behind
 * it, and removes a newline; # begins a comment where a word can begin; a value without quotes is
 * divided at its blanks, and an empty one is no word.
 */
#ifndef CORE_BOOTCHECK_HUSH_WORDS_H
#define CORE_BOOTCHECK_HUSH_WORDS_H

#include "core/bootcheck/uboot_state.h"

#define HUSH_WORDS_MAX	64
#define HUSH_WORDS_SIZE 8192

struct hush_text {
	const char *text;
	size_t size, at;
	unsigned line; /* at at */
};

/* What is behind the words. */
enum hush_end {
	HUSH_END_TEXT,
	HUSH_END_LIST, /* ";" or a newline */
	HUSH_END_AND,
	HUSH_END_OR,
	HUSH_END_KEYWORD, /* the words are one keyword; what follows was not read */
};

enum hush_keyword {
	HUSH_NO_KEYWORD,
	HUSH_IF,
	HUSH_THEN,
	HUSH_ELIF,
	HUSH_ELSE,
	HUSH_FI,
	HUSH_FOR,
	HUSH_WHILE,
	HUSH_UNTIL,
	HUSH_DO,
	HUSH_DONE,
};

struct hush_words {
	enum hush_end end;
	enum hush_keyword keyword;
	unsigned line;
	size_t count;
	char *words[HUSH_WORDS_MAX]; /* in buffer */
	bool is_cut;		     /* there are more or longer words */
	size_t used;
	char buffer[HUSH_WORDS_SIZE];
};

/* Reads the next command, or a keyword in its place. No words: the end of the text, or two ends
 * without a command between. */
void hush_words_read(
	struct hush_text *text, const struct uboot_state *state, struct hush_words *ret);

#endif
