/* SPDX-License-Identifier: MIT */
/*
 * term_query - queries the terminal for its size and for UTF-8, which a serial line does not
 * report. The request is one write; the answers may come between keys, late, never or wrong. Pure:
 * the caller passes in bytes and times.
 *
 * The size is the cursor position (DSR 6) after moving to row 999, column 999. UTF-8 shows in how
 * far a letter of two bytes moves the cursor. The request for the identity (DA1) comes last: every
 * terminal answers it, so an answer still missing then will not come.
 */
#ifndef UI_TERM_TERM_QUERY_H
#define UI_TERM_TERM_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 35 bytes. They leave the cursor in the first column and two blanks there, so repaint afterwards.
 * The letter is no block or line character, whose bytes are control characters in Latin-1. */
#define TERM_QUERY_TEXT "\0337\033[r\033[999;999H\033[6n\0338\r\303\251\033[6n\r  \r\033[c"

#define TERM_QUERY_MS 400 /* timeout for all answers */

struct term_query {
	bool active;
	uint64_t end_ms;
	int rows, cols;	    /* 0: unknown */
	bool utf8;	    /* the terminal draws UTF-8 */
	bool identified;    /* the identity, the last answer, has come */
	bool echoed;	    /* the line echoes the request */
	unsigned positions; /* cursor positions received */
	char held[24];	    /* an incomplete answer */
	size_t held_count;
	char typed[256]; /* all other input, in order */
	size_t typed_count;
};

/* Starts a query; the caller sends TERM_QUERY_TEXT at @now_ms. */
void term_query_begin(struct term_query *query, uint64_t now_ms);
/* Parses a byte of input while the query is active. */
void term_query_feed(struct term_query *query, char byte, uint64_t now_ms);
/* Returns the number of bytes for which typed still has room. */
size_t term_query_room(const struct term_query *query);
/* True if the answers are complete, the time is over, typed is full, or the line echoes. */
bool term_query_is_over(const struct term_query *query, uint64_t now_ms);
/* Ends the query. typed then holds the input to parse as keys; it is empty if the line echoes,
 * since an echo of the request is not keys. */
void term_query_end(struct term_query *query);

#endif
