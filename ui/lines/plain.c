/* SPDX-License-Identifier: MIT */
#include "ui/lines/plain.h"

#include "device/base/human.h"
#include "device/base/utf8.h"
#include "device/base/util.h"

#include <string.h>

#define LINE_MS	     10000
#define LINE_PERCENT 5
#define GAP_MS	     1000 /* a quick install skips some of the 5 % lines */
#define MESSAGE_MS   7000

void plain_init(struct plain *plain, FILE *out)
{
	*plain = (struct plain){
		.out = out,
		/* A viewer that attaches prints all messages of its first snapshot. */
		.pace = {.burst = SNAPSHOT_MESSAGES, .period_ms = MESSAGE_MS},
	};
}

/* Bytes of @text that fit into @room without cutting a UTF-8 character. */
static size_t fit(const char *text, size_t room)
{
	size_t length = strlen(text);

	return length <= room ? length : utf8_start(text, room);
}

/* Prints the first @length bytes of @text, at most a line. Replaces control characters, which a
 * file or device name could use to control the terminal. */
static void put(FILE *out, const char *text, size_t length)
{
	char piece[PLAIN_COLS + 1];

	STR_FORMAT(piece, "%.*s", (int)length, text);
	str_sanitise(piece);
	fputs(piece, out);
}

void plain_wrap(FILE *out, const char *head, const char *text)
{
	int indent = (int)strlen(head);
	size_t room = (size_t)(PLAIN_COLS - indent);

	fputs(head, out);
	for (;;) {
		size_t length = fit(text, room), end = length;

		if (text[length]) {
			while (end > 0 && text[end] != ' ')
				end--;
			if (end == 0) /* a word longer than a line */
				end = length;
		}
		put(out, text, end);
		fputc('\n', out);
		text += end;
		text += strspn(text, " ");
		if (!*text)
			return;
		fprintf(out, "%*s", indent, "");
	}
}

/* Prints one line, cut if it is too long. */
static void print_line(struct plain *plain, const char *line)
{
	size_t length = fit(line, PLAIN_COLS);
	bool cut = line[length];

	put(plain->out, line, cut ? fit(line, PLAIN_COLS - 3) : length);
	fputs(cut ? "...\n" : "\n", plain->out);
}

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

static void print_archive(struct plain *plain, const struct plan *plan)
{
	static const char *const sidecars[] = {
		[SIDECAR_NONE] = "",
		[SIDECAR_OK] = ", matches the digest file beside it",
		[SIDECAR_WRONG] = ", does not match the digest file beside it",
	};
	const char *slash = strrchr(plan->archive, '/');
	char line[400], name[256];

	STR_COPY(name, slash ? slash + 1 : plan->archive);
	str_sanitise(name);
	STR_FORMAT(line, "%s, %s -> %s, %s entries", name,
		human_size(plan->archive_id.size_bytes).s, human_size(plan->totals.stream_bytes).s,
		human_count(plan->totals.entries).s);
	plain_wrap(plain->out, "Archive  ", line);
	STR_FORMAT(line, "sha256 %.12s...%s", plan->sha256, sidecars[plan->sidecar]);
	plain_wrap(plain->out, "         ", line);
	for (uint32_t i = 0; i < plan->warnings.count; i++)
		plain_wrap(plain->out, "Warning  ", plan->warnings.list[i].text);
}

static void print_layout(struct plain *plain, const struct layout *layout)
{
	char line[200];

	STR_FORMAT(line, "%s, %s", layout->name, layout->table == TABLE_GPT ? "GPT" : "MBR");
	plain_wrap(plain->out, "Layout   ", line);
	for (size_t i = 0; i < layout->count; i++) {
		const struct layout_partition *partition = &layout->partitions[i];

		STR_FORMAT(line, "%zu: %s \"%s\"%s%s, from %s, %s", i + 1, fs_name(partition->fs),
			partition->label, partition->mount[0] ? " on " : "", partition->mount,
			human_size(partition->start * SECTOR_BYTES).s,
			human_size(partition->sectors * SECTOR_BYTES).s);
		plain_wrap(plain->out, "         ", line);
	}
}

