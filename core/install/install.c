/* SPDX-License-Identifier: MIT */
#include "core/install/install.h"

#include "core/install/kernel_log.h"
#include "core/install/phases.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define ENGINE_TICK_MS	 250 /* samples, snapshots and requests to tar: 4 Hz */
#define TERM_TO_KILL_MS	 2000
#define CLEANUP_LIMIT_MS 20000 /* then the device counts as dead and is abandoned */

struct install {
	struct job job;
	struct watch tick;

	enum step_id step;
	unsigned phase; /* index of the next phase of the step */
	bool again;	/* the phase has asked to run again */
	uint64_t start_ms, step_ms;

	bool ending; /* after a failure or cancel: no phase is started any more */
	bool children_killed;
	uint64_t ending_ms;
	struct child cleanup;

	struct kernel_log kernel; /* matches once the lock step has filled in the target's name */
	struct progress_sample sample;
	struct progress progress;
	struct snapshot snapshot;
};

/* ---- the snapshot for viewers ---- */

void install_identify(struct snapshot *ret, const struct plan *plan)
{
	snapshot_init(
		ret, plan->scope, &plan->target, plan->archives.list[0].path, plan->layout.name);
}

_Static_assert(SNAPSHOT_ARCHIVES == ARCHIVES_MAX - 1, "all but the main one");

static void take_archives(struct snapshot *snapshot, const struct archive_list *archives)
{
	STR_COPY(snapshot->archive_sha256, archives->list[0].sha256);
	for (uint32_t i = 1; i < archives->count; i++) {
		struct snapshot_archive *to = &snapshot->further[i - 1];

		STR_COPY(to->partition, archives->list[i].partition);
		STR_COPY(to->name, archive_name(&archives->list[i]));
		str_sanitise(to->name);
		STR_COPY(to->sha256, archives->list[i].sha256);
		snapshot->further_count = i;
	}
}

/* Without files the share of the step commit is fixed. */
static uint64_t blob_bytes(const struct plan *plan)
{
	uint64_t bytes = 0;

	for (size_t i = 0; scope_has_files(plan->scope) && i < plan->layout.blob_count; i++)
		bytes += plan->layout.blobs[i].size_bytes;
	return bytes;
}

/* The plan is complete. */
static void take_plan(struct install *in)
{
	const struct plan *plan = &in->job.plan;
	struct snapshot *snapshot = &in->snapshot;
	const struct progress_totals totals = {
		.archive_bytes = archive_list_bytes(&plan->archives),
		.extracted_bytes = plan->totals.stream_bytes + plan->copy_bytes,
		.medium_bytes = plan->totals.block_bytes,
		.verify_bytes = plan->totals.content_bytes,
		.commit_bytes = blob_bytes(plan),
		.verify = plan->verify,
		.scope = plan->scope,
	};

	progress_expect(&in->progress, &totals);
	STR_COPY(snapshot->tar_name, tar_flavour_name(plan->tar));
	take_archives(snapshot, &plan->archives);
	snapshot->boot = plan->boot.findings;
	snapshot->entries = plan->totals.entries;
	snapshot->planned = true;
}

static void snapshot_step(struct install *in, enum step_state state)
{
	struct snapshot_step *step = &in->snapshot.steps[in->step];

	step->state = state;
	step->ms = now_ms() - in->step_ms;
}

/* Only a program that reads the target is waited for. */
static void describe_wait(struct install *in)
{
	char who[LOCK_TEXT_MAX];

	lock_text(&in->job.target.owner, who);
	STR_FORMAT(in->snapshot.stall, "waiting for %.60s, %u s", who,
		(unsigned)((now_ms() - in->step_ms) / 1000));
}

