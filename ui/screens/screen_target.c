/* SPDX-License-Identifier: MIT */
/* The list of devices, and the details of the one under the cursor. */
#include "ui/screens/screen.h"

#include "device/base/human.h"
#include "device/base/util.h"

#include <string.h>

#define DETAILS 4 /* rows about the device under the cursor */

/* Columns of the list. */
struct columns {
	int device, kind, size_end, model, identity, content;
	int identity_width;
};

static int widest(const struct model *m, const struct grid *g, bool model_name)
{
	int width = 0;

	for (size_t i = 0; i < m->row_count; i++) {
		const struct disk *disk = &m->disks[m->rows[i]];
		char text[64];
		int this;

		STR_COPY(text, disk->model);
		if (!model_name)
			STR_COPY(text, disk->name);
		this = grid_width(g, text);
		width = this > width ? this : width;
	}
	return width;
}

static int clamp(int value, int least, int most)
{
	return value < least ? least : value > most ? most : value;
}

static struct columns place_columns(const struct model *m, const struct grid *g)
{
	int wider = g->cols > 80 ? g->cols - 80 : 0;
	struct columns at = {.device = 3};
	int device = clamp(widest(m, g, false), 8, 10 + wider / 2);

	at.kind = at.device + device + 2;
	if (screen_is_narrow(g)) {
		at.size_end = g->cols - 1;
		at.identity = at.kind + 7;
		at.identity_width = at.size_end - 9 - at.identity;
		return at;
	}
	at.size_end = at.kind + 15;
	at.model = at.size_end + 2;
	at.identity = at.model + clamp(widest(m, g, true), 6, 8 + wider / 2) + 2;
	at.identity_width = 8;
	at.content = at.identity + at.identity_width + 2;
	return at;
}

static void draw_row(const struct columns *at, struct grid *g, int row, const struct disk *disk)
{
	bool refused = disk->reason_count > 0;
	unsigned attr = refused ? ATTR_DIM : ATTR_NORMAL;
	char text[160];

	(void)grid_put(g, row, at->device, at->kind - at->device - 1, attr, disk->name);
	(void)grid_put(g, row, at->kind, 6, attr, disk_label(disk));
	(void)grid_right(g, row, at->size_end, attr, human_size(disk->size_bytes).s);
	disk_identity_short(disk, text);
	(void)grid_put(g, row, at->identity, at->identity_width, attr,
		refused && !at->content ? "refused" : text);
	if (!at->content)
		return;
	(void)grid_put(g, row, at->model, at->identity - at->model - 1, attr, disk->model);
	if (refused)
		STR_FORMAT(text, "refused: %s", disk->reasons[0].text);
	else
		disk_content_phrase(&disk->content, text, sizeof(text));
	(void)grid_text(g, row, at->content, attr, text);
}

static void draw_header(const struct columns *at, struct grid *g, int row)
{
	/* The gaps are bold as well, which costs fewer bytes than changing the attributes. */
	if (at->content)
		grid_fill(g, row, at->device, at->content - at->device, ' ', ATTR_BOLD);
	(void)grid_put(g, row, at->device, 8, ATTR_BOLD, "Device");
	(void)grid_put(g, row, at->kind, 6, ATTR_BOLD, "Kind");
	(void)grid_right(g, row, at->size_end, ATTR_BOLD, "Size");
	(void)grid_put(g, row, at->identity, at->identity_width, ATTR_BOLD, "Identity");
	if (!at->content)
		return;
	(void)grid_put(g, row, at->model, 6, ATTR_BOLD, "Model");
	(void)grid_text(g, row, at->content, ATTR_BOLD, "Content");
}

/* "45010044473430303801..00" */
static void shorten_cid(const char *cid, char *ret, size_t size)
{
	size_t length = strlen(cid);

	(void)str_format(ret, size, "%.20s..%s", cid, length > 22 ? cid + length - 2 : "");
}

/* "SanDisk DG4008, eMMC 5.1, serial 3f2a9f31, CID 4501..00"; shortens the CID to fit in @cols. */
static void describe(const struct disk *disk, int cols, char *ret, size_t size)
{
	const char *serial = disk->id.serial, *version = disk_emmc_version(disk);
	char text[512], part[256], cid[64];

	if (disk->kind == DISK_IMAGE) {
		(void)str_format(ret, size, "image file %s", disk->path);
		return;
	}
	STR_FORMAT(text, "%s%s%s", disk->vendor, disk->vendor[0] && disk->model[0] ? " " : "",
		disk->model);
	if (!text[0])
		STR_COPY(text, disk->name);
	STR_FORMAT(part, "%s, %s%s%s", text, disk_label(disk), version[0] ? " " : "", version);
	if (strncmp(serial, "0x", 2) == 0)
		serial += 2;
	STR_FORMAT(text, "%s%s%s", part, serial[0] ? ", serial " : "", serial);
	STR_COPY(cid, disk->id.cid);
	if ((int)(strlen(text) + strlen(", CID ") + strlen(cid)) > cols)
		shorten_cid(disk->id.cid, cid, sizeof(cid));
	(void)str_format(ret, size, "%s%s%s", text, disk->id.cid[0] ? ", CID " : "",
		disk->id.cid[0] ? cid : "");
}

