/* SPDX-License-Identifier: MIT */
#include "ui/screens/screen_frame.h"

#include "device/base/human.h"
#include "device/base/util.h"
#include "ui/screens/line_edit.h"
#include "ui/screens/path_entry.h"

#include <string.h>

/* The keys that work in the text field. */
static bool has_other_matches(const struct model *model)
{
	return model->text[0] ? model->match_count > 1 : model->sought[0] != '\0';
}

static bool has_text(const struct model *model)
{
	return model->text[0] != '\0';
}

static const struct hint search_hints[] = {
	{ACTION_DOWN, "other matches", "other", NULL, 0, has_other_matches},
	{ACTION_NEXT, "stay here", "stay", NULL, 0, NULL},
	{ACTION_ERASE, "delete", NULL, NULL, 1, has_text},
	{ACTION_ESCAPE, "go back", "back", NULL, 0, NULL},
};

static const struct hint path_hints[] = {
	{ACTION_TAB, "complete", NULL, NULL, 0, NULL},
	{ACTION_NEXT, "open", NULL, NULL, 0, NULL},
	{ACTION_CLEAR, "clear", NULL, NULL, 2, has_text},
	{ACTION_ERASE, "delete", NULL, NULL, 1, has_text},
	{ACTION_ESCAPE, "back", NULL, NULL, 0, NULL},
};

static const struct hint save_hints[] = {
	{ACTION_TAB, "complete", NULL, NULL, 1, NULL},
	{ACTION_NEXT, "save", NULL, NULL, 0, NULL},
	{ACTION_CLEAR, "clear", NULL, NULL, 3, has_text},
	{ACTION_ERASE, "delete", NULL, NULL, 2, has_text},
	{ACTION_ESCAPE, "back", NULL, NULL, 0, NULL},
};

/* The text fields. */
static const struct {
	const char *label;
	const struct hint *hints;
	size_t hint_count;
} entries[] = {
	[ENTRY_SEARCH] = {"Search: ", search_hints, ARRAY_SIZE(search_hints)},
	[ENTRY_PATH] = {"Path: ", path_hints, ARRAY_SIZE(path_hints)},
	[ENTRY_IMAGE] = {"Image: ", path_hints, ARRAY_SIZE(path_hints)},
	[ENTRY_LAYOUT] = {"Layout: ", path_hints, ARRAY_SIZE(path_hints)},
	[ENTRY_BLOB] = {"File: ", path_hints, ARRAY_SIZE(path_hints)},
	[ENTRY_SAVE] = {"Save as: ", save_hints, ARRAY_SIZE(save_hints)},
};

static const struct hint quit_hints[] = {
	{ACTION_YES, "yes, quit", NULL, NULL, 0, NULL},
	{ACTION_NO, "no, stay", NULL, NULL, 0, NULL},
};

size_t screen_hints(const struct model *model, const struct screen *screen,
	const struct hint *ret[SCREEN_HINTS])
{
	const struct hint *hints = screen->hints;
	size_t count = screen->hint_count, works = 0;

	if (model->quit_asked && !model->overlay) {
		hints = quit_hints;
		count = ARRAY_SIZE(quit_hints);
	} else if (model->entry != ENTRY_NONE) {
		hints = entries[model->entry].hints;
		count = entries[model->entry].hint_count;
	}
	for (size_t i = 0; i < count && works < SCREEN_HINTS; i++)
		if (!hints[i].works || hints[i].works(model))
			ret[works++] = &hints[i];
	return works;
}

static const char *hint_label(const struct hint *hint, bool brief)
{
	return brief && hint->brief ? hint->brief : hint->label;
}

static int hints_width(
	const struct grid *grid, const struct hint *const *hints, size_t count, bool brief)
{
	int width = -2;

	for (size_t i = 0; i < count; i++)
		width += grid_width(grid, keys_label(hints[i]->action)) + 1 +
			 grid_width(grid, hint_label(hints[i], brief)) + 2;
	return width;
}

