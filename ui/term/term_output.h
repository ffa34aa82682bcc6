/* SPDX-License-Identifier: MIT */
/*
 * term_output - what is to go out on a terminal, sent as fast as the line takes it and never waiting for
 * it. The writer (curses) writes into a file in memory, which takes a frame of any size at once;
 * the loop sends from there. A line that is stopped (XOFF, a console server that hangs) holds
 * nobody: it costs memory for one frame.
 */
#ifndef UI_TERM_TERM_OUTPUT_H
#define UI_TERM_TERM_OUTPUT_H

#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct term_output {
	int line;  /* ours: a description of its own, so that nobody else's becomes O_NONBLOCK */
	int queue; /* ours: the file in memory, O_APPEND */
	int (*in_kernel)(int line); /* bytes that a serial port still has to send */
	size_t step;		    /* bytes that one write may take without waiting */
	off_t sent;		    /* of the queue */
	uint64_t bytes;		    /* sent, ever */
};

/*
 * For the terminal @tty, which stays the caller's. Where it cannot be opened anew (it belongs to
 * another user) bytes go one by one, each after asking whether there is room. 0 or -errno.
 */
_must_check_ int term_output_init(struct term_output *pump, int tty);
void term_output_finish(struct term_output *pump);

/* Sends what the line takes now: 0 nothing is left, 1 something is; -EIO the line is gone, and
 * what was queued with it. */
int term_output_send(struct term_output *pump);
/* True where nothing is left, in the kernel either: what is made now is sent now. */
bool term_output_is_idle(const struct term_output *pump);
/* True where nothing is left and the line takes more: less than 256 bytes wait in a serial port. */
bool term_output_has_room(const struct term_output *pump);
/* Where it is not idle: what to poll for POLLOUT; -1 where that would be told at once, since a serial port
 * has room long before it has sent everything. */
int term_output_poll_fd(const struct term_output *pump);
/* Bytes that a serial port still has to send. */
int term_output_in_kernel(const struct term_output *pump);
/* Bytes that wait. */
size_t term_output_queued(const struct term_output *pump);
/* Forgets what waits. */
void term_output_drop(struct term_output *pump);

/*
 * Before leaving: sends all, for @wait_ms at most, and watches that the line takes it. False where
 * it is stuck; what waits is then forgotten, in the kernel as well.
 */
bool term_output_drain(struct term_output *pump, int wait_ms);

#endif
