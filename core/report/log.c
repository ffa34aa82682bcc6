/* SPDX-License-Identifier: MIT */
#include "core/report/log.h"

#include "core/plan/boot_only.h"
#include "core/plan/loader_check.h"
#include "device/base/human.h"
#include "device/base/util.h"
#include "device/layout/layout_copy.h"
#include "device/layout/layout_table.h"

#include <inttypes.h>
#include <string.h>

/* ---- the plan ---- */

/* "mmcblk1, eMMC DG4008, 7.3 GiB, ..9f31" */
static void describe_target(const struct disk *disk, char *ret, size_t size)
{
	char identity[32];

	disk_identity_short(disk, identity);
	(void)str_format(ret, size, "%s, %s%s%s, %s%s%s", disk->name, disk_kind_label(disk->kind),
		disk->model[0] ? " " : "", disk->model, human_size(disk->size_bytes).s,
		identity[0] ? ", " : "", identity);
}

static void report_archive(
	const char *title, const struct archive *archive, log_row *row, void *owner)
{
	static const char *const sidecars[] = {
		[SIDECAR_NONE] = "",
		[SIDECAR_OK] = ", matches the digest file beside it",
		[SIDECAR_WRONG] = ", does not match the digest file beside it",
	};
	char line[400], name[256];

	STR_COPY(name, archive_name(archive));
	str_sanitise(name);
	STR_FORMAT(line, "%s%s%s, %s -> %s, %s entries", archive->partition,
		archive->partition[0] ? ": " : "", name, human_size(archive->id.size_bytes).s,
		human_size(archive->stream_bytes).s, human_count(archive->entries).s);
	row(owner, title, line);
	STR_FORMAT(line, "sha256 %.12s...%s", archive->sha256, sidecars[archive->sidecar]);
	row(owner, "         ", line);
}

static void report_archives(const struct plan *plan, log_row *row, void *owner)
{
	for (uint32_t i = 0; i < plan->archives.count; i++)
		report_archive(
			i == 0 ? "Archive  " : "         ", &plan->archives.list[i], row, owner);
	for (uint32_t i = 0; i < plan->warnings.count; i++)
		row(owner, "Warning  ", plan->warnings.list[i].text);
}

static void report_finding(const struct boot_finding *finding, log_row *row, void *owner)
{
	char title[16];

	STR_FORMAT(title, "%-9s", boot_severity_title(finding->severity));
	row(owner, title, finding->text);
}

/* Errors are among the problems, unless they are allowed. */
static void report_boot(const struct plan *plan, log_row *row, void *owner)
{
	const struct boot_report *boot = &plan->boot;

	char line[BOOT_DESCRIPTION_MAX];

	boot_describe(&boot->description, line);
	if (line[0])
		row(owner, "System   ", line);
	for (uint32_t i = 0; i < boot->findings.count; i++)
		if (boot->findings.list[i].severity != BOOT_ERROR || plan->allow & ALLOW_UNBOOTABLE)
			report_finding(&boot->findings.list[i], row, owner);
}

static void report_id(const char *what, const char *id, log_row *row, void *owner)
{
	char line[200];

	STR_FORMAT(line, "   %s %s", what, id);
	if (id[0])
		row(owner, "         ", line);
}

static void report_layout(const struct plan *plan, log_row *row, void *owner)
{
	const struct layout *layout = &plan->layout;
	char line[200];

	if (layout->count == 0)
		return;
	STR_FORMAT(line, "%s, %s%s%s", layout->name, layout->table == TABLE_GPT ? "GPT" : "MBR",
		layout->disk_uuid[0] ? " " : "", layout->disk_uuid);
	row(owner, "Layout   ", line);
	for (size_t i = 0; i < layout->count; i++) {
		const struct layout_partition *partition = &layout->partitions[i];

		STR_FORMAT(line, "%u: %s \"%s\"%s%s, from %s, %s", table_number(layout, i),
			fs_name(partition->fs), partition->label, partition->mount[0] ? " on " : "",
			partition->mount, human_size(partition->start * SECTOR_BYTES).s,
			human_size(partition->sectors * SECTOR_BYTES).s);
		row(owner, "         ", line);
		report_id("UUID", partition->fs_uuid, row, owner);
		report_id("PARTUUID", partition->partuuid, row, owner);
		report_id("as in", plan->identities.files[i], row, owner);
		layout_list_copies(layout, i, line, sizeof(line) - strlen("   files "));
		report_id("files", line, row, owner);
	}
}

