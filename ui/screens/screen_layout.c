/* SPDX-License-Identifier: MIT */
/* The layouts, each drawn to scale for the chosen device. */
#include "ui/screens/path_entry.h"

#include "device/base/human.h"
#include "device/base/util.h"
#include "device/layout/layout_blob.h"
#include "device/layout/layout_copy.h"
#include "device/layout/layout_table.h"

#include <stdlib.h>
#include <string.h>

/* Rows of details on a high screen, below the summary. */
#define DETAILS_MAX   8
#define AREAS_MAX     (LAYOUT_PARTITIONS_MAX + LAYOUT_BLOBS_MAX)
#define SEGMENTS_MAX  (2 * AREAS_MAX + 1)
#define SEGMENT_MIN   4 /* columns, so that small partitions stay visible */
#define SEGMENT_LEAST 2 /* a column and its edge */

/* A range of the disk: a partition, a blob outside the partitions, or a gap. */
struct segment {
	const struct layout_partition *partition;
	const struct layout_blob *blob;
	uint64_t start, sectors;
	int cols;
};

static int segment_order(const void *left, const void *right)
{
	const struct segment *a = left, *b = right;

	return a->start < b->start ? -1 : a->start > b->start;
}

/* Lists the partitions and blobs on the disk in their order. */
static size_t list_areas(const struct layout *layout, struct segment areas[AREAS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < layout->count; i++) {
		const struct layout_partition *p = &layout->partitions[i];

		areas[count++] =
			(struct segment){.partition = p, .start = p->start, .sectors = p->sectors};
	}
	for (size_t i = 0; i < layout->blob_count; i++) {
		const struct layout_blob *blob = &layout->blobs[i];

		if (blob->target == BLOB_DISK && !blob->missing)
			areas[count++] = (struct segment){.blob = blob,
				.start = blob->offset_bytes / SECTOR_BYTES,
				.sectors = (blob->size_bytes + SECTOR_BYTES - 1) / SECTOR_BYTES};
	}
	qsort(areas, count, sizeof(*areas), segment_order);
	return count;
}

/* Splits the disk into segments. Gaps as small as the table count as part of what follows; the one
 * after the last partition has to be larger than alignment and backup table need. */
