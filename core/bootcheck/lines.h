/* SPDX-License-Identifier: MIT */
/*
 * lines - the lines of a small text file, for the parsers of boot files. Pure.
 *
 * The text may hold any bytes. It ends at the first NUL, as it does for boot loaders, and a UTF-8
 * byte order mark at its start is left out. A line ends with LF or CR LF.
 */
#ifndef CORE_BOOTCHECK_LINES_H
#define CORE_BOOTCHECK_LINES_H

#include <stdbool.h>
#include <stddef.h>

#define LINE_MAX_BYTES 8192

struct lines {
	const char *text;
	size_t size, at;
	unsigned number; /* of the line in buffer, from 1 on */
	bool is_cut;	 /* that line is longer than the buffer, which has only its beginning */
	char buffer[LINE_MAX_BYTES];
};

void lines_begin(struct lines *lines, const char *text, size_t size);
/* The next line, without its end and without blanks at both ends; the caller may change it. NULL
 * after the last one. */
char *lines_next(struct lines *lines);

/* Splits off the next word in place: blanks (space and tab) separate words. Moves *rest behind it.
 * NULL at the end. */
char *word_next(char **rest);
/* Removes blanks (space, tab and CR) at both ends in place; returns the first other character. */
char *text_trim(char *text);

#endif
