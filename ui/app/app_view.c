/* SPDX-License-Identifier: MIT */
#include "ui/app/app_internal.h"
#include "ui/screens/screen_frame.h"

#define RESIZE_MS 100 /* redraw at most this often while a window is dragged */

void app_resize(struct app *app)
{
	uint64_t early_ms = app->line_speed->frame_ms - RESIZE_MS;
	int rows, cols;

	term_size(app->term, &rows, &cols);
	if (rows == app->grid.rows && cols == app->grid.cols &&
		term_glyphs(app->term) == app->grid.glyphs)
		return;
	grid_finish(&app->grid);
	if (grid_init(&app->grid, rows, cols, term_glyphs(app->term)) < 0)
		app->done = true; /* out of memory; a running install continues */
	app->changed = true;
	/* Redraw within RESIZE_MS, even at a long frame time. */
	if (app->shown_ms + early_ms > app->model->now_ms)
		app->shown_ms = app->model->now_ms - early_ms;
}

void app_show(struct app *app)
{
	if (!app->grid.cells)
		return;
	screen_draw(app->model, &app->grid);
	term_show(app->term, &app->grid);
	app->shown_ms = app->model->now_ms;
	app->changed = false;
}
