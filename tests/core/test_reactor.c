/* SPDX-License-Identifier: MIT */
#include "core/process/reactor.h"

#include "device/base/util.h"

#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

/* A pipe whose read end is watched. */
struct source {
	struct watch watch;
	int reactor, write_fd;
	unsigned calls;
	uint32_t events;
	struct source *victim; /* removed, closed and freed by the callback of this one */
};

static void source_close(struct source *s)
{
	int fd = s->watch.fd;

	reactor_remove(s->reactor, &s->watch);
	assert_int_equal(s->watch.fd, -1);
	close_fd(&fd);
	close_fd(&s->write_fd);
	free(s);
}

static void source_ready(struct watch *watch, uint32_t events)
{
	struct source *s = container_of(watch, struct source, watch);

	s->calls++;
	s->events = events;
	if (s->victim) {
		source_close(s->victim);
		s->victim = NULL;
	}
}

static struct source *source_open(int reactor)
{
	struct source *s = calloc(1, sizeof(*s));
	int fds[2];

	assert_non_null(s);
	assert_int_equal(pipe(fds), 0);
	*s = (struct source){.watch = {.fd = fds[0], .ready = source_ready},
		.reactor = reactor,
		.write_fd = fds[1]};
	assert_int_equal(reactor_add(reactor, &s->watch, EPOLLIN), 0);
	return s;
}

static void nothing_ready(void **state)
{
	_cleanup_close_ int reactor = reactor_new();
	struct source *s = source_open(reactor);

	(void)state;
	assert_int_equal(reactor_dispatch(reactor, 0), 0);
	assert_int_equal(reactor_dispatch(reactor, 1), 0);
	assert_int_equal(s->calls, 0);
	source_close(s);
}

static void data_and_end(void **state)
{
	_cleanup_close_ int reactor = reactor_new();
	struct source *s = source_open(reactor);
	char c;

	(void)state;
	assert_int_equal(write(s->write_fd, "x", 1), 1);
	assert_true(reactor_dispatch(reactor, 5000) > 0);
	assert_true(s->events & EPOLLIN);
	assert_int_equal(read(s->watch.fd, &c, 1), 1);
	s->calls = 0;
	assert_int_equal(reactor_dispatch(reactor, 0), 0);
	assert_int_equal(s->calls, 0);
	close_fd(&s->write_fd);
	assert_true(reactor_dispatch(reactor, 5000) > 0);
	assert_true(s->events & EPOLLHUP);
	source_close(s);
}

static void reading_ready(struct watch *watch, uint32_t events)
{
	char c;

	source_ready(watch, events);
	assert_int_equal(read(watch->fd, &c, 1), 1);
}

/* The wait is for the first event only. */
static void waits_once(void **state)
{
	_cleanup_close_ int reactor = reactor_new();
	struct source *s = source_open(reactor);

	(void)state;
	s->watch.ready = reading_ready;
	assert_int_equal(write(s->write_fd, "xy", 2), 2);
	assert_int_equal(reactor_dispatch(reactor, -1), 2);
	source_close(s);
}

/* Two ready watches free each other: the second one is never called. */
static void callback_frees_another(void **state)
{
	_cleanup_close_ int reactor = reactor_new();
	struct source *a = source_open(reactor), *b = source_open(reactor), *left;

	(void)state;
	a->victim = b;
	b->victim = a;
	assert_int_equal(write(a->write_fd, "x", 1), 1);
	assert_int_equal(write(b->write_fd, "x", 1), 1);
	assert_int_equal(reactor_dispatch(reactor, 5000), REACTOR_BURST);
	/* Events come in the order of the writes. */
	left = a;
	assert_int_equal(left->calls, REACTOR_BURST);
	source_close(left);
}

/* A descriptor that is always ready starves neither the others nor the caller. */
static void no_starvation(void **state)
{
	_cleanup_close_ int reactor = reactor_new();
	struct source *s[3];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(s); i++) {
		s[i] = source_open(reactor);
		assert_int_equal(write(s[i]->write_fd, "x", 1), 1);
	}
	assert_int_equal(reactor_dispatch(reactor, -1), REACTOR_BURST);
	for (size_t i = 0; i < ARRAY_SIZE(s); i++) {
		assert_in_range(s[i]->calls, REACTOR_BURST / 4, REACTOR_BURST / 2);
		source_close(s[i]);
	}
}

/* Closing alone would leave the watch in the kernel's list while another process has the file
 * open. */
