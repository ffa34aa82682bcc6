/* SPDX-License-Identifier: MIT */
/* log_file - the file of --log: what the log of the screens has, one row per line. An existing file
 * is appended to, so that a wrong name destroys nothing. */
#ifndef UI_LINES_LOG_FILE_H
#define UI_LINES_LOG_FILE_H

#include "core/install/plan_report.h"
#include "core/report/log.h"
#include "device/base/diag.h"

#include <stdio.h>

struct log_file {
	FILE *out;	      /* NULL: not open */
	bool planned;	      /* the plan is in it */
	struct snapshot seen; /* the last one in it */
};

/* Opens the log at @path and writes a line with date and version. @archive, @target, and the file
 * and blobs of @layout must be other files; each may be NULL. Returns 0, or -errno with the sentence
 * in @diag and @ret closed. */
_must_check_ int log_file_open(struct log_file *ret, const char *path, const char *archive,
	const char *target, const struct layout *layout, struct diag *diag);
/* Prints an error if not everything could be written. Does nothing if it is not open. */
void log_file_close(struct log_file *log);

void log_file_plan(struct log_file *log, const struct plan *plan);
/* The plan of an engine, and its problems but the first, which is the error of the result. */
void log_file_report(struct log_file *log, const struct plan_report *report);
/* Writes what changed since the last snapshot. */
void log_file_snapshot(struct log_file *log, const struct snapshot *now);
void log_file_row(struct log_file *log, const char *text);

#define _cleanup_log_file_ __attribute__((cleanup(log_file_close)))

#endif
