/* SPDX-License-Identifier: MIT */
#include "ui/screens/review_facts.h"

#include "core/plan/boot_only.h"
#include "core/plan/loader_check.h"
#include "device/base/human.h"
#include "device/base/util.h"
#include "device/layout/layout_blob.h"
#include "device/layout/layout_copy.h"
#include "device/layout/layout_table.h"

#include <string.h>

#define FACT_COL 13

static int draw_fact(struct grid *g, int row, int last, const char *label, const char *text)
{
	if (row >= last || !text[0])
		return row;
	(void)grid_text(g, row, 1, ATTR_BOLD, label);
	return row + grid_wrap(g, row, FACT_COL, g->cols - FACT_COL - 1,
			     last - row < 2 ? last - row : 2, ATTR_NORMAL, text);
}

/* "mmcblk1p1", "sda1"; "1" for an image. */
static void partition_name(
	const struct disk *disk, unsigned number, char ret[DISK_PARTITION_NAME_MAX])
{
	if (disk->kind == DISK_IMAGE)
		(void)str_format(ret, DISK_PARTITION_NAME_MAX, "%u", number);
	else
		disk_partition_name(disk->name, number, ret);
}

/* Marks the name of an image if it was too long for disk->name. */
static void target_name(const struct disk *disk, const struct grid *g, char *ret, size_t size)
{
	bool cut = disk->kind == DISK_IMAGE && strlen(disk->name) == sizeof(disk->name) - 1;

	(void)str_format(ret, size, "%s%s", disk->name, cut ? g->glyphs->more : "");
}

/* For a short or narrow screen: the target and its content. Returns the row below. */
static int draw_loss(const struct model *m, struct grid *g, int row)
{
	static const char *const loss_verbs[SCOPE_COUNT] = {[SCOPE_ALL] = "Erase",
		[SCOPE_BOOT] = "Replace the boot loader of",
		[SCOPE_IMAGES] = "Erase",
		[SCOPE_FILES] = "Erase"};
	const struct disk *disk = &m->target;
	char name[40], identity[32], content[160], text[512];

	target_name(disk, g, name, sizeof(name));
	disk_identity_short(disk, identity);
	disk_content_sentence(&disk->content, content, sizeof(content));
	STR_FORMAT(text, "%s %s %s %s %s", loss_verbs[m->scope], name, disk_kind_label(disk->kind),
		human_size(disk->size_bytes).s, identity);
	row += grid_wrap(g, row, 1, g->cols - 2, 2, ATTR_BOLD, text);
	return row + grid_wrap(g, row, 1, g->cols - 2, 2, ATTR_NORMAL, content);
}

static int draw_target(const struct model *m, struct grid *g, int row)
{
	const struct scope_words *words = scope_words(m->scope);
	const struct disk *disk = &m->target;
	char name[40], identity[32], content[160], text[512];

	target_name(disk, g, name, sizeof(name));
	disk_identity_short(disk, identity);
	disk_content_sentence(&disk->content, content, sizeof(content));
	STR_FORMAT(text, "%sthis device%s:", words->loss[0], words->loss[1]);
	row += grid_wrap(g, row, 1, g->cols - 2, 2, ATTR_BOLD, text);
	STR_FORMAT(text, "%s  %s%s%s%s  %s  %s", name, disk->vendor,
		disk->vendor[0] && disk->model[0] ? " " : "", disk->model,
		disk->vendor[0] || disk->model[0] ? "" : disk_kind_label(disk->kind),
		human_size(disk->size_bytes).s, identity);
	row += grid_wrap(g, row, 3, g->cols - 4, 2, ATTR_BOLD, text);
	row += grid_wrap(g, row, 3, g->cols - 4, 2, ATTR_BOLD, content);
	if (disk->warning[0])
		row += grid_wrap(g, row, 3, g->cols - 4, 2, ATTR_WARN | ATTR_BOLD, disk->warning);
	return row + 1;
}