static void removes_a_file_that_stays_open(void **state)
{
	_cleanup_close_ int reactor = reactor_new();
	struct source *s = source_open(reactor);
	_cleanup_close_ int copy = dup(s->watch.fd), writer = dup(s->write_fd);

	(void)state;
	source_close(s);
	assert_int_equal(write(writer, "x", 1), 1);
	assert_int_equal(reactor_dispatch(reactor, 0), 0);
	assert_true(copy >= 0);
}

static void remove_twice(void **state)
{
	_cleanup_close_ int reactor = reactor_new();
	struct watch watch = {.fd = -1};

	(void)state;
	reactor_remove(reactor, &watch);
	reactor_remove(-1, &watch);
	assert_int_equal(watch.fd, -1);
	assert_true(reactor_add(reactor, &watch, EPOLLIN) < 0);
}

static void on_alarm(int signal)
{
	(void)signal;
}

static void interruption_is_not_an_event(void **state)
{
	_cleanup_close_ int reactor = reactor_new();
	struct itimerval soon = {.it_value.tv_usec = 20000, .it_interval.tv_usec = 20000};
	struct itimerval off = {0};

	(void)state;
	assert_int_equal(sigaction(SIGALRM, &(struct sigaction){.sa_handler = on_alarm}, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
	assert_int_equal(reactor_dispatch(reactor, -1), 0); /* returns at all */
	assert_int_equal(setitimer(ITIMER_REAL, &off, NULL), 0);
	(void)signal(SIGALRM, SIG_DFL);
}

struct ticker {
	struct watch watch;
	unsigned ticks;
};

static void on_tick(struct watch *watch, uint32_t events)
{
	(void)events;
	container_of(watch, struct ticker, watch)->ticks++;
	reactor_timer_clear(watch->fd);
}

static void timers(void **state)
{
	_cleanup_close_ int reactor = reactor_new();
	uint64_t start = now_ms();
	struct ticker once = {{.fd = reactor_timer(20, 1), .ready = on_tick}, 0};
	struct ticker often = {{.fd = reactor_timer(10, 0), .ready = on_tick}, 0};
	struct ticker now = {{.fd = reactor_timer(0, 1), .ready = on_tick}, 0};
	struct ticker *all[] = {&once, &often, &now};

	(void)state;
	assert_int_equal(reactor_timer(0, 0), -22);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		assert_int_equal(reactor_add(reactor, &all[i]->watch, EPOLLIN), 0);
	reactor_timer_clear(often.watch.fd); /* does not block without an expiration */
	while (often.ticks < 5 || once.ticks == 0)
		assert_true(reactor_dispatch(reactor, 5000) > 0);
	assert_true(now_ms() - start >= 45);
	assert_int_equal(once.ticks, 1);
	assert_int_equal(now.ticks, 1);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		int fd = all[i]->watch.fd;

		reactor_remove(reactor, &all[i]->watch);
		close_fd(&fd);
	}
}

/* Arming works on a timer that would expire in an hour, and on one that has expired. */
static void timers_are_armed_again(void **state)
{
	_cleanup_close_ int reactor = reactor_new();
	_cleanup_close_ int fd = reactor_timer(3600 * 1000, 0);
	struct ticker ticker = {{.fd = fd, .ready = on_tick}, 0};
	uint64_t start;

	(void)state;
	assert_int_equal(reactor_add(reactor, &ticker.watch, EPOLLIN), 0);
	assert_int_equal(reactor_timer_arm(fd, 0), 0);
	assert_int_equal(reactor_dispatch(reactor, 20000), 1);
	start = now_ms();
	assert_int_equal(reactor_timer_arm(fd, 30), 0);
	assert_int_equal(reactor_dispatch(reactor, 20000), 1);
	assert_true(now_ms() - start >= 29);
	assert_int_equal(reactor_dispatch(reactor, 50), 0);
	assert_int_equal(ticker.ticks, 2);
	assert_int_equal(reactor_timer_arm(reactor, 1), -22);
	reactor_remove(reactor, &ticker.watch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_ready),
		cmocka_unit_test(data_and_end),
		cmocka_unit_test(waits_once),
		cmocka_unit_test(callback_frees_another),
		cmocka_unit_test(no_starvation),
		cmocka_unit_test(removes_a_file_that_stays_open),
		cmocka_unit_test(remove_twice),
		cmocka_unit_test(interruption_is_not_an_event),
		cmocka_unit_test(timers),
		cmocka_unit_test(timers_are_armed_again),
	};

	return cmocka_run_group_tests_name("reactor", tests, NULL, NULL);
}
