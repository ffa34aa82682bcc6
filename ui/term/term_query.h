/* SPDX-License-Identifier: MIT */
/*
 * term_query - what the terminal at the far end is, asked of it, since a serial line tells nothing: how
 * large it is, and whether it draws UTF-8. One write goes out; the answers come in between keys, or
 * late, or never, or wrong. Pure: bytes and times go in, what is known comes out.
 *
 * The size is where the cursor ends up when it is sent to row 999, column 999. UTF-8 is told by how
 * far two bytes of it, one letter, move the cursor. The terminal's identity (DA1) comes last, for
 * every terminal knows that question: what has not come by then does not come.
 */
#ifndef UI_TERM_TERM_QUERY_H
#define UI_TERM_TERM_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 35 bytes, which leave the cursor in the first column and two blanks there: paint it all anew.
 * Not a block or line character: as Latin-1 those are half control bytes, and print nothing. */
#define TERM_QUERY_TEXT "\0337\033[r\033[999;999H\033[6n\0338\r\303\251\033[6n\r  \r\033[c"

#define TERM_QUERY_MS 400 /* for all answers */

struct term_query {
	bool active;
	uint64_t end_ms;
	int rows, cols;	    /* 0: not known */
	bool utf8;	    /* proven */
	bool identified;    /* the last answer has come */
	bool echoed;	    /* our own words came back */
	unsigned positions; /* answers that told where the cursor is */
	char held[24];	    /* what may become an answer */
	size_t held_count;
	char typed[256]; /* everything else, in the order in which it came */
	size_t typed_count;
};

/* TERM_QUERY_TEXT goes out at @now_ms. */
void term_query_begin(struct term_query *query, uint64_t now_ms);
/* Takes a byte that came while the query is active. */
void term_query_feed(struct term_query *query, char byte, uint64_t now_ms);
/* How many bytes it can still take, whatever they are. */
size_t query_room(const struct term_query *query);
/* True where all has come that can be hoped for. */
bool term_query_is_over(const struct term_query *query, uint64_t now_ms);
/*
 * Ends it: typed holds what is to be taken for keys, which is nothing where the line sends back
 * what it gets, for our own words are no keys.
 */
void term_query_end(struct term_query *query);

#endif
