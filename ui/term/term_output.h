/* SPDX-License-Identifier: MIT */
/*
 * term_output - non-blocking output to a terminal. The writer (curses) writes into a file in
 * memory, which accepts a frame of any size at once, and the event loop sends from there. A stopped
 * line (XOFF, a hanging console server) blocks nothing; it costs memory for one frame.
 */
#ifndef UI_TERM_TERM_OUTPUT_H
#define UI_TERM_TERM_OUTPUT_H

#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct term_output {
	int line;  /* owned; a separate open file, so that O_NONBLOCK affects no other process */
	int queue; /* owned; the file in memory, O_APPEND */
	int (*in_kernel)(int line); /* bytes that a serial port still has to send */
	size_t step;		    /* bytes that one write accepts without blocking */
	off_t sent;		    /* bytes of the queue */
	uint64_t bytes;		    /* sent in total */
};

/*
 * Prepares output to the terminal @tty, which stays the caller's. If it cannot be reopened (it
 * belongs to another user), bytes are sent one by one, each after a poll for room. Returns 0 or
 * -errno.
 */
_must_check_ int term_output_init(struct term_output *output, int tty);
void term_output_finish(struct term_output *output);

/* Sends as much as the line accepts now. Returns 0 if the queue is empty, 1 if not, -EIO if the
 * line is gone; the queue is then dropped. */
_must_check_ int term_output_send(struct term_output *output);
/* True if both the queue and the kernel's buffer are empty: new output is sent at once. */
bool term_output_is_idle(const struct term_output *output);
/* True if the queue is empty and the line accepts more. A serial port reports room while fewer than
 * 256 bytes wait in it. */
bool term_output_has_room(const struct term_output *output);
/* Returns the descriptor to poll for POLLOUT while not idle; -1 if poll would return at once,
 * because a serial port has room long before it has sent everything. */
int term_output_poll_fd(const struct term_output *output);
/* Returns the bytes that a serial port still has to send. */
int term_output_in_kernel(const struct term_output *output);
/* Returns the bytes in the queue. */
size_t term_output_queued(const struct term_output *output);
/* Empties the queue. */
void term_output_drop(struct term_output *output);

/*
 * Sends the queue before the program exits, for at most @wait_ms. Returns false if the line is
 * stuck; the queue and the kernel's buffer are then dropped.
 */
bool term_output_drain(struct term_output *output, int wait_ms);

#endif
