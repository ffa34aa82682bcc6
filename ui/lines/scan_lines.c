/* SPDX-License-Identifier: MIT */
#include "ui/lines/scan_lines.h"

#include "device/base/util.h"

#include <errno.h>
#include <string.h>

#define TICK_MS 250

void scan_lines_init(struct scan_lines *reader, struct follow *follow)
{
	*reader = (struct scan_lines){.follow = follow};
}

static void show(struct scan_lines *reader, enum step_state state)
{
	struct snapshot *snapshot = &reader->snapshot;
	const struct inspect_result *archive = &reader->archive;
	struct progress_sample sample = {
		.now_ms = now_ms(),
		.step = STEP_OPEN,
		.step_done = archive->archive_done,
		.step_total = archive->archive_total,
	};

	progress_update(&reader->progress, &sample);
	snapshot->progress = *progress_view(&reader->progress);
	progress_stall_text(
		&snapshot->progress, STEP_OPEN, snapshot->stall, sizeof(snapshot->stall));
	snapshot->steps[STEP_OPEN].state = state;
	snapshot->steps[STEP_OPEN].ms = snapshot->elapsed_ms = archive->elapsed_ms;
	follow_show(reader->follow, snapshot);
}

static void on_tick(struct watch *watch, uint32_t events)
{
	struct scan_lines *reader = container_of(watch, struct scan_lines, tick);

	(void)events;
	reactor_timer_clear(watch->fd);
	inspect_result(reader->inspect, &reader->archive);
	if (reader->archive.state == INSPECT_RUNNING)
		show(reader, STEP_ACTIVE);
	/* The reader closed its end: stop, as nothing has been written. */
	if (ferror(reader->follow->out))
		reader->follow->wish = FOLLOW_DETACH;
}

static int read_all(struct scan_lines *reader)
{
	int r = 0;

	inspect_result(reader->inspect, &reader->archive);
	show(reader, STEP_ACTIVE);
	while (r >= 0 && reader->follow->wish == FOLLOW_ON &&
		reader->archive.state == INSPECT_RUNNING) {
		r = reactor_dispatch(reader->follow->reactor, -1);
		inspect_result(reader->inspect, &reader->archive);
	}
	if (r < 0)
		return r;
	if (reader->archive.state == INSPECT_RUNNING)
		return -ECANCELED;
	show(reader, reader->archive.state == INSPECT_OK ? STEP_DONE : STEP_FAILED);
	return reader->archive.state == INSPECT_OK ? 0 : -EBADMSG;
}

int scan_lines_run(struct scan_lines *reader, const char *path, const struct disk *target,
	const char *layout, char *why, size_t size)
{
	_cleanup_close_ int timer = reactor_timer(TICK_MS, 0);
	int reactor = reader->follow->reactor, r = timer;
	struct progress_totals none = {0}; /* only an install has totals */
	struct diag diag;

	reader->tick = (struct watch){.fd = timer, .ready = on_tick};
	reader->inspect = inspect_new(reactor, path, &diag);
	if (!reader->inspect) {
		(void)str_copy(why, size, diag.text);
		return -EBADMSG;
	}
	snapshot_init(&reader->snapshot, target, path, layout);
	progress_init(&reader->progress, &none, now_ms());
	if (r >= 0)
		r = reactor_add(reactor, &reader->tick, EPOLLIN);
	if (r >= 0)
		r = read_all(reader);
	if (r == -EBADMSG)
		(void)str_copy(why, size, reader->archive.error);
	else if (r < 0)
		(void)str_copy(why, size, strerror(-r));
	reactor_remove(reactor, &reader->tick);
	return r;
}

void scan_lines_finish(struct scan_lines *reader)
{
	inspect_free(reader->inspect);
	reader->inspect = NULL;
}
