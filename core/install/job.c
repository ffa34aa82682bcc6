/* SPDX-License-Identifier: MIT */
#include "core/install/job.h"

#include "device/layout/layout_table.h"
#include "device/target/flush.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>

/* ---- life ---- */

/* Returns zeroed memory that children share, or NULL. */
static void *share(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static void unshare_memory(void *memory, size_t size)
{
	if (memory)
		(void)munmap(memory, size);
}

int job_init(struct job *job, const struct plan *plan, const struct manifest *manifest,
	const struct install_world *world)
{
	*job = (struct job){.plan = *plan, .manifest = manifest, .world = *world, .reactor = -1};
	child_init(&job->child);
	for (unsigned i = 0; i < ARCHIVES_MAX; i++)
		extract_init(&job->extracts[i]);
	target_init(&job->target);
	job->verified = share(sizeof(*job->verified));
	job->planned = share(sizeof(*job->planned));
	if (!job->verified || !job->planned)
		return -ENOMEM;
	job->planned->plan = *plan;
	return 0;
}

void job_kill(struct job *job)
{
	child_finish(&job->child);
	for (unsigned i = 0; i < ARCHIVES_MAX; i++)
		extract_finish(&job->extracts[i]);
	inspect_free(job->scan);
	job->scan = NULL;
}

void job_finish(struct job *job, bool forget)
{
	job_kill(job);
	job_close_mounts(job);
	job_restore_settings(job);
	target_close(&job->target, forget);
	unshare_memory(job->verified, sizeof(*job->verified));
	unshare_memory(job->planned, sizeof(*job->planned));
}

/* ---- work ---- */

enum phase_result job_fail(struct job *job, int code, const char *format, ...)
{
	va_list args;

	job->failure.set = true;
	job->failure.code = code;
	va_start(args, format);
	(void)str_vformat(job->failure.text, sizeof(job->failure.text), format, args);
	va_end(args);
	return PHASE_FAILED;
}

static void child_ended(struct child *child)
{
	struct job *job = child->spec.owner;
	char why[300];

	if (!child_ok(child)) {
		child_why(child, why, sizeof(why));
		/* A work function reports a complete sentence. */
		if (child->spec.work && child->last.error && child->last.text[0])
			job_fail(job, child->last.error == JOB_LOCKED ? EXIT_LOCKED : 0, "%s",
				child->last.text);
		else
			job_fail(job, 0, "%s failed on %s: %s", child->spec.name,
				job_target_name(job), why);
	}
	job->settled(job);
}

static void child_reported(struct child *child, const struct child_report *report)
{
	struct job *job = child->spec.owner;

	job->done = report->done;
	job->total = report->total;
	if (report->text[0] && report->error == 0)
		job->message(job, report->text);
}

static int start(struct job *job, struct child_spec *spec)
{
	spec->in = spec->out = -1;
	spec->on_exit = child_ended;
	spec->owner = job;
	return child_start(&job->child, job->reactor, spec);
}

enum phase_result job_work(struct job *job, const char *name, int (*work)(void *arg, int report_fd))
{
	struct child_spec spec = {
		.name = name, .work = work, .arg = job, .on_report = child_reported};
	int r = start(job, &spec);

	if (r < 0)
		return job_fail(job, 0, "Could not start a process for %s: %s", name, strerror(-r));
	return PHASE_WAITS;
}

enum phase_result job_run(struct job *job, const char *program, const char *const *argv)
{
	struct child_spec spec = {.name = program, .program = program, .argv = argv};
	int r = start(job, &spec);

	if (r < 0)
		return job_fail(job, 0, "Could not start %s: %s", program, strerror(-r));
	return PHASE_WAITS;
}

/* ---- for the engine ---- */

int job_partition_fd(const struct job *job, size_t index)
{
	return job->target.partition_fds[table_number(&job->plan.layout, index) - 1];
}

void job_tick(struct job *job)
{
	child_poll(&job->child);
	for (unsigned i = 0; i < job->plan.archives.count; i++)
		extract_tick(&job->extracts[i], now_ms());
}

/* Sums: an archive that is extracted counts whole, and one that waits not at all. */
static void measure_extracts(const struct job *job, struct progress_sample *sample)
{
	sample->archive_bytes = sample->extracted_bytes = 0;
	for (unsigned i = 0; i < job->plan.archives.count; i++) {
		sample->archive_bytes += job->extracts[i].archive_bytes;
		sample->extracted_bytes += job->extracts[i].extracted_bytes;
	}
	/* The copies follow the archives. */
	if (job->copying)
		sample->extracted_bytes += job->done;
	sample->tar_answers = job->copying || job->extracts[job->extracting].tar_answers;
}

void job_measure(const struct job *job, struct progress_sample *sample)
{
	struct flush_stat stat;

	if (job->scan && !job->plan.complete) {
		struct inspect_result scan;

		inspect_result(job->scan, &scan);
		sample->step_done = scan.archive_done;
		sample->step_total = scan.archive_total;
	} else {
		sample->step_done = job->done;
		sample->step_total = job->total;
	}
	measure_extracts(job, sample);
	if (job->target.id_fd < 0 ||
		flush_read_stat(job->world.root, job->target.disk.name, &stat) < 0)
		return;
	sample->in_flight = stat.in_flight;
	if (job->medium_counts && stat.written_bytes > job->medium_start)
		sample->medium_bytes = stat.written_bytes - job->medium_start;
}

void job_stop(struct job *job, int signal)
{
	if (child_is_running(&job->child))
		child_kill(&job->child, signal);
	for (unsigned i = 0; i < job->plan.archives.count; i++)
		extract_stop(&job->extracts[i], signal);
	if (!job->plan.complete) {
		inspect_free(job->scan);
		job->scan = NULL;
	}
}

bool job_has_children(const struct job *job)
{
	bool has = child_is_running(&job->child);

	for (unsigned i = 0; i < job->plan.archives.count; i++)
		has = has || extract_has_children(&job->extracts[i]);
	return has;
}

/* ---- for the steps ---- */

void job_close_mounts(struct job *job)
{
	for (unsigned i = 0; i < job->mount_count; i++)
		close_fd(&job->mounts[i].dir_fd);
}

int job_change_settings(struct job *job)
{
	int r = 0;

	if (!job->settings_changed)
		r = settings_open(&job->settings, job->world.root, job->world.settings_journal);
	job->settings_changed = job->settings_changed || r == 0;
	return r;
}

void job_restore_settings(struct job *job)
{
	if (job->settings_changed)
		(void)settings_restore(&job->settings);
	job->settings_changed = false;
}

const char *job_target_name(const struct job *job)
{
	return job->plan.target.name;
}

/* An error on an image often means that the filesystem below it is full. */
const char *job_error_text(const struct job *job, int error)
{
	struct statvfs space;

	if (job->plan.target.kind == DISK_IMAGE && fstatvfs(job->target.image_fd, &space) == 0 &&
		space.f_blocks > 0 && space.f_bavail == 0)
		return "the filesystem that holds the image is full";
	return err_device_text(error);
}
