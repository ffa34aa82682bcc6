/* SPDX-License-Identifier: MIT */
#include "ui/screens/screen_browse.h"

#include "device/base/human.h"
#include "device/base/util.h"
#include "ui/screens/path_entry.h"

#include <string.h>

#define DATE_COLS 16 /* "2026-01-02 00:00" */
#define SIZE_COLS 9  /* "1023 MiB" */
#define GAP	  2

/* Columns of the list: dates and sizes stay close to the names on wide screens. */
struct columns {
	int name, note, date, size_end; /* date 0: no room for it */
};

static struct columns place_columns(const struct browse *b, const struct grid *g)
{
	struct columns at = {.name = 3};
	int behind = GAP + SIZE_COLS + (screen_is_narrow(g) ? 0 : GAP + DATE_COLS);
	int most = g->cols - 1 - at.name - behind, width = most < 45 ? most : 45;

	for (size_t i = 0; i < b->count && width < most; i++) {
		int this = grid_width(g, b->entries[i].name) + 1;

		width = this > width ? this : width;
	}
	width = width < most ? width : most;
	at.note = at.name + width + GAP;
	at.date = screen_is_narrow(g) ? 0 : at.note;
	at.size_end = at.name + width + behind;
	return at;
}

static void draw_entry(
	struct grid *g, int row, const struct columns *at, const struct browse_entry *entry)
{
	unsigned attr = entry->kind == BROWSE_OTHER	? ATTR_DIM
			: entry->kind == BROWSE_ARCHIVE ? ATTR_BOLD
							: ATTR_NORMAL;
	bool is_file = entry->kind >= BROWSE_FILE;
	int width = at->note - GAP - at->name;
	struct tm tm;
	char text[320];

	if (is_file) {
		(void)grid_right(g, row, at->size_end, attr, human_size(entry->size_bytes).s);
		if (at->date && localtime_r(&entry->mtime, &tm) &&
			strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm) > 0)
			(void)grid_put(g, row, at->date, DATE_COLS, attr, text);
	} else if (entry->note[0] && !screen_is_narrow(g)) {
		(void)grid_text(g, row, at->note, attr, entry->note);
	} else if (entry->note[0]) {
		width = g->cols - 2 - grid_width(g, entry->note) - at->name - 1;
		(void)grid_right(g, row, g->cols - 1, attr, entry->note);
	}
	STR_FORMAT(text, "%s%s", entry->name, entry->kind == BROWSE_FOLDER ? "/" : "");
	(void)grid_put_middle(g, row, at->name, width, attr, text);
}

size_t screen_browse_per_page(const struct grid *g, struct area area)
{
	(void)g;
	return area.bottom - area.top > 1 ? (size_t)(area.bottom - area.top - 1) : 1;
}

void screen_browse_draw(const struct model *m, struct grid *g, struct area area)
{
	const struct browse *b = &m->browse;
	size_t shown = screen_browse_per_page(g, area), first = screen_page(b->cursor, shown);
	struct columns at = place_columns(b, g);
	int row = area.top;

	(void)grid_put_tail(g, row++, 3, g->cols - 18, ATTR_BOLD, b->dir);
	screen_position(g, area.top, b->cursor, b->count, shown);
	for (size_t i = first; i < b->count && i < first + shown; i++, row++) {
		draw_entry(g, row, &at, &b->entries[i]);
		screen_focus(g, row, 1, i == b->cursor);
	}
	if (b->count == 0)
		(void)grid_text(g, row, 3, ATTR_NORMAL, "This folder is empty.");
}

/* --- keys --- */

const struct browse_entry *screen_browse_entry(const struct model *m)
{
	return m->browse.cursor < m->browse.count ? &m->browse.entries[m->browse.cursor] : NULL;
}

static void begin_path(struct model *m, enum model_entry entry)
{
	char text[sizeof(m->text)];

	STR_FORMAT(text, "%s%s", m->browse.dir, m->browse.dir[1] ? "/" : "");
	path_entry_begin(m, entry, text);
}

enum outcome screen_browse_key(struct model *m, enum action action, enum model_entry entry)
{
	switch ((int)action) {
	case ACTION_ERASE:
		return browse_resolve(m->browse.dir, "..", m->text, sizeof(m->text))
			       ? OUTCOME_FOLDER
			       : OUTCOME_NONE;
	case ACTION_PATH:
		begin_path(m, entry);
		return OUTCOME_NONE;
	case ACTION_ALL:
		m->browse.hidden = !m->browse.hidden;
		STR_COPY(m->text, m->browse.dir);
		return OUTCOME_FOLDER;
	case ACTION_RESCAN:
		STR_COPY(m->text, m->browse.dir);
		return OUTCOME_FOLDER;
	case ACTION_BACK:
		return OUTCOME_BACK;
	default:
		return OUTCOME_NONE;
	}
}

size_t screen_browse_count(const struct model *m)
{
	return m->browse.count;
}

void screen_browse_row(const struct model *m, size_t index, char *ret, size_t size)
{
	(void)str_copy(ret, size, m->browse.entries[index].name);
}

size_t *screen_browse_cursor(struct model *m)
{
	return &m->browse.cursor;
}

bool screen_browse_is_below(const struct model *m)
{
	return m->browse.dir[0] == '/' && m->browse.dir[1];
}

bool screen_browse_hides(const struct model *m)
{
	return !m->browse.hidden;
}

bool screen_browse_shows_all(const struct model *m)
{
	return m->browse.hidden;
}
