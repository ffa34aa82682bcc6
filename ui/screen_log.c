/* SPDX-License-Identifier: MIT */
/* Everything that was said: warnings of tar and notes of the engine, the last at the foot. */
#include "ui/screen.h"

#include "device/util.h"

static size_t kept(const struct model *m)
{
	return m->log_count < MODEL_LOG_MAX ? (size_t)m->log_count : MODEL_LOG_MAX;
}

static void draw(const struct model *m, struct grid *g, struct area area)
{
	size_t scroll = m->log_scroll, lines = kept(m);
	int row = area.bottom;

	if (lines == 0)
		(void)grid_text(g, area.top, 1, ATTR_NORMAL, "Nothing has been said so far.");
	if (scroll >= lines)
		scroll = lines > 0 ? lines - 1 : 0;
	/* From the last line up, each as high as it is. */
	for (size_t back = scroll + 1; back <= lines && row > area.top; back++) {
		const char *text = m->log[(m->log_count - back) % MODEL_LOG_MAX];
		int height = grid_wrap(g, 0, 1, g->cols - 2, 0, 0, text);

		if (height < 1)
			height = 1;
		if (row - height < area.top)
			break;
		row -= height;
		(void)grid_wrap(g, row, 1, g->cols - 2, height, ATTR_NORMAL, text);
	}
}

static enum outcome key(struct model *m, enum action action, struct key key)
{
	size_t last = kept(m) > 0 ? kept(m) - 1 : 0, page = 8;
	size_t at = m->log_scroll < last ? m->log_scroll : last;

	(void)key;
	if (action == ACTION_UP)
		at++;
	else if (action == ACTION_DOWN)
		at = at > 0 ? at - 1 : 0;
	else if (action == ACTION_PAGE_UP)
		at += page;
	else if (action == ACTION_PAGE_DOWN)
		at = at > page ? at - page : 0;
	else if (action == ACTION_HOME)
		at = last;
	else if (action == ACTION_END)
		at = 0;
	m->log_scroll = at < last ? at : last;
	return OUTCOME_NONE;
}

static bool has_more(const struct model *m)
{
	return m->log_count > 1;
}

static const struct hint hints[] = {
	{ACTION_DOWN, "scroll", NULL, "one line", 2, has_more},
	{ACTION_PAGE_DOWN, "page", NULL, "eight lines", 1, has_more},
	{ACTION_BACK, "back", NULL, "close the log", 0, NULL},
};

const struct screen screen_log = {
	.name = "Log",
	.overlay = true,
	.hints = hints,
	.hint_count = ARRAY_SIZE(hints),
	.draw = draw,
	.key = key,
};
