/* SPDX-License-Identifier: MIT */
/*
 * scan_lines - scans the archives before an install and shows that through a follower, in the form
 * of the first step, because no engine runs yet.
 */
#ifndef UI_LINES_SCAN_LINES_H
#define UI_LINES_SCAN_LINES_H

#include "core/archive/inspect.h"
#include "device/base/diag.h"
#include "device/base/util.h"
#include "ui/lines/follow.h"

struct scan_lines {
	struct follow *follow; /* borrowed */
	struct inspect *inspect;
	struct inspect_result archive;
	struct watch tick;
	struct progress progress;
	struct snapshot snapshot; /* of an install in its first step */
};

/* Initialises @scan; scan_lines_finish may follow. */
void scan_lines_init(struct scan_lines *scan, struct follow *follow);

/*
 * Scans @archives with @options, and the copies of @layout; @target only fills the snapshot. Returns 0 if all are
 * sound, with the results in scan->archive and scan->inspect; -EBADMSG if one is not or cannot be opened; -ECANCELED if a signal came or the output was closed; or -errno. On an error
 * @diag has the reason.
 */
_must_check_ int scan_lines_run(struct scan_lines *scan, const struct archive_list *archives,
	const struct layout *layout, const struct archive_options *options,
	const struct disk *target, struct diag *diag);

/* Frees the results, including the manifest. */
void scan_lines_finish(struct scan_lines *scan);

#endif
