/* SPDX-License-Identifier: MIT */
/*
 * kernel_log - shows the operator the kernel's messages about one disk during an install: "mmc1:
 * card 0001 removed", I/O errors, filesystem errors (kmsg_is_news). Messages are rate-limited,
 * since a dying card logs hundreds of lines a second; the number of suppressed ones is reported.
 */
#ifndef CORE_INSTALL_KERNEL_LOG_H
#define CORE_INSTALL_KERNEL_LOG_H

#include "core/process/ratelimit.h"
#include "core/process/reactor.h"
#include "device/kernel/kmsg.h"

#define KERNEL_LOG_BURST     4
#define KERNEL_LOG_PERIOD_MS 3000

struct kernel_log {
	struct watch watch;
	int reactor; /* borrowed */
	const struct disk
		*disk; /* borrowed, read for each message; an empty name matches nothing */
	void (*report)(void *owner, const char *text);
	void *owner;
	struct ratelimit pace;
	unsigned left_out; /* messages suppressed since the last reported one */
};

/* Initialises a closed log; kernel_log_close is then safe. */
void kernel_log_init(struct kernel_log *log);

/*
 * Calls @report with one line for every message about @disk that kmsg_is_news accepts, when
 * @reactor is dispatched. Returns 0, or -errno of kmsg_open or reactor_add; an install continues
 * without the log.
 */
_must_check_ int kernel_log_open(struct kernel_log *log, int reactor, int root,
	const struct disk *disk, void (*report)(void *owner, const char *text), void *owner);
/* Handles one message; called by the watch. */
void kernel_log_take(struct kernel_log *log, const struct kmsg_record *record, uint64_t now_ms);
/* Call it once a tick: reports the number of suppressed messages as soon as the rate allows. */
void kernel_log_tick(struct kernel_log *log, uint64_t now_ms);
/* Reports unread messages and the number of suppressed ones, and closes the log. */
void kernel_log_close(struct kernel_log *log);

#endif
