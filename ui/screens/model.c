/* SPDX-License-Identifier: MIT */
#include "ui/screens/model.h"

#include "core/report/log.h"
#include "device/base/util.h"

#include <stdlib.h>
#include <string.h>

void model_say(struct model *model, bool bad, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)str_vformat(model->notice, sizeof(model->notice), format, args);
	va_end(args);
	model->notice_bad = bad;
}

void model_answer(struct model *model, bool bad, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (model->overlay) {
		(void)str_vformat(model->answer, sizeof(model->answer), format, args);
		model->answer_bad = bad;
	} else {
		(void)str_vformat(model->notice, sizeof(model->notice), format, args);
		model->notice_bad = bad;
	}
	va_end(args);
}

static int disk_rank(const struct disk *disk)
{
	if (disk->kind == DISK_IMAGE)
		return 0;
	return disk->reason_count == 0 ? 1 : 2;
}

static int disk_order(const void *left, const void *right)
{
	const struct disk *a = left, *b = right;
	int rank = disk_rank(a) - disk_rank(b);

	return rank != 0 ? rank : strverscmp(a->name, b->name);
}

/* True if @disk is listed without "show all": not if it can never be a target, or has no medium. */
static bool is_listed(const struct disk *disk)
{
	if (disk->reason_count == 0)
		return true;
	for (uint32_t i = 0; i < disk->reason_count; i++)
		if (disk->reasons[i].code == REASON_NO_MEDIUM)
			return false;
	return disk->kind != DISK_LOOP && disk->kind != DISK_OTHER;
}

/* Compares what matters to the operator: the device, its verdict, and its content. */
static bool reads_the_same(const struct disk *a, const struct disk *b)
{
	return strcmp(a->name, b->name) == 0 && disk_identity_equal(&a->id, &b->id, NULL) &&
	       a->reason_count == b->reason_count && a->content.state == b->content.state &&
	       strcmp(a->content.type, b->content.type) == 0 &&
	       a->content.partition_count == b->content.partition_count;
}

static bool is_same_card(const struct disk *a, const struct disk *b)
{
	return a->id.cid[0] && strcmp(a->id.cid, b->id.cid) == 0;
}

static bool has_same_name(const struct disk *a, const struct disk *b)
{
	return strcmp(a->name, b->name) == 0;
}

/* Finds the same card, which may have another name now, else the disk with the same name;
 * reads_the_same checks whether that is the same device. */
static size_t find_row(const struct model *model, const struct disk *disk)
{
	static bool (*const looks[])(const struct disk *a, const struct disk *b) = {
		is_same_card, has_same_name};

	for (size_t look = 0; look < ARRAY_SIZE(looks); look++)
		for (size_t i = 0; i < model->row_count; i++)
			if (looks[look](&model->disks[model->rows[i]], disk))
				return i;
	return SIZE_MAX;
}

const struct disk *model_disk(const struct model *model)
{
	if (model->disk_cursor >= model->row_count)
		return NULL;
	return &model->disks[model->rows[model->disk_cursor]];
}

/* Rebuilds the rows, and keeps the cursor on the device @before (may be NULL). */
static void list_rows(struct model *model, const struct disk *before)
{
	const struct disk *now;
	size_t row;

	model->row_count = 0;
	for (size_t i = 0; i < model->disk_count; i++)
		if (model->show_all || is_listed(&model->disks[i]))
			model->rows[model->row_count++] = i;
	row = before ? find_row(model, before) : SIZE_MAX;
	if (row != SIZE_MAX)
		model->disk_cursor = row;
	else if (model->disk_cursor >= model->row_count)
		model->disk_cursor = model->row_count > 0 ? model->row_count - 1 : 0;
	now = model_disk(model);
	if (before && (!now || !reads_the_same(before, now)))
		model->disk_changed_ms = model->now_ms;
}

void model_set_disks(struct model *model, const struct disk *disks, size_t count)
{
	const struct disk *at = model_disk(model);
	struct disk *before = NULL;

	if (at) {
		before = malloc(sizeof(*before));
		if (before)
			*before = *at;
	}
	if (count > MODEL_DISKS_MAX)
		count = MODEL_DISKS_MAX;
	for (size_t i = 0; i < count; i++)
		model->disks[i] = disks[i];
	model->disk_count = count;
	qsort(model->disks, count, sizeof(*disks), disk_order);
	list_rows(model, before);
	free(before);
}

