/* SPDX-License-Identifier: MIT */
/* Every state of every screen at every terminal size: the frame is intact, nothing is drawn
 * outside, and the texts needed for a decision are visible from 40x10 on. */
#include "tests/lib/screen_states.h"

#include "ui/term/term.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
/* after the above */
#include <cmocka.h>

#define ROWS_MAX 70
#define COLS_MAX 210

#define TEXT_MAX (ROWS_MAX * (COLS_MAX + 1) + 1)

/* Joins all rows, and reduces runs of blanks and row ends to one blank. */
static void join_rows(const struct grid *grid, char ret[TEXT_MAX])
{
	char *to = ret;

	for (int row = 0; row < grid->rows; row++) {
		const struct cell *cell = grid_cell(grid, row, 0);

		for (int col = 0; col < grid->cols; col++, cell++) {
			uint32_t point = cell->codepoint;

			if (point != ' ')
				*to++ = point > ' ' && point < 0x7f ? (char)point : '?';
			else if (to > ret && to[-1] != ' ')
				*to++ = ' ';
		}
		if (to > ret && to[-1] != ' ')
			*to++ = ' ';
	}
	*to = '\0';
}

static const char *shape(const struct grid *grid)
{
	static char text[32];

	STR_FORMAT(text, "%dx%d %s", grid->cols, grid->rows, grid->glyphs->name);
	return text;
}

static void check_row_of_rule(const struct state *state, const struct grid *grid, int row)
{
	for (int col = 0; col < grid->cols; col++)
		if (grid_cell(grid, row, col)->codepoint != grid->glyphs->rule)
			fail_msg("%s: row %d of %s is not a rule", state->name, row, shape(grid));
}

/* The last row has all required keys, and none is cut. */
static void check_keys(const struct state *state, const struct model *m, const struct grid *grid)
{
	const struct hint *hints[SCREEN_HINTS];
	size_t count = screen_hints(m, m->overlay ? m->overlay : m->screen, hints);
	char row[2 * COLS_MAX + 2] = "";

	for (int col = 0; col < grid->cols; col++)
		row[col] = (char)grid_cell(grid, grid->rows - 1, col)->codepoint;
	if (row[0] != ' ' || row[grid->cols - 1] != ' ' || strstr(row, ".."))
		fail_msg("%s: the keys are cut on %s: %s", state->name, shape(grid), row);
	for (size_t i = 0; i < count; i++) {
		char brief[64], full[64];

		STR_FORMAT(full, "%s %s", keys_label(hints[i]->action), hints[i]->label);
		STR_FORMAT(brief, "%s %s", keys_label(hints[i]->action),
			hints[i]->brief ? hints[i]->brief : hints[i]->label);
		if (hints[i]->minor == 0 && !strstr(row, full) && !strstr(row, brief))
			fail_msg("%s: no \"%s\" on %s: %s", state->name, full, shape(grid), row);
	}
}

static void check_frame(const struct state *state, const struct model *m, const struct grid *grid)
{
	bool steps = !m->overlay && m->screen->step && grid->rows >= 18;

	if (m->overlay || m->screen->step || m->snap.magic)
		assert_int_not_equal(grid_cell(grid, 0, 1)->codepoint, ' ');
	if (!steps) /* the steps replace the rule */
		check_row_of_rule(state, grid, 1);
	check_row_of_rule(state, grid, grid->rows - 2);
	check_keys(state, m, grid);
	/* Only rules and the bar of the cursor touch the edges. */
	for (int row = 0; row < grid->rows; row++) {
		uint32_t first = grid_cell(grid, row, 0)->codepoint;
		uint32_t last = grid_cell(grid, row, grid->cols - 1)->codepoint;

		if (first != grid->glyphs->rule && (first != ' ' || last != ' '))
			fail_msg("%s: row %d of %s runs into the edge", state->name, row,
				shape(grid));
	}
}

static void check_needs(const struct state *state, const struct grid *grid)
{
	static char text[TEXT_MAX];

	join_rows(grid, text);
	for (size_t i = 0; i < NEEDS_MAX && state->needs[i]; i++)
		if (!strstr(text, state->needs[i])) {
			grid_print(grid, stderr, false);
			fail_msg("%s: no \"%s\" on %s", state->name, state->needs[i], shape(grid));
		}
}

static void check_too_small(const struct state *state, const struct grid *grid)
{
	static char text[TEXT_MAX];

	join_rows(grid, text);
	if (grid->rows * grid->cols >= 400 && grid->cols >= 10 && grid->rows >= 2 &&
		(!strstr(text, "is too small. Enlarge the terminal to at least 40x10.") ||
			!strstr(text, "Ctrl-L reads the size again")))
		fail_msg("%s: %s does not report that it is too small: %s", state->name,
			shape(grid), text);
}

static void draw_at(const struct state *state, struct model *m, int rows, int cols)
{
	struct grid grid;

	draw_state(m, &grid, rows, cols, (rows + cols) % 2 ? &glyphs_ascii : &glyphs_unicode);
	if (rows >= SCREEN_ROWS_MIN && cols >= SCREEN_COLS_MIN) {
		check_frame(state, m, &grid);
		check_needs(state, &grid);
	} else {
		check_too_small(state, &grid);
	}
	/* The cursor is inside the grid, or hidden. */
	assert_true(grid.cursor_row < rows && grid.cursor_col < cols);
	grid_finish(&grid);
}

/* SIZES=some in the environment, for slow runs such as valgrind, selects the sizes at which a
 * layout changes, and a sample of the others; the default is all. */
static bool is_chosen(int rows, int cols)
{
	const char *some = getenv("SIZES");

	if (!some || strcmp(some, "some") != 0)
		return true;
	return (rows + cols) % 13 == 0 || (rows >= 9 && rows <= 31 && cols % 9 == 4) ||
	       (cols >= 39 && cols <= 81 && rows % 5 == 0) || (rows == 10 && cols >= 40) ||
	       (cols == 40 && rows >= 10);
}

static void every_size(void **test)
{
	(void)test;
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		struct model *m = states[i].make();

		for (int rows = 1; rows <= ROWS_MAX; rows++)
			for (int cols = 1; cols <= COLS_MAX; cols++)
				if (is_chosen(rows, cols))
					draw_at(&states[i], m, rows, cols);
		free_model(m);
	}
}

/* The largest supported terminal. */
static void largest(void **test)
{
	(void)test;
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		struct model *m = states[i].make();
		struct grid grid;

		draw_state(m, &grid, TERM_ROWS_MAX, TERM_COLS_MAX, &glyphs_unicode);
		check_row_of_rule(&states[i], &grid, grid.rows - 2);
		grid_finish(&grid);
		free_model(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_size),
		cmocka_unit_test(largest),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("sizes", tests, NULL, NULL);
}