/* Drops the least important hint. Returns false if all are required. */
static bool drop_hint(const struct hint **hints, size_t *count)
{
	size_t least = 0;

	for (size_t i = 1; i < *count; i++)
		if (hints[i]->minor >= hints[least]->minor)
			least = i;
	if (*count == 0 || hints[least]->minor == 0)
		return false;
	*count -= 1;
	memmove(hints + least, hints + least + 1, (*count - least) * sizeof(hints[0]));
	return true;
}

static void draw_keys(const struct model *model, const struct screen *screen, struct grid *grid)
{
	const struct hint *hints[SCREEN_HINTS];
	size_t count = screen_hints(model, screen, hints);
	int col = 1, row = grid->rows - 1;
	bool brief = hints_width(grid, hints, count, false) > grid->cols - 2;

	while (hints_width(grid, hints, count, brief) > grid->cols - 2)
		if (!drop_hint(hints, &count))
			break;
	for (size_t i = 0; i < count; i++) {
		col = grid_text(grid, row, col, ATTR_BOLD, keys_label(hints[i]->action)) + 1;
		col = grid_text(grid, row, col, ATTR_NORMAL, hint_label(hints[i], brief)) + 2;
	}
}

const struct screen *const *screen_way(const struct model *model)
{
	static const struct screen *const ways[SCOPE_COUNT][5] = {
		[SCOPE_ALL] = {&screen_target, &screen_archive, &screen_layout, &screen_review},
		[SCOPE_BOOT] = {&screen_target, &screen_layout, &screen_review},
		[SCOPE_IMAGES] = {&screen_target, &screen_layout, &screen_review},
		[SCOPE_FILES] = {&screen_target, &screen_layout, &screen_review},
	};

	return ways[model->scope];
}

int screen_place(const struct model *model, const struct screen *screen)
{
	const struct screen *const *way = screen_way(model);

	for (int i = 0; way[i]; i++)
		if (way[i]->step == screen->step)
			return i;
	return -1;
}

static void draw_steps(
	const struct model *model, const struct screen *screen, struct grid *grid, int row)
{
	const struct screen *const *way = screen_way(model);
	int col = 1, place = screen_place(model, screen);

	for (int i = 0; way[i]; i++) {
		char text[24];
		int end;

		STR_FORMAT(text, "%d %s", i + 1, way[i]->name);
		end = grid_text(grid, row, col, ATTR_NORMAL, text);
		if (i == place)
			grid_attr(grid, row, col - 1, end - col + 2, ATTR_REVERSE);
		col = end + (screen_is_narrow(grid) ? 1 : 3);
	}
}

static void draw_head(const struct model *model, const struct screen *screen, struct grid *grid)
{
	bool is_short = screen_is_short(grid);
	int row = 0, left;
	char text[80];

	if (screen->title) {
		screen->title(model, grid);
	} else {
		if (is_short && screen->step)
			STR_FORMAT(text, "%d %s", screen_place(model, screen) + 1, screen->name);
		else
			STR_COPY(text, screen->step ? "boardstrap" : screen->name);
		left = grid_text(grid, 0, 1, ATTR_BOLD, text);
		if (model->board[0]) {
			STR_FORMAT(text, "board: %s", model->board);
			if (left + 2 + grid_width(grid, text) < grid->cols)
				(void)grid_right(grid, 0, grid->cols - 1, ATTR_NORMAL, text);
		}
	}
	if (screen->step && !is_short)
		draw_steps(model, screen, grid, ++row);
	else
		grid_rule(grid, ++row);
}

