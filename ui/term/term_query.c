/* SPDX-License-Identifier: MIT */
#include "ui/term/term_query.h"

#include "device/base/util.h"

#include <stdio.h>
#include <string.h>

#define LINGER_MS 50 /* multiplexers may answer the last request first */

/* The least rows and columns of a terminal; a cursor that reaches 999 has met no edge. */
#define LEAST 4
#define FAR   999

void term_query_begin(struct term_query *query, uint64_t now_ms)
{
	*query = (struct term_query){.active = true, .end_ms = now_ms + TERM_QUERY_MS};
}

static void type(struct term_query *query, char byte)
{
	if (query->typed_count < sizeof(query->typed))
		query->typed[query->typed_count++] = byte;
}

static void release(struct term_query *query)
{
	for (size_t i = 0; i < query->held_count; i++)
		type(query, query->held[i]);
	query->held_count = 0;
}

/* The column shows which request a position answers, in any order: it is below 4 for the letter,
 * and no terminal is that narrow. */
static void take_position(struct term_query *query, int row, int col)
{
	query->positions++;
	if (col < LEAST)
		query->utf8 = col == 2;
	else if (query->cols == 0 && row >= LEAST && row < FAR && col < FAR) {
		query->rows = row;
		query->cols = col;
	}
}

/* Parses a complete "ESC [ ... letter". Returns false if it is no answer to this query. */
static bool take_answer(struct term_query *query, uint64_t now_ms)
{
	const char *parameters = query->held + 2;
	char final = query->held[query->held_count - 1];
	int row, col, end = 0;

	query->held[query->held_count] = '\0';
	if (final == 'c' && *parameters == '?') {
		query->identified = true;
		if (query->end_ms > now_ms + LINGER_MS)
			query->end_ms = now_ms + LINGER_MS;
		return true;
	}
	if (final == 'n' || final == 'c') {
		query->echoed = true;
		return true;
	}
	if (final != 'R' || sscanf(parameters, "%3d;%3dR%n", &row, &col, &end) != 2 ||
		(size_t)end + 2 != query->held_count)
		return false;
	take_position(query, row, col);
	return true;
}

void term_query_feed(struct term_query *query, char byte, uint64_t now_ms)
{
	bool final = byte >= 0x40 && byte <= 0x7e;

	if (byte == 033 || query->held_count == 0) {
		release(query);
		if (byte != 033) {
			type(query, byte);
			return;
		}
	}
	query->held[query->held_count++] = byte;
	if (query->held_count == 1 || (query->held_count == 2 && byte == '['))
		return;
	if (query->held_count > 2 && final && take_answer(query, now_ms))
		query->held_count = 0;
	else if (final || byte < ' ' || query->held_count == 2 ||
		 query->held_count + 1 == sizeof(query->held))
		release(query);
}

size_t term_query_room(const struct term_query *query)
{
	return sizeof(query->typed) - query->typed_count - query->held_count;
}

bool term_query_is_over(const struct term_query *query, uint64_t now_ms)
{
	return (query->identified && query->positions >= 2) || query->echoed ||
	       term_query_room(query) == 0 || now_ms >= query->end_ms;
}

void term_query_end(struct term_query *query)
{
	release(query);
	if (query->echoed)
		*query = (struct term_query){.echoed = true};
	query->active = false;
}