/* "sha256 6b1f03a1..c6c2  ok, matches the digest file" */
static int draw_digest(const struct archive *archive, struct grid *g, int row)
{
	static const struct {
		const char *verdict, *why;
		unsigned attr;
	} words[] = {
		[SIDECAR_NONE] = {"", "no digest file to compare with", ATTR_NORMAL},
		[SIDECAR_OK] = {"ok", ", matches the digest file", ATTR_GOOD},
		[SIDECAR_WRONG] = {"WRONG", ": differs from the digest file", ATTR_BAD},
	};
	size_t length = strlen(archive->sha256);
	char text[128];
	int col;

	STR_FORMAT(text, "sha256 %.8s..%.4s  ", archive->sha256,
		length >= 4 ? archive->sha256 + length - 4 : "");
	col = grid_text(g, row, FACT_COL, ATTR_NORMAL, text);
	col = grid_text(g, row, col, words[archive->sidecar].attr, words[archive->sidecar].verdict);
	(void)grid_text(g, row, col, ATTR_NORMAL, words[archive->sidecar].why);
	return row + 1;
}

/* "rootfs.tar.zst", "rootfs.tar.zst and 2 more" */
static void describe_archives(const struct model *m, char *ret, size_t size)
{
	const struct archive_list *archives = &m->scan.archives;

	(void)str_copy(ret, size,
		archives->count > 0 ? archive_name(&archives->list[0]) : "files of the layout");
	if (archives->count > 1)
		(void)str_format(ret, size, "%s and %u more", archive_name(&archives->list[0]),
			(unsigned)archives->count - 1);
}

/* The archives of single partitions: "data: data.tar.zst 12 MiB, boot: boot.tar 30 MiB" */
static int draw_further(const struct archive_list *archives, struct grid *g, int row)
{
	char text[512] = "";

	for (uint32_t i = 1; i < archives->count; i++) {
		const struct archive *archive = &archives->list[i];
		size_t length = strlen(text);

		(void)str_format(text + length, sizeof(text) - length, "%s%s: %.80s %s",
			i > 1 ? ", " : "", archive->partition, archive_name(archive),
			human_size(archive->id.size_bytes).s);
	}
	return text[0] ? grid_wrap(g, row, FACT_COL, g->cols - FACT_COL - 1, 2, ATTR_NORMAL, text)
		       : 0;
}

static int draw_source(const struct model *m, struct grid *g, int row)
{
	const struct inspect_result *scan = &m->scan;
	bool has_archive = scan->archives.count > 0;
	char text[512], name[300];

	(void)grid_text(g, row, 1, ATTR_BOLD, "Install");
	describe_archives(m, name, sizeof(name));
	if (scan->state == INSPECT_OK)
		STR_FORMAT(text, "  %s%s%s, %s %s",
			has_archive ? human_size(scan->archive_total).s : "",
			has_archive ? " -> " : "", human_size(scan->totals.content_bytes).s,
			human_count(scan->totals.entries).s,
			scan->totals.entries == 1 ? "entry" : "entries");
	else
		STR_FORMAT(text, "  %s", human_size(scan->archive_total).s);
	(void)grid_text(g, row,
		grid_put_middle(g, row, FACT_COL, g->cols - 1 - FACT_COL - grid_width(g, text),
			ATTR_NORMAL, name),
		ATTR_NORMAL, text);
	row++;
	if (scan->state == INSPECT_OK && has_archive)
		row = draw_digest(&scan->archives.list[0], g, row);
	return row + draw_further(&scan->archives, g, row);
}

