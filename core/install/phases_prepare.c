/* SPDX-License-Identifier: MIT */
/* The steps up to the empty filesystems: open, check, lock, wipe, table, mkfs. */
#include "core/install/phases.h"

#include "core/install/copying.h"
#include "core/plan/boot_only.h"
#include "core/plan/plan_verdict.h"
#include "core/plan/trial.h"
#include "device/target/ptable.h"
#include "device/target/wipe.h"

#include <errno.h>

#define LOCK_WAIT_S 15 /* a reader, as udev, holds the lock for a moment */

/* ---- open ---- */

/* The first problem is in the error. */
static void tell_problems(struct job *job, const struct manifest_totals *totals)
{
	for (uint32_t i = 1; i < totals->problem_count && i < MANIFEST_PROBLEMS_MAX; i++) {
		const struct manifest_problem *problem = &totals->problems[i];
		char text[sizeof(problem->path) + sizeof(problem->text) + 2];

		STR_FORMAT(
			text, "%s%s%s", problem->path, problem->path[0] ? ": " : "", problem->text);
		job->message(job, text);
	}
}

static void scan_ended(void *arg)
{
	struct job *job = arg;
	struct inspect_result result;

	inspect_result(job->scan, &result);
	if (result.state != INSPECT_OK) {
		tell_problems(job, &result.totals);
		job_fail(job, 0, "%s", result.error);
	}
	job->settled(job);
}

enum phase_result phase_scan_archives(struct job *job)
{
	struct diag diag;

	if (job->plan.complete)
		return PHASE_DONE;
	job->scan = inspect_new(job->reactor, &job->plan.archives, &job->plan.layout,
		&job->plan.archive_options, &diag);
	if (!job->scan)
		return job_fail(job, 0, "%s", diag.text);
	inspect_on_end(job->scan, scan_ended, job);
	return PHASE_WAITS;
}

static void check_plan(const struct job *job, const struct plan *plan, struct plan_facts *facts,
	struct plan_verdict *ret)
{
	plan_look(facts, plan, job->world.root);
	facts->locked = facts->locked && !job->locked;
	if (facts->locked && job->world.describe_owner)
		job->world.describe_owner(&facts->owner);
	plan_check(plan, facts, ret);
}

/* The next step checks the plan again: this is for viewers, who see all problems. */
static int complete_work(void *arg, int report_fd)
{
	struct job *job = arg;
	struct inspect_result scanned;
	struct plan_facts facts;

	(void)report_fd;
	if (job->scan)
		inspect_result(job->scan, &scanned);
	plan_complete(&job->planned->plan, job->scan ? &scanned : NULL,
		job->scan ? inspect_manifest(job->scan) : NULL);
	check_plan(job, &job->planned->plan, &facts, &job->planned->verdict);
	return 0;
}

enum phase_result phase_complete_plan(struct job *job)
{
	return job->plan.complete ? PHASE_DONE : job_work(job, "plan", complete_work);
}

enum phase_result phase_take_plan(struct job *job)
{
	if (job->scan)
		job->manifest = inspect_manifest(job->scan);
	job->plan = job->planned->plan;
	return PHASE_DONE;
}

/* The manifest is inspect's, so these must be the same files. */
enum phase_result phase_open_archives(struct job *job)
{
	for (unsigned i = 0; i < job->plan.archives.count; i++) {
		const struct archive *archive = &job->plan.archives.list[i];
		struct extract *extract = &job->extracts[i];
		struct diag diag;

		if (extract_open(extract, archive->path, &job->plan.archive_options, &diag) < 0)
			return job_fail(job, 0, "%s", diag.text);
		if (!file_id_equal(&extract->source.id, &archive->id))
			return job_fail(job, 0, "%s has changed since it was read. Choose it again",
				archive->path);
	}
	return PHASE_DONE;
}

static int check_copies_work(void *arg, int report_fd)
{
	struct job *job = arg;
	struct diag diag;
	int r = copying_check(&job->plan.layout, job->manifest, &diag);

	return r < 0 ? child_report_fail(report_fd, r, "%s. Choose the layout again", diag.text)
		     : 0;
}

/* And the same for the files of the layout. */
enum phase_result phase_check_copies(struct job *job)
{
	if (job->plan.layout.copy_count == 0)
		return PHASE_DONE;
	return job_work(job, "check", check_copies_work);
}

/* ---- check ---- */

static int check_work(void *arg, int report_fd)
{
	struct job *job = arg;
	struct plan_facts facts;
	struct plan_verdict verdict;

	check_plan(job, &job->plan, &facts, &verdict);
	if (verdict.count > 0)
		return child_report_fail(report_fd, facts.locked ? JOB_LOCKED : -EPERM, "%s",
			verdict.problems[0].text);
	return 0;
}

enum phase_result phase_check_plan(struct job *job)
{
	return job_work(job, "check", check_work);
}

static int trial_work(void *arg, int report_fd)
{
	struct job *job = arg;
	struct plan_verdict verdict = {0};
	struct trial trial;

	trial_run(&trial, &job->plan, job->world.root, job->world.dir);
	if (trial.untried[0])
		child_report_say(report_fd, "Not every filesystem was tried: %s", trial.untried);
	trial_check(&job->plan, &trial, &verdict);
	if (verdict.count > 0)
		return child_report_fail(report_fd, -EPERM, "%s", verdict.problems[0].text);
	return 0;
}

enum phase_result phase_try_mkfs(struct job *job)
{
	return job_work(job, "trial", trial_work);
}

/* ---- lock ---- */