static void report_blobs(const struct plan *plan, log_row *row, void *owner)
{
	const struct layout *layout = &plan->layout;
	static const char *const targets[] = {[BLOB_DISK] = "the disk",
		[BLOB_BOOT0] = "boot0",
		[BLOB_BOOT1] = "boot1",
		[BLOB_PARTITION] = "partition "};
	char line[512];

	for (size_t i = 0; i < layout->blob_count; i++) {
		const struct layout_blob *blob = &layout->blobs[i];

		if (scope_writes_blob(plan->scope, blob))
			STR_FORMAT(line, "%s: %s (%s) to %s%s, from %s%s", blob->name, blob->file,
				human_size(blob->size_bytes).s, targets[blob->target],
				blob->partition, human_size(blob->offset_bytes).s,
				table_splits(blob) ? ", around the partition table" : "");
		else
			STR_FORMAT(line, "%s in partition %s: not written", blob->name,
				blob->partition);
		row(owner, "         ", line);
	}
}

/* The fate of the loaders on the target. */
static void report_loaders(const struct plan *plan, log_row *row, void *owner)
{
	struct loader_check check;
	char line[200];

	if (!plan->complete)
		return;
	loader_check(plan->scope, &plan->target, &plan->layout, plan->has_firmware, &check);
	for (uint32_t i = 0; i < check.count; i++) {
		loader_row_phrase(&check.rows[i], line, sizeof(line));
		row(owner, i == 0 ? "Has      " : "         ", line);
	}
	if (check.text[0])
		row(owner, "Warning  ", check.text);
}

static void report_target(const struct plan *plan, log_row *row, void *owner)
{
	char line[200];

	describe_target(&plan->target, line, sizeof(line));
	row(owner, "Target   ", line);
	if (plan->target.warning[0])
		row(owner, "Warning  ", plan->target.warning);
}

static void report_means(const struct plan *plan, log_row *row, void *owner)
{
	char line[200];

	STR_FORMAT(line, "%s, flush, %s, then the partition table",
		plan->tar_program[0] ? tar_flavour_name(plan->tar) : "no tar",
		plan->verify ? "verify every entry" : "no verification");
	row(owner, "With     ", line);
}

/* The layout in an install of the boot loader alone: no word of partitions that it does not make. */
static void report_boot_only(const struct plan *plan, log_row *row, void *owner)
{
	char line[200];

	STR_FORMAT(line, "only the boot loader of layout %s", plan->layout.name);
	row(owner, "Layout   ", line);
	boot_only_warning(plan, line, sizeof(line));
	if (line[0])
		row(owner, "Warning  ", line);
}

static void report_emmc(const struct plan *plan, log_row *row, void *owner)
{
	const char *phrase = loader_setting_phrase(&plan->target, &plan->layout);

	if (phrase[0])
		row(owner, "         ", phrase);
}

static void report_boot_means(const struct plan *plan, log_row *row, void *owner)
{
	(void)plan;
	row(owner, "With     ", "every blob read back; no partition is touched");
}

static void report_images_means(const struct plan *plan, log_row *row, void *owner)
{
	(void)plan;
	row(owner, "With     ", "every image read back; no archive is extracted");
}

static void report_files_means(const struct plan *plan, log_row *row, void *owner)
{
	row(owner, "With     ",
		plan->verify ? "all that is written is read back; no archive is extracted"
			     : "files are not verified; no archive is extracted");
}

#define REPORTS_MAX 8

static void (*const reports[SCOPE_COUNT][REPORTS_MAX])(
	const struct plan *plan, log_row *row, void *owner) = {
	[SCOPE_ALL] = {report_target, report_loaders, report_archives, report_boot, report_layout,
		report_blobs, report_means},
	[SCOPE_BOOT] = {report_target, report_loaders, report_boot_only, report_blobs, report_emmc,
		report_boot_means},
	[SCOPE_IMAGES] = {report_target, report_loaders, report_layout, report_blobs, report_emmc,
		report_images_means},
	[SCOPE_FILES] = {report_target, report_loaders, report_layout, report_blobs, report_emmc,
		report_files_means},
};

void log_plan(const struct plan *plan, log_row *row, void *owner)
{
	for (size_t i = 0; i < REPORTS_MAX && reports[plan->scope][i]; i++)
		reports[plan->scope][i](plan, row, owner);
}

/* ---- the install ---- */

