/* SPDX-License-Identifier: MIT */
/*
 * reactor - watches many descriptors through one epoll descriptor. An object that waits embeds a
 * struct watch for each of its descriptors; the owner of the epoll descriptor (an install, a front
 * end) calls reactor_dispatch. Events are handled one at a time, so a callback may remove or free
 * any watch.
 */
#ifndef CORE_PROCESS_REACTOR_H
#define CORE_PROCESS_REACTOR_H

#include "device/base/util.h"

#include <stdint.h>
#include <sys/epoll.h> /* EPOLLIN etc., for the callers */

struct watch {
	int fd;						     /* borrowed; -1: not watched */
	void (*ready)(struct watch *watch, uint32_t events); /* EPOLLIN, EPOLLHUP, ... */
};

/* The most events that one reactor_dispatch handles, so that its caller gets to its other work. */
#define REACTOR_BURST 64

/* Returns a new epoll descriptor, close-on-exec, which the caller closes; or -errno. */
_must_check_ int reactor_new(void);
/* Watches watch->fd for @events, level-triggered. 0 or -errno. */
_must_check_ int reactor_add(int reactor, struct watch *watch, uint32_t events);
/* Stops watching and sets watch->fd to -1, without closing it; does nothing if it is -1. Call it
 * before closing the descriptor. */
void reactor_remove(int reactor, struct watch *watch);
/* Waits up to @timeout_ms (0: not at all, -1: forever) for an event, then handles all that are
 * ready, up to REACTOR_BURST. Returns the number of events handled, 0 if a signal interrupted the
 * wait, or -errno. */
_must_check_ int reactor_dispatch(int reactor, int timeout_ms);

/* Returns a timerfd for a watch, which the caller closes; or -errno. It expires every @period_ms (0
 * is -EINVAL), or with @once a single time after @period_ms. */
_must_check_ int reactor_timer(unsigned period_ms, int once);
/* Sets a timer to expire once after @ms, at once if that is 0; replaces its setting. 0 or
 * -errno. */
_must_check_ int reactor_timer_arm(int timer_fd, unsigned ms);
/* Reads and drops the expirations of a timer, without blocking. */
void reactor_timer_clear(int timer_fd);

#endif
