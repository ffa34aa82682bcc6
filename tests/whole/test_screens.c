/* SPDX-License-Identifier: MIT */
/*
 * Compares every screen in every important state with its picture in tests/golden, in three sizes,
 * two sets of glyphs and both themes, and checks that no meaning depends on colour. UPDATE_GOLDEN=1
 * in the environment writes new pictures; review them.
 */
#include "tests/lib/screen_states.h"
#include "ui/term/theme.h"

#include <dirent.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
/* after the above */
#include <cmocka.h>

static const struct {
	int rows, cols;
} sizes[] = {{24, 80}, {30, 100}, {10, 40}};

/* Returns the letter of a look in a map, see tests/golden/README. */
static char letter_of(const struct look *look)
{
	static const struct {
		struct look look;
		char letter;
	} letters[] = {
		{{0, COLOUR_DEFAULT, COLOUR_DEFAULT}, ' '},
		{{ATTR_BOLD, COLOUR_DEFAULT, COLOUR_DEFAULT}, 'b'},
		{{ATTR_REVERSE, COLOUR_DEFAULT, COLOUR_DEFAULT}, 'r'},
		{{ATTR_BOLD | ATTR_REVERSE, COLOUR_DEFAULT, COLOUR_DEFAULT}, 'R'},
		{{ATTR_DIM, COLOUR_DEFAULT, COLOUR_DEFAULT}, 'd'},
		{{ATTR_DIM | ATTR_REVERSE, COLOUR_DEFAULT, COLOUR_DEFAULT}, 'D'},
		{{0, COLOUR_GREEN, COLOUR_DEFAULT}, 'g'},
		{{ATTR_REVERSE, COLOUR_GREEN, COLOUR_DEFAULT}, 'G'},
		{{0, COLOUR_BLACK, COLOUR_YELLOW}, 'y'},
		{{ATTR_REVERSE, COLOUR_BLACK, COLOUR_YELLOW}, 'Y'},
		{{ATTR_BOLD, COLOUR_WHITE, COLOUR_RED}, 'x'},
		{{ATTR_BOLD | ATTR_REVERSE, COLOUR_WHITE, COLOUR_RED}, 'X'},
	};

	for (size_t i = 0; i < ARRAY_SIZE(letters); i++)
		if (letters[i].look.attr == look->attr && letters[i].look.ink == look->ink &&
			letters[i].look.paper == look->paper)
			return letters[i].letter;
	fail_msg("a look without a letter: attributes %d, ink %d, paper %d", look->attr, look->ink,
		look->paper);
	return '?';
}

/* Writes one row of a map to @ret, with room for a NUL. Returns its length without trailing
 * blanks. */
static size_t map_row(const struct grid *grid, int row, const struct theme *theme, char *ret)
{
	size_t end = 0;

	for (int col = 0; col < grid->cols; col++) {
		struct look look = theme_look(theme, grid_cell(grid, row, col)->attr);

		ret[col] = letter_of(&look);
		if (ret[col] != ' ')
			end = (size_t)col + 1;
	}
	ret[end] = '\0';
	return end;
}

/* Returns both maps as text, with only those rows of the colour map that differ. */
static char *draw_maps(const struct grid *grid)
{
	char *text = NULL, mono[256], colour[256];
	size_t size = 0, differ = 0;
	FILE *out = open_memstream(&text, &size);

	fprintf(out, "-- mono\n");
	for (int row = 0; row < grid->rows; row++)
		if (map_row(grid, row, &theme_mono, mono) > 0)
			fprintf(out, "%2d %s\n", row, mono);
	for (int row = 0; row < grid->rows; row++) {
		(void)map_row(grid, row, &theme_mono, mono);
		(void)map_row(grid, row, &theme_colour, colour);
		if (strcmp(mono, colour) == 0)
			continue;
		if (differ++ == 0)
			fprintf(out, "-- colour\n");
		fprintf(out, "%2d %s\n", row, colour);
	}
	if (differ == 0)
		fprintf(out, "-- colour: as mono\n");
	fclose(out);
	return text;
}

static char *draw_all(const struct state *state)
{
	static const struct glyphs *const glyphs[] = {&glyphs_ascii, &glyphs_unicode};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		char *before = NULL;

		for (size_t j = 0; j < ARRAY_SIZE(glyphs); j++) {
			struct model *m = state->make();
			struct grid grid;
			char *maps;

			draw_state(m, &grid, sizes[i].rows, sizes[i].cols, glyphs[j]);
			fprintf(out, "== %dx%d %s\n", grid.cols, grid.rows, grid.glyphs->name);
			grid_print(&grid, out, false);
			maps = draw_maps(&grid);
			if (before && strcmp(before, maps) == 0)
				fprintf(out, "-- looks: as ascii\n");
			else
				fputs(maps, out);
			free(before);
			before = maps;
			grid_finish(&grid);
			free_model(m);
		}
		free(before);
	}
	fclose(out);
	return text;
}

static char *read_golden(const char *path)
{
	FILE *in = fopen(path, "re");
	char *text = calloc(1, 131072);

	if (in) {
		text[fread(text, 1, 131071, in)] = '\0';
		fclose(in);
	}
	return text;
}

static bool matches_golden(const struct state *state)
{
	const char *dir = getenv("GOLDEN_DIR"), *update = getenv("UPDATE_GOLDEN");
	char path[256], *text = draw_all(state), *golden;
	bool same;

	STR_FORMAT(path, "%s/%s.txt", dir ? dir : "tests/golden", state->name);
	if (update && update[0] == '1') {
		FILE *out = fopen(path, "we");

		assert_non_null(out);
		fputs(text, out);
		fclose(out);
	}
	golden = read_golden(path);
	same = strcmp(golden, text) == 0;
	if (!same)
		print_error("%s differs from this picture:\n%s", path, text);
	free(golden);
	free(text);
	return same;
}

