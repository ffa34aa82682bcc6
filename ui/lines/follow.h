/* SPDX-License-Identifier: MIT */
/*
 * follow - an install as lines (--plain) or as NDJSON (--json), from its scan to its result, without
 * a screen. Signals are data here: SIGINT and SIGTERM cancel, or of a mere viewer detach; SIGHUP and
 * a reader that goes away detach.
 */
#ifndef UI_LINES_FOLLOW_H
#define UI_LINES_FOLLOW_H

#include "core/install/snapshot.h"
#include "core/process/reactor.h"
#include "ui/lines/plain.h"
#include "ui/term/term_output.h"

enum follow_wish { FOLLOW_ON, FOLLOW_CANCEL, FOLLOW_DETACH };

struct follow {
	bool json;
	bool watch; /* came later (attach): Ctrl-C leaves, and cancels nothing */
	FILE *out;  /* borrowed */
	FILE *queue; /* of the pump, in place of @out, while an engine is followed on a terminal; or NULL */
	struct term_output pump;
	bool hurries; /* a signal came: nothing waits for the line any more */
	struct plain plain;
	struct snapshot shown; /* the last one, steps that have ended kept */
	struct snapshot told;  /* of the last progress event */
	uint64_t told_ms;
	int reactor;	       /* borrowed */
	struct watch signals;  /* a signalfd; -1 before follow_init */
	enum follow_wish wish; /* what the operator wants, by the signals so far */
	struct watch service, line;
	bool lost; /* nobody reads the line any more */
	int code;  /* the exit code; -1 while it goes on */
};

/* True where a screen may be shown: standard input and output are a terminal. app_follow knows whether
 * it can. */
bool follow_has_screen(void);

/* Ignores SIGPIPE, and watches signals in @reactor: dispatching that sets follow->wish. @follow must not
 * move until follow_finish. 0 or -errno; then follow_finish is harmless. */
_must_check_ int follow_init(struct follow *follow, int reactor, FILE *out, bool json);
/* Signals do again what they did before. */
void follow_finish(struct follow *follow);

/*
 * Shows what is new in @now. Snapshots of the scan and then of the engine are one stream: a step
 * that has ended stays so.
 */
void follow_show(struct follow *follow, const struct snapshot *now);

/*
 * Follows the engine behind @service_fd (borrowed) until its end. Returns the exit code, EXIT_DETACHED
 * where it goes on. A failure's sentence goes to standard error, in lines of 80 bytes, and so does the
 * word that it goes on, to a viewer that was told to end. A terminal that is stopped holds up neither
 * signals nor the engine: progress is left out until it takes more, and the result waits for it, unless
 * a signal has come.
 */
int follow_engine(struct follow *follow, int service_fd);

#endif
