/* SPDX-License-Identifier: MIT */
/*
 * kernel_log - the kernel's messages about one disk while an install to it runs, for the operator:
 * "mmc1: card 0001 removed", I/O errors, a filesystem in trouble (kmsg_is_news). It is rate-limited,
 * since a dying card logs hundreds of lines a second, and reports how many it left out.
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
		*disk; /* borrowed, read for each message: while it has no name, none matches */
	void (*report)(void *owner, const char *text);
	void *owner;
	struct ratelimit pace;
	unsigned left_out; /* since the last reported one */
};

/* Nothing is open yet; kernel_log_close is harmless. */
void kernel_log_init(struct kernel_log *log);

/*
 * Calls @report with a line for every message that is news of @disk, from now on, when @reactor is
 * dispatched. 0, or -errno of kmsg_open: an install goes on without the kernel's log.
 */
int kernel_log_open(struct kernel_log *log, int reactor, int root, const struct disk *disk,
	void (*report)(void *owner, const char *text), void *owner);
/* Takes one message; for the watch. */
void kernel_log_take(struct kernel_log *log, const struct kmsg_record *record, uint64_t now_ms);
/* Call it regularly: reports how many were left out as soon as the rate allows. */
void kernel_log_tick(struct kernel_log *log, uint64_t now_ms);
/* Reports what is still unread and how many were left out, and closes. */
void kernel_log_close(struct kernel_log *log);

#endif
