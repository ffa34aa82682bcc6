/* SPDX-License-Identifier: MIT */
#include "ui/lines/disk_table.h"

#include "device/base/human.h"
#include "device/base/utf8.h"
#include "device/base/util.h"

#include <stdbool.h>
#include <string.h>

#define GAP	  2  /* between columns */
#define MODEL_MAX 24 /* longer names are cut; --json has them whole */

/* The content is not a column: it follows the last one if there is room for it. */
enum { NAME, KIND, SIZE, MODEL, IDENTITY, COLUMNS };

struct line {
	char cells[COLUMNS][64];
};

static const struct line heading = {{"NAME", "KIND", "SIZE", "MODEL", "IDENTITY"}};

/* Cuts a text to @width columns, the last two of them dots. */
static void cut(char *text, size_t width)
{
	if (utf8_width(text) > width)
		memcpy(text + utf8_offset(text, width - 2), "..", 3);
}

static void fill_line(const struct disk *disk, struct line *ret)
{
	*ret = (struct line){0};
	(void)STR_COPY(ret->cells[NAME], disk->name);
	(void)STR_COPY(ret->cells[KIND], disk_label(disk));
	if (disk->size_bytes > 0)
		(void)STR_COPY(ret->cells[SIZE], human_size(disk->size_bytes).s);
	(void)STR_COPY(ret->cells[MODEL], disk->model);
	cut(ret->cells[MODEL], MODEL_MAX);
	disk_identity_short(disk, ret->cells[IDENTITY]);
}

static void widen(int *widths, const struct line *line)
{
	for (int i = 0; i < COLUMNS; i++)
		if (widths[i] < (int)utf8_width(line->cells[i]))
			widths[i] = (int)utf8_width(line->cells[i]);
}

/* Prints @text, unless empty, indented and wrapped; lines after the first are indented deeper. */
static void print_words(FILE *out, int indent, const char *text)
{
	int col = 0;

	if (!*text)
		return;
	while (*text) {
		int bytes = (int)strcspn(text, " "), width;
		char word[256];

		(void)STR_FORMAT(word, "%.*s", bytes, text);
		width = (int)utf8_width(word);
		if (col == 0)
			col = fprintf(out, "%*s", indent, "");
		else if (col + 1 + width <= DISK_TABLE_COLS)
			col += fprintf(out, " ");
		else
			col = fprintf(out, "\n%*s", indent + GAP, "") - 1;
		(void)fputs(word, out);
		col += width;
		text += bytes;
		text += strspn(text, " ");
	}
	(void)fputc('\n', out);
}

static void append(char *text, size_t size, const char *what, const char *more)
{
	size_t length = strlen(text);

	if (more[0])
		(void)str_format(
			text + length, size - length, "%s%s%s", length ? ", " : "", what, more);
}

/* "maker SanDisk, eMMC 5.1, health n/a, boot0 4 MiB" */
static void describe_make(const struct disk *disk, char *ret, size_t size)
{
	char phrase[96];

	*ret = '\0';
	append(ret, size, "maker ", disk->vendor);
	append(ret, size, "eMMC ", disk_emmc_version(disk));
	if (disk->kind != DISK_EMMC)
		return;
	disk_health_phrase(disk, phrase, sizeof(phrase));
	append(ret, size, "health ", phrase);
	disk_boot_phrase(disk, phrase, sizeof(phrase));
	append(ret, size, disk->boot[0].name[0] || disk->boot[1].name[0] ? "" : "boot areas ",
		phrase);
}

/* "Rockchip boot loader at 32 KiB; boot0 empty, boot1 empty, neither is started" */
static void describe_loaders(const struct disk *disk, char *ret, size_t size)
{
	char outside[256], areas[256];

	disk_loaders_phrase(&disk->content, outside, sizeof(outside));
	disk_boot_content_phrase(&disk->content, areas, sizeof(areas));
	(void)str_format(ret, size, "%s%s%s%s", outside[0] ? "outside partitions: " : "", outside,
		outside[0] && areas[0] ? "; " : "", areas);
}

