/* SPDX-License-Identifier: MIT */
/*
 * reactor - many descriptors behind one epoll descriptor. An object that waits embeds a struct
 * watch for each descriptor; whoever owns the epoll descriptor (an install, a front end) polls that
 * one and dispatches. Events come one at a time, so a callback may remove or free any watch.
 */
#ifndef CORE_PROCESS_REACTOR_H
#define CORE_PROCESS_REACTOR_H

#include "device/base/util.h"

#include <stdint.h>
#include <sys/epoll.h> /* EPOLLIN and its like, for the callers */

struct watch {
	int fd;						     /* borrowed; -1: not watched */
	void (*ready)(struct watch *watch, uint32_t events); /* EPOLLIN, EPOLLHUP, ... */
};

/* Most events that one reactor_dispatch handles: its caller has other things to do. */
#define REACTOR_BURST 64

/* An epoll descriptor, close-on-exec, or -errno. close() it. */
_must_check_ int reactor_new(void);
/* Watches watch->fd for @events, level-triggered. 0 or -errno. */
_must_check_ int reactor_add(int reactor, struct watch *watch, uint32_t events);
/* Stops watching and sets fd to -1 (does not close it). Nothing happens where fd is -1. Call it
 * before the descriptor is closed. */
void reactor_remove(int reactor, struct watch *watch);
/* Waits up to @timeout_ms (0: not at all, -1: for ever) for one event, then handles what else is
 * ready without waiting again, up to REACTOR_BURST. Number of events handled, or -errno (EINTR is 0
 * events). */
_must_check_ int reactor_dispatch(int reactor, int timeout_ms);

/* A timerfd for a watch: ticks every @period_ms, or once after @period_ms. fd or -errno. */
_must_check_ int reactor_timer(unsigned period_ms, int once);
/* Has a timer expire once after @ms, whatever it was set to: 0 is at once. 0 or -errno. */
_must_check_ int reactor_timer_arm(int timer_fd, unsigned ms);
/* Reads a timer's expirations away. */
void reactor_timer_clear(int timer_fd);

#endif
