/* SPDX-License-Identifier: MIT */
#include "ui/screens/path_entry.h"

#include "device/base/util.h"
#include "ui/screens/line_edit.h"

#include <string.h>

#define GAP 2

void path_entry_begin(struct model *m, enum model_entry entry, const char *text)
{
	m->entry = entry;
	m->names.count = 0;
	m->behind = 0;
	STR_COPY(m->text, text);
}

/* "//" restarts at the root, and "/~/" at home, so an absolute path can be typed or pasted after
 * the folder already in the field. */
static void restart(struct model *m, struct key key)
{
	size_t length = strlen(m->text);

	if (key.symbol != SYMBOL_TEXT || key.codepoint != '/' || m->behind > 0)
		return;
	if (length > 0 && m->text[length - 1] == '/')
		m->text[0] = '\0';
	browse_expand(m->browse.home, m->text, sizeof(m->text));
}

/* An invalid path stays in the field. The app checks whether it is a folder. */
static enum outcome take_path(struct model *m)
{
	static const enum outcome outcomes[] = {[ENTRY_PATH] = OUTCOME_ARCHIVE,
		[ENTRY_IMAGE] = OUTCOME_IMAGE,
		[ENTRY_LAYOUT] = OUTCOME_LAYOUT_FILE,
		[ENTRY_BLOB] = OUTCOME_BLOB,
		[ENTRY_SAVE] = OUTCOME_SAVE};
	char path[512];

	browse_expand(m->browse.home, m->text, sizeof(m->text));
	if (m->text[0] == '\0') {
		m->entry = ENTRY_NONE;
		return OUTCOME_NONE;
	}
	if (!browse_resolve(m->browse.dir[0] ? m->browse.dir : "/", m->text, path, sizeof(path))) {
		model_answer(m, true, "The path is longer than 511 bytes. Type a shorter one.");
		return OUTCOME_NONE;
	}
	STR_COPY(m->text, path);
	m->behind = 0;
	return outcomes[m->entry];
}

enum outcome path_entry_key(struct model *m, enum action action, struct key key)
{
	const struct line_edit line = {m->text, sizeof(m->text), &m->behind};

	m->names.count = 0;
	if (action == ACTION_TAB) {
		browse_expand(m->browse.home, m->text, sizeof(m->text));
		m->behind = 0;
		return OUTCOME_COMPLETE;
	}
	if (action == ACTION_NEXT)
		return take_path(m);
	if (key.symbol == SYMBOL_ESCAPE) {
		m->entry = ENTRY_NONE;
		return OUTCOME_NONE;
	}
	restart(m, key);
	(void)line_edit_key(&line, key);
	return OUTCOME_NONE;
}

/* Draws the completions of the path in columns, as a shell does. */
void path_entry_names(const struct browse_names *names, struct grid *g, struct area area)
{
	size_t kept = names->count < BROWSE_NAMES_MAX ? names->count : BROWSE_NAMES_MAX;
	size_t rows = (size_t)(area.bottom - area.top - 1), columns, fit;
	int width = 8;

	for (size_t i = 0; i < kept; i++) {
		int this = grid_width(g, names->names[i]);

		width = this > width ? this : width;
	}
	if (width > g->cols - 4)
		width = g->cols - 4;
	columns = (size_t)((g->cols - 4 + GAP) / (width + GAP));
	fit = columns * rows;
	if (kept < fit)
		rows = (kept + columns - 1) / columns;
	if (names->count > fit)
		(void)grid_format(g, area.top, 3, ATTR_BOLD,
			"%zu names match; the first ones:", names->count);
	else
		(void)grid_format(g, area.top, 3, ATTR_BOLD, "%zu names match:", names->count);
	for (size_t i = 0; i < kept && i < fit; i++)
		(void)grid_put_middle(g, area.top + 1 + (int)(i % rows),
			3 + (int)(i / rows) * (width + GAP), width, ATTR_NORMAL, names->names[i]);
}