/* Only a reader is waited for: an install or a partitioner would change the target meanwhile. */
static enum phase_result wait_for_lock(struct job *job)
{
	struct lock_owner *owner = &job->target.owner;
	char who[LOCK_TEXT_MAX], text[300];

	if (job->world.describe_owner)
		job->world.describe_owner(owner);
	if (!owner->shared ||
		(job->lock_since_ms > 0 && now_ms() - job->lock_since_ms > LOCK_WAIT_S * 1000)) {
		lock_sentence(job_target_name(job), owner, text, sizeof(text));
		return job_fail(job, EXIT_LOCKED, "%s", text);
	}
	if (job->lock_since_ms == 0) {
		job->lock_since_ms = now_ms();
		lock_text(owner, who);
		STR_FORMAT(text, "Waiting, at most %d s: %s is read by %s", LOCK_WAIT_S,
			job_target_name(job), who);
		job->message(job, text);
	}
	return PHASE_AGAIN;
}

enum phase_result phase_open_target(struct job *job)
{
	struct diag diag = {0};
	int r = target_open(
		&job->target, job->world.root, &job->plan.target, job->world.dir, &diag);

	if (r == -EWOULDBLOCK)
		return wait_for_lock(job);
	return r < 0 ? job_fail(job, 0, "%s", diag.text) : PHASE_DONE;
}

enum phase_result phase_lock_target(struct job *job)
{
	int r = target_try_lock(&job->target);

	if (r == -EWOULDBLOCK)
		return wait_for_lock(job);
	if (r < 0)
		return job_fail(job, 0, "%s could not be locked: %s", job_target_name(job),
			job_error_text(job, r));
	job->locked = true;
	return PHASE_DONE;
}

/* While the install waited for the lock, a user that O_EXCL does not detect may have appeared, such
 * as a loop device on top of the target. An image is attached to our own loop device by now, and
 * target_take_exclusive searches for others. */
enum phase_result phase_check_locked(struct job *job)
{
	return job->plan.target.kind == DISK_IMAGE ? PHASE_DONE : phase_check_plan(job);
}

enum phase_result phase_take_target(struct job *job)
{
	struct diag diag = {0};

	if (target_take_exclusive(&job->target, &diag) < 0)
		return job_fail(job, 0, "%s", diag.text);
	return PHASE_DONE;
}

/* The table may have changed while the install waited for the lock. Nothing else can write one now. */
static int check_beside_work(void *arg, int report_fd)
{
	struct job *job = arg;
	struct plan_verdict verdict = {0};
	struct occupied occupied;
	struct diag diag = {0};

	(void)occupied_read(job->target.excl_fd, &occupied, &diag);
	boot_only_check(&job->plan, &occupied, diag.text, &verdict);
	if (verdict.count > 0)
		return child_report_fail(report_fd, -EPERM, "%s", verdict.problems[0].text);
	return 0;
}

enum phase_result phase_check_beside(struct job *job)
{
	return job_work(job, "check", check_beside_work);
}

/* ---- wipe ---- */

/* Nothing is written yet, so a failure is a refusal. */
enum phase_result phase_forget_partitions(struct job *job)
{
	int r = ptable_forget(job->target.excl_fd, job->world.root, job->target.disk.name);

	if (r < 0)
		return job_fail(job, EXIT_REFUSED, "A partition of %s is in use: %s",
			job_target_name(job), job_error_text(job, r));
	return PHASE_DONE;
}

static int wipe_progressed(void *arg, uint64_t done_bytes, uint64_t total_bytes)
{
	child_report_send(*(int *)arg, done_bytes, total_bytes);
	return 0;
}

static int wipe_work(void *arg, int report_fd)
{
	struct job *job = arg;
	int r = wipe_disk(job->target.excl_fd, &job->plan.layout, wipe_progressed, &report_fd);

	return r < 0 ? child_report_fail(report_fd, r, "%s could not be wiped: %s",
			       job_target_name(job), job_error_text(job, r))
		     : 0;
}

enum phase_result phase_wipe(struct job *job)
{
	job->written = true; /* before the first byte: a kill in between counts as written */
	return job_work(job, "wipe", wipe_work);
}

/* ---- table ---- */

/* Only the kernel gets the table. The medium has none until everything is verified. */
enum phase_result phase_announce_table(struct job *job)
{
	struct diag diag = {0};
	int r = ptable_announce(job->target.excl_fd, &job->plan.layout);

	if (r < 0)
		return job_fail(job, 0, "The kernel refused the new partitions of %s: %s",
			job_target_name(job), job_error_text(job, r));
	for (unsigned i = 0; i < job->plan.layout.count; i++)
		if (target_open_partition(&job->target, table_number(&job->plan.layout, i), &diag) <
			0)
			return job_fail(job, 0, "%s", diag.text);
	/* mkfs and mount open the disk exclusively. */
	target_release_exclusive(&job->target);
	return PHASE_DONE;
}

/* ---- mkfs ---- */

/* Runs mkfs for the next partition with a filesystem; PHASE_DONE after the last. */
enum phase_result phase_mkfs(struct job *job)
{
	const struct layout *layout = &job->plan.layout;
	struct mkfs_command *command = &job->mkfs.command;

	while (job->mkfs.next < layout->count) {
		size_t index = job->mkfs.next++;
		const struct layout_partition *partition = &layout->partitions[index];

		target_node(&job->target, table_number(layout, index), job->mkfs.node);
		if (!mkfs_command(
			    partition, job->mkfs.node, job->target.disk.sector_bytes, command))
			continue;
		return job_run(job, command->program, command->argv) == PHASE_WAITS ? PHASE_AGAIN
										    : PHASE_FAILED;
	}
	return PHASE_DONE;
}
