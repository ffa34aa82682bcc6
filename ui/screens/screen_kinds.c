/* SPDX-License-Identifier: MIT */
/* The kinds of devices that may be targets beside eMMCs, and boards that would not start: words of
 * --allow, each with a warning. */
#include "ui/screens/path_entry.h"

#include "device/base/util.h"

#include <string.h>

#define NAME_COL  7
#define COUNT_END 28
#define TEXT_COL  31

struct kind_row {
	const char *name; /* the word of --allow */
	const char *warning;
	unsigned bit;
	enum reason_code insist; /* not 0: allows the devices that are refused for this reason only,
				    after a question */
	const char *risk;	 /* of the device in the question */
};

static const struct kind_row kinds[] = {
	{"sd", "This machine may have started from a card.", 1u << DISK_SD, 0, NULL},
	{"usb", "Sticks and USB disks: look at size and model.", 1u << DISK_USB, 0, NULL},
	{"disk", "NVMe, SATA, virtio: often this machine's own.", 1u << DISK_FIXED, 0, NULL},
	{"loop", "The file behind the loop device is erased.", 1u << DISK_LOOP, 0, NULL},
	{"image", "A file used as a disk: Enter asks for its path.", 1u << DISK_IMAGE, 0, NULL},
	{"worn", "An eMMC at the end of its life may lose data.", ALLOW_WORN, REASON_WORN,
		"reports that it is worn out: the board may fail soon"},
	{"root-named", "root= names it: often the board's old system.", ALLOW_ROOT_NAMED,
		REASON_ROOT_NAMED,
		"is named by root= on the kernel command line: an install erases the system on it"},
	{"emmc", "Insist, if it may hold the running system.", 1u << DISK_EMMC, REASON_UNKNOWN,
		"may hold the running system, which an install would destroy"},
	{"unbootable", "Install even if the board would not start.", ALLOW_UNBOOTABLE, 0, NULL},
};

static bool is_refused_for(const struct disk *disk, enum reason_code code)
{
	for (uint32_t i = 0; i < disk->reason_count; i++)
		if (disk->reasons[i].code == code)
			return true;
	return false;
}

static bool is_of(const struct disk *disk, const struct kind_row *row)
{
	if (row->bit == 1u << DISK_EMMC)
		return disk->kind == DISK_EMMC && is_refused_for(disk, row->insist);
	return row->insist ? is_refused_for(disk, row->insist) : row->bit == 1u << disk->kind;
}

/* Returns the first device of the row, or NULL, and the number of them. */
static const struct disk *find_devices(
	const struct model *m, const struct kind_row *row, size_t *ret_count)
{
	const struct disk *first = NULL;

	*ret_count = 0;
	for (size_t i = 0; i < m->disk_count; i++) {
		if (!is_of(&m->disks[i], row))
			continue;
		if ((*ret_count)++ == 0)
			first = &m->disks[i];
	}
	return first;
}

static const struct kind_row *row_here(const struct model *m)
{
	return &kinds[m->kind_cursor < ARRAY_SIZE(kinds) ? m->kind_cursor : 0];
}

/* True if each warning fits beside its kind. */
static bool has_room_beside(const struct grid *g)
{
	return g->cols >= 80;
}

/* A narrower screen has the warning of the row under the cursor below the list: in its last row, and
 * in the row of the notice. */
static size_t per_page(const struct grid *g, struct area area)
{
	int rows = area.bottom - area.top - 1 - !has_room_beside(g);

	return rows > 0 ? (size_t)rows : 1;
}

static void draw_row(const struct model *m, struct grid *g, int at, const struct kind_row *row)
{
	size_t count;
	char here[32] = "";

	(void)find_devices(m, row, &count);
	(void)grid_text(g, at, 3, ATTR_NORMAL, m->allow & row->bit ? "[x]" : "[ ]");
	(void)grid_text(g, at, NAME_COL, ATTR_NORMAL, row->name);
	if (count > 0)
		STR_FORMAT(here, "%zu here", count);
	(void)grid_right(g, at, COUNT_END, ATTR_NORMAL, here);
	if (has_room_beside(g))
		(void)grid_text(g, at, TEXT_COL, ATTR_NORMAL, row->warning);
}