static void print_blobs(struct plain *plain, const struct layout *layout)
{
	static const char *const targets[] = {[BLOB_DISK] = "the disk",
		[BLOB_BOOT0] = "boot0",
		[BLOB_BOOT1] = "boot1",
		[BLOB_PARTITION] = "partition "};
	char line[512];

	for (size_t i = 0; i < layout->blob_count; i++) {
		const struct layout_blob *blob = &layout->blobs[i];

		STR_FORMAT(line, "%s: %s (%s) to %s%s, from %s", blob->name, blob->file,
			human_size(blob->size_bytes).s, targets[blob->target], blob->partition,
			human_size(blob->offset_bytes).s);
		plain_wrap(plain->out, "         ", line);
	}
}

void plain_plan(struct plain *plain, const struct plan *plan)
{
	char line[200];

	describe_target(&plan->target, line, sizeof(line));
	plain_wrap(plain->out, "Target   ", line);
	if (plan->target.warning[0])
		plain_wrap(plain->out, "Warning  ", plan->target.warning);
	print_archive(plain, plan);
	if (plan->layout.count > 0)
		print_layout(plain, &plan->layout);
	print_blobs(plain, &plan->layout);
	STR_FORMAT(line, "%s, flush, %s, then the partition table",
		plan->tar_program[0] ? tar_flavour_name(plan->tar) : "no tar",
		plan->verify ? "verify every entry" : "no verification");
	plain_wrap(plain->out, "With     ", line);
	(void)fflush(plain->out);
}

/* ---- the install ---- */

static void print_steps(
	struct plain *plain, const struct snapshot *before, const struct snapshot *now)
{
	static const char *const marks[] = {
		[STEP_DONE] = "[ OK ]",
		[STEP_FAILED] = "[FAIL]",
		[STEP_SKIPPED] = "[SKIP]",
	};

	for (unsigned i = 0; i < STEP_COUNT; i++) {
		const struct snapshot_step *step = &now->steps[i];

		if (step->state == before->steps[i].state || step->state < STEP_DONE)
			continue;
		if (step->state == STEP_SKIPPED)
			fprintf(plain->out, "%s %s\n", marks[step->state], step_name(i));
		else
			fprintf(plain->out, "%s %-8s %s\n", marks[step->state], step_name(i),
				human_duration(step->ms / 1000).s);
	}
}

static void print_left_out(struct plain *plain)
{
	char line[64];

	STR_FORMAT(line, "(%s more message%s)", human_count(plain->left_out).s,
		plain->left_out == 1 ? "" : "s");
	print_line(plain, line);
	plain->left_out = 0;
}

/* Limits the rate: tar may warn about every file. */
static void print_messages(
	struct plain *plain, const struct snapshot *before, const struct snapshot *now)
{
	uint64_t number = before->message_count;

	for (unsigned i = 0; i < SNAPSHOT_MESSAGES; i++) {
		const struct snapshot_message *message = &now->messages[i];

		if (message->number <= number)
			continue;
		/* A snapshot holds only the latest messages; count the missed ones. */
		plain->left_out += message->number - number - 1;
		number = message->number;
		if (!ratelimit_take(&plain->pace, now->elapsed_ms)) {
			plain->left_out++;
			continue;
		}
		if (plain->left_out > 0)
			print_left_out(plain);
		print_line(plain, message->text);
	}
	if (plain->left_out > 0 &&
		(snapshot_ended(now) || ratelimit_take(&plain->pace, now->elapsed_ms)))
		print_left_out(plain);
}

/* The gauge that the progress line of the active step shows. */
static struct gauge step_gauge(const struct snapshot *now)
{
	const struct progress_view *progress = &now->progress;

	if (now->step == STEP_EXTRACT)
		return progress->extracted.total > 0 ? progress->extracted : progress->archive;
	return now->step == STEP_FLUSH ? progress->medium : progress->step;
}

/* "extract  63 %  453/740 MiB  36.2 MiB/s  about 0:19 left" */
static void progress_line(const struct snapshot *now, char *ret, size_t size)
{
	const struct progress_view *progress = &now->progress;
	struct gauge gauge = step_gauge(now);
	char percent[16] = "", rate[32] = "", left[64] = "";

	if (gauge.total > 0)
		STR_FORMAT(percent, "%3d %%  ", gauge_percent(gauge));
	if (progress->rate_bps > 0)
		STR_FORMAT(rate, "  %s", human_rate(progress->rate_bps).s);
	if (progress->eta_s >= 0)
		STR_FORMAT(left, "  %s", human_left(progress->eta_s).s);
	(void)str_format(ret, size, "%-7s %s%s%s%s", step_name(now->step), percent,
		human_done_of(gauge.done, gauge.total, "/").s, rate, left);
}