/* Signs that the archive is no root filesystem. */
static int draw_warnings(const struct model *m, struct grid *g, int row, int col, int last)
{
	const struct archive_warnings *warnings = &m->scan.warnings;
	char text[sizeof(warnings->list[0].text) + 16];

	if (!scope_has_archive(m->scope))
		return row;
	if (warnings->count > 0 && row < last && col > 1)
		(void)grid_text(g, row, 1, ATTR_WARN | ATTR_BOLD, "Warning");
	for (uint32_t i = 0; i < warnings->count && row < last; i++) {
		bool is_last = last - row < 2; /* the text needs all of a last row */

		STR_FORMAT(text, "%s%s",
			col > 1 || is_last ? "" : "Warning: ", warnings->list[i].text);
		row += grid_wrap(g, row, col, g->cols - col - 1, is_last ? 1 : 2,
			ATTR_WARN | ATTR_BOLD, text);
	}
	return row;
}

/* What the boot check has found, but for errors that are not allowed: these are problems. */
static int draw_findings(const struct model *m, struct grid *g, int row, int col, int last)
{
	const struct boot_findings *findings = &m->plan.boot.findings;
	char text[sizeof(findings->list[0].text) + 16];

	for (uint32_t i = 0; model_has_plan(m) && i < findings->count && row < last; i++) {
		const struct boot_finding *finding = &findings->list[i];
		const char *title = boot_severity_title(finding->severity);
		unsigned attr =
			finding->severity == BOOT_UNKNOWN ? ATTR_NORMAL : ATTR_WARN | ATTR_BOLD;

		if (finding->severity == BOOT_ERROR && !(m->plan.allow & ALLOW_UNBOOTABLE))
			continue;
		if (col > 1)
			(void)grid_text(g, row, 1, attr | ATTR_BOLD, title);
		STR_FORMAT(
			text, "%s%s%s", col > 1 ? "" : title, col > 1 ? "" : ": ", finding->text);
		row += grid_wrap(
			g, row, col, g->cols - col - 1, last - row < 2 ? 1 : 2, attr, text);
	}
	return row;
}

static int draw_system(const struct model *m, struct grid *g, int row, int last)
{
	char text[BOOT_DESCRIPTION_MAX];

	boot_describe(&m->plan.boot.description, text);
	if (!model_has_plan(m) || !text[0] || row >= last)
		return row;
	(void)grid_text(g, row, 1, ATTR_BOLD, "System");
	return row + grid_wrap(g, row, FACT_COL, g->cols - FACT_COL - 1, 1, ATTR_NORMAL, text);
}

static int draw_layout(const struct model *m, struct grid *g, int row, int last)
{
	const struct model_layout *chosen = &m->layouts[m->layout_cursor];
	int name_cols = grid_width(g, chosen->spec.name), col;
	char name[DISK_PARTITION_NAME_MAX];

	col = FACT_COL + (name_cols < 11 ? 11 : name_cols) + 2;
	(void)grid_text(g, row, 1, ATTR_BOLD, "Layout");
	(void)grid_text(g, row, FACT_COL, ATTR_NORMAL, chosen->spec.name);
	for (size_t i = 0; i < chosen->placed.count && row < last; i++) {
		const struct layout_partition *p = &chosen->placed.partitions[i];

		if (row == last - 1 && i + 1 < chosen->placed.count) {
			(void)grid_format(g, row++, col, ATTR_NORMAL, "and %zu more",
				chosen->placed.count - i);
			break;
		}
		partition_name(&m->target, table_number(&chosen->placed, i), name);
		(void)grid_format(g, row++, col, ATTR_NORMAL, "%s %s \"%s\" from %s, %s", name,
			fs_name(p->fs), p->label[0] ? p->label : p->name,
			human_size(p->start * SECTOR_BYTES).s,
			human_size(p->sectors * SECTOR_BYTES).s);
	}
	return row;
}

/* The files that the layout copies: "boot: zImage, extlinux/extlinux.conf". */
static int draw_copies(const struct model *m, struct grid *g, int row, int last)
{
	const struct layout *layout = &m->layouts[m->layout_cursor].placed;
	char text[400] = "", names[300];

	for (size_t i = 0; i < layout->count; i++) {
		size_t length = strlen(text);

		layout_list_copies(layout, i, names, sizeof(names));
		if (names[0])
			(void)str_format(text + length, sizeof(text) - length, "%s%s: %s",
				length ? "; " : "", layout->partitions[i].name, names);
	}
	return draw_fact(g, row, last, "Files", text);
}

