/* SPDX-License-Identifier: MIT */
/* Cleanup after a failed job: nothing stays mounted, and the target cannot boot. */
#include "core/install/job.h"

#include "device/target/wipe.h"

/* Leaves a removed target alone: it has either no table, or the table of a finished install. Without a
 * wipe the table is not the install's own, and stays. */
int job_undo(struct job *job, int report_fd)
{
	struct diag diag = {0};
	int r = job_unmount_all(job, report_fd), w;

	if (!job->written || !step_is_of(job->plan.scope, STEP_WIPE) ||
		target_is_gone(&job->target))
		return r;
	w = target_take_exclusive(&job->target, &diag);
	if (w == 0)
		w = wipe_table(job->target.excl_fd, job->target.disk.size_bytes);
	if (w < 0 && r == 0)
		r = child_report_fail(report_fd, w,
			"%s could not be made unbootable: %s; do not use it before a new install",
			job_target_name(job), diag.text[0] ? diag.text : err_device_text(w));
	return r;
}
