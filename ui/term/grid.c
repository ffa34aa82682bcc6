/* SPDX-License-Identifier: MIT */
#include "ui/term/grid.h"

#include "device/base/utf8.h"
#include "device/base/util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* Only characters that every console font has (WGL4, CP437), so no eighth blocks. */
const struct glyphs glyphs_ascii = {
	.name = "ascii",
	.rule = '-',
	.edge = '|',
	.full = '#',
	.half = 0,
	.empty = '.',
	.block = '#',
	.more = "..",
};

const struct glyphs glyphs_unicode = {
	.name = "unicode",
	.rule = 0x2500,
	.edge = 0x2502,
	.full = 0x2588,
	.half = 0x258c,
	.empty = 0x00b7,
	.block = 0x2588,
	.more = "\xe2\x80\xa6",
	.unicode = true,
};

const struct glyphs glyphs_thrifty = {
	.name = "thrifty",
	.rule = '-',
	.edge = '|',
	.full = '#',
	.empty = '.',
	.block = '#',
	.more = "..",
	.unicode = true,
};

int grid_init(struct grid *grid, int rows, int cols, const struct glyphs *glyphs)
{
	struct cell *cells = calloc((size_t)rows * (size_t)cols, sizeof(*cells));

	if (!cells)
		return -ENOMEM;
	*grid = (struct grid){.rows = rows, .cols = cols, .glyphs = glyphs, .cells = cells};
	grid_clear(grid);
	return 0;
}

void grid_finish(struct grid *grid)
{
	free(grid->cells);
	*grid = (struct grid){0};
}

void grid_clear(struct grid *grid)
{
	for (int i = 0; i < grid->rows * grid->cols; i++)
		grid->cells[i] = (struct cell){' ', ATTR_NORMAL};
	grid->cursor_row = grid->cursor_col = -1;
}

void grid_copy(struct grid *grid, const struct grid *from)
{
	struct cell *cells = grid->cells;

	memcpy(cells, from->cells, sizeof(*cells) * (size_t)from->rows * (size_t)from->cols);
	*grid = *from;
	grid->cells = cells;
}

static struct cell *cell_at(const struct grid *grid, int row, int col)
{
	if (row < 0 || row >= grid->rows || col < 0 || col >= grid->cols)
		return NULL;
	return &grid->cells[row * grid->cols + col];
}

const struct cell *grid_cell(const struct grid *grid, int row, int col)
{
	return cell_at(grid, row, col);
}

static void set_cell(struct grid *grid, int row, int col, uint32_t codepoint, unsigned attr)
{
	struct cell *cell = cell_at(grid, row, col);

	if (cell)
		*cell = (struct cell){codepoint, (uint8_t)attr};
}

/* Reads one code point and advances @text; '?' for an invalid byte. */
static uint32_t next_codepoint(const char **text)
{
	uint32_t point = '?';
	size_t length = utf8_decode(*text, &point);

	*text += length > 0 ? length : 1;
	return point;
}

/* Replaces @point by '?' if it cannot be shown here. Returns its columns, 0 for a combining
 * mark. */
static int shown_width(const struct grid *grid, uint32_t *point)
{
	int width = 1;

	if (*point >= 0x80)
		width = grid->glyphs->unicode ? wcwidth((wchar_t)*point) : -1;
	if (*point < 0x20 || *point == 0x7f || width < 0) {
		*point = '?';
		width = 1;
	}
	return width;
}

int grid_width(const struct grid *grid, const char *text)
{
	int width = 0;

	while (*text) {
		uint32_t point = next_codepoint(&text);

		width += shown_width(grid, &point);
	}
	return width;
}

/* Cuts the text at @width columns without marking the cut. */
static int put_clipped(
	struct grid *grid, int row, int col, int width, unsigned attr, const char *text)
{
	int end = col + width;

	while (*text) {
		uint32_t point = next_codepoint(&text);
		int wide = shown_width(grid, &point);

		if (col + wide > end)
			break;
		if (wide == 0)
			continue;
		set_cell(grid, row, col, point, attr);
		if (wide == 2)
			set_cell(grid, row, col + 1, 0, attr);
		col += wide;
	}
	return col;
}

int grid_put(struct grid *grid, int row, int col, int width, unsigned attr, const char *text)
{
	const char *more = grid->glyphs->more;
	int mark = grid_width(grid, more);

	if (width <= 0)
		return col;
	if (grid_width(grid, text) <= width)
		return put_clipped(grid, row, col, width, attr, text);
	if (width <= mark)
		return put_clipped(grid, row, col, width, attr, text);
	col = put_clipped(grid, row, col, width - mark, attr, text);
	return put_clipped(grid, row, col, mark, attr, more);
}

int grid_put_tail(struct grid *grid, int row, int col, int width, unsigned attr, const char *text)
{
	const char *more = grid->glyphs->more;
	int mark = grid_width(grid, more);

	if (width <= mark || grid_width(grid, text) <= width)
		return grid_put(grid, row, col, width, attr, text);
	while (*text && grid_width(grid, text) > width - mark)
		(void)next_codepoint(&text);
	col = put_clipped(grid, row, col, mark, attr, more);
	return put_clipped(grid, row, col, width - mark, attr, text);
}

int grid_put_middle(struct grid *grid, int row, int col, int width, unsigned attr, const char *text)
{
	int tail = width / 3;

	if (grid_width(grid, text) <= width || tail < 4)
		return grid_put(grid, row, col, width, attr, text);
	col = grid_put(grid, row, col, width - tail, attr, text);
	while (grid_width(grid, text) > tail)
		(void)next_codepoint(&text);
	return put_clipped(grid, row, col, tail, attr, text);
}

