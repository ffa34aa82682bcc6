/* SPDX-License-Identifier: MIT */
/* log - an install as rows of text, from plans and snapshots alone: for line mode, the log of the
 * screens and --log. */
#ifndef CORE_REPORT_LOG_H
#define CORE_REPORT_LOG_H

#include "core/install/snapshot.h"
#include "core/plan/plan.h"

/* Takes one row. @head, "Target   " or "[ OK ] " or "", precedes @text; further lines of a
 * wrapped text are indented by its width. */
typedef void log_row(void *owner, const char *head, const char *text);

/* Target, archive, layout and boot loaders, tar. */
void log_plan(const struct plan *plan, log_row *row, void *owner);
/* The steps that ended between @before (zeroed at first) and @now, with their times. */
void log_steps(
	const struct snapshot *before, const struct snapshot *now, log_row *row, void *owner);
/* The result of an install that has ended. */
void log_result(const struct snapshot *now, log_row *row, void *owner);
/* All that changed from @before to @now but progress: messages, ended steps, the result with the
 * sentence of an error. */
void log_snapshot(
	const struct snapshot *before, const struct snapshot *now, log_row *row, void *owner);

/* "740 MiB in 0:37": the size of the files and the time of the whole install; "after 0:37" if no
 * file was extracted. */
void log_amount(const struct snapshot *now, char *ret, size_t size);

#endif
