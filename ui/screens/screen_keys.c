/* SPDX-License-Identifier: MIT */
#include "ui/screens/screen_keys.h"

#include "device/base/util.h"
#include "ui/screens/line_edit.h"
#include "ui/screens/path_entry.h"
#include "ui/screens/screen_frame.h"

static bool is_match(const struct model *model, const struct screen *screen, size_t index)
{
	char row[512];

	screen->row(model, index, row, sizeof(row));
	return screen_sought(model, row) != NULL;
}

static size_t page_of(const struct model *model, const struct screen *screen)
{
	size_t page = 8; /* for an unknown screen size */

	if (model->grid && screen->per_page)
		page = screen->per_page(model->grid, screen_area(model, screen, model->grid));
	return page > 0 ? page : 1;
}

static bool move_cursor(
	struct model *model, const struct screen *screen, enum action action, struct key key)
{
	size_t *cursor = screen->cursor(model), count = screen->count(model);
	size_t last = count > 0 ? count - 1 : 0, page = page_of(model, screen), to = *cursor;

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

static void back_to_start(struct model *model, const struct screen *screen)
{
	*screen->cursor(model) = model->search_from;
	model->log_scroll = model->search_scroll;
}

/* Moves the cursor to the first match from @from on, forward or @back, and wraps around. With no
 * match, the cursor returns to where the search began. */
static void search(struct model *model, const struct screen *screen, size_t from, bool back)
{
	size_t count = screen->count(model), nearest = SIZE_MAX, at = 0;

	model->match_count = 0;
	for (size_t i = 0; i < count; i++) {
		size_t way = (back ? from + count - i : i + count - from % count) % count;

		if (!is_match(model, screen, i))
			continue;
		model->match_count++;
		if (way >= nearest)
			continue;
		nearest = way;
		at = i;
		model->match_number = model->match_count;
	}
	if (nearest == SIZE_MAX) {
		back_to_start(model, screen);
		return;
	}
	*screen->cursor(model) = at;
	if (screen->found)
		screen->found(model);
}

static void begin_search(struct model *model, const struct screen *screen)
{
	model->entry = ENTRY_SEARCH;
	model->text[0] = '\0';
	model->behind = 0;
	model->match_count = 0;
	if (screen->overlay) /* search the log from its end */
		*screen->cursor(model) = screen->count(model) - 1;
	model->search_from = *screen->cursor(model);
	model->search_scroll = model->log_scroll;
}

static void end_search(struct model *model, const struct screen *screen, bool stay)
{
	if (!stay)
		back_to_start(model, screen);
	if (model->text[0])
		STR_COPY(model->sought, model->text);
	model->entry = ENTRY_NONE;
}

static enum outcome search_key(
	struct model *model, const struct screen *screen, enum action action, struct key key)
{
	const struct line_edit line = {model->text, sizeof(model->text), &model->behind};
	size_t at = *screen->cursor(model), count = screen->count(model);
	bool back = screen->overlay;

