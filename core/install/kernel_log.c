/* SPDX-License-Identifier: MIT */
#include "core/install/kernel_log.h"

#include "device/base/util.h"

#define BURST 64 /* per call, so that a flood cannot starve other events */

void kernel_log_init(struct kernel_log *log)
{
	*log = (struct kernel_log){.watch = {.fd = -1}, .reactor = -1};
}

static void report_left_out(struct kernel_log *log)
{
	char text[128];

	STR_FORMAT(text, "kernel: %u more message%s on %s (see dmesg)", log->left_out,
		log->left_out == 1 ? "" : "s", log->disk->name);
	log->left_out = 0;
	log->report(log->owner, text);
}

void kernel_log_take(struct kernel_log *log, const struct kmsg_record *record, uint64_t now_ms)
{
	struct kmsg_names names;
	char text[sizeof(record->text) + 16];

	kmsg_names(log->disk, &names);
	if (!kmsg_is_news(record, &names))
		return;
	if (!ratelimit_take(&log->pace, now_ms)) {
		log->left_out++;
		return;
	}
	if (log->left_out > 0)
		report_left_out(log);
	STR_FORMAT(text, "kernel: %s", record->text);
	log->report(log->owner, text);
}

void kernel_log_tick(struct kernel_log *log, uint64_t now_ms)
{
	if (log->left_out > 0 && ratelimit_take(&log->pace, now_ms))
		report_left_out(log);
}

static void take_all(struct kernel_log *log)
{
	struct kmsg_record record;
	int r = 1;

	for (unsigned i = 0; i < BURST && r == 1; i++) {
		r = kmsg_next(log->watch.fd, &record);
		if (r == 1)
			kernel_log_take(log, &record, now_ms());
	}
	if (r < 0) {
		int fd = log->watch.fd;

		reactor_remove(log->reactor, &log->watch);
		close_fd(&fd);
	}
}

static void ready(struct watch *watch, uint32_t events)
{
	(void)events;
	take_all(container_of(watch, struct kernel_log, watch));
}

int kernel_log_open(struct kernel_log *log, int reactor, int root, const struct disk *disk,
	void (*report)(void *owner, const char *text), void *owner)
{
	int fd = kmsg_open(root), r;

	*log = (struct kernel_log){
		.watch = {.fd = fd, .ready = ready},
		.reactor = reactor,
		.disk = disk,
		.report = report,
		.owner = owner,
		.pace = {.burst = KERNEL_LOG_BURST, .period_ms = KERNEL_LOG_PERIOD_MS},
	};
	if (fd < 0) {
		log->watch.fd = -1;
		return fd;
	}
	r = reactor_add(reactor, &log->watch, EPOLLIN);
	if (r < 0) {
		close_fd(&fd);
		log->watch.fd = -1;
	}
	return r;
}

void kernel_log_close(struct kernel_log *log)
{
	int fd;

	if (log->watch.fd >= 0)
		take_all(log);
	if (log->left_out > 0)
		report_left_out(log);
	fd = log->watch.fd;
	reactor_remove(log->reactor, &log->watch);
	close_fd(&fd);
}
