/* SPDX-License-Identifier: MIT */
#include "ui/screens/screen.h"

#include "device/base/util.h"

#include <string.h>

const char *screen_sought(const struct model *model, const char *text)
{
	return model->text[0] ? strcasestr(text, model->text) : NULL;
}

size_t screen_scroll(enum action action, size_t top, size_t most, size_t page)
{
	top = top < most ? top : most;
	switch ((int)action) {
	case ACTION_UP:
		return top > 0 ? top - 1 : 0;
	case ACTION_DOWN:
		return top < most ? top + 1 : most;
	case ACTION_PAGE_UP:
		return top > page ? top - page : 0;
	case ACTION_PAGE_DOWN:
		return most - top > page ? top + page : most;
	case ACTION_HOME:
		return 0;
	case ACTION_END:
		return most;
	default:
		return top;
	}
}

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
	(void)grid_put(grid, row, 1, 1, ATTR_NORMAL, ">");
	for (int i = 0; i < rows; i++)
		grid_attr(grid, row + i, 0, grid->cols, ATTR_REVERSE);
}