	if (line_edit_key(&line, key)) {
		search(model, screen, model->search_from, back);
		return OUTCOME_NONE;
	}
	switch ((int)action) {
	case ACTION_UP:
	case ACTION_DOWN:
		if (model->text[0] == '\0') /* repeat the last search */
			STR_COPY(model->text, model->sought);
		if (count > 0)
			search(model, screen, action == ACTION_DOWN ? at + 1 : at + count - 1,
				action == ACTION_UP);
		break;
	case ACTION_NEXT:
	case ACTION_BACK:
		end_search(model, screen, action == ACTION_NEXT);
		break;
	default:
		break;
	}
	return OUTCOME_NONE;
}

static void open_help(struct model *model, const struct screen *screen)
{
	model->help_of = screen;
	model->help_top = 0;
	model->overlay = &screen_help;
}

static enum outcome overlay_key(
	struct model *model, const struct screen *overlay, enum action action, struct key key)
{
	if (action == ACTION_BACK || action == ACTION_NEXT ||
		(action == ACTION_HELP && overlay == &screen_help) ||
		(action == ACTION_LOG && overlay == &screen_log)) {
		model->overlay = overlay == &screen_help && model->help_of == &screen_log
					 ? &screen_log
					 : NULL;
		return OUTCOME_NONE;
	}
	return overlay->key(model, action, key);
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

/* On a screen that is too small to show its effect, a key does nothing; except redraw and exit. */
static enum outcome too_small_key(const struct model *model, enum action action)
{
	if (action == ACTION_REDRAW)
		return OUTCOME_REDRAW;
	if (action == ACTION_BACK || action == ACTION_INTERRUPT)
		return model_is_installing(model) ? OUTCOME_DETACH : OUTCOME_QUIT;
	return OUTCOME_NONE;
}

/* Handles the keys common to all screens. Returns true if @action is one of them. */
static bool general_key(
	struct model *model, const struct screen *screen, enum action action, struct key key)
{
	if (action == ACTION_HELP && screen != &screen_help) {
		open_help(model, screen);
	} else if (action == ACTION_LOG && screen != &screen_log &&
		   has_hint(model, screen, ACTION_LOG)) {
		model->overlay = &screen_log;
		model->log_scroll = 0;
	} else if (action == ACTION_SEARCH && screen->row && screen->count(model) > 0) {
		begin_search(model, screen);
	} else {
		return !screen->overlay && screen->cursor &&
		       move_cursor(model, screen, action, key);
	}
	return true;
}

/* Ctrl-C: closes a text field, as in a shell; else asks to quit. It never stops an install. */
static enum outcome interrupt(struct model *model, struct key key)
{
	model->overlay = NULL;
	model->entry = ENTRY_NONE;
	model->kind_asked = false;
	if (model->screen == &screen_install)
		return model->screen->key(model, ACTION_INTERRUPT, key);
	if (model->screen == &screen_result)
		return OUTCOME_QUIT;
	model->quit_asked = true;
	model_say(model, false, "Quit boardstrap?%s",
		model->snap.magic ? "" : " Nothing has been written."); /* or an install before */
	return OUTCOME_NONE;
}

/* Any key but y, or a second Ctrl-C, means no. */
static enum outcome quit_key(struct model *model, enum action action)
{
	model->quit_asked = false;
	model->notice[0] = '\0';
	if (action == ACTION_REDRAW)
		return OUTCOME_REDRAW;
	return action == ACTION_YES || action == ACTION_INTERRUPT ? OUTCOME_QUIT : OUTCOME_NONE;
}

/* The next key is the answer to a question, or a no. */
static bool awaits_answer(const struct model *model)
{
	return model->kind_asked || (model->restart_asked && !model->overlay);
}

enum outcome screen_key(struct model *model, struct key key)
{
	const struct screen *screen = model->overlay ? model->overlay : model->screen;
	bool typing = model->entry != ENTRY_NONE ||
		      (!model->overlay && screen->typing && screen->typing(model, key));
	enum action action;

	if (model->entry != ENTRY_NONE && key.symbol == SYMBOL_INTERRUPT)
		key.symbol = SYMBOL_ESCAPE;
	action = keys_action(key, typing);
	if (model->grid && screen_is_too_small(model->grid))
		return too_small_key(model, keys_action(key, false));
	if (model->quit_asked)
		return quit_key(model, keys_action(key, false));
	/* Keys that only edit a line have no action. */
	if (action == ACTION_NONE && model->entry == ENTRY_NONE)
		return OUTCOME_NONE;
	if (action == ACTION_REDRAW)
		return OUTCOME_REDRAW;
	if (action == ACTION_INTERRUPT)
		return interrupt(model, key);
	model->answer[0] = '\0';
	if (!model->overlay)
		model->notice[0] = '\0';
	if (model->entry == ENTRY_SEARCH)
		return search_key(model, screen, action, key);
	if (path_entry_is_open(model))
		return path_entry_key(model, action, key);
	if (!awaits_answer(model) && general_key(model, screen, action, key))
		return OUTCOME_NONE;
	if (model->overlay)
		return overlay_key(model, screen, action, key);
	return screen->key(model, action, key);
}
