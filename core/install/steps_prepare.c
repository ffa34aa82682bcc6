/* SPDX-License-Identifier: MIT */
/* What each step of an install does, in the order of the table at the end. Extraction to verification
 * are in install_write.c, the commit in install_commit.c. */
#include "core/install/job.h"

#include "device/base/util.h"
#include "device/layout/mkfs.h"
#include "device/target/ptable.h"
#include "device/target/wipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#define LOCK_WAIT_MS 15000 /* udev holds the disk for a moment, another install for longer */

const char *install_target_name(const struct install *in)
{
	return in->plan.target.name;
}

/* Why a call on the target failed; what an image lacks is often room where it lies. */
const char *install_error_text(const struct install *in, int error)
{
	struct statvfs space;

	if (in->plan.target.kind == DISK_IMAGE && fstatvfs(in->target.image_fd, &space) == 0 &&
		space.f_bavail == 0)
		return "the filesystem that the image lies on is full";
	return err_device_text(error);
}

/* ---- scan ---- */

/* The archive was read by inspect, whose manifest the plan comes with; here it is opened for the
 * extraction, and must be the same file. */
static int scan_run(struct install *in, unsigned turn)
{
	struct diag diag;

	(void)turn;
	if (source_open(&in->source, in->plan.archive, &diag) < 0)
		return install_fail(in, EXIT_REFUSED, "%s", diag.text);
	if (!file_id_equal(&in->source.id, &in->plan.archive_id))
		return install_fail(in, EXIT_REFUSED,
			"%s has changed since it was read. Choose it again", in->plan.archive);
	return 0;
}

/* ---- check ---- */

static int check_work(void *arg, int report_fd)
{
	struct install *in = arg;
	struct plan_facts facts;
	struct plan_verdict verdict;

	plan_look(&facts, &in->plan, in->world.root);
	plan_check(&in->plan, &facts, &verdict);
	if (verdict.count > 0)
		return child_report_fail(report_fd, -EPERM, "%s", verdict.problems[0].text);
	return 0;
}

/* mkfs, or its trial, for the first partition from @first on that has one: 0 where there is none. */
static int mkfs_start(struct install *in, unsigned first, bool trial);

/* A layout's options for mkfs are tried, too: found wrong after the wipe, they would cost a device. */
static int check_run(struct install *in, unsigned turn)
{
	return turn == 0 ? install_work(in, "check", check_work) : mkfs_start(in, turn - 1, true);
}

/* ---- lock ---- */

static void lock_tick(struct install *in)
{
	if (!child_is_running(&in->child))
		install_advance(in);
}

/* 1: another has it, and the next tick tries again. */
static int lock_try(struct install *in)
{
	int r = target_try_lock(&in->target);

	if (r == -EWOULDBLOCK && now_ms() - in->step_ms < LOCK_WAIT_MS)
		return 1;
	if (r == -EWOULDBLOCK)
		return install_fail(in, EXIT_LOCKED,
			"Another install holds %s. Wait for its end, or see `boardstrap status`",
			install_target_name(in));
	if (r < 0)
		return install_fail(in, EXIT_REFUSED, "%s could not be locked: %s",
			install_target_name(in), install_error_text(in, r));
	in->locked = true;
	/* Looked at again: while we waited somebody may have begun to use it in a way that O_EXCL does
	 * not see, as a loop device over it. An image is our own loop device by now, and
	 * target_take_exclusive looks for others. */
	return in->plan.target.kind != DISK_IMAGE ? install_work(in, "check", check_work) : 0;
}

static int lock_run(struct install *in, unsigned turn)
{
	struct diag diag = {0};
	int r = 0;

	if (turn == 0) {
		r = target_open(
			&in->target, in->world.root, &in->plan.target, in->world.dir, &diag);
		if (r < 0)
			return install_fail(in, EXIT_REFUSED, "%s", diag.text);
	}
	if (!in->locked)
		r = lock_try(in);
	if (r != 0)
		return r;
	if (target_take_exclusive(&in->target, &diag) < 0)
		return install_fail(in, EXIT_REFUSED, "%s", diag.text);
	return 0;
}

/* ---- wipe ---- */

static int wipe_progressed(void *arg, uint64_t done_bytes, uint64_t total_bytes)
{
	child_report_send(*(int *)arg, done_bytes, total_bytes);
	return 0;
}

