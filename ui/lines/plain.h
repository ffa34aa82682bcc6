/* SPDX-License-Identifier: MIT */
/*
 * plain - the output of --plain, made from plans and snapshots alone, for slow consoles and for
 * logs. A line has at most 80 bytes, and no control character but the newline. A progress line is
 * printed every ten seconds or five percent of a step, at most one a second. Messages are printed
 * up to a burst, then at most one every seven seconds, with a count of those left out. That is 96
 * bytes a second at worst, a tenth of 9600 baud. Time is elapsed_ms of the snapshots.
 */
#ifndef UI_LINES_PLAIN_H
#define UI_LINES_PLAIN_H

#include "core/install/snapshot.h"
#include "core/plan/plan.h"
#include "core/process/ratelimit.h"

#include <stdio.h>

#define PLAIN_COLS 79 /* without the newline */

struct plain {
	FILE *out;	  /* borrowed */
	uint64_t line_ms; /* of the last progress line, in elapsed_ms */
	int line_percent; /* percentage of the step in that line */
	enum step_id line_step;
	uint64_t gap_ms;       /* of the last progress line of any step, in elapsed_ms */
	struct ratelimit pace; /* of messages */
	uint64_t left_out;     /* messages left out since the last printed one */
};

/* Starts the output of one install to @out, which is borrowed. */
void plain_init(struct plain *plain, FILE *out);

/* Prints target, archive, layout and steps: the dry run, and before the confirmation. */
void plain_plan(struct plain *plain, const struct plan *plan);

/* Prints the changes from @before (zeroed at first) to @now: ended steps, messages, a progress line
 * if one is due, and the result. */
void plain_snapshot(struct plain *plain, const struct snapshot *before, const struct snapshot *now);

/* Prints the state of an install, running or ended, for `boardstrap status`. */
void plain_status(struct plain *plain, const struct snapshot *snapshot);

/* Prints @text after @head, wrapped at blanks; further lines are indented to the width of @head. */
void plain_wrap(FILE *out, const char *head, const char *text);

#endif