static void describe_refusal(const struct disk *disk, char *ret, size_t size)
{
	size_t length = 0;

	*ret = '\0';
	for (uint32_t i = 0; i < disk->reason_count && length < size; i++) {
		(void)str_format(ret + length, size - length, "%s%s", length ? "; " : "",
			disk->reasons[i].text);
		length = strlen(ret);
	}
}

static int draw_fact(struct grid *g, int row, int bottom, const char *label, const char *text)
{
	if (row >= bottom)
		return row;
	(void)grid_text(g, row, 1, ATTR_BOLD, label);
	return row + grid_wrap(g, row, 10, g->cols - 11, bottom - row, ATTR_NORMAL, text);
}

/* "Health  0-10 % used ...   Boot areas  boot0 4 MiB, ..." */
static void draw_emmc(struct grid *g, int row, const struct disk *disk)
{
	char text[128];

	disk_health_phrase(disk, text, sizeof(text));
	(void)draw_fact(g, row, row + 1, "Health", text);
	if (screen_is_narrow(g))
		return;
	disk_boot_phrase(disk, text, sizeof(text));
	(void)grid_text(g, row, 43, ATTR_BOLD, "Boot areas");
	(void)grid_text(g, row, 55, ATTR_NORMAL, text);
}

/* "2 partitions; i.MX boot loader at 33 KiB; boot0 empty, boot1 empty, boot0 starts first" */
static void describe_content(const struct disk *disk, char *ret, size_t size)
{
	char outside[256], areas[256];

	disk_content_phrase(&disk->content, ret, size);
	disk_loaders_phrase(&disk->content, outside, sizeof(outside));
	disk_boot_content_phrase(&disk->content, areas, sizeof(areas));
	(void)str_format(ret + strlen(ret), size - strlen(ret), "%s%s%s%s", outside[0] ? "; " : "",
		outside, areas[0] ? "; " : "", areas);
}

/* Draws DETAILS rows, whose place does not depend on the list. */
static void draw_details(struct grid *g, int row, const struct disk *disk)
{
	int bottom = row + DETAILS;
	char text[1024];

	describe(disk, g->cols - 2, text, sizeof(text));
	row += grid_wrap(g, row, 1, g->cols - 2, screen_is_narrow(g) ? 2 : 1, ATTR_NORMAL, text);
	if (disk->kind == DISK_EMMC && row < bottom - 2)
		draw_emmc(g, row++, disk);
	describe_content(disk, text, sizeof(text));
	row = draw_fact(g, row, bottom - (disk->reason_count > 0), "Content", text);
	describe_refusal(disk, text, sizeof(text));
	if (disk->reason_count > 0)
		(void)draw_fact(g, row, bottom, "Refused", text);
	else if (disk->warning[0])
		(void)draw_fact(g, row, bottom, "Warning", disk->warning);
}

/* A short screen has one row for the details, which a notice overwrites. A warning is above it if
 * the list leaves a row free, else it takes its place. */
static void draw_brief(struct grid *g, int row, bool has_free_row, const struct disk *disk)
{
	char text[512], why[480];

	disk_content_phrase(&disk->content, text, sizeof(text));
	describe_refusal(disk, why, sizeof(why));
	if (disk->reason_count > 0)
		STR_FORMAT(text, "Refused: %s", why);
	(void)grid_text(g, row, 3, ATTR_NORMAL, text);
	if (disk->reason_count > 0 || !disk->warning[0])
		return;
	row -= has_free_row;
	grid_fill(g, row, 3, g->cols - 3, ' ', ATTR_NORMAL);
	(void)grid_format(g, row, 3, ATTR_NORMAL, "%s", disk->warning);
}

static size_t per_page(const struct grid *g, struct area area)
{
	int rows = area.bottom - area.top - 1 - (screen_is_short(g) ? 0 : DETAILS + 1);

	return rows > 0 ? (size_t)rows : 1;
}

