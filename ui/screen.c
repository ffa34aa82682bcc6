/* SPDX-License-Identifier: MIT */
#include "ui/screen.h"

#include "device/util.h"
#include "ui/text.h"

#include <string.h>
#include <strings.h>

static const char *const step_titles[] = {"Target", "Archive", "Layout", "Review"};

/* While a line is typed, these keys work and no others. */
static const struct hint search_hints[] = {
	{.action = ACTION_NEXT, .label = "done"},
	{.action = ACTION_ERASE, .label = "erase", .minor = 1},
	{.action = ACTION_ESCAPE, .label = "end the search"},
};

static const struct hint path_hints[] = {
	{.action = ACTION_TAB, .label = "complete"},
	{.action = ACTION_NEXT, .label = "choose"},
	{.action = ACTION_ERASE, .label = "erase", .minor = 1},
	{.action = ACTION_ESCAPE, .label = "back"},
};

size_t screen_hints(const struct model *model, const struct screen *screen,
	const struct hint *ret[SCREEN_HINTS])
{
	const struct hint *hints = screen->hints;
	size_t count = screen->hint_count, works = 0;

	if (!screen->overlay && model->entry == ENTRY_SEARCH) {
		hints = search_hints;
		count = ARRAY_SIZE(search_hints);
	} else if (!screen->overlay && model->entry == ENTRY_PATH) {
		hints = path_hints;
		count = ARRAY_SIZE(path_hints);
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

/* Takes away the hint that is needed least. False where all are needed. */
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

static void draw_steps(const struct screen *screen, struct grid *grid, int row)
{
	int col = 1;

	for (int i = 0; i < (int)ARRAY_SIZE(step_titles); i++) {
		char text[24];
		int end;

		STR_FORMAT(text, "%d %s", i + 1, step_titles[i]);
		end = grid_text(
			grid, row, col, i + 1 == screen->step ? ATTR_BOLD : ATTR_NORMAL, text);
		if (i + 1 == screen->step)
			grid_attr(grid, row, col - 1, end - col + 2, ATTR_REVERSE);
		col = end + 3;
	}
}

/* Returns the first row below the head. */
static int draw_head(const struct model *model, const struct screen *screen, struct grid *grid)
{
	bool is_short = screen_is_short(grid);
	int row = 0, left;
	char text[80];

	if (screen->title) {
		screen->title(model, grid);
	} else {
		if (is_short && screen->step)
			STR_FORMAT(text, "%d %s", screen->step, screen->name);
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
		draw_steps(screen, grid, ++row);
	grid_rule(grid, ++row);
	return row + 1;
}

/* "scan rootfs.tar.zst  41 %  ###....  84 / 204 MiB", and once it is through what came of it. */
static void draw_scan(const struct model *model, struct grid *grid, int row)
{
	const struct inspect_result *scan = &model->scan;
	const char *name = strrchr(scan->path, '/');
	struct gauge gauge = {scan->archive_done, scan->archive_total};
	char text[320];
	int col, end;

	col = grid_text(grid, row, 1, ATTR_BOLD, "scan") + 1;
	col = grid_put(grid, row, col, screen_is_narrow(grid) ? 14 : 28, ATTR_NORMAL,
		      name ? name + 1 : scan->path) +
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
				text_done_of(gauge.done, gauge.total, " / ").s);
		grid_bar(grid, row, col, end - 2 - col, gauge.done, gauge.total, ATTR_NORMAL);
		return;
	case INSPECT_OK:
		if (!screen_is_narrow(grid)) {
			STR_FORMAT(text, "%s entries, %s, ", text_count(scan->totals.entries).s,
				text_size(scan->totals.content_bytes).s);
			col = grid_text(grid, row, col, ATTR_NORMAL, text);
		}
		STR_COPY(text, "sha256 ");
		col = grid_text(grid, row, col, ATTR_NORMAL, text);
		if (scan->sidecar == SIDECAR_NONE)
			STR_FORMAT(text, "%.4s..%.2s", scan->sha256,
				strlen(scan->sha256) >= 2 ? scan->sha256 + strlen(scan->sha256) - 2
							  : "");
		else
			STR_COPY(text, scan->sidecar == SIDECAR_OK ? "ok" : "WRONG");
		(void)grid_text(grid, row, col,
			scan->sidecar == SIDECAR_OK	? ATTR_GOOD
			: scan->sidecar == SIDECAR_NONE ? ATTR_NORMAL
							: ATTR_BAD | ATTR_BOLD,
			text);
		return;
	case INSPECT_BAD:
		STR_FORMAT(text, "BAD: %s", scan->error);
		(void)grid_text(grid, row, col, ATTR_BAD | ATTR_BOLD, text);
		return;
	}
}

/* The line that is typed, its end in sight, and the cursor in it. */
static void draw_entry(const struct model *model, struct grid *grid, int row)
{
	const char *label = model->entry == ENTRY_SEARCH ? "Search: " : "Path: ";
	int col = grid_text(grid, row, 1, ATTR_BOLD, label);

	col = grid_put_tail(grid, row, col, grid->cols - 2 - col, ATTR_NORMAL, model->text);
	grid->cursor_row = row;
	grid->cursor_col = col;
}

static void draw_notice(const struct model *model, struct grid *grid, int last)
{
	unsigned attr = ATTR_BOLD | (model->notice_bad ? ATTR_BAD : 0);
	int width = grid->cols - 2;
	int lines = grid_wrap(grid, 0, 1, width, 0, 0, model->notice);

	if (lines > 4)
		lines = 4;
	for (int i = 0; i < lines; i++)
		grid_fill(grid, last - i, 0, grid->cols, ' ', ATTR_NORMAL);
	(void)grid_wrap(grid, last - lines + 1, 1, width, lines, attr, model->notice);
}

void screen_draw(const struct model *model, struct grid *grid)
{
	const struct screen *screen = model->overlay ? model->overlay : model->screen;
	int keys = grid->rows - 1, notice = grid->rows - 3;
	struct area area = {.bottom = notice};

	grid_clear(grid);
	if (grid->rows < SCREEN_ROWS_MIN || grid->cols < SCREEN_COLS_MIN) {
		(void)grid_put(grid, 0, 0, grid->cols, ATTR_BOLD, "boardstrap needs 40x10");
		return;
	}
	area.top = draw_head(model, screen, grid);
	grid_rule(grid, keys - 1);
	draw_keys(model, screen, grid);
	if (screen->overlay) {
		area.bottom = keys - 1;
		screen->draw(model, grid, area);
		return;
	}
	/* A small Review has no room for what it says itself. */
	if (screen->step >= 2 && model->has_scan &&
		!(screen == &screen_review && screen_is_short(grid) &&
			model->scan.state != INSPECT_RUNNING))
		draw_scan(model, grid, --area.bottom);
	screen->draw(model, grid, area);
	if (model->entry != ENTRY_NONE)
		draw_entry(model, grid, notice);
	else if (model->notice[0])
		draw_notice(model, grid, notice);
}

/* --- keys --- */

static bool move_cursor(size_t *cursor, size_t count, enum action action, struct key key)
{
	size_t last = count > 0 ? count - 1 : 0, page = 8, to = *cursor;

	if (action == ACTION_UP)
		to = to > 0 ? to - 1 : 0;
	else if (action == ACTION_DOWN)
		to = to + 1;
	else if (action == ACTION_TAB)
		to = to < last ? to + 1 : 0;
	else if (action == ACTION_PAGE_UP)
		to = to > page ? to - page : 0;
	else if (action == ACTION_PAGE_DOWN)
		to += page;
	else if (action == ACTION_HOME)
		to = 0;
	else if (action == ACTION_END)
		to = last;
	else if (action == ACTION_DIGIT)
		to = key.codepoint - '1' <= last ? key.codepoint - '1' : to;
	else
		return false;
	*cursor = to < last ? to : last;
	return true;
}

/* Puts the cursor on the first row, from where it is on and round, that has the text in it. */
static void search(struct model *model, const struct screen *screen)
{
	size_t count = screen->count(model), *cursor = screen->cursor(model);

	if (model->text[0] == '\0')
		return;
	for (size_t i = 0; i < count; i++) {
		char row[512];

		screen->row(model, (*cursor + i) % count, row, sizeof(row));
		if (strcasestr(row, model->text)) {
			*cursor = (*cursor + i) % count;
			return;
		}
	}
}

static enum outcome search_key(
	struct model *model, const struct screen *screen, enum action action, struct key key)
{
	if (action == ACTION_TEXT)
		model_type(model->text, sizeof(model->text), key.codepoint);
	else if (action == ACTION_ERASE)
		model_erase(model->text);
	else if (action == ACTION_DOWN && screen->count(model) > 0)
		*screen->cursor(model) = (*screen->cursor(model) + 1) % screen->count(model);
	else if (action == ACTION_NEXT || action == ACTION_BACK)
		model->entry = ENTRY_NONE;
	if (action == ACTION_TEXT || action == ACTION_DOWN)
		search(model, screen);
	return OUTCOME_NONE;
}

static enum outcome overlay_key(
	struct model *model, const struct screen *overlay, enum action action, struct key key)
{
	if (action == ACTION_BACK || action == ACTION_NEXT ||
		(action == ACTION_HELP && overlay == &screen_help) ||
		(action == ACTION_LOG && overlay == &screen_log)) {
		model->overlay = NULL;
		return OUTCOME_NONE;
	}
	return overlay->key ? overlay->key(model, action, key) : OUTCOME_NONE;
}

static bool has_hint(const struct model *model, const struct screen *screen, enum action action)
{
	const struct hint *hints[SCREEN_HINTS];
	size_t count = screen_hints(model, screen, hints);

	for (size_t i = 0; i < count; i++)
		if (hints[i]->action == action)
			return true;
	return false;
}

enum outcome screen_key(struct model *model, struct key key)
{
	const struct screen *screen = model->overlay ? model->overlay : model->screen;
	bool typing = !model->overlay && (model->entry != ENTRY_NONE ||
						 (screen->typing && screen->typing(model, key)));
	enum action action = keys_action(key, typing);

	if (action == ACTION_NONE)
		return OUTCOME_NONE;
	if (action == ACTION_REDRAW)
		return OUTCOME_REDRAW;
	if (model->overlay)
		return overlay_key(model, screen, action, key);
	model->notice[0] = '\0';
	if (model->entry == ENTRY_SEARCH)
		return search_key(model, screen, action, key);
	if (model->entry == ENTRY_NONE) {
		if (action == ACTION_HELP) {
			model->overlay = &screen_help;
			return OUTCOME_NONE;
		}
		if (action == ACTION_LOG && has_hint(model, screen, ACTION_LOG)) {
			model->overlay = &screen_log;
			model->log_scroll = 0;
			return OUTCOME_NONE;
		}
		if (action == ACTION_SEARCH && screen->row) {
			model->entry = ENTRY_SEARCH;
			model->text[0] = '\0';
			return OUTCOME_NONE;
		}
		if (screen->cursor &&
			move_cursor(screen->cursor(model), screen->count(model), action, key))
			return OUTCOME_NONE;
	}
	return screen->key(model, action, key);
}

/* --- for the screens --- */

size_t screen_page(size_t cursor, size_t per_page)
{
	return per_page > 0 ? cursor / per_page * per_page : 0;
}

void screen_position(struct grid *grid, int row, size_t cursor, size_t count, size_t per_page)
{
	char text[48];

	if (count <= per_page)
		return;
	STR_FORMAT(text, " %zu of %zu", cursor + 1, count);
	(void)grid_right(grid, row, grid->cols - 1, ATTR_NORMAL, text);
}

void screen_focus(struct grid *grid, int row, int rows, bool here)
{
	if (!here)
		return;
	(void)grid_put(grid, row, 1, 1, ATTR_BOLD, ">");
	for (int i = 0; i < rows; i++)
		grid_attr(grid, row + i, 0, grid->cols, ATTR_REVERSE);
}
