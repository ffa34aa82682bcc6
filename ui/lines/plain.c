/* SPDX-License-Identifier: MIT */
#include "ui/lines/plain.h"

#include "core/report/log.h"
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

static void print_row(void *owner, const char *head, const char *text)
{
	struct plain *plain = owner;

	plain_wrap(plain->out, head, text);
}

void plain_plan(struct plain *plain, const struct plan *plan)
{
	log_plan(plan, print_row, plain);
	(void)fflush(plain->out);
}

/* ---- the install ---- */

static void print_steps(
	struct plain *plain, const struct snapshot *before, const struct snapshot *now)
{
	log_steps(before, now, print_row, plain);
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
	log_result(now, print_row, plain);
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

		STR_FORMAT(line, "%s -> %s: %s, %d %% %s, %s", snapshot_subject(snapshot),
			snapshot->target_name, step_name(snapshot->step), percent > 0 ? percent : 0,
			scans ? "read" : "done", human_left(snapshot->progress.eta_s).s);
		plain_wrap(plain->out, "", line);
		if (snapshot->stall[0])
			plain_wrap(plain->out, "  ", snapshot->stall);
	}
	(void)fflush(plain->out);
}
