/* SPDX-License-Identifier: MIT */
/* The layouts, each drawn to scale for the chosen device. */
#include "ui/screen.h"

#include "device/util.h"
#include "ui/text.h"

#include <string.h>

#define SEGMENTS_MAX (2 * LAYOUT_PARTITIONS_MAX + 1)
#define SEGMENT_MIN  4 /* columns: what is too small to be seen is seen nevertheless */

/* A stretch of the disk: a partition, or a gap before or behind one. */
struct segment {
	const struct layout_partition *partition;
	uint64_t sectors;
	int cols;
};

/* The gap behind the last partition is only drawn where it is more than alignment and the backup
 * table take. */
static size_t cut_segments(const struct layout *layout, struct segment *segments)
{
	uint64_t at = 0;
	size_t count = 0;

	for (size_t i = 0; i < layout->count; i++) {
		const struct layout_partition *p = &layout->partitions[i];

		if (p->start > at)
			segments[count++] = (struct segment){.sectors = p->start - at};
		segments[count++] = (struct segment){.partition = p, .sectors = p->sectors};
		at = p->start + p->sectors;
	}
	if (layout->disk_sectors > at + MIB(16) / SECTOR_BYTES)
		segments[count++] = (struct segment){.sectors = layout->disk_sectors - at};
	return count;
}

/* Every segment gets its least, and of what is left its share. */
static void scale_segments(struct segment *segments, size_t count, int width)
{
	uint64_t total = 0;
	int spare = width - (int)count * SEGMENT_MIN, used = 0;
	size_t largest = 0;

	for (size_t i = 0; i < count; i++) {
		total += segments[i].sectors;
		if (segments[i].sectors > segments[largest].sectors)
			largest = i;
	}
	for (size_t i = 0; i < count; i++) {
		segments[i].cols =
			spare > 0 && total > 0
				? SEGMENT_MIN + (int)(segments[i].sectors * (uint64_t)spare / total)
				: width / (int)count;
		used += segments[i].cols;
	}
	segments[largest].cols += width - used;
}

static void describe_partition(const struct layout_partition *p, char *ret, size_t size)
{
	const char *fs = p->fs == FS_NONE ? "" : fs_name(p->fs);

	(void)str_format(ret, size, "%s%s%s %s", p->name, fs[0] ? " " : "", fs,
		text_size(p->sectors * SECTOR_BYTES).s);
}

/* The bar, and in the same order what it means, at @words; -1: not at all. */
static void draw_bar(
	const struct layout *layout, struct grid *g, int row, int col, int words, int words_col)
{
	struct segment segments[SEGMENTS_MAX];
	size_t count = cut_segments(layout, segments);
	int at = col + 1, width = g->cols - 2 - col;
	char text[512] = "";

	if (count == 0)
		return;
	scale_segments(segments, count, width - (int)count - 1);
	grid_fill(g, row, col, 1, g->glyphs->edge, ATTR_NORMAL);
	for (size_t i = 0; i < count; i++) {
		const struct layout_partition *p = segments[i].partition;
		size_t length = strlen(text);
		char part[128];

		grid_fill(g, row, at, segments[i].cols, p ? g->glyphs->full : g->glyphs->empty,
			ATTR_NORMAL);
		at += segments[i].cols;
		grid_fill(g, row, at++, 1, g->glyphs->edge, ATTR_NORMAL);
		if (p)
			describe_partition(p, part, sizeof(part));
		else
			STR_FORMAT(
				part, "%s free", text_size(segments[i].sectors * SECTOR_BYTES).s);
		(void)str_format(
			text + length, sizeof(text) - length, "%s%s", length ? ", " : "", part);
	}
	if (words >= 0)
		(void)grid_text(g, words, words_col, ATTR_NORMAL, text);
}

static void draw_details(const struct layout *layout, struct grid *g, int row, int bottom)
{
	(void)grid_text(g, row, 1, ATTR_NORMAL, layout->summary);
	for (size_t i = 0; i < layout->count && ++row < bottom; i++) {
		const struct layout_partition *p = &layout->partitions[i];
		char place[64];

		STR_FORMAT(place, "from %s", text_size(p->start * SECTOR_BYTES).s);
		(void)grid_format(g, row, 1, ATTR_NORMAL, "%zu  %-8.8s  %-5s %9s  %-12s %-6s%s",
			i + 1, p->name, fs_name(p->fs), text_size(p->sectors * SECTOR_BYTES).s,
			place, p->mount, p->bootable ? "  bootable" : "");
	}
}

