/* SPDX-License-Identifier: MIT */
#include "core/install/install.h"

#include "core/install/job.h"
#include "device/base/util.h"
#include "device/layout/mkfs.h"
#include "device/target/flush.h"
#include "device/target/mount.h"
#include "device/target/wipe.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#define TERM_TO_KILL_MS	 2000
#define CLEANUP_LIMIT_MS 20000 /* then the device is taken for dead, and is left alone */

/* ---- what a viewer sees ---- */

void install_message(struct install *in, const char *format, ...)
{
	struct snapshot *snapshot = &in->snapshot;
	struct snapshot_message *last = &snapshot->messages[SNAPSHOT_MESSAGES - 1];
	va_list args;

	memmove(snapshot->messages, snapshot->messages + 1,
		sizeof(snapshot->messages) - sizeof(snapshot->messages[0]));
	last->number = ++snapshot->message_count;
	va_start(args, format);
	(void)str_vformat(last->text, sizeof(last->text), format, args);
	va_end(args);
	str_sanitise(last->text);
}

static void snapshot_step(struct install *in, enum step_state state)
{
	struct snapshot_step *step = &in->snapshot.steps[in->step];

	step->state = state;
	step->ms = now_ms() - in->step_ms;
}

static void snapshot_refresh(struct install *in)
{
	struct snapshot *snapshot = &in->snapshot;

	snapshot->sequence++;
	snapshot->step = in->step;
	if (!snapshot_ended(snapshot)) {
		snapshot->elapsed_ms = now_ms() - in->start_ms;
		if (in->step < STEP_COUNT && snapshot->steps[in->step].state == STEP_ACTIVE)
			snapshot->steps[in->step].ms = now_ms() - in->step_ms;
	}
	snapshot->progress = *progress_view(&in->progress);
	snapshot->tar = in->tar.counts;
	snapshot->verify.entries = in->verified->entries;
	snapshot->verify.bytes = in->verified->bytes;
	snapshot->verify.mismatches = in->verified->mismatches;
	STR_COPY(snapshot->verify.first, in->verified->first);
	snapshot->stall[0] = '\0';
	if (snapshot->state == INSTALL_RUNNING)
		progress_stall_text(
			&snapshot->progress, in->step, snapshot->stall, sizeof(snapshot->stall));
}

void install_identify(struct snapshot *snapshot, const struct plan *plan)
{
	const char *slash = strrchr(plan->archive, '/');

	memset(snapshot, 0, sizeof(*snapshot));
	snapshot->magic = SNAPSHOT_MAGIC;
	snapshot->version = SNAPSHOT_VERSION;
	snapshot->size = sizeof(*snapshot);
	STR_COPY(snapshot->tar_name, tar_flavour_name(plan->tar));
	STR_COPY(snapshot->target_name, plan->target.name);
	STR_COPY(snapshot->target_path, plan->target.path);
	STR_COPY(snapshot->target_model, plan->target.model);
	snapshot->target_kind = plan->target.kind;
	snapshot->target_id = plan->target.id;
	disk_identity_short(&plan->target, snapshot->target_short);
	STR_COPY(snapshot->archive_name, slash ? slash + 1 : plan->archive);
	str_sanitise(snapshot->archive_name);
	STR_COPY(snapshot->archive_sha256, plan->sha256);
	STR_COPY(snapshot->layout_name, plan->layout.name);
	snapshot->entries = plan->totals.entries;
}

/* ---- going on ---- */

static void sample_medium(struct install *in)
{
	struct flush_stat stat;

	if (in->target.id_fd < 0 ||
		flush_read_stat(in->world.root, in->target.disk.name, &stat) < 0)
		return;
	in->sample.in_flight = stat.in_flight;
	if (in->medium_counts && stat.written_bytes > in->medium_start)
		in->sample.medium_bytes = stat.written_bytes - in->medium_start;
}

/* Four times a second, and at both ends of every step: a short one counts, too. */
static void sample_take(struct install *in)
{
	in->sample.now_ms = now_ms();
	in->sample.step = in->step;
	sample_medium(in);
	progress_update(&in->progress, &in->sample);
}

static void kernel_said(void *owner, const char *text)
{
	install_message(owner, "%s", text);
}

static void step_begin(struct install *in, enum step_id step)
{
	in->step = step;
	in->turn = 0;
	in->step_ms = now_ms();
	in->sample.step_done = in->sample.step_total = 0;
	if (step < STEP_COUNT)
		snapshot_step(in, STEP_ACTIVE);
}

