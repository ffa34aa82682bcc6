/* SPDX-License-Identifier: MIT */
/*
 * follow - shows an install as lines (--plain) or as NDJSON (--json), from its scan to its result.
 * Signals are read from a signalfd: SIGINT and SIGTERM cancel, or detach a viewer; SIGHUP and a
 * reader that closes its end detach.
 */
#ifndef UI_LINES_FOLLOW_H
#define UI_LINES_FOLLOW_H

#include "core/install/snapshot.h"
#include "core/process/reactor.h"
#include "ui/lines/log_file.h"
#include "ui/lines/plain.h"
#include "ui/term/term_output.h"

enum follow_wish { FOLLOW_ON, FOLLOW_CANCEL, FOLLOW_DETACH };

struct follow {
	bool json;
	bool watch;	      /* a viewer (attach): Ctrl-C detaches and does not cancel */
	bool plan;	      /* the plan is still to be shown, once the engine has completed it */
	struct log_file *log; /* borrowed; or NULL */
	FILE *out;	      /* borrowed */
	FILE *queue; /* to @term_output; replaces @out while following on a terminal; or NULL */
	struct term_output term_output;
	bool hurries; /* a signal came: do not wait for the line any longer */
	struct plain plain;
	struct snapshot shown;	  /* last one shown; steps that ended stay ended */
	struct snapshot reported; /* in the last progress event */
	uint64_t reported_ms;
	int reactor;	       /* borrowed */
	struct watch signals;  /* a signalfd; -1 before follow_init */
	enum follow_wish wish; /* from the signals so far */
	struct watch service, line;
	bool lost; /* the reader of the line is gone */
	int code;  /* exit code; -1 while following */
};

/* True if standard input and output are a terminal; app_follow may still fail to show screens. */
bool follow_has_screen(void);

/* Standard output, or with @quiet a stream that goes nowhere; not closed by the caller. */
FILE *follow_output(bool quiet);

/* Ignores SIGPIPE, blocks the signals and watches them in @reactor (borrowed, as is @out), whose
 * dispatch sets follow->wish. @follow must not move until follow_finish, which may be called after
 * an error too. Returns 0 or -errno. */
_must_check_ int follow_init(struct follow *follow, int reactor, FILE *out, bool json);
/* Drops pending signals and unblocks them. */
void follow_finish(struct follow *follow);

/*
 * Shows the changes from the last snapshot to @now. Snapshots of the scan and then of the engine
 * form one stream: a step that has ended stays ended.
 */
void follow_show(struct follow *follow, const struct snapshot *now);

/*
 * Follows the engine connected to @service_fd (borrowed) until it ends. Returns its exit code, or
 * EXIT_DETACHED if the install continues. The sentence of a failure, and for a viewer ended by
 * Ctrl-C the note that the install continues, go to standard error in lines of at most 80 bytes. A
 * stopped terminal delays neither signals nor the engine: progress is skipped until it accepts
 * output, and the result waits for it unless a signal comes.
 */
int follow_engine(struct follow *follow, int service_fd);

#endif
