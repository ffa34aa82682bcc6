/* SPDX-License-Identifier: MIT */
#include "core/process/reactor.h"

#include "device/base/util.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

int reactor_new(void)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int reactor_add(int reactor, struct watch *watch, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = watch};

	return epoll_ctl(reactor, EPOLL_CTL_ADD, watch->fd, &event) < 0 ? -errno : 0;
}

void reactor_remove(int reactor, struct watch *watch)
{
	if (watch->fd < 0)
		return;
	/* Closing is not enough: epoll keeps the file while a forked child has it open
	 * (epoll(7)). */
	(void)epoll_ctl(reactor, EPOLL_CTL_DEL, watch->fd, NULL);
	watch->fd = -1;
}

int reactor_dispatch(int reactor, int timeout_ms)
{
	int handled = 0;

	/* One event per epoll_wait: the kernel forgets a removed watch, a list of ours would not.
	 * The kernel rotates its list, so a descriptor that is always ready starves no other. */
	while (handled < REACTOR_BURST) {
		struct epoll_event event;
		struct watch *watch;
		int n = epoll_wait(reactor, &event, 1, handled ? 0 : timeout_ms);

		if (n < 0 && errno != EINTR)
			return handled ? handled : -errno;
		if (n <= 0)
			break;
		watch = event.data.ptr;
		watch->ready(watch, event.events);
		handled++;
	}
	return handled;
}

static int set_timer(int fd, unsigned ms, bool once)
{
	struct timespec period = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
	struct itimerspec spec = {
		.it_value = period, .it_interval = once ? (struct timespec){0} : period};

	if (ms == 0)
		spec.it_value.tv_nsec = 1; /* all zero would disarm it */
	return timerfd_settime(fd, 0, &spec, NULL) < 0 ? -errno : 0;
}

int reactor_timer(unsigned period_ms, int once)
{
	_cleanup_close_ int fd = -1;
	int r;

	if (period_ms == 0 && !once)
		return -EINVAL;
	fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = set_timer(fd, period_ms, once);
	return r < 0 ? r : take_fd(&fd);
}

int reactor_timer_arm(int timer_fd, unsigned ms)
{
	return set_timer(timer_fd, ms, true);
}

void reactor_timer_clear(int timer_fd)
{
	uint64_t expirations;

	/* EAGAIN only means that it has not expired. */
	if (read(timer_fd, &expirations, sizeof(expirations)) < 0)
		return;
}