static void snapshot_refresh(struct install *in)
{
	struct snapshot *snapshot = &in->snapshot;
	const struct verify_result *verified = in->job.verified;

	snapshot->sequence++;
	snapshot->step = in->step;
	snapshot->written = in->job.written;
	if (!snapshot_ended(snapshot)) {
		snapshot->elapsed_ms = now_ms() - in->start_ms;
		if (in->step < STEP_COUNT && snapshot->steps[in->step].state == STEP_ACTIVE)
			snapshot->steps[in->step].ms = now_ms() - in->step_ms;
	}
	snapshot->progress = *progress_view(&in->progress);
	snapshot->tar = in->job.extracts[in->job.extracting].tar.counts;
	snapshot->verify.entries = verified->entries;
	snapshot->verify.bytes = verified->bytes;
	snapshot->verify.mismatches = verified->mismatches;
	STR_COPY(snapshot->verify.first, verified->first);
	snapshot->stall[0] = '\0';
	if (snapshot->state == INSTALL_RUNNING && in->step == STEP_LOCK && in->again)
		describe_wait(in);
	else if (snapshot->state == INSTALL_RUNNING)
		progress_stall_text(
			&snapshot->progress, in->step, snapshot->stall, sizeof(snapshot->stall));
}

static void on_message(struct job *job, const char *text)
{
	snapshot_message(&container_of(job, struct install, job)->snapshot, text);
}

static void on_kernel_message(void *owner, const char *text)
{
	struct install *in = owner;

	snapshot_message(&in->snapshot, text);
}

/* ---- failure and cancel ---- */

/* A removed device causes many different errors: report the removal in their place. */
static void blame_removal(struct install *in)
{
	struct err *err = &in->snapshot.err;

	if (!target_is_gone(&in->job.target))
		return;
	*err = (struct err){0};
	err_set(err, in->job.written ? EXIT_FAILED : EXIT_REFUSED, step_name(in->step),
		"%s was removed during %s", job_target_name(&in->job), step_name(in->step));
	STR_COPY(err->next, "Put it back and start again");
}

/* True if the kernel's partitions of the target are no longer those that it had. */
static bool has_new_partitions(const struct install *in)
{
	return in->job.written && step_is_of(in->job.plan.scope, STEP_TABLE);
}

static void end_now(struct install *in)
{
	struct snapshot *snapshot = &in->snapshot;
	bool cancelled = snapshot->err.code == EXIT_CANCELLED;

	/* Requests to a removed device fail some time before the kernel removes the device. */
	if (!cancelled)
		blame_removal(in);
	child_finish(&in->cleanup);
	kernel_log_close(&in->kernel);
	/* Restore first: after target_close another process may use the loop device. */
	job_restore_settings(&in->job);
	target_close(
		&in->job.target, has_new_partitions(in) || in->job.plan.target.kind == DISK_IMAGE);
	if (in->step < STEP_COUNT)
		snapshot_step(in, STEP_FAILED);
	snapshot->elapsed_ms = now_ms() - in->start_ms;
	snapshot->state = cancelled ? INSTALL_CANCELLED : INSTALL_FAILED;
	snapshot->exit_code = snapshot->err.code;
	snapshot_refresh(in);
}

static int cleanup_work(void *arg, int report_fd)
{
	return job_undo(arg, report_fd);
}

static void cleanup_ended(struct child *child)
{
	struct install *in = child->spec.owner;

	if (!child_ok(child) && child->last.text[0])
		err_set(&in->snapshot.err, EXIT_FAILED, "cleanup", "%s", child->last.text);
	end_now(in);
}

/* Runs in a child, since each call may block on a dying device. */
static void cleanup_start(struct install *in)
{
	struct child_spec spec = {
		.name = "cleanup",
		.work = cleanup_work,
		.arg = &in->job,
		.in = -1,
		.out = -1,
		.on_exit = cleanup_ended,
		.owner = in,
	};

	/* Open directories would make every unmount fail with EBUSY. */
	job_close_mounts(&in->job);
	if (in->job.world.end_strays)
		in->job.world.end_strays();
	in->ending_ms = now_ms();
	if (child_start(&in->cleanup, in->job.reactor, &spec) == 0)
		return;
	if (in->job.written)
		err_set(&in->snapshot.err, EXIT_FAILED, "cleanup",
			"%s could not be cleaned up: out of memory or processes; do not use it "
			"before a new install",
			job_target_name(&in->job));
	end_now(in);
}

/* A child in an uninterruptible wait on a dead device cannot be killed, so abandon it. */
static void end_dead_device(struct install *in)
{
	err_set(&in->snapshot.err, EXIT_FAILED, "cleanup", "%s no longer responds: unplug it",
		job_target_name(&in->job));
	end_now(in);
}

