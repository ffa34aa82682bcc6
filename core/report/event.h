/* SPDX-License-Identifier: MIT */
/*
 * event - writes NDJSON for programs, made from plans and snapshots: one flushed object per line.
 * Keys and values are stable and documented in the manual page; keys may be added, but none is
 * removed. Unknown values are null: a gauge's total, eta_s, tar's pid, the step of an install that
 * passed.
 */
#ifndef CORE_REPORT_EVENT_H
#define CORE_REPORT_EVENT_H

#include "core/install/snapshot.h"
#include "core/plan/plan.h"
#include "core/report/json.h"

#include <stdio.h>

/* Writes {"event":"plan", ...} with the target, archive, layout and the verdict's problems. */
void event_plan(FILE *out, const struct plan *plan, const struct plan_verdict *verdict);

/* Writes the key "boot" with an object: the description of the archive, and findings. */
void event_boot(struct json *json, const struct boot_report *boot);
/* Writes the key "warnings" with an array of objects, within an object. */
void event_warnings(struct json *json, const struct archive_warnings *warnings);

/* Writes the keys "kind", "offset" and "version" of a boot loader, within an object. */
void event_loader(struct json *json, const struct disk_loader *loader);

/* Writes the changes from @before (zeroed at first) to @now: step and message events, a progress
 * event if @progress is set, and the result once the install has ended. */
void event_snapshot(
	FILE *out, const struct snapshot *before, const struct snapshot *now, bool progress);

/* Writes {"event":"message", ...} outside of an install, whose messages are numbered from 1. */
void event_message(FILE *out, uint64_t number, const char *text);

/* Returns true if the progress events of @a and @b differ in more than times and rates. */
bool event_progress_differs(const struct snapshot *a, const struct snapshot *b);

/* Writes one progress object, or the result object if the install has ended: `status --json`. */
void event_status(FILE *out, const struct snapshot *snapshot);

/* Writes the result of an install that ended before any engine ran:
 * {"event":"result","result":"refused",...}, or "cancelled" if its code is EXIT_CANCELLED. */
void event_refused(FILE *out, const struct err *why);

#endif