int grid_text(struct grid *grid, int row, int col, unsigned attr, const char *text)
{
	return grid_put(grid, row, col, grid->cols - 1 - col, attr, text);
}

int grid_format(struct grid *grid, int row, int col, unsigned attr, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	(void)str_vformat(text, sizeof(text), format, args);
	va_end(args);
	return grid_text(grid, row, col, attr, text);
}

int grid_right(struct grid *grid, int row, int end, unsigned attr, const char *text)
{
	int col = end - grid_width(grid, text);

	if (col < 0)
		col = 0;
	(void)grid_put(grid, row, col, end - col, attr, text);
	return col;
}

/* Returns the bytes of @text that fit on one line of @width columns. */
static size_t line_length(const struct grid *grid, const char *text, int width)
{
	const char *at = text, *blank = NULL;
	int used = 0;

	while (*at) {
		const char *from = at;
		uint32_t point = next_codepoint(&at);

		used += shown_width(grid, &point);
		if (used > width) {
			/* Break a word only if it is longer than the line. */
			if (*from == ' ' || !blank)
				return from > text ? (size_t)(from - text) : (size_t)(at - text);
			return (size_t)(blank - text);
		}
		if (point == ' ')
			blank = from;
	}
	return (size_t)(at - text);
}

int grid_wrap(
	struct grid *grid, int row, int col, int width, int max, unsigned attr, const char *text)
{
	int lines = 0;

	while (*text && lines < max && width > 0) {
		char line[512];
		size_t length = line_length(grid, text, width);

		if (lines == max - 1) { /* grid_put marks the cut */
			(void)grid_put(grid, row + lines, col, width, attr, text);
			return max;
		}
		STR_FORMAT(line, "%.*s", (int)length, text);
		(void)put_clipped(grid, row + lines, col, width, attr, line);
		lines++;
		text += length;
		text += strspn(text, " ");
	}
	return lines;
}

int grid_lines(const struct grid *grid, int width, const char *text)
{
	int lines = 0;

	for (; *text && width > 0; lines++) {
		text += line_length(grid, text, width);
		text += strspn(text, " ");
	}
	return lines;
}

void grid_fill(struct grid *grid, int row, int col, int width, uint32_t codepoint, unsigned attr)
{
	for (int i = 0; i < width; i++)
		set_cell(grid, row, col + i, codepoint, attr);
}

void grid_attr(struct grid *grid, int row, int col, int width, unsigned attr)
{
	for (int i = 0; i < width; i++) {
		struct cell *cell = cell_at(grid, row, col + i);

		if (cell)
			cell->attr |= (uint8_t)attr;
	}
}

void grid_rule(struct grid *grid, int row)
{
	grid_fill(grid, row, 0, grid->cols, grid->glyphs->rule, ATTR_NORMAL);
}

void grid_bar(struct grid *grid, int row, int col, int width, uint64_t done, uint64_t total,
	unsigned attr)
{
	uint64_t halves = 0;

	if (width <= 1)
		return;
	/* The empty part stays blank, which costs the fewest bytes on a serial line. */
	grid_fill(grid, row, col, width, ' ', ATTR_NORMAL);
	grid_fill(grid, row, col + --width, 1, grid->glyphs->edge, ATTR_NORMAL);
	if (total > 0 && done >= total) {
		halves = (uint64_t)width * 2;
	} else if (total > 0) {
		for (; total >> 48; total >>= 1) /* the product below must fit in 64 bits */
			done >>= 1;
		halves = done * (uint64_t)width * 2 / total;
		if (halves >= (uint64_t)width * 2) /* never full before the end */
			halves = (uint64_t)width * 2 - 1;
	}
	grid_fill(grid, row, col, (int)(halves / 2), grid->glyphs->full, attr);
	if (halves % 2 && grid->glyphs->half)
		grid_fill(grid, row, col + (int)(halves / 2), 1, grid->glyphs->half, attr);
}

static char attr_letter(unsigned attr)
{
	static const struct {
		unsigned attr;
		char letter;
	} letters[] = {{ATTR_BAD, 'x'}, {ATTR_WARN, 'w'}, {ATTR_GOOD, 'g'}, {ATTR_BOLD, 'b'},
		{ATTR_DIM, 'd'}};

	for (size_t i = 0; i < ARRAY_SIZE(letters); i++)
		if (attr & letters[i].attr)
			return (char)(letters[i].letter - (attr & ATTR_REVERSE ? 'a' - 'A' : 0));
	return attr & ATTR_REVERSE ? 'r' : ' ';
}

void grid_print(const struct grid *grid, FILE *out, bool attrs)
{
	for (int row = 0; row < grid->rows; row++) {
		const struct cell *cells = grid->cells + row * grid->cols;
		char bytes[UTF8_MAX + 1];
		int end = grid->cols;

		while (end > 0 && cells[end - 1].codepoint == ' ')
			end--;
		for (int col = 0; col < end; col++)
			if (cells[col].codepoint && utf8_encode(cells[col].codepoint, bytes) > 0)
				(void)fputs(bytes, out);
		(void)fputc('\n', out);
	}
	for (int row = 0; attrs && row < grid->rows; row++) {
		const struct cell *cells = grid->cells + row * grid->cols;
		int end = grid->cols;

		while (end > 0 && cells[end - 1].attr == ATTR_NORMAL)
			end--;
		if (end == 0)
			continue;
		(void)fprintf(out, "%2d ", row);
		for (int col = 0; col < end; col++)
			(void)fputc(attr_letter(cells[col].attr), out);
		(void)fputc('\n', out);
	}
}