/* Called once a tick while the install ends: after SIGTERM come SIGKILL and then the cleanup. */
static void ending_tick(struct install *in)
{
	uint64_t waited_ms = now_ms() - in->ending_ms;

	if (in->cleanup.state != CHILD_NONE) {
		child_poll(&in->cleanup);
		if (child_is_running(&in->cleanup) && waited_ms > CLEANUP_LIMIT_MS)
			end_dead_device(in);
	} else if (!job_has_children(&in->job)) {
		cleanup_start(in);
	} else if (waited_ms > TERM_TO_KILL_MS && !in->children_killed) {
		in->children_killed = true;
		job_stop(&in->job, SIGKILL);
	} else if (waited_ms > TERM_TO_KILL_MS + CLEANUP_LIMIT_MS) {
		end_dead_device(in);
	}
}

static void end_begin(struct install *in)
{
	in->ending = true;
	in->ending_ms = now_ms();
	in->snapshot.state = INSTALL_CANCELLING;
	job_stop(&in->job, SIGTERM);
	snapshot_refresh(in);
}

/* Takes over the failure that the job recorded, and begins the end. */
static void fail(struct install *in)
{
	const struct step *step = &install_steps[in->step];
	struct err *err = &in->snapshot.err;
	int code = in->job.failure.code ? in->job.failure.code : step->code;

	if (in->job.written && in->job.plan.target.kind == DISK_IMAGE)
		STR_COPY(err->next, "Fix the cause and install again");
	else if (in->job.written && !scope_makes_table(in->job.plan.scope))
		STR_COPY(err->next, scope_words(in->job.plan.scope)->again);
	else if (in->job.written && step->advice)
		STR_COPY(err->next, step->advice);
	err_set(err, code, step_name(in->step), "%s", in->job.failure.text);
	end_begin(in);
}

void install_cancel(struct install *in)
{
	const struct scope_words *words = scope_words(in->job.plan.scope);
	struct err *err = &in->snapshot.err;

	if (in->ending || snapshot_ended(&in->snapshot))
		return;
	if (in->job.written)
		err_set(err, EXIT_CANCELLED, step_name(in->step), "Cancelled during %s: %s%s%s",
			step_name(in->step), words->unfinished[0], job_target_name(&in->job),
			words->unfinished[1]);
	else
		err_set(err, EXIT_CANCELLED, step_name(in->step),
			"Cancelled during %s: nothing was written to %s", step_name(in->step),
			job_target_name(&in->job));
	STR_COPY(err->next, in->job.written ? words->again : scope_words(SCOPE_ALL)->again);
	end_begin(in);
}

/* ---- from phase to phase ---- */

/* Called four times a second and at both ends of every step, so that short steps count too. */
static void take_sample(struct install *in)
{
	in->sample.now_ms = now_ms();
	in->sample.step = in->step;
	job_measure(&in->job, &in->sample);
	progress_update(&in->progress, &in->sample);
}

static void step_begin(struct install *in, enum step_id step)
{
	in->step = step;
	in->phase = 0;
	in->step_ms = now_ms();
	in->job.done = in->job.total = 0;
	if (step < STEP_COUNT) {
		snapshot_step(in, STEP_ACTIVE);
		take_sample(in);
	}
}

static void step_end(struct install *in, enum step_state state)
{
	snapshot_step(in, state);
	if (in->step == STEP_OPEN)
		take_plan(in);
	take_sample(in);
	step_begin(in, step_after(in->job.plan.scope, in->step));
}

static void pass(struct install *in)
{
	enum disk_kind kind = in->job.plan.target.kind;

	kernel_log_close(&in->kernel);
	/* The kernel must forget an image's partitions, or the loop device would pass them to the
	 * next image. A disk keeps them, since its table now has them. */
	target_close(&in->job.target,
		kind == DISK_IMAGE || (kind == DISK_LOOP && has_new_partitions(in)));
	progress_finish(&in->progress);
	in->snapshot.state = INSTALL_PASSED;
	in->snapshot.exit_code = in->job.plan.verify ? EXIT_OK : EXIT_NOT_VERIFIED;
}

