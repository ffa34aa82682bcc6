/* SPDX-License-Identifier: MIT */
#include "core/report/event.h"

#include "core/plan/boot_only.h"
#include "core/plan/loader_check.h"
#include "core/report/json.h"
#include "device/base/util.h"
#include "device/layout/layout_table.h"

#include <string.h>

static void begin(struct json *json, FILE *out, const char *event)
{
	json_init(json, out);
	json_begin_object(json, NULL);
	json_string(json, "event", event);
}

static void end(struct json *json)
{
	json_end_object(json);
	json_end_line(json);
}

static void write_seconds(struct json *json, uint64_t ms)
{
	json_double(json, "seconds", (double)ms / 1000, 3);
}

static void write_target(struct json *json, const char *name, const char *path, enum disk_kind kind,
	const char *model, const struct disk_identity *id)
{
	if (!name[0]) {
		json_null(json, "target");
		return;
	}
	json_begin_object(json, "target");
	json_string(json, "name", name);
	json_string(json, "path", path);
	json_string(json, "kind", disk_kind_name(kind));
	json_u64(json, "size", id->size_bytes);
	json_string(json, "model", model);
	json_string(json, "serial", id->serial);
	json_string(json, "cid", id->cid);
	json_end_object(json);
}

/* ---- plan ---- */

static const char *sidecar_word(enum sidecar_state state)
{
	static const char *const words[] = {
		[SIDECAR_NONE] = "none",
		[SIDECAR_OK] = "ok",
		[SIDECAR_WRONG] = "wrong",
	};

	return words[state];
}

static void write_blobs(struct json *json, const struct plan *plan)
{
	const struct layout *layout = &plan->layout;
	static const char *const targets[] = {
		[BLOB_DISK] = "disk", [BLOB_BOOT0] = "boot0", [BLOB_BOOT1] = "boot1"};

	json_begin_array(json, "blobs");
	for (size_t i = 0; i < layout->blob_count; i++) {
		const struct layout_blob *blob = &layout->blobs[i];
		char target[64];

		STR_FORMAT(target, "%s%s",
			blob->target == BLOB_PARTITION ? "partition:" : targets[blob->target],
			blob->partition);
		json_begin_object(json, NULL);
		json_string(json, "name", blob->name);
		json_string(json, "file", blob->file);
		json_string(json, "target", target);
		json_u64(json, "offset", blob->offset_bytes);
		json_u64(json, "size", blob->size_bytes);
		json_bool(json, "written", scope_writes_blob(plan->scope, blob));
		json_end_object(json);
	}
	json_end_array(json);
}

/* Null for what is not known. */
static void write_known(struct json *json, const char *key, const char *text)
{
	json_string(json, key, *text ? text : NULL);
}

static void write_copies(struct json *json, const struct layout *layout, size_t partition)
{
	json_begin_array(json, "files");
	for (size_t i = 0; i < layout->copy_count; i++) {
		const struct layout_copy *copy = &layout->copies[i];

		if (copy->partition != partition)
			continue;
		json_begin_object(json, NULL);
		json_string(json, "name", copy->name);
		json_string(json, "file", copy->file);
		json_end_object(json);
	}
	json_end_array(json);
}

static void write_layout(struct json *json, const struct plan *plan)
{
	const struct layout *layout = &plan->layout;

	json_begin_object(json, "layout");
	json_string(json, "name", layout->name);
	json_string(json, "table", layout->table == TABLE_GPT ? "gpt" : "mbr");
	json_string(json, "disk_id", layout->disk_uuid);
	json_begin_array(json, "partitions");
	/* Those that are made. */
	for (size_t i = 0; scope_makes_table(plan->scope) && i < layout->count; i++) {
		const struct layout_partition *partition = &layout->partitions[i];

		json_begin_object(json, NULL);
		json_u64(json, "number", table_number(layout, i));
		json_string(json, "name", partition->name);
		json_u64(json, "start", partition->start * SECTOR_BYTES);
		json_u64(json, "size", partition->sectors * SECTOR_BYTES);
		json_string(json, "fs", fs_name(partition->fs));
		json_string(json, "label", partition->label);
		json_string(json, "mount", partition->mount);
		json_string(json, "partuuid", partition->partuuid);
		json_string(json, "fs_uuid", partition->fs_uuid);
		write_known(json, "ids_from", plan->identities.files[i]);
		write_copies(json, layout, i);
		json_end_object(json);
	}
	json_end_array(json);
	write_blobs(json, plan);
	json_end_object(json);
}

