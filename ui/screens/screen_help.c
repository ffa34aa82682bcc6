/* SPDX-License-Identifier: MIT */
/* The keys of the screen below, from the same tables as its key line. */
#include "ui/screens/screen_frame.h"

#include "device/base/util.h"

#define KEY_COL	  1
#define LABEL_COL 12
#define HELP_COL  26

/* Keys that work on every screen, or wherever a hint for the action "like" is shown. */
static const struct {
	const char *key, *label, *help;
	enum action like; /* ACTION_NONE: on every screen */
} general[] = {
	{"Ctrl-L", "redraw", "repaint the screen, and read the size of the terminal", ACTION_NONE},
	{"Ctrl-C", "quit", "ask whether to quit; a running install is not stopped", ACTION_NONE},
	{"Left, Esc", "", "the same as q", ACTION_BACK},
	{"Left", "", "the same as q", ACTION_QUIT},
	{"Esc", "", "the same as Left", ACTION_LEFT},
	{"F1", "", "the same as ?", ACTION_NONE},
};

static bool is_among(enum action action, const struct hint *const *hints, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (hints[i]->action == action)
			return true;
	return false;
}

/* Draws one key at @row, clipped; returns the row below. */
static int draw_line(struct grid *g, int row, const char *name, const char *label, const char *help)
{
	bool narrow = screen_is_narrow(g);
	int col = narrow ? LABEL_COL : HELP_COL, rows;

	(void)grid_put(g, row, KEY_COL, LABEL_COL - KEY_COL - 1, ATTR_BOLD, name);
	if (!narrow)
		(void)grid_put(g, row, LABEL_COL, HELP_COL - LABEL_COL - 1, ATTR_NORMAL, label);
	rows = grid_wrap(g, row, col, g->cols - 1 - col, 9, ATTR_NORMAL, help[0] ? help : label);
	return row + (rows > 0 ? rows : 1);
}

/* The note depends on the screen as well, because the model keeps the last install. */
static const char *words(const struct model *m)
{
	if (model_is_installing(m))
		return "The install runs in its own process. It continues if this screen or its "
		       "line is lost; boardstrap attach shows it again.";
	if (m->screen == &screen_result)
		return "The install has ended. Nothing more is written.";
	return "Nothing is written until you type the confirmation word on the Review screen and "
	       "press Enter.";
}

/* Draws the whole page from @row on, which may be above the top. Returns the row below. */
static int draw_all(const struct model *m, struct grid *g, int row)
{
	const struct hint *hints[SCREEN_HINTS];
	const struct screen *of = m->help_of ? m->help_of : m->screen;
	size_t count = screen_hints(m, of, hints);

	for (size_t i = 0; i < count; i++)
		row = draw_line(g, row, keys_label(hints[i]->action),
			hints[i]->brief ? hints[i]->brief : hints[i]->label,
			hints[i]->help ? hints[i]->help : "");
	for (size_t i = 0; i < ARRAY_SIZE(general); i++)
		if (general[i].like == ACTION_NONE || is_among(general[i].like, hints, count))
			row = draw_line(g, row, general[i].key, general[i].label, general[i].help);
	return row + 1 + grid_wrap(g, row + 1, KEY_COL, g->cols - 2, 9, ATTR_NORMAL, words(m));
}

static size_t shown_rows(const struct model *m, const struct grid *g)
{
	struct area area = g ? screen_area(m, &screen_help, g) : (struct area){0, 8};

	return (size_t)(area.bottom - area.top);
}

/* Returns the number of rows that do not fit. */
static size_t most_rows(const struct model *m, const struct grid *g)
{
	size_t rows, shown = shown_rows(m, g);
	struct grid none;

	if (!g)
		return 0;
	none = *g; /* a grid without rows only measures */
	none.rows = 0;
	rows = (size_t)draw_all(m, &none, 0);
	return rows > shown ? rows - shown : 0;
}

static void title(const struct model *m, struct grid *g)
{
	const struct screen *of = m->help_of ? m->help_of : m->screen;

	(void)grid_format(g, 0, 1, ATTR_BOLD, "Help: %s", of->name);
}

static void draw(const struct model *m, struct grid *g, struct area area)
{
	size_t most = most_rows(m, g), top = m->help_top < most ? m->help_top : most;

	(void)draw_all(m, g, area.top - (int)top);
}

static enum outcome key(struct model *m, enum action action, struct key key)
{
	(void)key;
	m->help_top =
		screen_scroll(action, m->help_top, most_rows(m, m->grid), shown_rows(m, m->grid));
	return OUTCOME_NONE;
}

static bool has_more(const struct model *m)
{
	return most_rows(m, m->grid) > 0;
}

static const struct hint hints[] = {
	{ACTION_DOWN, "scroll", NULL, "one row", 1, has_more},
	{ACTION_PAGE_DOWN, "page", NULL, "one page", 2, has_more},
	{ACTION_BACK, "back", NULL, "close this page", 0, NULL},
};

const struct screen screen_help = {
	.name = "Help",
	.overlay = true,
	.hints = hints,
	.hint_count = ARRAY_SIZE(hints),
	.title = title,
	.draw = draw,
	.key = key,
};
