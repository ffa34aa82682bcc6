/* SPDX-License-Identifier: MIT */
#include "ui/term/painter.h"

#include "device/base/util.h"
#include "ui/term/term_crash.h"

#include <stdlib.h>
#include <term.h>

#define SOLID	  0x2588 /* full block */
#define SOLID_RUN 5	 /* columns from which reversed blanks take fewer bytes */

/* The colour pair of a meaning is its row in the theme plus one; pair 0 is the default. */
static const struct theme *choose_theme(void)
{
	const struct theme *theme =
		theme_choose(getenv("NO_COLOR"), has_colors() ? tigetnum("colors") : 0);

	if (theme != &theme_colour)
		return theme;
	(void)start_color();
	/* Otherwise curses paints the background of the whole screen: 2 KiB on a serial line. */
	(void)use_default_colors();
	for (short i = 0; i < THEME_MEANINGS; i++)
		(void)init_pair((short)(i + 1), theme_colour.meanings[i].ink,
			theme_colour.meanings[i].paper);
	return theme;
}

void painter_init(struct painter *painter)
{
	(void)curs_set(0);
	(void)leaveok(stdscr, TRUE);
	*painter = (struct painter){.theme = choose_theme(), .attrs = termattrs()};
}

static attr_t curses_attr(const struct painter *painter, unsigned attr)
{
	static const struct {
		unsigned ours;
		attr_t theirs;
	} attrs[] = {{ATTR_BOLD, A_BOLD}, {ATTR_REVERSE, A_REVERSE}, {ATTR_DIM, A_DIM}};
	attr_t all = A_NORMAL;

	for (size_t i = 0; i < ARRAY_SIZE(attrs); i++)
		if (attr & attrs[i].ours)
			all |= attrs[i].theirs;
	return all & painter->attrs;
}

/* The pairs that choose_theme has defined. */
static short curses_pair(const struct look *look)
{
	for (short i = 0; i < THEME_MEANINGS; i++)
		if (look->ink != COLOUR_DEFAULT && theme_colour.meanings[i].ink == look->ink &&
			theme_colour.meanings[i].paper == look->paper)
			return (short)(i + 1);
	return 0;
}

static void show_cell(const struct painter *painter, int row, int col, const struct cell *cell)
{
	struct look look = theme_look(painter->theme, cell->attr);
	wchar_t text[2] = {(wchar_t)cell->codepoint, 0};
	cchar_t out;

	if (cell->codepoint == 0)
		return;
	if (setcchar(&out, text, curses_attr(painter, look.attr), curses_pair(&look), NULL) == OK)
		(void)mvadd_wch(row, col, &out);
}

/* Returns the length of the run of full blocks from @col on, with one attribute and no colour. */
static int solid_run(const struct grid *grid, int row, int col)
{
	unsigned attr = grid_cell(grid, row, col)->attr;
	int end = col;

	while (end < grid->cols && (attr | ATTR_REVERSE) == ATTR_REVERSE &&
		grid_cell(grid, row, end)->codepoint == SOLID &&
		grid_cell(grid, row, end)->attr == attr)
		end++;
	return end - col;
}

/* Draws long runs of full blocks, three bytes each, as reversed blanks, which look the same. */
static void show_row(const struct painter *painter, const struct grid *grid, int row)
{
	for (int col = 0; col < grid->cols;) {
		int run = solid_run(grid, row, col), end = col + (run > 0 ? run : 1);

		for (; col < end; col++) {
			struct cell cell = *grid_cell(grid, row, col);

			if (run >= SOLID_RUN)
				cell = (struct cell){' ', cell.attr ^ ATTR_REVERSE};
			show_cell(painter, row, col, &cell);
		}
	}
}

void painter_show(struct painter *painter, const struct grid *grid, bool all)
{
	bool cursor = grid->cursor_row >= 0;

	if (LINES != grid->rows || COLS != grid->cols) {
		(void)resizeterm(grid->rows, grid->cols);
		term_crash_resized();
		all = true; /* terminals keep different parts of the picture on a resize */
	}
	for (int row = 0; row < grid->rows; row++)
		show_row(painter, grid, row);
	if (cursor != painter->cursor_shown) {
		(void)leaveok(stdscr, !cursor);
		(void)curs_set(cursor);
		painter->cursor_shown = cursor;
	}
	if (cursor)
		(void)move(grid->cursor_row, grid->cursor_col);
	if (all)
		(void)clearok(curscr, TRUE);
	(void)refresh();
}