/* "serial 3f2a9f31, CID 4501.." */
static void describe_number(const struct disk *disk, char *ret, size_t size)
{
	const char *serial = disk->id.serial;

	*ret = '\0';
	if (strncmp(serial, "0x", 2) == 0)
		serial += 2;
	append(ret, size, "serial ", serial);
	append(ret, size, "CID ", disk->id.cid);
}

static void print_line(FILE *out, const struct line *line, const int *widths, const char *content)
{
	for (int i = 0; i < COLUMNS; i++) {
		const char *text = line->cells[i];
		int pad = widths[i] - (int)utf8_width(text);
		bool last = i == COLUMNS - 1 && !content[0];

		if (i == SIZE)
			(void)fprintf(out, "%*s%s", pad, "", text);
		else
			(void)fprintf(out, "%s%*s", text, last ? 0 : pad, "");
		if (!last)
			(void)fprintf(out, "%*s", GAP, "");
	}
	(void)fprintf(out, "%s\n", content);
}

static void print_verdict(FILE *out, const struct disk *disk, int indent)
{
	char text[160];

	for (uint32_t i = 0; i < disk->reason_count; i++) {
		(void)STR_FORMAT(text, "refused: %s", disk->reasons[i].text);
		print_words(out, indent, text);
	}
	if (disk->warning[0]) {
		(void)STR_FORMAT(text, "beware: %s", disk->warning);
		print_words(out, indent, text);
	}
}

/* ---- partitions ---- */

/* Columns of the partitions of all disks. */
struct part_widths {
	int name, size, content;
};

/* "ext4 "rootfs"" */
static void describe_part(const struct part *part, char *ret, size_t size)
{
	const struct disk_partition *p = &part->partition;

	(void)str_format(ret, size, "%s%s%s%s", p->fs_type, p->fs_label[0] ? " \"" : "",
		p->fs_label, p->fs_label[0] ? "\"" : "");
}

static int wider(int width, const char *text)
{
	int this = (int)utf8_width(text);

	return this > width ? this : width;
}

static struct part_widths widths_of_parts(const struct parts *parts, size_t count)
{
	struct part_widths widths = {0};
	char text[96];

	for (size_t i = 0; parts && i < count; i++)
		for (uint32_t j = 0; j < parts[i].count; j++) {
			const struct part *part = &parts[i].list[j];

			describe_part(part, text, sizeof(text));
			widths.name = wider(widths.name, part->name);
			widths.content = wider(widths.content, text);
			widths.size = wider(
				widths.size, human_size(part->partition.sectors * SECTOR_BYTES).s);
		}
	return widths;
}

/* "/mnt, /home and 2 more" */
static void describe_mounts(const struct part *part, char *ret, size_t size)
{
	char more[32];

	*ret = '\0';
	for (uint32_t i = 0; i < part->mount_count && i < PART_MOUNTS_MAX; i++)
		append(ret, size, "", part->mounts[i]);
	if (part->mount_count <= PART_MOUNTS_MAX)
		return;
	(void)STR_FORMAT(more, " and %u more", part->mount_count - PART_MOUNTS_MAX);
	(void)str_copy(ret + strlen(ret), size - strlen(ret), more);
}

/* Appends a column: @cell, padded to @width at its left or right end. An empty column is left out. */
static void add_cell(char *text, size_t size, const char *cell, int width, bool right)
{
	size_t length = strlen(text);
	int pad = width - (int)utf8_width(cell);

	if (width > 0)
		(void)str_format(text + length, size - length, "%*s%*s%s%*s", length ? GAP : 0, "",
			right ? pad : 0, "", cell, right ? 0 : pad, "");
}

