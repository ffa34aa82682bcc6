/* SPDX-License-Identifier: MIT */
/* A browser for the archive: media at the top, folders, archives, the rest dimmed. */
#include "ui/screen.h"

#include "device/util.h"
#include "ui/text.h"

#include <string.h>

static void draw_entry(struct grid *g, int row, const struct browse_entry *entry)
{
	unsigned attr = entry->kind == BROWSE_OTHER	? ATTR_DIM
			: entry->kind == BROWSE_ARCHIVE ? ATTR_BOLD
							: ATTR_NORMAL;
	bool is_file = entry->kind == BROWSE_ARCHIVE || entry->kind == BROWSE_OTHER;
	int end = g->cols - 1, name_end = end - 10;
	struct tm tm;
	char text[320];

	if (is_file) {
		(void)grid_right(g, row, end, attr, text_size(entry->size_bytes).s);
		if (!screen_is_narrow(g) && localtime_r(&entry->mtime, &tm) &&
			strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm) > 0) {
			name_end -= 18;
			(void)grid_put(g, row, name_end + 1, 17, attr, text);
		}
	} else if (entry->note[0]) {
		name_end = end - grid_width(g, entry->note) - 2;
		(void)grid_right(g, row, end, attr, entry->note);
	}
	STR_FORMAT(text, "%s%s", entry->name, entry->kind == BROWSE_FOLDER ? "/" : "");
	(void)grid_put(g, row, 3, name_end - 4, attr, text);
}

static void draw(const struct model *m, struct grid *g, struct area area)
{
	const struct browse *b = &m->browse;
	int row = area.top;
	size_t per_page, first;

	(void)grid_put_tail(g, row, 3, g->cols - 20, ATTR_BOLD, b->dir);
	row++;
	per_page = area.bottom > row ? (size_t)(area.bottom - row) : 1;
	screen_position(g, area.top, b->cursor, b->count, per_page);
	first = screen_page(b->cursor, per_page);
	for (size_t i = first; i < b->count && i < first + per_page; i++, row++) {
		draw_entry(g, row, &b->entries[i]);
		screen_focus(g, row, 1, i == b->cursor);
	}
	if (b->count == 0)
		(void)grid_text(g, row, 3, ATTR_NORMAL, "Nothing is here.");
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
		"%s is no tar archive (plain, gz, xz, zst, bz2, lz4 or lz). Choose another file.",
		entry->name);
	return OUTCOME_NONE;
}

static enum outcome path_key(struct model *m, enum action action, struct key key)
{
	char path[512];

	switch ((int)action) {
	case ACTION_TEXT:
		/* "//" begins at the root again: an absolute path can be pasted behind the folder. */
		if (key.codepoint == '/' && m->text[0] && m->text[strlen(m->text) - 1] == '/')
			m->text[0] = '\0';
		model_type(m->text, sizeof(m->text), key.codepoint);
		return OUTCOME_NONE;
	case ACTION_ERASE:
		model_erase(m->text);
		return OUTCOME_NONE;
	case ACTION_TAB:
		/* What is wrong with it is said by Enter; here it only does not grow. */
		(void)browse_complete(m->browse.dir, m->text, sizeof(m->text));
		return OUTCOME_NONE;
	case ACTION_NEXT:
		m->entry = ENTRY_NONE;
		if (m->text[0] == '\0')
			return OUTCOME_NONE;
		if (!browse_resolve(m->browse.dir, m->text, path, sizeof(path))) {
			model_say(m, true, "This path is too long.");
			return OUTCOME_NONE;
		}
		STR_COPY(m->text, path);
		return OUTCOME_ARCHIVE; /* the app sees whether it is a folder */
	case ACTION_BACK:
		m->entry = ENTRY_NONE;
		return OUTCOME_NONE;
	default:
		return OUTCOME_NONE;
	}
}

static enum outcome key(struct model *m, enum action action, struct key key)
{
	if (m->entry == ENTRY_PATH)
		return path_key(m, action, key);
	switch ((int)action) {
	case ACTION_NEXT:
		return open_entry(m);
	case ACTION_ERASE:
		return browse_resolve(m->browse.dir, "..", m->text, sizeof(m->text))
			       ? OUTCOME_FOLDER
			       : OUTCOME_NONE;
	case ACTION_PATH:
		m->entry = ENTRY_PATH;
		STR_FORMAT(m->text, "%s%s", m->browse.dir, m->browse.dir[1] ? "/" : "");
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

static const struct hint hints[] = {
	{ACTION_DOWN, "choose", NULL, "move; also Tab, PgUp, PgDn, Home, End, digits", 7, NULL},
	{ACTION_NEXT, "open", NULL, "open the folder, or take the archive and scan it", 0, NULL},
	{ACTION_PATH, "path", NULL, "type a path; Tab completes it", 1, NULL},
	{ACTION_SEARCH, "search", NULL, "go to a name", 3, NULL},
	{ACTION_ERASE, "up", NULL, "the folder above", 4, NULL},
	{ACTION_ALL, "all", NULL, "also list names that begin with a dot", 6, NULL},
	{ACTION_RESCAN, "reread", NULL, "read the folder again", 5, NULL},
	{ACTION_HELP, "help", NULL, "this page", 0, NULL},
	{ACTION_BACK, "back", NULL, "to the target", 0, NULL},
};

const struct screen screen_archive = {
	.name = "Archive",
	.step = 2,
	.hints = hints,
	.hint_count = ARRAY_SIZE(hints),
	.draw = draw,
	.key = key,
	.count = count,
	.row = row_text,
	.cursor = cursor,
};