static void write_problems(struct json *json, const struct plan_verdict *verdict)
{
	json_begin_array(json, "problems");
	for (uint32_t i = 0; i < verdict->count && i < PLAN_PROBLEMS_MAX; i++) {
		json_begin_object(json, NULL);
		json_string(json, "code", verdict->problems[i].code);
		json_string(json, "text", verdict->problems[i].text);
		json_end_object(json);
	}
	json_end_array(json);
	json_bool(json, "ok", verdict->count == 0);
}

static void write_findings(struct json *json, const char *key, const struct boot_findings *findings)
{
	json_begin_array(json, key);
	for (uint32_t i = 0; i < findings->count; i++) {
		const struct boot_finding *finding = &findings->list[i];

		json_begin_object(json, NULL);
		json_string(json, "severity", boot_severity_name(finding->severity));
		json_string(json, "code", finding->code);
		json_string(json, "text", finding->text);
		json_end_object(json);
	}
	json_end_array(json);
}

void event_boot(struct json *json, const struct boot_report *boot)
{
	json_begin_object(json, "boot");
	write_known(json, "system", boot->description.system);
	write_known(json, "machine", boot->description.machine);
	write_known(json, "kernel", boot->description.kernel);
	write_known(json, "loaders", boot->description.loaders);
	write_findings(json, "findings", &boot->findings);
	json_end_object(json);
}

void event_warnings(struct json *json, const struct archive_warnings *warnings)
{
	json_begin_array(json, "warnings");
	for (uint32_t i = 0; i < warnings->count; i++) {
		json_begin_object(json, NULL);
		json_string(json, "code", warnings->list[i].code);
		json_string(json, "text", warnings->list[i].text);
		json_end_object(json);
	}
	json_end_array(json);
}

void event_loader(struct json *json, const struct disk_loader *loader)
{
	json_string(json, "kind", loader_name(loader->kind));
	json_u64(json, "offset", loader->offset_bytes);
	json_string(json, "version", loader->version);
}

static void write_loaders(struct json *json, const struct plan *plan)
{
	struct loader_check check;

	loader_check(plan->scope, &plan->target, &plan->layout, plan->has_firmware, &check);
	json_begin_array(json, "boot_loaders");
	for (uint32_t i = 0; i < check.count; i++) {
		json_begin_object(json, NULL);
		json_string(json, "place", check.rows[i].place);
		event_loader(json, &check.rows[i].loader);
		json_string(json, "fate", loader_fate_name(check.rows[i].fate));
		json_end_object(json);
	}
	json_end_array(json);
	json_string(json, "boot_loader_warning", check.text[0] ? check.text : NULL);
}

static void write_archive(struct json *json, const struct archive *archive)
{
	json_string(json, "name", archive_name(archive));
	json_string(json, "compression", compression_name(archive->compression));
	json_string(json, "sha256", archive->sha256);
	json_string(json, "sidecar", sidecar_word(archive->sidecar));
	json_u64(json, "archive_bytes", archive->id.size_bytes);
	json_u64(json, "extracted_bytes", archive->stream_bytes);
	json_u64(json, "entries", archive->entries);
}

/* The main archive by itself, null without one; and all in an array, where "partition" is null for
 * the main one. */
static void write_archives(struct json *json, const struct plan *plan)
{
	const struct archive_list *archives = &plan->archives;
	char folder[sizeof(archives->list[0].folder) + 1];

	if (scope_has_archive(plan->scope)) {
		json_begin_object(json, "archive");
		write_archive(json, &archives->list[0]);
		event_warnings(json, &plan->warnings);
		json_end_object(json);
	} else {
		json_null(json, "archive");
	}
	json_begin_array(json, "archives");
	for (uint32_t i = 0; i < archives->count; i++) {
		STR_FORMAT(folder, "/%s", archives->list[i].folder);
		json_begin_object(json, NULL);
		write_known(json, "partition", archives->list[i].partition);
		json_string(json, "mount", folder);
		write_archive(json, &archives->list[i]);
		json_end_object(json);
	}
	json_end_array(json);
}

