/* SPDX-License-Identifier: MIT */
/*
 * plain - line mode: what --plain prints, made from plans and snapshots alone. It is for slow consoles
 * and for logs: a line has at most 80 bytes, none of them a control but the newline, and progress is at
 * most one line per ten seconds or five percent of a step. No more than one of them a second, and of
 * messages no more than one in seven, once a few have come, with a count of those left out, are 96
 * bytes a second at the worst: a tenth of 9600 baud. Time is that of the snapshots.
 */
#ifndef UI_LINES_PLAIN_H
#define UI_LINES_PLAIN_H

#include "core/install/snapshot.h"
#include "core/plan/plan.h"
#include "core/process/ratelimit.h"

#include <stdio.h>

#define PLAIN_COLS 79 /* and the newline */

struct plain {
	FILE *out;	  /* borrowed */
	uint64_t line_ms; /* of the last progress line, in elapsed_ms */
	int line_percent; /* that it showed, of its step */
	enum step_id line_step;
	uint64_t gap_ms;       /* when the last progress line was printed, of whatever step */
	struct ratelimit pace; /* of messages */
	uint64_t left_out;     /* messages, since the last that was printed */
};

void plain_init(struct plain *plain, FILE *out);

/* The target, archive and layout, as the dry run and the question before writing show them. */
void plain_plan(struct plain *plain, const struct plan *plan);

/* What is new from @before (zeroed at first) to @now: steps that ended, messages, a progress line
 * where one is due, and the result. */
void plain_snapshot(struct plain *plain, const struct snapshot *before, const struct snapshot *now);

/* One line on an install, running or ended: `status`. */
void plain_status(struct plain *plain, const struct snapshot *snapshot);

/* Prints @text behind @head, broken at blanks into lines that are indented like it. */
void plain_wrap(FILE *out, const char *head, const char *text);

#endif