static size_t cut_segments(const struct layout *layout, struct segment *segments)
{
	struct segment areas[AREAS_MAX];
	size_t areas_count = list_areas(layout, areas), count = 0;
	uint64_t at = 0;

	for (size_t i = 0; i < areas_count; i++) {
		if (areas[i].start >= at + MIB(1) / SECTOR_BYTES)
			segments[count++] =
				(struct segment){.start = at, .sectors = areas[i].start - at};
		segments[count++] = areas[i];
		at = areas[i].start + areas[i].sectors;
	}
	if (layout->disk_sectors > at + MIB(16) / SECTOR_BYTES)
		segments[count++] =
			(struct segment){.start = at, .sectors = layout->disk_sectors - at};
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

/* Appends @part to a list with commas. */
static void append(char *list, size_t size, const char *part)
{
	size_t length = strlen(list);

	(void)str_format(list + length, size - length, "%s%s", length ? ", " : "", part);
}

/* Appends the blobs whose files are missing, or those that have one. */
static void append_blobs(const struct layout *layout, bool missing, char *list, size_t size)
{
	for (size_t i = 0; i < layout->blob_count; i++) {
		const struct layout_blob *blob = &layout->blobs[i];
		char part[128];

		if ((blob->missing != 0) != missing)
			continue;
		layout_blob_describe(blob, part, sizeof(part));
		append(list, size, part);
	}
}

static bool lacks_file(const struct layout *layout)
{
	return layout_missing_blob(layout, true) < layout->blob_count;
}

/* Appends the segments in order; free space only with @gaps. */
static void append_segments(
	const struct segment *segments, size_t count, bool gaps, char *list, size_t size)
{
	for (size_t i = 0; i < count; i++) {
		const struct segment *segment = &segments[i];
		struct human_text bytes = human_size(segment->sectors * SECTOR_BYTES);
		char part[128];

		if (segment->partition)
			describe_partition(segment->partition, part, sizeof(part));
		else if (segment->blob)
			STR_FORMAT(part, "%s %s", segment->blob->name,
				human_size(segment->blob->size_bytes).s);
		else if (gaps)
			STR_FORMAT(part, "%s free", bytes.s);
		else
			continue;
		append(list, size, part);
	}
}

/* Lists what is missing and all segments in order; free space, and single ones of many partitions, only if
 * all fit in @width columns. */
static void describe_segments(const struct layout *layout, const struct segment *segments,
	size_t count, const struct grid *g, int width, char *ret, size_t size)
{
	char partitions[32];

	for (int gaps = 1; gaps >= 0; gaps--) {
		*ret = '\0';
		append_blobs(layout, true, ret, size);
		append_segments(segments, count, gaps, ret, size);
		if (grid_width(g, ret) <= width)
			return;
	}
	if (layout->count <= DETAILS_MAX)
		return;
	*ret = '\0';
	append_blobs(layout, true, ret, size);
	STR_FORMAT(partitions, "%zu partitions", layout->count);
	append(ret, size, partitions);
}

static void draw_bar(const struct segment *segments, size_t count, struct grid *g, int row, int col)
{
	int at = col + 1;

	grid_fill(g, row, col, 1, g->glyphs->edge, ATTR_NORMAL);
	for (size_t i = 0; i < count; i++) {
		grid_fill(g, row, at, segments[i].cols,
			segments[i].partition || segments[i].blob ? g->glyphs->full
								  : g->glyphs->empty,
			ATTR_NORMAL);
		at += segments[i].cols;
		grid_fill(g, row, at++, 1, g->glyphs->edge, ATTR_NORMAL);
	}
}

/* Draws the bar, and the list of its segments on row @words; -1: no list. */
static void draw_places(
	const struct layout *layout, struct grid *g, int row, int col, int words, int words_col)
{
	struct segment segments[SEGMENTS_MAX];
	size_t count = cut_segments(layout, segments);
	int width = g->cols - 2 - col;
	char text[2048];

	if (count == 0)
		return;
	if (width >= (int)count * SEGMENT_LEAST) {
		scale_segments(segments, count, width - (int)count - 1);
		draw_bar(segments, count, g, row, col);
	} else {
		(void)grid_format(g, row, col, ATTR_NORMAL, "%zu partitions", layout->count);
		words = lacks_file(layout) ? words : -1;
	}
	if (words < 0)
		return;
	describe_segments(layout, segments, count, g, g->cols - 1 - words_col, text, sizeof(text));
	(void)grid_text(g, words, words_col, ATTR_NORMAL, text);
}

/* Returns the rows for the details of a layout: its summary, its blobs, and as many partitions as fit. */
static int details(const struct grid *g)
{
	return g->rows >= 30 ? 1 + DETAILS_MAX : 4;
}

/* Draws all blobs in one row, those without a file first. Returns the next row. */
static int draw_blobs(const struct layout *layout, struct grid *g, int row)
{
	bool lacks = lacks_file(layout);
	char text[512] = "";

	if (layout->blob_count == 0)
		return row;
	append_blobs(layout, true, text, sizeof(text));
	if (lacks)
		(void)str_format(text + strlen(text), sizeof(text) - strlen(text),
			" (Enter chooses %s)", strstr(text, ", ") ? "them" : "it");
	append_blobs(layout, false, text, sizeof(text));
	(void)grid_text(g, row, 1, lacks ? ATTR_BOLD : ATTR_NORMAL, text);
	return row + 1;
}

static void draw_partition(const struct layout *layout, size_t index, struct grid *g, int row)
{
	const struct layout_partition *p = &layout->partitions[index];
	size_t count = layout_count_copies(layout, index);
	char place[64], copies[32] = "";

	STR_FORMAT(place, "from %s", human_size(p->start * SECTOR_BYTES).s);
	if (count > 0)
		STR_FORMAT(copies, "  %zu file%s", count, count == 1 ? "" : "s");
	(void)grid_format(g, row, 1, ATTR_NORMAL, "%u  %-8.8s  %-5s %9s  %-12s %-6s%s%s",
		table_number(layout, index), p->name, fs_name(p->fs),
		human_size(p->sectors * SECTOR_BYTES).s, place, p->mount,
		p->bootable ? "  bootable" : "", copies);
}

static void draw_details(const struct layout *layout, struct grid *g, int row)
{
	int end = row + details(g);

	(void)grid_text(g, row++, 1, ATTR_NORMAL, layout->summary);
	row = draw_blobs(layout, g, row);
	for (size_t i = 0; i < layout->count; i++, row++) {
		if (row == end - 1 && i + 1 < layout->count) {
			(void)grid_format(
				g, row, 1, ATTR_NORMAL, "and %zu more", layout->count - i);
			return;
		}
		draw_partition(layout, i, g, row);
	}
}

/* The file of a layout that could not be read, and the whole reason. */
static void draw_reason(const struct model_layout *layout, struct grid *g, int row)
{
	(void)grid_put_tail(g, row, 1, g->cols - 2, ATTR_NORMAL, layout->spec.file);
	(void)grid_wrap(g, row + 1, 1, g->cols - 2, details(g) - 1, ATTR_NORMAL, layout->why);
}

static void draw_layout(const struct model *m, size_t index, struct grid *g, int row, int words)
{
	const struct model_layout *layout = &m->layouts[index];
	int name_width = screen_is_narrow(g) ? 11 : 15, col = 3 + name_width + 1;
	bool is_short = screen_is_short(g);

	(void)grid_put(
		g, row, 3, name_width, layout->why[0] ? ATTR_DIM : ATTR_NORMAL, layout->spec.name);
	if (layout->why[0] && (is_short || layout->unreadable)) {
		(void)grid_text(g, row, col, ATTR_DIM,
			layout->unreadable ? "cannot be read" : "does not fit");
		if (is_short && words >= 0)
			(void)grid_text(g, words, 1, ATTR_NORMAL, layout->why);
	} else if (layout->why[0]) {
		(void)grid_wrap(g, row, col, g->cols - 1 - col, 2, ATTR_DIM, layout->why);
	} else {
		draw_places(&layout->placed, g, row, col, words, is_short ? 1 : col);
	}
	screen_focus(g, row, 1, index == m->layout_cursor);
}

/* A short screen has one row per layout, and one to explain the bar under the cursor; a tall one
 * has two rows per layout, a heading and the details. */
static int rows_each(const struct grid *g)
{
	return screen_is_short(g) ? 1 : 2;
}

static size_t per_page(const struct grid *g, struct area area)
{
	int rows = area.bottom - area.top - (screen_is_short(g) ? 1 : 2 + details(g) + 1);

	return rows >= rows_each(g) ? (size_t)(rows / rows_each(g)) : 1;
}

static const struct model_layout *layout_here(const struct model *m)
{
	return m->layout_cursor < m->layout_count ? &m->layouts[m->layout_cursor] : NULL;
}

static void draw(const struct model *m, struct grid *g, struct area area)
{
	bool is_short = screen_is_short(g);
	size_t shown = per_page(g, area), first = screen_page(m->layout_cursor, shown);
	const struct model_layout *here = layout_here(m);
	int row = area.top;

	if (is_short) {
		area.bottom--;
	} else {
		area.bottom -= details(g) + 1;
		if (here && here->unreadable)
			draw_reason(here, g, area.bottom + 1);
		else if (here && !here->why[0])
			draw_details(&here->placed, g, area.bottom + 1);
		(void)grid_format(g, row, 3, ATTR_BOLD, "On %s, %s:", m->target.name,
			human_size(m->target.size_bytes).s);
		screen_position(g, row, m->layout_cursor, m->layout_count, shown);
		row += 2;
	}
	for (size_t i = first; i < m->layout_count && i < first + shown; i++) {
		bool explained = i == m->layout_cursor && area.bottom > area.top;
		int words = is_short && explained ? area.bottom : -1;

		draw_layout(m, i, g, row, is_short ? words : row + 1);
		row += rows_each(g);
	}
}

static enum outcome choose(struct model *m)
{
	const struct model_layout *layout = layout_here(m);

	if (!layout)
		return OUTCOME_NONE;
	if (layout->why[0]) {
		model_say(m, true, "%s cannot be used: %s", layout->spec.name, layout->why);
		return OUTCOME_NONE;
	}
	m->blob = layout_missing_blob(&layout->spec, scope_makes_table(m->scope));
	return m->blob < layout->spec.blob_count ? OUTCOME_ASK_BLOB : OUTCOME_LAYOUT;
}

static enum outcome key(struct model *m, enum action action, struct key key)
{
	char text[sizeof(m->text)];

	(void)key;
	switch ((int)action) {
	case ACTION_BACK:
		return OUTCOME_BACK;
	case ACTION_NEXT:
		return choose(m);
	case ACTION_PATH:
		STR_FORMAT(text, "%s%s", m->browse.dir, m->browse.dir[1] ? "/" : "");
		path_entry_begin(m, ENTRY_LAYOUT, text);
		return OUTCOME_NONE;
	default:
		return OUTCOME_NONE;
	}
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

static bool wants_file(const struct model *m)
{
	const struct model_layout *layout = layout_here(m);

	return layout && !layout->why[0] && lacks_file(&layout->spec);
}

static bool is_complete(const struct model *m)
{
	return !wants_file(m);
}

static const struct hint hints[] = {
	{ACTION_DOWN, "choose", NULL, "move; also Tab, Home, End, digits", 3, NULL},
	{ACTION_NEXT, "next", NULL, "choose this layout and review the install", 0, is_complete},
	{ACTION_NEXT, "choose file", "file", "choose the file that this layout lacks", 0,
		wants_file},
	{ACTION_PATH, "path", NULL, "type the path of a layout file; Tab completes it", 1, NULL},
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