static void print_part(
	FILE *out, int indent, const struct part_widths *widths, const struct part *part)
{
	char cell[512], text[1024] = "";

	add_cell(text, sizeof(text), part->name, widths->name, false);
	add_cell(text, sizeof(text), human_size(part->partition.sectors * SECTOR_BYTES).s,
		widths->size, true);
	describe_part(part, cell, sizeof(cell));
	add_cell(text, sizeof(text), cell, widths->content, false);
	describe_mounts(part, cell, sizeof(cell));
	add_cell(text, sizeof(text), cell, (int)utf8_width(cell), false);
	for (size_t end = strlen(text); end > 0 && text[end - 1] == ' '; end--)
		text[end - 1] = '\0';
	/* print_words wraps, but does not keep the columns. */
	if (indent + (int)utf8_width(text) <= DISK_TABLE_COLS)
		(void)fprintf(out, "%*s%s\n", indent, "", text);
	else
		print_words(out, indent, text);
}

static void print_parts(
	FILE *out, int indent, const struct part_widths *widths, const struct parts *parts)
{
	for (uint32_t i = 0; i < parts->count; i++)
		print_part(out, indent, widths, &parts->list[i]);
	if (parts->total > parts->count)
		(void)fprintf(out, "%*sand %u more\n", indent, "", parts->total - parts->count);
}

/* ---- disks ---- */

/* The only line of a disk in the brief table. */
static void print_brief(FILE *out, const struct line *line, const int *widths, int left,
	const struct disk *disk, const char *content)
{
	char text[192];

	(void)STR_COPY(text, content);
	if (disk->reason_count > 0)
		(void)STR_FORMAT(text, "refused: %s", disk->reasons[0].text);
	cut(text, left > 2 ? (size_t)left : 2);
	print_line(out, line, widths, text);
}

/* @parts: NULL for the brief table. */
static void print_disk(FILE *out, const struct disk *disk, const struct parts *parts,
	const int *widths, const struct part_widths *part_widths, const char *pending)
{
	int indent = widths[NAME] + GAP, left = DISK_TABLE_COLS;
	struct line line;
	char text[512];

	for (int i = 0; i < COLUMNS; i++)
		left -= widths[i] + GAP;
	disk_content_phrase(&disk->content, text, sizeof(text));
	if (disk->content.state == CONTENT_PENDING)
		(void)STR_COPY(text, disk->size_bytes > 0 ? pending : "");
	fill_line(disk, &line);
	if (!parts) {
		print_brief(out, &line, widths, left, disk, text);
		return;
	}
	if ((int)utf8_width(text) <= left) {
		print_line(out, &line, widths, text);
	} else {
		print_line(out, &line, widths, "");
		print_words(out, indent, text);
	}
	print_parts(out, indent, part_widths, parts);
	describe_loaders(disk, text, sizeof(text));
	print_words(out, indent, text);
	describe_make(disk, text, sizeof(text));
	print_words(out, indent, text);
	describe_number(disk, text, sizeof(text));
	print_words(out, indent, text);
	print_verdict(out, disk, indent);
}

void disk_table_print_late(FILE *out, const struct disk *disk, const struct parts *parts)
{
	struct part_widths widths = widths_of_parts(parts, 1);
	char phrase[128], text[512];

	disk_content_phrase(&disk->content, phrase, sizeof(phrase));
	(void)STR_FORMAT(text, "%s: %s", disk->name, phrase);
	print_words(out, 0, text);
	if (!parts)
		return;
	print_parts(out, GAP, &widths, parts);
	describe_loaders(disk, text, sizeof(text));
	print_words(out, GAP, text);
	print_verdict(out, disk, GAP);
}

void disk_table_print(FILE *out, const struct disk *const *disks, const struct parts *parts,
	size_t count, const char *pending)
{
	struct part_widths part_widths = widths_of_parts(parts, count);
	int widths[COLUMNS] = {0};
	struct line line;

	widen(widths, &heading);
	for (size_t i = 0; i < count; i++) {
		fill_line(disks[i], &line);
		widen(widths, &line);
	}
	print_line(out, &heading, widths, "CONTENT");
	for (size_t i = 0; i < count; i++)
		print_disk(out, disks[i], parts ? &parts[i] : NULL, widths, &part_widths, pending);
}