static void draw_layout(const struct model *m, size_t index, struct grid *g, int row, int words)
{
	const struct model_layout *layout = &m->layouts[index];
	int name_width = screen_is_narrow(g) ? 11 : 15, col = 3 + name_width + 1;
	bool is_short = screen_is_short(g);

	(void)grid_put(
		g, row, 3, name_width, layout->why[0] ? ATTR_DIM : ATTR_BOLD, layout->spec.name);
	if (layout->why[0])
		(void)grid_wrap(
			g, row, col, g->cols - 1 - col, is_short ? 1 : 2, ATTR_DIM, layout->why);
	else
		draw_bar(&layout->placed, g, row, col, words, is_short ? 1 : col);
	screen_focus(g, row, 1, index == m->layout_cursor);
}

static void draw(const struct model *m, struct grid *g, struct area area)
{
	bool is_short = screen_is_short(g);
	int each = is_short ? 1 : 3, row = area.top, details = 4;
	size_t per_page, first;

	if (is_short) {
		area.bottom--; /* for what the bar under the cursor means */
	} else {
		area.bottom -= details + 1;
		grid_rule(g, area.bottom);
		if (m->layout_cursor < m->layout_count && !m->layouts[m->layout_cursor].why[0])
			draw_details(&m->layouts[m->layout_cursor].placed, g, area.bottom + 1,
				area.bottom + 1 + details);
		(void)grid_format(g, row, 3, ATTR_BOLD, "On %s, %s:", m->target.name,
			text_size(m->target.size_bytes).s);
		row += 2;
	}
	per_page = area.bottom - row >= each ? (size_t)((area.bottom - row) / each) : 1;
	if (!is_short)
		screen_position(g, area.top, m->layout_cursor, m->layout_count, per_page);
	first = screen_page(m->layout_cursor, per_page);
	for (size_t i = first; i < m->layout_count && i < first + per_page; i++, row += each) {
		int words = is_short && i == m->layout_cursor ? area.bottom : -1;

		draw_layout(m, i, g, row, is_short ? words : row + 1);
	}
}

static enum outcome key(struct model *m, enum action action, struct key key)
{
	(void)key;
	if (action == ACTION_BACK)
		return OUTCOME_BACK;
	if (action != ACTION_NEXT || m->layout_cursor >= m->layout_count)
		return OUTCOME_NONE;
	if (m->layouts[m->layout_cursor].why[0]) {
		model_say(m, true, "%s cannot be used: %s", m->layouts[m->layout_cursor].spec.name,
			m->layouts[m->layout_cursor].why);
		return OUTCOME_NONE;
	}
	return OUTCOME_LAYOUT;
}

static size_t count(const struct model *m)
{
	return m->layout_count;
}

static void row_text(const struct model *m, size_t index, char *ret, size_t size)
{
	(void)str_format(
		ret, size, "%s %s", m->layouts[index].spec.name, m->layouts[index].spec.summary);
}

static size_t *cursor(struct model *m)
{
	return &m->layout_cursor;
}

static const struct hint hints[] = {
	{ACTION_DOWN, "choose", NULL, "move; also Tab, Home, End, digits", 3, NULL},
	{ACTION_NEXT, "next", NULL, "take this layout and review everything", 0, NULL},
	{ACTION_SEARCH, "search", NULL, "go to a layout by name", 2, NULL},
	{ACTION_HELP, "help", NULL, "this page", 0, NULL},
	{ACTION_BACK, "back", NULL, "to the archive", 0, NULL},
};

const struct screen screen_layout = {
	.name = "Layout",
	.step = 3,
	.hints = hints,
	.hint_count = ARRAY_SIZE(hints),
	.draw = draw,
	.key = key,
	.count = count,
	.row = row_text,
	.cursor = cursor,
};