static void write_tar(struct json *json, const struct plan *plan)
{
	if (!scope_has_archive(plan->scope)) {
		json_null(json, "tar");
		return;
	}
	json_begin_object(json, "tar");
	json_string(json, "program", plan->tar_program);
	json_string(json, "flavour", tar_flavour_name(plan->tar));
	json_string(json, "version", plan->tar_version);
	json_end_object(json);
}

void event_plan(FILE *out, const struct plan *plan, const struct plan_verdict *verdict)
{
	const struct disk *target = &plan->target;
	char warning[200];
	struct json json;

	begin(&json, out, "plan");
	json_string(&json, "only", scope_words(plan->scope)->name);
	write_target(&json, target->name, target->path, target->kind, target->model, &target->id);
	write_archives(&json, plan);
	event_boot(&json, &plan->boot);
	write_layout(&json, plan);
	write_loaders(&json, plan);
	boot_only_warning(plan, warning, sizeof(warning));
	json_string(&json, "partitions_warning", warning[0] ? warning : NULL);
	write_tar(&json, plan);
	json_bool(&json, "verify", plan->verify);
	write_problems(&json, verdict);
	end(&json);
}

/* ---- steps and messages ---- */

static const char *step_state_word(enum step_state state)
{
	static const char *const words[] = {
		[STEP_TODO] = "todo",
		[STEP_ACTIVE] = "start",
		[STEP_DONE] = "done",
		[STEP_FAILED] = "failed",
		[STEP_SKIPPED] = "skipped",
	};

	return words[state];
}

static void write_step(FILE *out, enum step_id step, enum step_state state, uint64_t ms)
{
	struct json json;

	begin(&json, out, "step");
	json_string(&json, "step", step_name(step));
	json_string(&json, "state", step_state_word(state));
	write_seconds(&json, ms);
	end(&json);
}

/* A step that began and ended between two snapshots still gets its start event. */
static void write_steps(FILE *out, const struct snapshot *before, const struct snapshot *now)
{
	for (unsigned i = 0; i < STEP_COUNT; i++) {
		enum step_state was = before->steps[i].state, is = now->steps[i].state;

		if (was == is || is == STEP_TODO)
			continue;
		if (was == STEP_TODO && (is == STEP_DONE || is == STEP_FAILED))
			write_step(out, i, STEP_ACTIVE, 0);
		write_step(out, i, is, is == STEP_ACTIVE ? 0 : now->steps[i].ms);
	}
}

void event_message(FILE *out, uint64_t number, const char *text)
{
	struct json json;

	begin(&json, out, "message");
	json_u64(&json, "number", number);
	json_string(&json, "text", text);
	end(&json);
}

/* A gap in the numbers means that messages came too fast for this viewer. */
static void write_messages(FILE *out, const struct snapshot *before, const struct snapshot *now)
{
	for (unsigned i = 0; i < SNAPSHOT_MESSAGES; i++) {
		const struct snapshot_message *message = &now->messages[i];

		if (message->number > before->message_count)
			event_message(out, message->number, message->text);
	}
}

/* ---- progress and result ---- */

static void write_gauge(
	struct json *json, const char *key, struct gauge gauge, const char *total_key)
{
	json_begin_object(json, key);
	json_u64(json, "done", gauge.done);
	if (gauge.total > 0)
		json_u64(json, total_key, gauge.total);
	else
		json_null(json, total_key);
	json_end_object(json);
}

static void write_progress(FILE *out, const struct snapshot *now)
{
	const struct progress_view *progress = &now->progress;
	struct json json;

	begin(&json, out, "progress");
	json_string(&json, "step", step_name(now->step));
	json_u64(&json, "percent", (uint64_t)progress->percent);
	write_gauge(&json, "archive", progress->archive, "total");
	write_gauge(&json, "extracted", progress->extracted, "total");
	write_gauge(&json, "medium", progress->medium, "expected");
	write_gauge(&json, "of_step", progress->step, "total");
	json_u64(&json, "rate_bps", progress->rate_bps);
	json_u64(&json, "mean_bps", progress->mean_bps);
	if (progress->eta_s >= 0)
		json_i64(&json, "eta_s", progress->eta_s);
	else
		json_null(&json, "eta_s");
	json_begin_object(&json, "tar");
	if (now->tar.pid > 0)
		json_i64(&json, "pid", now->tar.pid);
	else
		json_null(&json, "pid");
	json_bool(&json, "confirmed", now->tar.confirmed);
	json_u64(&json, "signals", now->tar.signals);
	json_u64(&json, "replies", now->tar.replies);
	json_end_object(&json);
	json_string(&json, "stall", now->stall[0] ? now->stall : NULL);
	json_string(&json, "target", now->target_name);
	write_seconds(&json, now->elapsed_ms);
	end(&json);
}