/* Runs the next phase. Returns false if there is nothing more to run now. */
static bool run_phase(struct install *in)
{
	phase *run = phase_of(in->job.plan.scope, in->step, in->phase);
	enum phase_result result = run ? run(&in->job) : PHASE_DONE;

	in->again = result == PHASE_AGAIN;
	switch (result) {
	case PHASE_DONE:
		if (!run)
			step_end(in, STEP_DONE);
		else
			in->phase++;
		return true;
	case PHASE_SKIP_STEP:
		step_end(in, STEP_SKIPPED);
		return true;
	case PHASE_WAITS:
		in->phase++;
		return false;
	case PHASE_AGAIN:
		return false;
	case PHASE_FAILED:
		fail(in);
	}
	return false;
}

static void advance(struct install *in)
{
	while (in->step < STEP_COUNT && run_phase(in))
		;
	if (in->step == STEP_COUNT)
		pass(in);
	snapshot_refresh(in);
}

static void on_settled(struct job *job)
{
	struct install *in = container_of(job, struct install, job);

	if (in->ending)
		return;
	if (job->failure.set)
		fail(in);
	else
		advance(in);
}

static void on_tick(struct watch *watch, uint32_t events)
{
	struct install *in = container_of(watch, struct install, tick);

	(void)events;
	reactor_timer_clear(watch->fd);
	job_tick(&in->job);
	if (snapshot_ended(&in->snapshot))
		return;
	kernel_log_tick(&in->kernel, now_ms());
	if (in->ending) {
		ending_tick(in);
	} else {
		if (in->again && !job_has_children(&in->job))
			advance(in);
		take_sample(in);
	}
	snapshot_refresh(in);
}

/* ---- life ---- */

static int init(struct install *in)
{
	int fd = reactor_new();

	if (fd < 0)
		return fd;
	in->job.reactor = fd;
	fd = reactor_timer(ENGINE_TICK_MS, 0);
	if (fd < 0)
		return fd;
	in->tick = (struct watch){.fd = fd, .ready = on_tick};
	return reactor_add(in->job.reactor, &in->tick, EPOLLIN);
}

struct install *install_new(
	const struct plan *plan, const struct manifest *manifest, const struct install_world *world)
{
	struct install *in = calloc(1, sizeof(*in));
	int r;

	if (!in)
		return NULL;
	in->tick.fd = -1;
	child_init(&in->cleanup);
	kernel_log_init(&in->kernel);
	r = job_init(&in->job, plan, manifest, world);
	in->job.settled = on_settled;
	in->job.message = on_message;
	if (r == 0)
		r = init(in);
	if (r < 0) {
		install_free(in);
		errno = -r;
		return NULL;
	}
	install_identify(&in->snapshot, plan);
	return in;
}

void install_free(struct install *in)
{
	int fd;

	if (!in)
		return;
	job_kill(&in->job);
	child_finish(&in->cleanup);
	kernel_log_close(&in->kernel);
	/* An install that is freed while it runs is cleaned up like a failed one. */
	job_close_mounts(&in->job);
	if (!snapshot_ended(&in->snapshot) && in->job.target.id_fd >= 0)
		(void)job_undo(&in->job, -1);
	job_finish(&in->job, has_new_partitions(in) && in->snapshot.state != INSTALL_PASSED);
	fd = in->tick.fd;
	reactor_remove(in->job.reactor, &in->tick);
	close_fd(&fd);
	close_fd(&in->job.reactor);
	free(in);
}

int install_fd(const struct install *in)
{
	return in->job.reactor;
}

void install_start(struct install *in)
{
	const struct progress_totals unknown = {0};

	in->start_ms = now_ms();
	progress_init(&in->progress, &unknown, in->start_ms);
	/* The log is optional: it only adds causes to the errors. */
	(void)kernel_log_open(&in->kernel, in->job.reactor, in->job.world.root,
		&in->job.target.disk, on_kernel_message, in);
	step_begin(in, STEP_OPEN);
	advance(in);
}

void install_dispatch(struct install *in)
{
	(void)reactor_dispatch(in->job.reactor, 0);
}

const struct plan_report *install_plan(const struct install *in)
{
	return in->job.planned;
}

const struct snapshot *install_snapshot(const struct install *in)
{
	return &in->snapshot;
}