static void draw(const struct model *m, struct grid *g, struct area area)
{
	size_t shown = per_page(g, area), first = screen_page(m->kind_cursor, shown);
	int row = area.top;

	(void)grid_text(g, row, 3, ATTR_BOLD,
		screen_is_narrow(g) ? "Other kinds to allow"
				    : "Other kinds of targets to allow in this session:");
	screen_position(g, row++, m->kind_cursor, ARRAY_SIZE(kinds), shown);
	for (size_t i = first; i < ARRAY_SIZE(kinds) && i < first + shown; i++, row++) {
		draw_row(m, g, row, &kinds[i]);
		screen_focus(g, row, 1, i == m->kind_cursor);
	}
	if (!has_room_beside(g))
		(void)grid_wrap(
			g, area.bottom - 1, 3, g->cols - 4, 2, ATTR_NORMAL, row_here(m)->warning);
}

/* Asks before it allows what would be refused with good reason. */
static enum outcome toggle(struct model *m)
{
	const struct kind_row *row = row_here(m);
	const struct disk *first;
	char path[sizeof(m->text)];
	size_t count;

	if (row->bit == 1u << DISK_IMAGE) {
		STR_FORMAT(path, "%s%s", m->browse.dir, m->browse.dir[1] ? "/" : "");
		path_entry_begin(m, ENTRY_IMAGE, path);
		return OUTCOME_NONE;
	}
	if (m->allow & row->bit || !row->insist) {
		m->allow ^= row->bit;
		return OUTCOME_ALLOW;
	}
	first = find_devices(m, row, &count);
	if (first) {
		m->kind_asked = true;
		model_say(m, true, "%s %s. Allow it?", first->name, row->risk);
	} else {
		model_say(m, false, "No device is refused for this reason.");
	}
	return OUTCOME_NONE;
}

static enum outcome key(struct model *m, enum action action, struct key key)
{
	bool asked = m->kind_asked;

	(void)key;
	m->kind_asked = false; /* any key but y is a no */
	if (asked && action != ACTION_YES)
		return OUTCOME_NONE;
	switch ((int)action) {
	case ACTION_YES:
		if (!asked)
			return OUTCOME_NONE;
		m->allow |= row_here(m)->bit;
		return OUTCOME_ALLOW;
	case ACTION_NEXT:
		return toggle(m);
	case ACTION_KINDS:
	case ACTION_BACK:
		return OUTCOME_BACK;
	case ACTION_RESCAN:
		return OUTCOME_RESCAN;
	default:
		return OUTCOME_NONE;
	}
}

static size_t count(const struct model *m)
{
	(void)m;
	return ARRAY_SIZE(kinds);
}

static void row_text(const struct model *m, size_t index, char *ret, size_t size)
{
	(void)m;
	(void)str_format(ret, size, "%s %s", kinds[index].name, kinds[index].warning);
}

static size_t *cursor(struct model *m)
{
	return &m->kind_cursor;
}

static bool is_asked(const struct model *m)
{
	return m->kind_asked;
}

static bool is_image(const struct model *m)
{
	return !m->kind_asked && row_here(m)->bit == 1u << DISK_IMAGE;
}

static bool may_allow(const struct model *m)
{
	return !m->kind_asked && !is_image(m) && !(m->allow & row_here(m)->bit);
}

static bool may_forbid(const struct model *m)
{
	return !m->kind_asked && !is_image(m) && (m->allow & row_here(m)->bit);
}

static bool is_not_asked(const struct model *m)
{
	return !m->kind_asked;
}

static const struct hint hints[] = {
	{ACTION_YES, "yes, allow", NULL, "allow these devices", 0, is_asked},
	{ACTION_NO, "no", NULL, "go on refusing them", 0, is_asked},
	{ACTION_DOWN, "choose", NULL, "move; also Tab, Home, End, digits", 2, is_not_asked},
	{ACTION_NEXT, "allow", NULL, "let these devices be targets, until boardstrap ends", 0,
		may_allow},
	{ACTION_NEXT, "refuse", NULL, "refuse these devices again", 0, may_forbid},
	{ACTION_NEXT, "path", NULL, "type the path of an image file; Tab completes it", 0,
		is_image},
	{ACTION_SEARCH, "search", NULL, "find a kind", 3, is_not_asked},
	{ACTION_HELP, "help", NULL, "this page", 1, is_not_asked},
	{ACTION_BACK, "back", NULL, "go back to the target", 0, is_not_asked},
};

const struct screen screen_kinds = {
	.name = "Kinds",
	.step = SCREEN_STEP_TARGET,
	.hints = hints,
	.hint_count = ARRAY_SIZE(hints),
	.draw = draw,
	.key = key,
	.count = count,
	.row = row_text,
	.cursor = cursor,
	.per_page = per_page,
};