static void print_progress(struct plain *plain, const struct snapshot *now)
{
	struct gauge gauge = step_gauge(now);
	int percent = gauge_percent(gauge);
	bool late;
	char line[200];

	if (now->step >= STEP_COUNT || now->steps[now->step].state != STEP_ACTIVE)
		return;
	if (now->step != plain->line_step) {
		plain->line_step = now->step;
		plain->line_percent = 0;
		plain->line_ms = now->elapsed_ms;
	}
	late = now->elapsed_ms >= plain->line_ms + LINE_MS;
	if (!late && percent < plain->line_percent + LINE_PERCENT)
		return;
	/* elapsed_ms may be lower than gap_ms: it restarts with the engine, after the scan. */
	if (now->elapsed_ms >= plain->gap_ms && now->elapsed_ms - plain->gap_ms < GAP_MS)
		return;
	if (now->stall[0] && late)
		STR_COPY(line, now->stall);
	else
		progress_line(now, line, sizeof(line));
	print_line(plain, line);
	plain->line_ms = plain->gap_ms = now->elapsed_ms;
	plain->line_percent = percent;
}

static void print_result(struct plain *plain, const struct snapshot *now)
{
	static const char *const words[] = {
		[INSTALL_PASSED] = "PASS ",
		[INSTALL_FAILED] = "FAIL ",
		[INSTALL_CANCELLED] = "CANCELLED ",
	};
	char line[300], verified[100];

	if (now->state == INSTALL_PASSED) {
		if (now->exit_code == EXIT_NOT_VERIFIED)
			STR_COPY(verified, "installed, not verified");
		else
			STR_FORMAT(verified, "%s entries verified, %s wrong",
				human_count(now->verify.entries).s,
				human_count(now->verify.mismatches).s);
		STR_FORMAT(line, "%s, %s%s%s: %s, %s, %s", now->target_name,
			disk_kind_label(now->target_kind), now->target_short[0] ? " " : "",
			now->target_short, verified, human_duration(now->elapsed_ms / 1000).s,
			human_rate(now->progress.mean_bps).s);
	} else {
		STR_FORMAT(line, "%s, %s%s%s: at %s, after %s", now->target_name,
			disk_kind_label(now->target_kind), now->target_short[0] ? " " : "",
			now->target_short, now->err.step, human_duration(now->elapsed_ms / 1000).s);
	}
	plain_wrap(plain->out, words[now->state], line);
}

void plain_snapshot(struct plain *plain, const struct snapshot *before, const struct snapshot *now)
{
	print_steps(plain, before, now);
	print_messages(plain, before, now);
	if (!snapshot_ended(now))
		print_progress(plain, now);
	else if (!snapshot_ended(before))
		print_result(plain, now);
	(void)fflush(plain->out);
}

void plain_status(struct plain *plain, const struct snapshot *snapshot)
{
	char line[600];

	if (snapshot_ended(snapshot)) {
		print_result(plain, snapshot);
		if (snapshot->err.text[0]) {
			err_sentence(&snapshot->err, line, sizeof(line));
			plain_wrap(plain->out, "  ", line);
		}
	} else {
		/* The overall percent begins after the scan. */
		bool scans = snapshot->step == STEP_OPEN;
		int percent =
			scans ? gauge_percent(snapshot->progress.step) : snapshot->progress.percent;

		STR_FORMAT(line, "%s -> %s: %s, %d %% %s, %s", snapshot->archive_name,
			snapshot->target_name, step_name(snapshot->step), percent > 0 ? percent : 0,
			scans ? "read" : "done", human_left(snapshot->progress.eta_s).s);
		plain_wrap(plain->out, "", line);
		if (snapshot->stall[0])
			plain_wrap(plain->out, "  ", snapshot->stall);
	}
	(void)fflush(plain->out);
}