/* "scan rootfs.tar.zst  41 %  ###....  84 / 204 MiB", and after the scan its result. */
static void draw_scan(const struct model *model, struct grid *grid, int row)
{
	const struct inspect_result *scan = &model->scan;
	const struct archive *archive = &scan->archives.list[0];
	const char *name = scan->archives.count > 0 ? archive_name(archive) : "files of the layout";
	struct gauge gauge = {scan->archive_done, scan->archive_total};
	char text[512];
	int col, end;

	col = grid_text(grid, row, 1, ATTR_BOLD, "scan") + 1;
	if (scan->state == INSPECT_BAD) { /* the second row is the notice's, which overwrites it */
		const char *why = scan->error;
		bool named = strncmp(why, name, strlen(name)) == 0 &&
			     strncmp(why + strlen(name), ": ", 2) == 0;

		/* The error begins with the name of the bad one. */
		if (named)
			why += strlen(name) + 2;
		STR_FORMAT(text, "%.40s is BAD: %s",
			named || scan->archives.count < 2 ? name : "An archive", why);
		(void)grid_wrap(grid, row, col, grid->cols - 1 - col, 2, ATTR_BAD, text);
		return;
	}
	col = grid_put_middle(grid, row, col, screen_is_narrow(grid) ? 14 : 28, ATTR_NORMAL, name) +
	      2;
	switch (scan->state) {
	case INSPECT_RUNNING:
		if (gauge_percent(gauge) >= 0)
			STR_FORMAT(text, "%3d %%", gauge_percent(gauge));
		else
			STR_COPY(text, "     ");
		col = grid_text(grid, row, col, ATTR_BOLD, text) + 2;
		end = grid->cols + 1;
		if (!screen_is_narrow(grid))
			end = grid_right(grid, row, grid->cols - 1, ATTR_NORMAL,
				human_done_of(gauge.done, gauge.total, " / ").s);
		grid_bar(grid, row, col, end - 2 - col, gauge.done, gauge.total, ATTR_NORMAL);
		return;
	case INSPECT_OK:
		if (!screen_is_narrow(grid)) {
			STR_FORMAT(text, "%s %s, %s%s", human_count(scan->totals.entries).s,
				scan->totals.entries == 1 ? "entry" : "entries",
				human_size(scan->totals.content_bytes).s,
				scan->archives.count > 0 ? ", " : "");
			col = grid_text(grid, row, col, ATTR_NORMAL, text);
		}
		if (scan->archives.count == 0)
			return;
		STR_COPY(text, "sha256 ");
		col = grid_text(grid, row, col, ATTR_NORMAL, text);
		if (archive->sidecar == SIDECAR_NONE)
			STR_FORMAT(text, "%.4s..%.2s", archive->sha256,
				strlen(archive->sha256) >= 2
					? archive->sha256 + strlen(archive->sha256) - 2
					: "");
		else
			STR_COPY(text, archive->sidecar == SIDECAR_OK ? "ok" : "WRONG");
		(void)grid_text(grid, row, col,
			archive->sidecar == SIDECAR_OK	   ? ATTR_GOOD
			: archive->sidecar == SIDECAR_NONE ? ATTR_NORMAL
							   : ATTR_BAD | ATTR_BOLD,
			text);
		return;
	case INSPECT_BAD:
		return;
	}
}

/* Draws the text field, scrolled to its cursor. */
static void draw_entry(const struct model *model, struct grid *grid, int row)
{
	bool is_search = model->entry == ENTRY_SEARCH;
	size_t at = line_edit_cursor(model->text, model->behind);
	int col, end = grid->cols - 1, width, rest;
	char found[48] = "", before[sizeof(model->text)];

	grid_fill(grid, row, 0, grid->cols, ' ', ATTR_NORMAL);
	col = grid_text(grid, row, 1, ATTR_BOLD, entries[model->entry].label);
	if (is_search && model->match_count > 0)
		STR_FORMAT(found, "%zu of %zu", model->match_number, model->match_count);
	else if (is_search && model->text[0])
		STR_COPY(found, "not found");
	if (found[0])
		end = grid_right(grid, row, end, ATTR_BOLD, found) - 2;
	/* The text behind the cursor gets a third of the field, or less. */
	width = end - 1 - col;
	rest = grid_width(grid, model->text + at);
	rest = rest < width / 3 ? rest : width / 3;
	STR_FORMAT(before, "%.*s", (int)at, model->text);
	col = grid_put_tail(grid, row, col, width - rest, ATTR_NORMAL, before);
	grid->cursor_row = row;
	grid->cursor_col = col;
	(void)grid_put(grid, row, col, end - 1 - col, ATTR_NORMAL, model->text + at);
}

#define NOTICE_LINES 4 /* maximum */

static const char *notice_of(const struct model *model)
{
	return model->overlay ? model->answer : model->notice;
}

static int notice_lines(const struct model *model, const struct grid *grid)
{
	int lines = grid_lines(grid, grid->cols - 2, notice_of(model));

	return lines < NOTICE_LINES ? lines : NOTICE_LINES;
}

