/* SPDX-License-Identifier: MIT */
/* A browser for the archive: media at the top, folders, archives, and other files dimmed. */
#include "ui/screens/path_entry.h"

#include "device/base/human.h"
#include "device/base/util.h"

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
	bool is_file = entry->kind == BROWSE_ARCHIVE || entry->kind == BROWSE_OTHER;
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

static size_t per_page(const struct grid *g, struct area area)
{
	(void)g;
	return area.bottom - area.top > 1 ? (size_t)(area.bottom - area.top - 1) : 1;
}

static void draw(const struct model *m, struct grid *g, struct area area)
{
	const struct browse *b = &m->browse;
	size_t shown = per_page(g, area), first = screen_page(b->cursor, shown);
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

static const struct browse_entry *entry_here(const struct model *m)
{
	return m->browse.cursor < m->browse.count ? &m->browse.entries[m->browse.cursor] : NULL;
}

static enum outcome open_entry(struct model *m)
{
	const struct browse_entry *entry = entry_here(m);

	if (!entry)
		return OUTCOME_NONE;
	STR_COPY(m->text, entry->path);
	if (entry->kind == BROWSE_ARCHIVE)
		return OUTCOME_ARCHIVE;
	if (entry->kind != BROWSE_OTHER)
		return OUTCOME_FOLDER;
	model_say(m, true,
		"%s is not a tar archive (plain, gz, xz, zst, bz2, lz4 or lz). Choose another file.",
		entry->name);
	return OUTCOME_NONE;
}

static void begin_path(struct model *m)
{
	char text[sizeof(m->text)];

	STR_FORMAT(text, "%s%s", m->browse.dir, m->browse.dir[1] ? "/" : "");
	path_entry_begin(m, ENTRY_PATH, text);
}

static enum outcome key(struct model *m, enum action action, struct key key)
{
	(void)key;
	switch ((int)action) {
	case ACTION_NEXT:
		return open_entry(m);
	case ACTION_ERASE:
		return browse_resolve(m->browse.dir, "..", m->text, sizeof(m->text))
			       ? OUTCOME_FOLDER
			       : OUTCOME_NONE;
	case ACTION_PATH:
		begin_path(m);
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

static size_t count(const struct model *m)
{
	return m->browse.count;
}

static void row_text(const struct model *m, size_t index, char *ret, size_t size)
{
	(void)str_copy(ret, size, m->browse.entries[index].name);
}

static size_t *cursor(struct model *m)
{
	return &m->browse.cursor;
}

static bool has_folder_above(const struct model *m)
{
	return m->browse.dir[0] == '/' && m->browse.dir[1];
}

static bool hides_some(const struct model *m)
{
	return !m->browse.hidden;
}

static bool shows_all(const struct model *m)
{
	return m->browse.hidden;
}

static const struct hint hints[] = {
	{ACTION_DOWN, "choose", NULL, "move; also Tab, PgUp, PgDn, Home, End, digits", 7, NULL},
	{ACTION_NEXT, "open", NULL, "open the folder, or choose the archive and scan it", 0, NULL},
	{ACTION_PATH, "path", NULL, "type a path; Tab completes it, ~ is your home folder", 1,
		NULL},
	{ACTION_SEARCH, "search", NULL, "find a name", 3, NULL},
	{ACTION_ERASE, "up", NULL, "go to the parent folder", 4, has_folder_above},
	{ACTION_ALL, "show hidden", "hidden", "also list names that begin with a dot", 6,
		hides_some},
	{ACTION_ALL, "hide hidden", "fewer", "hide names that begin with a dot", 6, shows_all},
	{ACTION_RESCAN, "reread", NULL, "read the folder again", 5, NULL},
	{ACTION_HELP, "help", NULL, "this page", 0, NULL},
	{ACTION_BACK, "back", NULL, "go back to the target", 0, NULL},
};

const struct screen screen_archive = {
	.name = "Archive",
	.step = SCREEN_STEP_ARCHIVE,
	.hints = hints,
	.hint_count = ARRAY_SIZE(hints),
	.draw = draw,
	.key = key,
	.count = count,
	.row = row_text,
	.cursor = cursor,
	.per_page = per_page,
};