static bool is_state(const char *file)
{
	char name[256];

	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		STR_FORMAT(name, "%s.txt", states[i].name);
		if (strcmp(name, file) == 0)
			return true;
	}
	return false;
}

/* Counts pictures without a state; UPDATE_GOLDEN=1 removes them. */
static unsigned count_stale(void)
{
	const char *dir = getenv("GOLDEN_DIR"), *update = getenv("UPDATE_GOLDEN");
	DIR *stream = opendir(dir ? dir : "tests/golden");
	const struct dirent *item;
	unsigned stale = 0;

	assert_non_null(stream);
	while ((item = readdir(stream))) {
		if (!strstr(item->d_name, ".txt") || is_state(item->d_name))
			continue;
		if (update && update[0] == '1')
			(void)unlinkat(dirfd(stream), item->d_name, 0);
		else
			print_error("%s belongs to no state\n", item->d_name);
		stale += !update || update[0] != '1';
	}
	closedir(stream);
	return stale;
}

static void golden(void **state)
{
	unsigned wrong = count_stale();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		wrong += !matches_golden(&states[i]);
	assert_int_equal(wrong, 0);
}

/* --- never colour alone --- */

static char colour_of(const struct grid *grid, int row, int col)
{
	struct look look = theme_look(&theme_colour, grid_cell(grid, row, col)->attr);

	return look.ink == COLOUR_DEFAULT ? ' ' : letter_of(&look);
}

/* True if the cells at both places are equal apart from colours. */
static bool same_without_colours(
	const struct grid *grid, int row, int col, int other_row, int other_col, int length)
{
	for (int i = 0; i < length; i++) {
		const struct cell *a = grid_cell(grid, row, col + i);
		const struct cell *b = grid_cell(grid, other_row, other_col + i);

		if (!b || a->codepoint != b->codepoint ||
			theme_look(&theme_mono, a->attr).attr !=
				theme_look(&theme_mono, b->attr).attr)
			return false;
	}
	return true;
}

/* The text of a coloured run must not occur in another colour, or in none. */
static void check_run(const struct state *state, const struct grid *grid, int row, int col, int end)
{
	for (int other_row = 0; other_row < grid->rows; other_row++)
		for (int other = 0; other <= grid->cols - (end - col); other++)
			if (same_without_colours(grid, row, col, other_row, other, end - col) &&
				colour_of(grid, other_row, other) != colour_of(grid, row, col))
				fail_msg(
					"%s: only colour distinguishes the text at %d,%d from %d,%d",
					state->name, row, col, other_row, other);
}

static void check_runs(const struct state *state, const struct grid *grid)
{
	for (int row = 0; row < grid->rows; row++)
		for (int col = 0, end; col < grid->cols; col = end) {
			for (end = col + 1; end < grid->cols; end++)
				if (colour_of(grid, row, end) != colour_of(grid, row, col))
					break;
			if (colour_of(grid, row, col) != ' ')
				check_run(state, grid, row, col, end);
		}
}

/* A meaning shown by colour is also shown by words, or by bold, reverse or dim. */
static void never_colour_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		for (size_t j = 0; j < ARRAY_SIZE(sizes); j++) {
			struct model *m = states[i].make();
			struct grid grid;

			draw_state(m, &grid, sizes[j].rows, sizes[j].cols,
				i % 2 ? &glyphs_unicode : &glyphs_ascii);
			check_runs(&states[i], &grid);
			grid_finish(&grid);
			free_model(m);
		}
}

/* Returns the number of cells that differ, colours aside, between the banners of two results. */
static int banner_differs(struct model *(*a)(void), struct model *(*b)(void), int rows, int cols)
{
	struct model *models[] = {a(), b()};
	struct grid grids[2];
	int differ = 0;

	for (size_t i = 0; i < 2; i++)
		draw_state(models[i], &grids[i], rows, cols, &glyphs_ascii);
	for (int row = 2; row < 13 && row < rows; row++)
		for (int col = 0; col < 46 && col < cols; col++) {
			const struct cell *left = grid_cell(&grids[0], row, col);
			const struct cell *right = grid_cell(&grids[1], row, col);
			struct look ours = theme_look(&theme_mono, left->attr);
			struct look theirs = theme_look(&theme_mono, right->attr);

			differ += left->codepoint != right->codepoint || ours.attr != theirs.attr;
		}
	for (size_t i = 0; i < 2; i++) {
		grid_finish(&grids[i]);
		free_model(models[i]);
	}
	return differ;
}

/* Results are distinguishable across a room: most cells of their banners differ, even in mono. */
static void results_differ(void **state)
{
	(void)state;
	assert_true(banner_differs(result_pass, result_verify, 24, 80) > 150);
	assert_true(banner_differs(result_pass, result_cancelled, 24, 80) > 150);
	assert_true(banner_differs(result_pass, result_not_verified, 24, 80) > 60);
	assert_true(banner_differs(result_pass, result_verify, 10, 40) > 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden),
		cmocka_unit_test(never_colour_alone),
		cmocka_unit_test(results_differ),
	};

	/* For the times of files and the width of characters. */
	setenv("TZ", "UTC", 1);
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		print_message("the locale C.UTF-8 is missing: wide characters are drawn as '?'\n");
	return cmocka_run_group_tests_name("screens", tests, NULL, NULL);
}