/* Draws the notice, which ends on row @last. */
static void draw_notice(const struct model *model, struct grid *grid, int last)
{
	bool bad = model->overlay ? model->answer_bad : model->notice_bad;
	unsigned attr = ATTR_BOLD | (bad ? ATTR_BAD : 0);
	int width = grid->cols - 2;
	int lines = notice_lines(model, grid);

	for (int i = 0; i < lines; i++)
		grid_fill(grid, last - i, 0, grid->cols, ' ', ATTR_NORMAL);
	(void)grid_wrap(grid, last - lines + 1, 1, width, lines, attr, notice_of(model));
}

static void draw_too_small(const struct model *model, struct grid *grid)
{
	char text[200];
	int rows;

	STR_FORMAT(text, "%dx%d is too small. Enlarge the terminal to at least %dx%d.", grid->cols,
		grid->rows, SCREEN_COLS_MIN, SCREEN_ROWS_MIN);
	/* Leave the last column free: some terminals scroll when the last cell is written. */
	rows = grid_wrap(grid, 0, 0, grid->cols - 1, grid->rows, ATTR_BOLD, text);
	(void)grid_wrap(grid, rows, 0, grid->cols - 1, grid->rows - rows, ATTR_NORMAL,
		model_is_installing(model)
			? "The install continues. Ctrl-L reads the size again, q detaches."
			: "Ctrl-L reads the size again, q quits.");
}

/* A short Review screen needs the row for itself once the scan has ended. */
static bool shows_scan(
	const struct model *model, const struct screen *screen, const struct grid *grid)
{
	return screen->step > SCREEN_STEP_TARGET && model->has_scan &&
	       !(screen == &screen_review && screen_is_short(grid) &&
		       model->scan.state != INSPECT_RUNNING);
}

struct area screen_area(
	const struct model *model, const struct screen *screen, const struct grid *grid)
{
	struct area area = {.top = 2, .bottom = grid->rows - 2};

	if (screen->step && !screen_is_short(grid))
		area.top++;
	if (!screen->overlay || model->entry != ENTRY_NONE)
		area.bottom--;
	if (screen->overlay && model->answer[0])
		area.bottom -= notice_lines(model, grid);
	if (shows_scan(model, screen, grid))
		area.bottom--;
	/* On a short screen the list shrinks, so that the notice covers no row of it. */
	if (screen_is_short(grid) && screen->cursor && !screen->overlay && model->notice[0])
		area.bottom -= notice_lines(model, grid) - (model->entry == ENTRY_NONE);
	return area;
}

/* Scrolled content also covers the rows of the frame, which is drawn afterwards. */
static void clear_around(struct grid *grid, struct area area)
{
	for (int row = 0; row < grid->rows; row++)
		if (row < area.top || row >= area.bottom)
			grid_fill(grid, row, 0, grid->cols, ' ', ATTR_NORMAL);
}

void screen_draw(const struct model *model, struct grid *grid)
{
	const struct screen *screen = model->overlay ? model->overlay : model->screen;
	int keys = grid->rows - 1, notice = grid->rows - 3;
	struct area area;

	grid_clear(grid);
	if (screen_is_too_small(grid)) {
		draw_too_small(model, grid);
		return;
	}
	area = screen_area(model, screen, grid);
	if (path_entry_is_open(model) && model->names.count > 1)
		path_entry_names(&model->names, grid, area);
	else
		screen->draw(model, grid, area);
	clear_around(grid, screen->overlay ? area : (struct area){0, keys - 1});
	draw_head(model, screen, grid);
	if (shows_scan(model, screen, grid)) {
		grid_fill(grid, area.bottom, 0, grid->cols, ' ', ATTR_NORMAL);
		draw_scan(model, grid, area.bottom);
	}
	grid_rule(grid, keys - 1);
	draw_keys(model, screen, grid);
	if (model->entry != ENTRY_NONE)
		draw_entry(model, grid, screen->overlay ? keys - 2 : notice--);
	if (notice_of(model)[0])
		draw_notice(model, grid,
			screen->overlay && model->entry != ENTRY_NONE ? keys - 3 : notice);
}