static void draw(const struct model *m, struct grid *g, struct area area)
{
	struct columns at = place_columns(m, g);
	const struct disk *here = model_disk(m);
	size_t shown = per_page(g, area), first = screen_page(m->disk_cursor, shown);
	int row = area.top;

	draw_header(&at, g, row++);
	if (!screen_is_short(g)) {
		area.bottom -= DETAILS + 1;
		if (here)
			draw_details(g, area.bottom + 1, here);
	} else if (here) {
		draw_brief(g, area.bottom, m->row_count < first + shown, here);
	}
	screen_position(g, area.top, m->disk_cursor, m->row_count, shown);
	for (size_t i = first; i < m->row_count && i < first + shown; i++, row++) {
		draw_row(&at, g, row, &m->disks[m->rows[i]]);
		screen_focus(g, row, 1, i == m->disk_cursor);
	}
	if (m->row_count == 0)
		(void)grid_wrap(g, row, 3, g->cols - 4, area.bottom - row, ATTR_NORMAL,
			m->disk_count > 0
				? "No device can be used as a target. Plug one in: it appears by "
				  "itself. Other kinds: k. Refused devices: a."
				: "No device found. Plug one in: it appears by itself. An image "
				  "file: k.");
}

static bool hides_some(const struct model *m)
{
	return !m->show_all && m->row_count < m->disk_count;
}

/* False if nothing would be hidden; the key then does nothing. */
static bool shows_more(const struct model *m)
{
	return m->show_all && model_listed(m) < m->disk_count;
}

/* The key k can allow it, unless there are other reasons. */
static bool can_be_allowed(const struct disk *disk)
{
	for (uint32_t i = 0; i < disk->reason_count; i++) {
		enum reason_code code = disk->reasons[i].code;

		if ((code != REASON_KIND || disk->kind == DISK_OTHER) && code != REASON_WORN &&
			code != REASON_ROOT_NAMED)
			return false;
	}
	return disk->reason_count > 0;
}

static enum outcome key(struct model *m, enum action action, struct key key)
{
	const struct disk *disk = model_disk(m);

	switch ((int)action) {
	case ACTION_NEXT:
		if (!disk)
			return OUTCOME_NONE;
		if (m->disk_changed_ms && m->now_ms - m->disk_changed_ms < MODEL_CALM_MS) {
			model_say(
				m, false, "The list has just changed. Check it, then press Enter.");
			return OUTCOME_NONE;
		}
		if (disk->reason_count > 0) {
			char why[512];

			describe_refusal(disk, why, sizeof(why));
			model_say(m, true, "%s is refused: %s. %s.", disk->name, why,
				can_be_allowed(disk)
					? "Choose another device, or press k to allow it"
					: reason_advice(disk->reasons[0].code));
			return OUTCOME_NONE;
		}
		m->target = *disk;
		return OUTCOME_TARGET;
	case ACTION_ALL:
		if (!hides_some(m) && !shows_more(m))
			return OUTCOME_NONE;
		m->show_all = !m->show_all;
		model_filter_disks(m);
		return OUTCOME_NONE;
	case ACTION_KINDS:
		return OUTCOME_KINDS;
	case ACTION_RESCAN:
		return OUTCOME_RESCAN;
	case ACTION_BACK:
		/* Escape may be the start of an arrow key whose rest comes late. */
		return key.symbol == SYMBOL_ESCAPE ? OUTCOME_NONE : OUTCOME_QUIT;
	default:
		return OUTCOME_NONE;
	}
}

static size_t count(const struct model *m)
{
	return m->row_count;
}

static void row_text(const struct model *m, size_t index, char *ret, size_t size)
{
	const struct disk *disk = &m->disks[m->rows[index]];

	(void)str_format(ret, size, "%s %s %s %s %s", disk->name, disk_label(disk), disk->vendor,
		disk->model, disk->id.serial);
}

static size_t *cursor(struct model *m)
{
	return &m->disk_cursor;
}

static bool has_rows(const struct model *m)
{
	return m->row_count > 0;
}

static const struct hint hints[] = {
	{ACTION_DOWN, "choose", NULL, "move; also Tab, PgUp, PgDn, Home, End, digits", 4, has_rows},
	{ACTION_NEXT, "next", NULL, "choose this device; nothing is written yet", 0, has_rows},
	{ACTION_ALL, "show all", NULL, "also list devices that can never be a target", 2,
		hides_some},
	{ACTION_ALL, "show fewer", NULL, "hide devices that can never be a target", 2, shows_more},
	{ACTION_KINDS, "kinds", NULL, "allow other kinds: SD, USB, disks, loop devices, images", 1,
		NULL},
	{ACTION_SEARCH, "search", NULL, "find a device by name, model or serial", 5, has_rows},
	{ACTION_RESCAN, "rescan", NULL, "probe every device again", 3, NULL},
	{ACTION_HELP, "help", NULL, "this page", 0, NULL},
	{ACTION_QUIT, "quit", NULL, "quit boardstrap", 0, NULL},
};

const struct screen screen_target = {
	.name = "Target",
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