static void install_pass(struct install *in)
{
	struct target *target = &in->target;

	kernel_log_close(&in->kernel);
	/* A loop device would hand its partitions to the next image; a disk keeps them, for they are
	 * now what its table says. */
	target_close(
		target, in->plan.target.kind == DISK_IMAGE || in->plan.target.kind == DISK_LOOP);
	progress_finish(&in->progress);
	in->snapshot.state = INSTALL_PASSED;
	in->snapshot.exit_code = in->plan.verify ? EXIT_OK : EXIT_NOT_VERIFIED;
}

void install_advance(struct install *in)
{
	while (!in->ending && in->step < STEP_COUNT) {
		int r = install_steps[in->step].run(in, in->turn++);

		if (r != 0) /* it waits, or it failed and the end has begun */
			break;
		if (in->snapshot.steps[in->step].state == STEP_ACTIVE)
			snapshot_step(in, STEP_DONE);
		sample_take(in);
		step_begin(in, in->step + 1);
		if (in->step < STEP_COUNT)
			sample_take(in);
	}
	if (in->step == STEP_COUNT && !in->ending && in->snapshot.state == INSTALL_RUNNING)
		install_pass(in);
	snapshot_refresh(in);
}

void install_child_ended(struct child *child)
{
	struct install *in = child->spec.owner;
	const struct step *step = &install_steps[in->step];
	char why[300];

	if (in->ending)
		return;
	if (child_ok(child)) {
		install_advance(in);
		return;
	}
	/* What our own work says is a sentence already. */
	if (child->spec.work && child->last.error && child->last.text[0]) {
		(void)install_fail(in, step->code, "%s", child->last.text);
		return;
	}
	child_why(child, why, sizeof(why));
	(void)install_fail(
		in, step->code, "%s failed on %s: %s", child->spec.name, in->plan.target.name, why);
}

static void work_report(struct child *child, const struct child_report *report)
{
	struct install *in = child->spec.owner;

	in->sample.step_done = report->done;
	in->sample.step_total = report->total;
}

int install_work(struct install *in, const char *name, int (*work)(void *arg, int report_fd))
{
	struct child_spec spec = {
		.name = name,
		.work = work,
		.arg = in,
		.in = -1,
		.out = -1,
		.on_report = work_report,
		.on_exit = install_child_ended,
		.owner = in,
	};
	int r = child_start(&in->child, in->reactor, &spec);

	if (r < 0)
		return install_fail(in, install_steps[in->step].code,
			"Could not start a process for %s: %s", name, strerror(-r));
	return 1;
}

/* ---- the end of one that failed or was cancelled ---- */

/* Everything an ended job leaves on the machine is undone here, in a child, since a dying device may
 * block each of these calls: unmount, then the table areas zeroed so that nothing boots half. One
 * that was removed has no table yet, or one of what was verified. */
static int cleanup_work(void *arg, int report_fd)
{
	struct install *in = arg;
	struct diag diag = {0};
	int r = 0, w;

	if (in->mounted)
		r = install_unmount_all(in, report_fd);
	if (in->snapshot.written && !target_is_gone(&in->target)) {
		w = target_take_exclusive(&in->target, &diag);
		if (w == 0)
			w = wipe_table(in->target.excl_fd, in->target.disk.size_bytes);
		if (w < 0 && r == 0)
			r = child_report_fail(report_fd, w,
				"%s could not be made unbootable: %s; do not use it before a new "
				"install",
				in->plan.target.name,
				diag.text[0] ? diag.text : err_device_text(w));
	}
	return r;
}

/* A removed device has a hundred symptoms and one cause, which is told in their place. */
static void blame_removal(struct install *in)
{
	struct err *err = &in->snapshot.err;

	if (!target_is_gone(&in->target))
		return;
	*err = (struct err){0};
	err_set(err, in->snapshot.written ? EXIT_FAILED : EXIT_REFUSED, step_name(in->step),
		"%s was removed during %s", in->plan.target.name, step_name(in->step));
	STR_COPY(err->next, "Put it back and start again");
}

static void end_now(struct install *in)
{
	bool cancelled =
		in->snapshot.state == INSTALL_CANCELLING && in->snapshot.err.code == EXIT_CANCELLED;

	/* The kernel fails what is on its way to a device some time before it takes it away. */
	if (!cancelled)
		blame_removal(in);
	child_finish(&in->cleanup);
	kernel_log_close(&in->kernel);
	/* Before a loop device is another's. */
	if (in->knobs_set)
		(void)settings_restore(&in->knobs);
	in->knobs_set = false;
	target_close(&in->target, in->snapshot.written || in->plan.target.kind == DISK_IMAGE);
	if (in->step < STEP_COUNT)
		snapshot_step(in, STEP_FAILED);
	in->snapshot.elapsed_ms = now_ms() - in->start_ms;
	in->snapshot.state = cancelled ? INSTALL_CANCELLED : INSTALL_FAILED;
	in->snapshot.exit_code = in->snapshot.err.code;
	snapshot_refresh(in);
}

