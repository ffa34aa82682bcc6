/* SPDX-License-Identifier: MIT */
/* What the keys do on the screen below, from the same table as its key line. */
#include "ui/screen.h"

#include "device/util.h"

static int draw_line(
	struct grid *g, int row, int bottom, const char *name, const char *label, const char *help)
{
	bool narrow = screen_is_narrow(g);

	if (row >= bottom)
		return row;
	(void)grid_text(g, row, 3, ATTR_BOLD, name);
	(void)grid_put(g, row, 14, narrow ? g->cols - 15 : 13, ATTR_NORMAL, label);
	if (!narrow)
		(void)grid_text(g, row, 28, ATTR_NORMAL, help);
	return row + 1;
}

static void draw(const struct model *m, struct grid *g, struct area area)
{
	const struct hint *hints[SCREEN_HINTS];
	size_t count = screen_hints(m, m->screen, hints);
	int row = area.top;

	if (!screen_is_short(g)) {
		(void)grid_format(g, row, 1, ATTR_BOLD, "Keys on the screen %s", m->screen->name);
		row += 2;
	}
	for (size_t i = 0; i < count; i++)
		row = draw_line(g, row, area.bottom, keys_label(hints[i]->action),
			hints[i]->brief ? hints[i]->brief : hints[i]->label,
			hints[i]->help ? hints[i]->help : "");
	row = draw_line(g, row, area.bottom, "Ctrl-L", "redraw", "repaint a disturbed screen");
	if (screen_is_short(g))
		return;
	row = draw_line(g, row, area.bottom, "Left, Esc", "back", "the same as q");
	row = draw_line(g, row, area.bottom, "F1", "help", "the same as ?");
	(void)grid_wrap(g, row + 1, 1, g->cols - 2, area.bottom - row - 1, ATTR_NORMAL,
		m->snap.magic
			? "The install is a process of its own: it goes on when this screen or "
			  "its line is gone. boardstrap attach shows it again."
			: "Nothing is written before the word on the screen Review is typed and "
			  "Enter is pressed.");
}

static const struct hint hints[] = {
	{ACTION_BACK, "back", NULL, "close this page", 0, NULL},
};

const struct screen screen_help = {
	.name = "Help",
	.overlay = true,
	.hints = hints,
	.hint_count = ARRAY_SIZE(hints),
	.draw = draw,
};