void model_filter_disks(struct model *model)
{
	const struct disk *at = model_disk(model);

	list_rows(model, at);
}

size_t model_listed(const struct model *model)
{
	size_t listed = 0;

	for (size_t i = 0; i < model->disk_count; i++)
		listed += is_listed(&model->disks[i]);
	return listed;
}

bool model_has_archive(const struct model *model)
{
	return model->has_scan && model->scan.archives.list[0].path[0];
}

bool model_may_begin(const struct model *model)
{
	return model->planned && model->verdict.count == 0;
}

bool model_has_plan(const struct model *model)
{
	return model->planned && model->plan.complete &&
	       (!scope_has_files(model->scope) || model->scan.state == INSPECT_OK);
}

void model_place_layouts(struct model *model)
{
	for (size_t i = 0; i < model->layout_count; i++) {
		struct model_layout *layout = &model->layouts[i];
		struct diag diag = {0};

		if (layout->unreadable)
			continue;
		layout->why[0] = '\0';
		if (layout_place(&layout->spec, model->target.size_bytes,
			    model->target.sector_bytes, &layout->placed, &diag) < 0)
			STR_COPY(layout->why,
				diag.text[0] ? diag.text : "does not fit on this device");
	}
}

size_t model_log_rows(const struct grid *grid, const char *text)
{
	int rows = grid ? grid_lines(grid, grid->cols - 2, text) : 1;

	return rows > 1 ? (size_t)rows : 1;
}

size_t model_log_count(const struct model *model)
{
	return model->log_count < MODEL_LOG_MAX ? (size_t)model->log_count : MODEL_LOG_MAX;
}

const char *model_log_line(const struct model *model, size_t index)
{
	uint64_t first = model->log_count - model_log_count(model);

	return model->log[(first + index) % MODEL_LOG_MAX];
}

bool model_log_is_message(const struct model *model, size_t index)
{
	uint64_t first = model->log_count - model_log_count(model);

	return model->log_is_message[(first + index) % MODEL_LOG_MAX];
}

static void log_line(void *owner, const char *head, const char *text)
{
	struct model *model = owner;
	bool full = model->log_count >= MODEL_LOG_MAX;
	size_t at = model->log_count++ % MODEL_LOG_MAX;

	STR_FORMAT(model->log[at], "%s%s", head, text);
	str_sanitise(model->log[at]);
	text = model->log[at];
	model->log_is_message[at] = head[0] == '\0';
	if (model->log_scroll > 0) /* keep older lines in place */
		model->log_scroll += model_log_rows(model->grid, text);
	if (full && model->log_match > 0)
		model->log_match--;
}

void model_ask_cancel(struct model *model)
{
	model->cancel_asked = true;
	model_say(model, false, "Cancel? %s",
		model->snap.written ? scope_words(model->snap.scope)->brief
				    : "Nothing has been written yet.");
}

void model_begin_install(struct model *model)
{
	model->snap = model->calm = (struct snapshot){0};
	model->log_count = 0;
	model->log_scroll = model->log_match = 0;
	model->log_planned = false;
	model->more_problems = 0;
}

void model_log_plan(struct model *model, const struct plan *plan)
{
	model->log_planned = true;
	log_plan(plan, log_line, model);
}

void model_log_report(struct model *model, const struct plan_report *report)
{
	const struct plan_verdict *verdict = &report->verdict;

	model_log_plan(model, &report->plan);
	for (uint32_t i = 1; i < verdict->count && i < PLAN_PROBLEMS_MAX;
		i++, model->more_problems++)
		log_line(model, "", verdict->problems[i].text);
}

void model_set_snapshot(struct model *model, const struct snapshot *snap)
{
	unsigned text_ms = model->text_ms ? model->text_ms : 1000;

	log_snapshot(&model->snap, snap, log_line, model);
	if (model->now_ms - model->calm_ms >= text_ms || snap->state != model->calm.state ||
		snap->step != model->calm.step) {
		model->calm = *snap;
		model->calm_ms = model->now_ms;
	}
	model->snap = *snap;
	/* The question stays open while the install continues. */
	if (model->cancel_asked)
		model_ask_cancel(model);
}