static void cleanup_ended(struct child *child)
{
	struct install *in = child->spec.owner;

	if (!child_ok(child) && child->last.text[0])
		err_set(&in->snapshot.err, EXIT_FAILED, "cleanup", "%s", child->last.text);
	end_now(in);
}

static void cleanup_start(struct install *in)
{
	struct child_spec spec = {
		.name = "cleanup",
		.work = cleanup_work,
		.arg = in,
		.in = -1,
		.out = -1,
		.on_exit = cleanup_ended,
		.owner = in,
	};

	/* Held by us, they would make every unmount fail with EBUSY. */
	for (unsigned i = 0; i < in->mount_count; i++)
		close_fd(&in->mounts[i].dir_fd);
	if (in->world.end_strays)
		in->world.end_strays();
	in->ending_ms = now_ms();
	if (child_start(&in->cleanup, in->reactor, &spec) == 0)
		return;
	if (in->snapshot.written)
		err_set(&in->snapshot.err, EXIT_FAILED, "cleanup",
			"%s could not be cleaned up for lack of memory or processes: do not use it "
			"before a new install",
			in->plan.target.name);
	end_now(in);
}

static struct child *job_child(struct install *in, unsigned i)
{
	struct child *const children[] = {&in->child, &in->tar.child, &in->source.decompressor};

	return i < ARRAY_SIZE(children) ? children[i] : NULL;
}

static void kill_children(struct install *in, int signal)
{
	struct child *child;

	for (unsigned i = 0; (child = job_child(in, i)); i++)
		if (child_is_running(child))
			child_kill(child, signal);
}

/* Once a tick while the job ends: TERM, later KILL, and when all are gone, the clean-up. */
static void ending_tick(struct install *in)
{
	uint64_t waited_ms = now_ms() - in->ending_ms;
	struct child *child;
	bool running = false;

	if (in->cleanup.state != CHILD_NONE) {
		child_poll(&in->cleanup);
		if (child_is_running(&in->cleanup) && waited_ms > CLEANUP_LIMIT_MS) {
			err_set(&in->snapshot.err, EXIT_FAILED, "cleanup",
				"%s does not answer any more: remove it", in->plan.target.name);
			end_now(in);
		}
		return;
	}
	for (unsigned i = 0; (child = job_child(in, i)); i++)
		running = running || child_is_running(child);
	if (!running) {
		cleanup_start(in);
	} else if (waited_ms > TERM_TO_KILL_MS && !in->children_killed) {
		in->children_killed = true;
		kill_children(in, SIGKILL);
	} else if (waited_ms > TERM_TO_KILL_MS + CLEANUP_LIMIT_MS) {
		/* In an uninterruptible wait on a dead device: it can't be ended, only left. */
		err_set(&in->snapshot.err, EXIT_FAILED, "cleanup",
			"%s does not answer any more: remove it", in->plan.target.name);
		end_now(in);
	}
}

static void end_begin(struct install *in)
{
	in->ending = true;
	in->ending_ms = now_ms();
	in->snapshot.state = INSTALL_CANCELLING;
	install_stream_close(in);
	kill_children(in, SIGTERM);
}

int install_fail(struct install *in, int code, const char *format, ...)
{
	char text[300];
	va_list args;

	va_start(args, format);
	(void)str_vformat(text, sizeof(text), format, args);
	va_end(args);
	if (in->snapshot.err.code == 0 && in->snapshot.written) {
		if (in->plan.target.kind == DISK_IMAGE)
			STR_COPY(in->snapshot.err.next, "Put that right and install again");
		else if (install_steps[in->step].advice)
			STR_COPY(in->snapshot.err.next, install_steps[in->step].advice);
	}
	err_set(&in->snapshot.err, code, step_name(in->step), "%s", text);
	if (!in->ending)
		end_begin(in);
	snapshot_refresh(in);
	return -1;
}

void install_cancel(struct install *in)
{
	if (in->ending || snapshot_ended(&in->snapshot))
		return;
	err_set(&in->snapshot.err, EXIT_CANCELLED, step_name(in->step),
		in->snapshot.written ? "Cancelled during %s: %s will not boot"
				     : "Cancelled during %s: nothing was written to %s",
		step_name(in->step), in->plan.target.name);
	STR_COPY(in->snapshot.err.next, "Install again when you are ready");
	end_begin(in);
	snapshot_refresh(in);
}

