/* SPDX-License-Identifier: MIT */
/* A browser for the file of a blob that the layout under the cursor of the Layout screen lacks. */
#include "ui/screens/screen_browse.h"

#include "device/base/human.h"
#include "device/base/util.h"

#include <string.h>

/* "Choose u-boot for imx8mp (flash.bin, at most 4064 KiB):" */
static void draw_head(const struct model *m, struct grid *g, int row)
{
	const struct layout *layout = &m->layouts[m->layout_cursor].spec;
	const struct layout_blob *blob = &layout->blobs[m->blob];
	const char *name = strrchr(blob->file, '/');
	char most[64] = "", text[200] = "";

	if (blob->max_bytes)
		STR_FORMAT(most, "at most %s", human_exact(blob->max_bytes).s);
	if (name || most[0])
		STR_FORMAT(
			text, " (%s%s%s)", name ? name + 1 : "", name && most[0] ? ", " : "", most);
	(void)grid_format(
		g, row, 3, ATTR_BOLD, "Choose %s for %s%s:", blob->name, layout->name, text);
}

/* The rows below the head. A notice on the smallest screens takes its row: that names the blob, too. */
static struct area below_head(struct area area)
{
	area.top += area.bottom - area.top >= 3;
	return area;
}

static void draw(const struct model *m, struct grid *g, struct area area)
{
	struct area below = below_head(area);

	if (below.top > area.top)
		draw_head(m, g, area.top);
	screen_browse_draw(m, g, below);
}

static size_t per_page(const struct grid *g, struct area area)
{
	return screen_browse_per_page(g, below_head(area));
}

static enum outcome open_entry(struct model *m)
{
	const struct browse_entry *entry = screen_browse_entry(m);

	if (!entry)
		return OUTCOME_NONE;
	STR_COPY(m->text, entry->path);
	return entry->kind == BROWSE_FILE ? OUTCOME_BLOB : OUTCOME_FOLDER;
}

static enum outcome key(struct model *m, enum action action, struct key key)
{
	(void)key;
	return action == ACTION_NEXT ? open_entry(m) : screen_browse_key(m, action, ENTRY_BLOB);
}

static const struct hint hints[] =
	SCREEN_BROWSE_HINTS("open the folder, or choose the file", "layouts");

const struct screen screen_blob = {
	.name = "Blob",
	.step = 3,
	.hints = hints,
	.hint_count = ARRAY_SIZE(hints),
	.draw = draw,
	.key = key,
	.count = screen_browse_count,
	.row = screen_browse_row,
	.cursor = screen_browse_cursor,
	.per_page = per_page,
};
