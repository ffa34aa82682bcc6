/* SPDX-License-Identifier: MIT */
/* A browser for the archive: media at the top, folders, archives, and other files dimmed. */
#include "ui/screens/screen_browse.h"

#include "device/base/util.h"

static enum outcome open_entry(struct model *m)
{
	const struct browse_entry *entry = screen_browse_entry(m);

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

static enum outcome key(struct model *m, enum action action, struct key key)
{
	(void)key;
	return action == ACTION_NEXT ? open_entry(m) : screen_browse_key(m, action, ENTRY_PATH);
}

static const struct hint hints[] =
	SCREEN_BROWSE_HINTS("open the folder, or choose the archive and scan it", "target");

const struct screen screen_archive = {
	.name = "Archive",
	.step = SCREEN_STEP_ARCHIVE,
	.hints = hints,
	.hint_count = ARRAY_SIZE(hints),
	.draw = screen_browse_draw,
	.key = key,
	.count = screen_browse_count,
	.row = screen_browse_row,
	.cursor = screen_browse_cursor,
	.per_page = screen_browse_per_page,
};