/* ---- the tick ---- */

static void tick(struct watch *watch, uint32_t events)
{
	struct install *in = container_of(watch, struct install, tick);
	struct child *child;

	(void)events;
	reactor_timer_clear(watch->fd);
	for (unsigned i = 0; (child = job_child(in, i)); i++)
		child_poll(child);
	if (snapshot_ended(&in->snapshot))
		return;
	kernel_log_tick(&in->kernel, now_ms());
	if (in->ending) {
		ending_tick(in);
	} else if (in->step < STEP_COUNT) {
		if (install_steps[in->step].tick)
			install_steps[in->step].tick(in);
		sample_take(in);
	}
	snapshot_refresh(in);
}

/* ---- life ---- */

struct install *install_new(
	const struct plan *plan, const struct manifest *manifest, const struct install_world *world)
{
	struct install *in = calloc(1, sizeof(*in));
	int fd;

	if (!in)
		return NULL;
	in->plan = *plan;
	in->manifest = manifest;
	in->world = *world;
	in->reactor = -1;
	in->tick = (struct watch){.fd = -1, .ready = tick};
	in->stream.fd = in->source.fd = -1;
	child_init(&in->child);
	child_init(&in->cleanup);
	child_init(&in->tar.child);
	child_init(&in->source.decompressor);
	target_init(&in->target);
	kernel_log_init(&in->kernel);
	for (unsigned i = 0; i < LAYOUT_PARTITIONS_MAX; i++)
		in->mounts[i].dir_fd = -1;
	in->verified = mmap(NULL, sizeof(*in->verified), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (in->verified == MAP_FAILED)
		goto fail;
	in->reactor = reactor_new();
	if (in->reactor < 0)
		goto fail;
	fd = reactor_timer(INSTALL_TICK_MS, 0);
	if (fd < 0)
		goto fail;
	in->tick.fd = fd;
	if (reactor_add(in->reactor, &in->tick, EPOLLIN) < 0)
		goto fail;
	install_identify(&in->snapshot, plan);
	return in;
fail:
	fd = errno;
	install_free(in);
	errno = fd;
	return NULL;
}

void install_free(struct install *in)
{
	struct child *child;
	int fd;

	if (!in)
		return;
	for (unsigned i = 0; (child = job_child(in, i)); i++)
		child_finish(child);
	child_finish(&in->cleanup);
	for (unsigned i = 0; i < LAYOUT_PARTITIONS_MAX; i++)
		close_fd(&in->mounts[i].dir_fd);
	kernel_log_close(&in->kernel);
	/* Only where a job is dropped in its middle: it ends as a failed one does. */
	if (in->reactor >= 0 && !snapshot_ended(&in->snapshot) && in->target.id_fd >= 0)
		(void)cleanup_work(in, -1);
	if (in->knobs_set)
		(void)settings_restore(&in->knobs);
	target_close(&in->target, in->snapshot.written && in->snapshot.state != INSTALL_PASSED);
	source_close(&in->source);
	install_stream_close(in);
	fd = in->tick.fd;
	reactor_remove(in->reactor, &in->tick);
	close_fd(&fd);
	close_fd(&in->reactor);
	if (in->verified && in->verified != MAP_FAILED)
		(void)munmap(in->verified, sizeof(*in->verified));
	free(in->mkfs);
	free(in);
}

int install_fd(const struct install *in)
{
	return in->reactor;
}

void install_start(struct install *in)
{
	struct progress_totals totals = {
		.archive_bytes = in->plan.archive_id.size_bytes,
		.extracted_bytes = in->plan.totals.stream_bytes,
		.medium_bytes = in->plan.totals.block_bytes,
		.verify_bytes = in->plan.totals.content_bytes,
		.verify = in->plan.verify,
	};

	in->start_ms = now_ms();
	progress_init(&in->progress, &totals, in->start_ms);
	/* Where the kernel's log cannot be read, its symptoms must do. */
	(void)kernel_log_open(
		&in->kernel, in->reactor, in->world.root, &in->target.disk, kernel_said, in);
	step_begin(in, STEP_SCAN);
	install_advance(in);
}

void install_dispatch(struct install *in)
{
	(void)reactor_dispatch(in->reactor, 0);
}

const struct snapshot *install_snapshot(const struct install *in)
{
	return &in->snapshot;
}