bool event_progress_differs(const struct snapshot *a, const struct snapshot *b)
{
	const struct progress_view *p = &a->progress, *q = &b->progress;

	/* Times and rates alone are no progress. A stall changes its text. */
	return a->step != b->step || p->percent != q->percent ||
	       p->archive.done != q->archive.done || p->extracted.done != q->extracted.done ||
	       p->medium.done != q->medium.done || p->medium.total != q->medium.total ||
	       p->step.done != q->step.done || p->step.total != q->step.total ||
	       a->tar.confirmed != b->tar.confirmed || a->tar.replies != b->tar.replies ||
	       strcmp(a->stall, b->stall) != 0;
}

static const char *result_word(int code)
{
	switch (code) {
	case EXIT_OK:
	case EXIT_NOT_VERIFIED:
		return "pass";
	case EXIT_REFUSED:
	case EXIT_LOCKED:
		return "refused";
	case EXIT_CANCELLED:
		return "cancelled";
	default:
		return "fail";
	}
}

static const char *passed_text(const struct snapshot *now)
{
	return now->exit_code == EXIT_NOT_VERIFIED ? "installed, not verified"
						   : scope_words(now->scope)->passed;
}

static void write_one_installed(
	struct json *json, const char *partition, const char *name, const char *sha256)
{
	json_begin_object(json, NULL);
	write_known(json, "partition", partition);
	json_string(json, "name", name);
	write_known(json, "sha256", sha256);
	json_end_object(json);
}

/* The main archive by itself, and all in an array. */
static void write_installed(struct json *json, const struct snapshot *now)
{
	if (now->archive_name[0]) {
		json_begin_object(json, "archive");
		json_string(json, "name", now->archive_name);
		write_known(json, "sha256", now->archive_sha256);
		json_end_object(json);
	} else {
		json_null(json, "archive");
	}
	json_begin_array(json, "archives");
	if (now->archive_name[0])
		write_one_installed(json, "", now->archive_name, now->archive_sha256);
	for (uint32_t i = 0; i < now->further_count; i++)
		write_one_installed(json, now->further[i].partition, now->further[i].name,
			now->further[i].sha256);
	json_end_array(json);
}

static void write_result(FILE *out, const struct snapshot *now)
{
	bool passed = now->state == INSTALL_PASSED;
	struct json json;

	begin(&json, out, "result");
	json_string(&json, "result", result_word(now->exit_code));
	json_i64(&json, "code", now->exit_code);
	json_string(&json, "step", passed ? NULL : now->err.step);
	json_string(&json, "message", passed ? passed_text(now) : now->err.text);
	json_string(&json, "next", passed || !now->err.next[0] ? NULL : now->err.next);
	write_seconds(&json, now->elapsed_ms);
	json_begin_object(&json, "verify");
	json_u64(&json, "entries", now->verify.entries);
	json_u64(&json, "bytes", now->verify.bytes);
	json_u64(&json, "mismatches", now->verify.mismatches);
	json_string(&json, "first", now->verify.first[0] ? now->verify.first : NULL);
	json_end_object(&json);
	write_target(&json, now->target_name, now->target_path, now->target_kind, now->target_model,
		&now->target_id);
	write_installed(&json, now);
	write_findings(&json, "boot_findings", &now->boot);
	end(&json);
}

void event_snapshot(
	FILE *out, const struct snapshot *before, const struct snapshot *now, bool progress)
{
	write_steps(out, before, now);
	write_messages(out, before, now);
	if (progress)
		write_progress(out, now);
	if (snapshot_ended(now) && !snapshot_ended(before))
		write_result(out, now);
}

void event_status(FILE *out, const struct snapshot *snapshot)
{
	if (snapshot_ended(snapshot))
		write_result(out, snapshot);
	else
		write_progress(out, snapshot);
}

void event_refused(FILE *out, const struct err *why)
{
	struct snapshot refused = {.state = INSTALL_FAILED, .exit_code = why->code, .err = *why};

	write_result(out, &refused);
}