/* Boot loaders and boot settings: "spl at 32 KiB, uboot in boot0; boots from boot0". */
static int draw_boot(const struct model *m, struct grid *g, int row, int last)
{
	const struct layout *layout = &m->layouts[m->layout_cursor].placed;
	const char *setting = loader_setting_phrase(&m->target, layout);
	size_t end;
	char text[512] = "", one[128];

	for (size_t i = 0; i < layout->blob_count; i++) {
		const struct layout_blob *blob = &layout->blobs[i];
		size_t length = strlen(text);

		layout_blob_describe(blob, one, sizeof(one));
		(void)str_format(text + length, sizeof(text) - length, "%s%s%s", length ? ", " : "",
			one, scope_writes_blob(m->scope, blob) ? "" : ": not written");
	}
	end = strlen(text);
	(void)str_format(
		text + end, sizeof(text) - end, "%s%s", end && setting[0] ? "; " : "", setting);
	return draw_fact(g, row, last, "Boot", text);
}

/* The fate of the loaders on the target, and the warning if the board loses its own. Before the
 * plan is complete it is not known whether the archive brings what starts the board. */
static int draw_loaders(const struct model *m, struct grid *g, int row, int col, int last)
{
	bool has_firmware = !model_has_plan(m) || m->plan.has_firmware;
	struct loader_check check;
	char text[160];

	loader_check(
		m->scope, &m->target, &m->layouts[m->layout_cursor].placed, has_firmware, &check);
	for (uint32_t i = 0; i < check.count && col > 1 && row < last; i++) {
		loader_row_phrase(&check.rows[i], text, sizeof(text));
		if (i == 0)
			(void)grid_text(g, row, 1, ATTR_BOLD, "Loaders");
		row += grid_wrap(
			g, row, col, g->cols - col - 1, last - row < 2 ? 1 : 2, ATTR_NORMAL, text);
	}
	if (check.text[0] && row < last && model_may_begin(m))
		row += grid_wrap(g, row, col, g->cols - col - 1, last - row < 3 ? last - row : 3,
			ATTR_WARN | ATTR_BOLD, check.text);
	return row;
}

/* Which files of the archive the IDs of filesystems are from: "/ as in etc/fstab". */
static int draw_ids(const struct model *m, struct grid *g, int row, int last)
{
	const struct layout *layout = &m->layouts[m->layout_cursor].placed;
	char text[400] = "";

	for (size_t i = 0; model_has_plan(m) && i < layout->count; i++) {
		const char *files = m->plan.identities.files[i];
		size_t length = strlen(text);

		if (files[0])
			(void)str_format(text + length, sizeof(text) - length, "%s%s as in %s",
				length ? ", " : "",
				layout->partitions[i].mount[0] ? layout->partitions[i].mount
							       : fs_name(layout->partitions[i].fs),
				files);
	}
	return draw_fact(g, row, last, "IDs", text);
}

/* These rows are the first to be omitted if a layout with many partitions needs the room. */
static int draw_how(const struct model *m, struct grid *g, int row, int last)
{
	char text[200] = "";

	if (!scope_has_files(m->scope))
		row = draw_fact(g, row, last, "Then",
			"every image is read back from the medium, partition table last");
	else if (m->scan.state != INSPECT_BAD)
		row = draw_fact(g, row, last, "Then",
			m->plan.verify || !model_has_plan(m)
				? "flush, verify every entry from the medium, partition table last"
				: "flush, partition table last; NOT verified, as requested");
	if (m->last_bps > 0 && m->scan.totals.stream_bytes > 0)
		STR_FORMAT(text, "%s at %s (this device's last run)",
			human_duration(m->last_ms / 1000).s, human_rate(m->last_bps).s);
	row = draw_fact(g, row, last, "About", text);
	return row < last ? row + 1 : row;
}

