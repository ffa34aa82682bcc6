/* SPDX-License-Identifier: MIT */
/* The layouts, each drawn to scale for the chosen device. */
#include "ui/screens/screen.h"

#include "device/base/human.h"
#include "device/base/util.h"
#include "device/layout/layout_table.h"

#include <string.h>

/* Partitions that a high screen describes. */
#define DETAILS_MAX   8
#define SEGMENTS_MAX  (2 * LAYOUT_PARTITIONS_MAX + 1)
#define SEGMENT_MIN   4 /* columns, so that small partitions stay visible */
#define SEGMENT_LEAST 2 /* a column and its edge */

/* A range of the disk: a partition or a gap. */
struct segment {
	const struct layout_partition *partition;
	uint64_t sectors;
	int cols;
};

/* Splits the disk into segments. The gap after the last partition counts only if it is larger than
 * alignment and backup table need. */
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

/* Every segment gets SEGMENT_MIN columns and its share of the rest. */
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
		human_size(p->sectors * SECTOR_BYTES).s);
}

/* Lists the segments in order; free space only with @gaps. */
static void describe_segments(
	const struct segment *segments, size_t count, bool gaps, char *ret, size_t size)
{
	*ret = '\0';
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(ret);
		char part[128];

		if (segments[i].partition)
			describe_partition(segments[i].partition, part, sizeof(part));
		else if (gaps)
			STR_FORMAT(
				part, "%s free", human_size(segments[i].sectors * SECTOR_BYTES).s);
		else
			continue;
		(void)str_format(ret + length, size - length, "%s%s", length ? ", " : "", part);
	}
}

/* Draws the bar, and the list of its segments on row @words; -1: no list. */
static void draw_bar(
	const struct layout *layout, struct grid *g, int row, int col, int words, int words_col)
{
	struct segment segments[SEGMENTS_MAX];
	size_t count = cut_segments(layout, segments);
	int at = col + 1, width = g->cols - 2 - col;
	char text[2048];

	if (count == 0)
		return;
	if (width < (int)count * SEGMENT_LEAST) {
		(void)grid_format(g, row, col, ATTR_NORMAL, "%zu partitions", layout->count);
		return;
	}
	scale_segments(segments, count, width - (int)count - 1);
	grid_fill(g, row, col, 1, g->glyphs->edge, ATTR_NORMAL);
	for (size_t i = 0; i < count; i++) {
		grid_fill(g, row, at, segments[i].cols,
			segments[i].partition ? g->glyphs->full : g->glyphs->empty, ATTR_NORMAL);
		at += segments[i].cols;
		grid_fill(g, row, at++, 1, g->glyphs->edge, ATTR_NORMAL);
	}
	if (words < 0)
		return;
	describe_segments(segments, count, true, text, sizeof(text));
	if (grid_width(g, text) > g->cols - 1 - words_col)
		describe_segments(segments, count, false, text, sizeof(text));
	if (grid_width(g, text) > g->cols - 1 - words_col && layout->count > DETAILS_MAX)
		STR_FORMAT(text, "%zu partitions", layout->count);
	(void)grid_text(g, words, words_col, ATTR_NORMAL, text);
}

/* Returns the rows for the details of a layout: its summary, and as many partitions as fit. */
static int details(const struct grid *g)
{
	return g->rows >= 30 ? 1 + DETAILS_MAX : 4;
}

static void draw_details(const struct layout *layout, struct grid *g, int row)
{
	size_t room = (size_t)details(g) - 1;

	(void)grid_text(g, row++, 1, ATTR_NORMAL, layout->summary);
	for (size_t i = 0; i < layout->count && i < room; i++, row++) {
		const struct layout_partition *p = &layout->partitions[i];
		char place[64];

		if (i == room - 1 && layout->count > room) {
			(void)grid_format(
				g, row, 1, ATTR_NORMAL, "and %zu more", layout->count - i);
			return;
		}
		STR_FORMAT(place, "from %s", human_size(p->start * SECTOR_BYTES).s);
		(void)grid_format(g, row, 1, ATTR_NORMAL, "%u  %-8.8s  %-5s %9s  %-12s %-6s%s",
			table_number(layout, i), p->name, fs_name(p->fs),
			human_size(p->sectors * SECTOR_BYTES).s, place, p->mount,
			p->bootable ? "  bootable" : "");
	}
}

static void draw_layout(const struct model *m, size_t index, struct grid *g, int row, int words)
{
	const struct model_layout *layout = &m->layouts[index];
	int name_width = screen_is_narrow(g) ? 11 : 15, col = 3 + name_width + 1;
	bool is_short = screen_is_short(g);

	(void)grid_put(
		g, row, 3, name_width, layout->why[0] ? ATTR_DIM : ATTR_NORMAL, layout->spec.name);
	if (layout->why[0] && is_short) {
		(void)grid_text(g, row, col, ATTR_DIM, "does not fit");
		(void)grid_text(g, words, 1, ATTR_NORMAL, layout->why);
	} else if (layout->why[0]) {
		(void)grid_wrap(g, row, col, g->cols - 1 - col, 2, ATTR_DIM, layout->why);
	} else {
		draw_bar(&layout->placed, g, row, col, words, is_short ? 1 : col);
	}
	screen_focus(g, row, 1, index == m->layout_cursor);
}

/* A short screen has one row per layout, and one to explain the bar under the cursor; a tall one
 * has three rows per layout, a heading and the details. */
static int rows_each(const struct grid *g)
{
	return screen_is_short(g) ? 1 : 3;
}

static size_t per_page(const struct grid *g, struct area area)
{
	int rows = area.bottom - area.top - (screen_is_short(g) ? 1 : 2 + details(g) + 1);

	return rows >= rows_each(g) ? (size_t)(rows / rows_each(g)) : 1;
}

static void draw(const struct model *m, struct grid *g, struct area area)
{
	bool is_short = screen_is_short(g);
	size_t shown = per_page(g, area), first = screen_page(m->layout_cursor, shown);
	int row = area.top;

	if (is_short) {
		area.bottom--;
	} else {
		area.bottom -= details(g) + 1;
		if (m->layout_cursor < m->layout_count && !m->layouts[m->layout_cursor].why[0])
			draw_details(&m->layouts[m->layout_cursor].placed, g, area.bottom + 1);
		(void)grid_format(g, row, 3, ATTR_BOLD, "On %s, %s:", m->target.name,
			human_size(m->target.size_bytes).s);
		screen_position(g, row, m->layout_cursor, m->layout_count, shown);
		row += 2;
	}
	for (size_t i = first; i < m->layout_count && i < first + shown; i++) {
		int words = is_short && i == m->layout_cursor ? area.bottom : -1;

		draw_layout(m, i, g, row, is_short ? words : row + 1);
		row += rows_each(g);
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
	{ACTION_NEXT, "next", NULL, "choose this layout and review the install", 0, NULL},
	{ACTION_SEARCH, "search", NULL, "find a layout by name", 2, NULL},
	{ACTION_HELP, "help", NULL, "this page", 0, NULL},
	{ACTION_BACK, "back", NULL, "go back to the screen before this one", 0, NULL},
};

const struct screen screen_layout = {
	.name = "Layout",
	.step = SCREEN_STEP_LAYOUT,
	.hints = hints,
	.hint_count = ARRAY_SIZE(hints),
	.draw = draw,
	.key = key,
	.count = count,
	.row = row_text,
	.cursor = cursor,
	.per_page = per_page,
};