static int wipe_work(void *arg, int report_fd)
{
	struct install *in = arg;
	int r = wipe_disk(in->target.excl_fd, &in->plan.layout, wipe_progressed, &report_fd);

	return r < 0 ? child_report_fail(report_fd, r, "%s could not be wiped: %s",
			       install_target_name(in), install_error_text(in, r))
		     : 0;
}

static int wipe_run(struct install *in, unsigned turn)
{
	int r;

	if (turn > 0)
		return 0;
	r = ptable_forget(in->target.excl_fd, in->world.root, in->target.disk.name);
	if (r < 0)
		return install_fail(in, EXIT_REFUSED, "A partition of %s is in use: %s",
			install_target_name(in), install_error_text(in, r));
	in->snapshot.written = true;
	return install_work(in, "wipe", wipe_work);
}

/* ---- table ---- */

/* Only the kernel is told. On the medium there is no table until everything is verified. */
static int table_run(struct install *in, unsigned turn)
{
	struct diag diag = {0};
	int r = target_take_exclusive(&in->target, &diag);

	(void)turn;
	if (r < 0)
		return install_fail(in, EXIT_FAILED, "%s", diag.text);
	r = ptable_announce(in->target.excl_fd, &in->plan.layout);
	if (r < 0)
		return install_fail(in, EXIT_FAILED,
			"The kernel refused the new partitions of %s: %s", install_target_name(in),
			install_error_text(in, r));
	for (unsigned i = 0; i < in->plan.layout.count; i++) {
		r = target_open_partition(&in->target, i + 1, &diag);
		if (r < 0)
			return install_fail(in, EXIT_FAILED, "%s", diag.text);
	}
	/* mkfs and mount would find the disk busy under it. */
	target_release_exclusive(&in->target);
	return 0;
}

/* ---- mkfs ---- */

struct mkfs_job {
	struct mkfs_command command;
	char node[TARGET_NODE_MAX];
};

static int mkfs_start(struct install *in, unsigned first, bool trial)
{
	struct child_spec spec = {
		.in = -1,
		.out = -1,
		.on_exit = install_child_ended,
		.owner = in,
	};
	struct mkfs_job *job;
	int r;

	free(in->mkfs);
	in->mkfs = job = calloc(1, sizeof(*job));
	if (!job)
		return install_fail(in, EXIT_FAILED, "No memory for mkfs");
	for (unsigned i = first; i < in->plan.layout.count; i++, in->turn++) {
		const struct layout_partition *partition = &in->plan.layout.partitions[i];

		target_node(&in->target, i + 1, job->node);
		if (trial ? !mkfs_trial(partition, &job->command)
			  : !mkfs_command(partition, job->node, &job->command))
			continue;
		spec.name = spec.program = job->command.program;
		spec.argv = job->command.argv;
		r = child_start(&in->child, in->reactor, &spec);
		return r < 0 ? install_fail(in, EXIT_FAILED, "Could not start %s: %s", spec.name,
				       strerror(-r))
			     : 1;
	}
	return 0;
}

static int mkfs_run(struct install *in, unsigned turn)
{
	return mkfs_start(in, turn, false);
}

/* ---- the table ---- */

#define ADVICE_DEVICE                                                                              \
	"Check its connection and try once more; if it fails again, take another device"

const struct step install_steps[STEP_COUNT] = {
	[STEP_SCAN] = {.run = scan_run, .code = EXIT_REFUSED},
	[STEP_CHECK] = {.run = check_run, .code = EXIT_REFUSED},
	[STEP_LOCK] = {.run = lock_run, .tick = lock_tick, .code = EXIT_REFUSED},
	[STEP_WIPE] = {.run = wipe_run, .code = EXIT_FAILED, .advice = ADVICE_DEVICE},
	[STEP_TABLE] = {.run = table_run, .code = EXIT_FAILED, .advice = ADVICE_DEVICE},
	[STEP_MKFS] = {.run = mkfs_run, .code = EXIT_FAILED, .advice = ADVICE_DEVICE},
	[STEP_EXTRACT] = {.run = install_extract_run,
		.tick = install_extract_tick,
		.code = EXIT_FAILED,
		.advice = "See what was said, put it right, and install again"},
	[STEP_FLUSH] = {.run = install_flush_run, .code = EXIT_FAILED, .advice = ADVICE_DEVICE},
	[STEP_VERIFY] = {.run = install_verify_run,
		.code = EXIT_VERIFY,
		.advice = "Do not use this device. Try once more; if it differs again, replace it"},
	[STEP_COMMIT] = {.run = install_commit_run, .code = EXIT_FAILED, .advice = ADVICE_DEVICE},
};
