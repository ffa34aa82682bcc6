/* SPDX-License-Identifier: MIT */
/* The log: the plan, steps, warnings of tar, messages of kernel and engine, the result. It follows the end until scrolled up. */
#include "ui/screens/screen_frame.h"

#include "device/base/util.h"

#include <string.h>

/* Returns the number of rows before the line @index. */
static size_t rows_before(const struct model *m, const struct grid *g, size_t index)
{
	size_t rows = 0;

	for (size_t i = 0; i < index; i++)
		rows += model_log_rows(g, model_log_line(m, i));
	return rows;
}

static size_t shown_rows(const struct model *m, const struct grid *g)
{
	struct area area = g ? screen_area(m, &screen_log, g) : (struct area){0, 8};

	return (size_t)(area.bottom - area.top);
}

/* Returns the number of rows that do not fit. */
static size_t most_rows(const struct model *m, const struct grid *g)
{
	size_t all = rows_before(m, g, model_log_count(m)), shown = shown_rows(m, g);

	return all > shown ? all - shown : 0;
}

static size_t top_row(const struct model *m, const struct grid *g)
{
	size_t most = most_rows(m, g);

	return m->log_scroll < most ? most - m->log_scroll : 0;
}

/* Highlights the match in a line of one row. */
static void mark_sought(const struct model *m, struct grid *g, int row, const char *line)
{
	const char *at = screen_sought(m, line);
	char before[512], found[512];

	if (!at || m->entry != ENTRY_SEARCH)
		return;
	STR_FORMAT(before, "%.*s", (int)(at - line), line);
	STR_FORMAT(found, "%.*s", (int)strlen(m->text), at);
	grid_attr(g, row, 1 + grid_width(g, before), grid_width(g, found), ATTR_REVERSE);
}

static void draw(const struct model *m, struct grid *g, struct area area)
{
	int row = area.top - (int)top_row(m, g);

	if (model_log_count(m) == 0)
		(void)grid_text(g, area.top, 1, ATTR_NORMAL, "No messages yet.");
	for (size_t i = 0; i < model_log_count(m) && row < area.bottom; i++) {
		const char *text = model_log_line(m, i);
		int rows = (int)model_log_rows(g, text);
		bool found =
			m->entry == ENTRY_SEARCH && i == m->log_match && screen_sought(m, text);

		if (row + rows > area.top) {
			(void)grid_wrap(g, row, 1, g->cols - 2, rows,
				found ? ATTR_BOLD : ATTR_NORMAL, text);
			if (rows == 1)
				mark_sought(m, g, row, text);
		}
		row += rows;
	}
}

/* "Log", and the range of the visible lines. */
static void title(const struct model *m, struct grid *g)
{
	size_t top = top_row(m, g), bottom = top + shown_rows(m, g), first = 0, last = 0, row = 0;
	char text[80];

	(void)grid_text(g, 0, 1, ATTR_BOLD,
		!snapshot_ended(&m->snap) ? "Log"
		: screen_is_narrow(g)	  ? "Log: install ended"
					  : "Log: the install has ended");
	for (size_t i = 0; i < model_log_count(m); i++) {
		if (row <= top)
			first = i + 1;
		if (row < bottom)
			last = i + 1;
		row += model_log_rows(g, model_log_line(m, i));
	}
	if (last == 0)
		return;
	STR_FORMAT(text, "%s%zu to %zu of %zu", screen_is_narrow(g) ? "" : "lines ", first, last,
		model_log_count(m));
	(void)grid_right(g, 0, g->cols - 1, ATTR_NORMAL, text);
}

static enum outcome key(struct model *m, enum action action, struct key key)
{
	size_t most = most_rows(m, m->grid);

	(void)key;
	if (action == ACTION_SAVE)
		return model_log_count(m) > 0 ? OUTCOME_SAVE_AS : OUTCOME_NONE;
	m->log_scroll =
		most - screen_scroll(action, top_row(m, m->grid), most, shown_rows(m, m->grid));
	return OUTCOME_NONE;
}

/* Scrolls the match to the middle of the screen, unless it is visible. */
static void found(struct model *m)
{
	size_t row = rows_before(m, m->grid, m->log_match), top = top_row(m, m->grid);
	size_t shown = shown_rows(m, m->grid), most = most_rows(m, m->grid);
	size_t rows = model_log_rows(m->grid, model_log_line(m, m->log_match));

	if (row >= top && row + rows <= top + shown)
		return;
	top = row > shown / 2 ? row - shown / 2 : 0;
	m->log_scroll = top < most ? most - top : 0;
}

static void row_text(const struct model *m, size_t index, char *ret, size_t size)
{
	(void)str_copy(ret, size, model_log_line(m, index));
}

static size_t *cursor(struct model *m)
{
	return &m->log_match;
}

static bool has_more(const struct model *m)
{
	return most_rows(m, m->grid) > 0;
}

static bool has_lines(const struct model *m)
{
	return model_log_count(m) > 0;
}

static const struct hint hints[] = {
	{ACTION_DOWN, "scroll", NULL, "one row", 2, has_more},
	{ACTION_PAGE_DOWN, "page", NULL, "one page", 3, has_more},
	{ACTION_HOME, "first, last", NULL, "go to the first or last line", 4, has_more},
	{ACTION_SEARCH, "search", NULL, "find a text, newest first; case does not matter", 1,
		has_lines},
	{ACTION_SAVE, "save", NULL, "save the log in a file, after a question for its path", 0,
		has_lines},
	{ACTION_HELP, "help", NULL, "this page", 1, NULL},
	{ACTION_BACK, "back", NULL, "close the log; Enter does the same", 0, NULL},
};

const struct screen screen_log = {
	.name = "Log",
	.overlay = true,
	.hints = hints,
	.hint_count = ARRAY_SIZE(hints),
	.title = title,
	.draw = draw,
	.key = key,
	.count = model_log_count,
	.row = row_text,
	.cursor = cursor,
	.found = found,
};