/* The steps from @first up to, but not including, @end. */
static void report_steps(const struct snapshot *before, const struct snapshot *now, unsigned first,
	unsigned end, log_row *row, void *owner)
{
	static const char *const marks[] = {
		[STEP_DONE] = "[ OK ] ",
		[STEP_FAILED] = "[FAIL] ",
		[STEP_SKIPPED] = "[SKIP] ",
	};
	char line[64];

	for (unsigned i = first; i < end; i++) {
		const struct snapshot_step *step = &now->steps[i];

		if (step->state == before->steps[i].state || step->state < STEP_DONE)
			continue;
		if (step->state == STEP_SKIPPED)
			STR_COPY(line, step_name(i));
		else
			STR_FORMAT(
				line, "%-8s %s", step_name(i), human_duration(step->ms / 1000).s);
		row(owner, marks[step->state], line);
	}
}

void log_steps(const struct snapshot *before, const struct snapshot *now, log_row *row, void *owner)
{
	report_steps(before, now, 0, STEP_COUNT, row, owner);
}

void log_amount(const struct snapshot *now, char *ret, size_t size)
{
	uint64_t bytes = now->progress.extracted.done;
	const char *time = human_duration(now->elapsed_ms / 1000).s;

	if (bytes > 0)
		(void)str_format(ret, size, "%s in %s", human_size(bytes).s, time);
	else
		(void)str_format(ret, size, "after %s", time);
}

void log_result(const struct snapshot *now, log_row *row, void *owner)
{
	static const char *const words[] = {
		[INSTALL_PASSED] = "PASS ",
		[INSTALL_FAILED] = "FAIL ",
		[INSTALL_CANCELLED] = "CANCELLED ",
	};
	char line[300], verified[100], amount[64];

	if (now->state == INSTALL_PASSED) {
		if (now->exit_code == EXIT_NOT_VERIFIED)
			STR_COPY(verified, "installed, not verified");
		else if (!scope_has_files(now->scope))
			STR_COPY(verified, scope_words(now->scope)->passed);
		else
			STR_FORMAT(verified, "%s entries verified, %s wrong",
				human_count(now->verify.entries).s,
				human_count(now->verify.mismatches).s);
		log_amount(now, amount, sizeof(amount));
		STR_FORMAT(line, "%s, %s%s%s: %s, %s", now->target_name,
			disk_kind_label(now->target_kind), now->target_short[0] ? " " : "",
			now->target_short, verified, amount);
	} else {
		STR_FORMAT(line, "%s, %s%s%s: at %s, after %s", now->target_name,
			disk_kind_label(now->target_kind), now->target_short[0] ? " " : "",
			now->target_short, now->err.step, human_duration(now->elapsed_ms / 1000).s);
	}
	row(owner, words[now->state], line);
	for (uint32_t i = 0; i < now->boot.count && now->state == INSTALL_PASSED; i++)
		if (now->boot.list[i].severity != BOOT_UNKNOWN)
			report_finding(&now->boot.list[i], row, owner);
}

/* In the order in which they came: the messages of a step come before its end. A snapshot holds
 * only the latest messages: counts those that were missed. */
static void report_messages_and_steps(
	const struct snapshot *before, const struct snapshot *now, log_row *row, void *owner)
{
	uint64_t number = before->message_count;
	unsigned next = 0;

	for (unsigned i = 0; i < SNAPSHOT_MESSAGES; i++) {
		const struct snapshot_message *message = &now->messages[i];
		uint64_t missed = message->number - number - 1;
		char line[64];

		if (message->number <= number)
			continue;
		if (message->step > next) {
			report_steps(before, now, next, message->step, row, owner);
			next = message->step;
		}
		STR_FORMAT(
			line, "(%s more message%s)", human_count(missed).s, missed == 1 ? "" : "s");
		if (missed > 0)
			row(owner, "", line);
		row(owner, "", message->text);
		number = message->number;
	}
	report_steps(before, now, next, STEP_COUNT, row, owner);
}

void log_snapshot(
	const struct snapshot *before, const struct snapshot *now, log_row *row, void *owner)
{
	char text[600], sentence[602];

	report_messages_and_steps(before, now, row, owner);
	if (!snapshot_ended(now) || (before->magic && snapshot_ended(before)))
		return;
	log_result(now, row, owner);
	if (now->state == INSTALL_PASSED || !now->err.text[0])
		return;
	err_sentence(&now->err, text, sizeof(text));
	STR_FORMAT(sentence, "%s.", text);
	row(owner, "", sentence);
}
