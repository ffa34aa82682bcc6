/* SPDX-License-Identifier: MIT */
/*
 * grid - a picture in memory: cells of a code point and attributes, independent of any terminal.
 * Drawing is clipped at the edges, so a screen need not check for room. Only the painter turns a
 * grid into bytes; tests compare it as text.
 */
#ifndef UI_TERM_GRID_H
#define UI_TERM_GRID_H

#include "device/base/util.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Attributes of a cell, ORed together. The last three are meanings that ui/term/theme turns into
 * colours; the text always carries the same meaning. */
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

/* The characters for lines and bars on one kind of terminal. */
struct glyphs {
	const char *name;
	uint32_t rule, edge, full, half, empty, block;
	const char *more; /* marks truncated text */
	bool unicode;	  /* false: characters beyond ASCII are replaced by '?' */
};

/* glyphs_thrifty: ASCII lines and bars but Unicode names, for slow lines where bytes count. */
extern const struct glyphs glyphs_ascii, glyphs_unicode, glyphs_thrifty;

struct grid {
	int rows, cols;
	int cursor_row, cursor_col; /* the text cursor; -1: hidden */
	const struct glyphs *glyphs;
	struct cell *cells;
};

/* Makes a blank grid, to be freed by grid_finish. Returns 0 or -ENOMEM. */
_must_check_ int grid_init(struct grid *grid, int rows, int cols, const struct glyphs *glyphs);
/* Frees the cells. */
void grid_finish(struct grid *grid);
void grid_clear(struct grid *grid);
/* Copies the cells, cursor and glyphs of @from, which must have the same size, to @grid. */
void grid_copy(struct grid *grid, const struct grid *from);
/* Returns the cell, or NULL outside the grid. */
const struct cell *grid_cell(const struct grid *grid, int row, int col);

/* Returns the number of columns that @text occupies. */
int grid_width(const struct grid *grid, const char *text);

/* Writes UTF-8 text in at most @width columns; longer text is cut and ends in glyphs->more.
 * Returns the column after it. */
int grid_put(struct grid *grid, int row, int col, int width, unsigned attr, const char *text);
/* Like grid_put, but cuts the middle: for file names, which differ at the end. */
int grid_put_middle(
	struct grid *grid, int row, int col, int width, unsigned attr, const char *text);
/* Like grid_put, but cuts the beginning: for paths. */
int grid_put_tail(struct grid *grid, int row, int col, int width, unsigned attr, const char *text);
/* Like grid_put, with the width up to one column before the right edge. */
int grid_text(struct grid *grid, int row, int col, unsigned attr, const char *text);
/* Like grid_text, with a formatted text of at most 1023 bytes. */
int grid_format(struct grid *grid, int row, int col, unsigned attr, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* Writes @text right-aligned, ending before column @end. Returns its first column. */
int grid_right(struct grid *grid, int row, int end, unsigned attr, const char *text);
/* Breaks @text at blanks into at most @max lines of @width columns, from @row on. If text is left
 * over, the last line ends in glyphs->more. Returns the number of lines used. */
int grid_wrap(
	struct grid *grid, int row, int col, int width, int max, unsigned attr, const char *text);
/* Returns the number of lines that grid_wrap needs for all of @text. */
int grid_lines(const struct grid *grid, int width, const char *text);

/* Sets @width cells of a row to @codepoint, one column each. */
void grid_fill(struct grid *grid, int row, int col, int width, uint32_t codepoint, unsigned attr);
/* Adds @attr to cells already drawn, such as the bar of the focus. */
void grid_attr(struct grid *grid, int row, int col, int width, unsigned attr);
/* Draws a rule across the whole row. */
void grid_rule(struct grid *grid, int row);
/* Draws a gauge of @width columns, including its edge, filled to @done / @total. It is full only
 * when both are equal. */
void grid_bar(struct grid *grid, int row, int col, int width, uint64_t done, uint64_t total,
	unsigned attr);

/* Writes the rows as text, without trailing blanks. With @attrs, a map of the attributes follows,
 * one letter per cell: b bold, r reverse, d dim, g good, w warn, x bad; capitals: also reverse. For
 * tests. */
void grid_print(const struct grid *grid, FILE *out, bool attrs);

#endif
