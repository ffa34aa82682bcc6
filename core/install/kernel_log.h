/* SPDX-License-Identifier: MIT */
/*
 * kernel_log - what the kernel says of one disk while an install to it runs, for the operator: "mmc1:
 * card 0001 removed", I/O errors, a filesystem in trouble (kmsg_is_news). It is paced, since a dying
 * card is good for hundreds of lines a second; how many were left out is said.
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
		*disk; /* borrowed: looked at for each message; without a name, none is its */
	void (*tell)(void *owner, const char *text);
	void *owner;
	struct ratelimit pace;
	unsigned left_out; /* since the last that was told */
};

/* Nothing is open yet; kernel_log_close is harmless. */
void kernel_log_init(struct kernel_log *log);

/*
 * Calls @tell with a line for every message that is news of @disk, from now on, when @reactor is
 * dispatched. 0, or -errno of kmsg_open: then there is nothing to be told.
 */
int kernel_log_open(struct kernel_log *log, int reactor, int root, const struct disk *disk,
	void (*tell)(void *owner, const char *text), void *owner);
/* Takes one message; for the watch. */
void kernel_log_take(struct kernel_log *log, const struct kmsg_record *record, uint64_t now_ms);
/* Now and then: says how many were left out once there is room for that. */
void kernel_log_tick(struct kernel_log *log, uint64_t now_ms);
/* Tells what has come but was not taken yet, and how many were left out, and closes. */
void kernel_log_close(struct kernel_log *log);

#endif
