/* SPDX-License-Identifier: MIT */
/*
 * grid - the picture that a screen draws: cells of a code point and attributes, without a terminal.
 * Everything is clipped at its edges, so a screen never asks whether there is room. Only the
 * painter turns a grid into bytes; tests compare it as text.
 */
#ifndef UI_TERM_GRID_H
#define UI_TERM_GRID_H

#include "device/base/util.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Attributes of a cell, added up. The last three are meanings, for ui/term/theme: they only repeat what
 * words say. */
enum {
	ATTR_NORMAL = 0,
	ATTR_BOLD = 1,
	ATTR_REVERSE = 2,
	ATTR_DIM = 4,
	ATTR_GOOD = 8,
	ATTR_WARN = 16,
	ATTR_BAD = 32,
};

struct cell {
	uint32_t codepoint; /* 0: right half of a wide character */
	uint8_t attr;
};

/* What is drawn of line and block characters, on this kind of terminal. */
struct glyphs {
	const char *name;
	uint32_t rule, edge, full, half, empty, block;
	const char *more; /* where a text was cut */
	bool unicode;	  /* others than ASCII may be shown; else they become '?' */
};

/* glyphs_thrifty: names as they are, the rest ASCII, for lines where each byte is felt. */
extern const struct glyphs glyphs_ascii, glyphs_unicode, glyphs_thrifty;

struct grid {
	int rows, cols;
	int cursor_row, cursor_col; /* where the operator types; -1: nowhere */
	const struct glyphs *glyphs;
	struct cell *cells;
};

/* A blank grid. 0 or -ENOMEM. */
_must_check_ int grid_init(struct grid *grid, int rows, int cols, const struct glyphs *glyphs);
void grid_finish(struct grid *grid);
void grid_clear(struct grid *grid);
/* Makes @grid show what @from does, which has the same size. */
void grid_copy(struct grid *grid, const struct grid *from);
const struct cell *grid_cell(const struct grid *grid, int row, int col);

/* Columns that @text takes. */
int grid_width(const struct grid *grid, const char *text);

/* Writes UTF-8 text, at most @width columns of it; a text that is longer ends in glyphs->more.
 * Returns the column behind it. */
int grid_put(struct grid *grid, int row, int col, int width, unsigned attr, const char *text);
/* The same with its middle cut: of a file's name the end tells more than what is before it. */
int grid_put_middle(
	struct grid *grid, int row, int col, int width, unsigned attr, const char *text);
/* The same with the beginning cut: of a path the end tells most. */
int grid_put_tail(struct grid *grid, int row, int col, int width, unsigned attr, const char *text);
/* Up to the grid's right edge, one column short of it. */
int grid_text(struct grid *grid, int row, int col, unsigned attr, const char *text);
int grid_format(struct grid *grid, int row, int col, unsigned attr, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* Ends right before column @end. Returns the column where it begins. */
int grid_right(struct grid *grid, int row, int end, unsigned attr, const char *text);
/* Breaks @text at blanks into lines of @width columns, from @row on, at most @max lines, the last of
 * which tells where there is more. Returns how many it takes. */
int grid_wrap(
	struct grid *grid, int row, int col, int width, int max, unsigned attr, const char *text);
/* How many lines all of it would take. */
int grid_lines(const struct grid *grid, int width, const char *text);

void grid_fill(struct grid *grid, int row, int col, int width, uint32_t codepoint, unsigned attr);
/* Adds @attr to cells that are drawn already: the bar of the focus. */
void grid_attr(struct grid *grid, int row, int col, int width, unsigned attr);
/* A rule across the whole row. */
void grid_rule(struct grid *grid, int row);
/* A gauge of @width columns, the last of which is its edge, filled to done / total and never full
 * before they are equal. */
void grid_bar(struct grid *grid, int row, int col, int width, uint64_t done, uint64_t total,
	unsigned attr);

/* Writes the grid as text: its rows without trailing blanks; then, where @attrs, a map of them: a
 * letter for each cell with one (b bold, r reverse, d dim, g, w, x good, warn, bad; capitals are
 * reverse as well). For tests. */
void grid_print(const struct grid *grid, FILE *out, bool attrs);

#endif