/* For an install of the boot loader alone: the disk may have been installed with another layout. */
static int draw_other_partitions(const struct model *m, struct grid *g, int row, int col, int last)
{
	char text[160] = "";

	if (model_has_plan(m))
		boot_only_warning(&m->plan, text, sizeof(text));
	if (!text[0] || row >= last)
		return row;
	if (col > 1)
		(void)grid_text(g, row, 1, ATTR_WARN | ATTR_BOLD, "Warning");
	return row + grid_wrap(g, row, col, g->cols - col - 1, last - row < 2 ? 1 : 2,
			     ATTR_WARN | ATTR_BOLD, text);
}

/* For a short or narrow screen: the loss, then the install, leaving a row for the question. */
static int draw_small(const struct model *m, struct grid *g, int row, int last)
{
	char text[512], name[300];

	row = draw_loss(m, g, row);
	if (m->target.warning[0] && row < last)
		row += grid_wrap(g, row, 1, g->cols - 2, screen_is_short(g) ? 1 : 2,
			ATTR_WARN | ATTR_BOLD, m->target.warning);
	if (row < last) {
		STR_FORMAT(text, ", %s", m->layouts[m->layout_cursor].spec.name);
		describe_archives(m, name, sizeof(name));
		(void)grid_text(g, row,
			grid_put_middle(g, row, 1, g->cols - 2 - grid_width(g, text), ATTR_NORMAL,
				scope_has_files(m->scope) ? name : scope_words(m->scope)->subject),
			ATTR_NORMAL, text);
		row++;
	}
	row = draw_warnings(m, g, row, 1, last);
	row = draw_findings(m, g, row, 1, last);
	row = draw_other_partitions(m, g, row, 1, last);
	row = draw_loaders(m, g, row, 1, last);
	if (row < last && model_has_plan(m) && !m->plan.verify)
		(void)grid_text(g, row++, 1, ATTR_BOLD, "NOT verified, as requested");
	if (row < last && scope_has_files(m->scope) && m->scan.state == INSPECT_OK)
		(void)grid_format(g, row++, 1, ATTR_NORMAL, "%s, %s %s",
			human_size(m->scan.totals.content_bytes).s,
			human_count(m->scan.totals.entries).s,
			m->scan.totals.entries == 1 ? "entry" : "entries");
	return row + 1 < last ? row + 1 : row;
}

static int draw_boot_only(const struct model *m, struct grid *g, int row, int last)
{
	row = draw_fact(g, row, last, "Install", "the boot loader alone");
	row = draw_fact(g, row, last, "Layout", m->layouts[m->layout_cursor].spec.name);
	row = draw_boot(m, g, row, last);
	row = draw_other_partitions(m, g, row, FACT_COL, last);
	row = draw_loaders(m, g, row, FACT_COL, last);
	row = draw_fact(g, row, last, "Then", "every blob is read back from the medium");
	return row < last ? row + 1 : row;
}

int review_facts(const struct model *m, struct grid *g, struct area area)
{
	int row = area.top + 1, last = area.bottom - 1;

	if (screen_is_short(g) || screen_is_narrow(g))
		return draw_small(m, g, screen_is_short(g) ? area.top : row, last);
	row = draw_target(m, g, row);
	if (m->scope == SCOPE_BOOT)
		return draw_boot_only(m, g, row, last);
	if (scope_has_files(m->scope))
		row = draw_source(m, g, row);
	row = draw_warnings(m, g, row, FACT_COL, last);
	row = draw_system(m, g, row, last);
	row = draw_findings(m, g, row, FACT_COL, last);
	row = draw_layout(m, g, row, last);
	row = draw_copies(m, g, row, last);
	row = draw_boot(m, g, row, last);
	row = draw_ids(m, g, row, last);
	row = draw_loaders(m, g, row, FACT_COL, last);
	return draw_how(m, g, row, last);
}
