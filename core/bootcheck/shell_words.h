/* SPDX-License-Identifier: MIT */
/*
 * shell_words - divides a script of U-Boot or GRUB into words, and puts in the values of variables.
 * Pure.
 *
 * Facts, from U-Boot's common/cli_hush.c and GRUB's manual (Shell-like scripting): commands end with
 * a newline, ";", "&&" or "||"; "..." keeps blanks together and has variables, '...' has none; a
 * backslash stands for the byte behind it, and removes a newline; # begins a comment where a word
 * can begin; a value without quotes is divided at its blanks, and an empty one is no word.
 */
#ifndef CORE_BOOTCHECK_SHELL_WORDS_H
#define CORE_BOOTCHECK_SHELL_WORDS_H

#include "core/bootcheck/shell_state.h"

#define SHELL_WORDS_MAX	 64
#define SHELL_WORDS_SIZE 8192

struct shell_text {
	const char *text;
	size_t size, at;
	unsigned line;	 /* at at */
	bool has_braces; /* GRUB: "{" and "}" are words and end a command, at any place */
};

/* The end of a command. */
enum shell_end {
	SHELL_END_TEXT,
	SHELL_END_LIST, /* ";" or a newline */
	SHELL_END_AND,
	SHELL_END_OR,
	SHELL_END_KEYWORD, /* the words are one keyword; what follows was not read */
};

enum shell_keyword {
	SHELL_NO_KEYWORD,
	SHELL_IF,
	SHELL_THEN,
	SHELL_ELIF,
	SHELL_ELSE,
	SHELL_FI,
	SHELL_FOR,
	SHELL_WHILE,
	SHELL_UNTIL,
	SHELL_DO,
	SHELL_DONE,
};

struct shell_words {
	enum shell_end end;
	enum shell_keyword keyword;
	unsigned line;
	size_t count;
	char *words[SHELL_WORDS_MAX]; /* in buffer */
	bool is_cut;		      /* there are more or longer words */
	size_t used;
	char buffer[SHELL_WORDS_SIZE];
};

/* Reads the next command, or a keyword in its place. No words: the end of the text, or two ends
 * without a command between. */
void shell_words_read(
	struct shell_text *text, const struct shell_state *state, struct shell_words *ret);

#endif
