/* SPDX-License-Identifier: MIT */
/*
 * event - NDJSON for programs: one object a line on a stream, flushed, made from plans and snapshots
 * alone. Keys and values are documented in the manual page and stable: keys may be added, none goes away.
 * What is not known is null: a gauge's total, eta_s, tar's pid, the step of an install that passed.
 */
#ifndef CORE_REPORT_EVENT_H
#define CORE_REPORT_EVENT_H

#include "core/install/snapshot.h"
#include "core/plan/plan.h"

#include <stdio.h>

/* {"event":"plan", ...} with the target, archive, layout and the verdict's problems. */
void event_plan(FILE *out, const struct plan *plan, const struct plan_verdict *verdict);

/* What changed from @before (zeroed at first) to @now: step and message events; a progress event
 * where @progress asks for one; result once it has ended. */
void event_snapshot(
	FILE *out, const struct snapshot *before, const struct snapshot *now, bool progress);

/* True where a progress event of @b would say more than one of @a had said. */
bool event_progress_differs(const struct snapshot *a, const struct snapshot *b);

/* One progress or, once ended, result object: `status --json`. */
void event_status(FILE *out, const struct snapshot *snapshot);

/* An end before any engine ran: {"event":"result","result":"refused",...}, or "cancelled" with the
 * @code EXIT_CANCELLED. */
void event_refused(FILE *out, int code, const char *step, const char *message);

#endif
