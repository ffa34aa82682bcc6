/* SPDX-License-Identifier: MIT */
#include "ui/lines/scan_lines.h"

#include "device/base/util.h"

#include <errno.h>
#include <string.h>

#define TICK_MS 250

void scan_lines_init(struct scan_lines *scan, struct follow *follow)
{
	*scan = (struct scan_lines){.follow = follow};
}

static void show(struct scan_lines *scan, enum step_state state)
{
	struct snapshot *snapshot = &scan->snapshot;
	const struct inspect_result *archive = &scan->archive;
	struct progress_sample sample = {
		.now_ms = now_ms(),
		.step = STEP_OPEN,
		.step_done = archive->archive_done,
		.step_total = archive->archive_total,
	};

	progress_update(&scan->progress, &sample);
	snapshot->progress = *progress_view(&scan->progress);
	progress_stall_text(
		&snapshot->progress, STEP_OPEN, snapshot->stall, sizeof(snapshot->stall));
	snapshot->steps[STEP_OPEN].state = state;
	snapshot->steps[STEP_OPEN].ms = snapshot->elapsed_ms = archive->elapsed_ms;
	follow_show(scan->follow, snapshot);
}

static void on_tick(struct watch *watch, uint32_t events)
{
	struct scan_lines *scan = container_of(watch, struct scan_lines, tick);

	(void)events;
	reactor_timer_clear(watch->fd);
	inspect_result(scan->inspect, &scan->archive);
	if (scan->archive.state == INSPECT_RUNNING)
		show(scan, STEP_ACTIVE);
	/* The reader closed its end: stop, as nothing has been written. */
	if (ferror(scan->follow->out))
		scan->follow->wish = FOLLOW_DETACH;
}

static int read_all(struct scan_lines *scan)
{
	int r = 0;

	inspect_result(scan->inspect, &scan->archive);
	show(scan, STEP_ACTIVE);
	while (r >= 0 && scan->follow->wish == FOLLOW_ON &&
		scan->archive.state == INSPECT_RUNNING) {
		r = reactor_dispatch(scan->follow->reactor, -1);
		inspect_result(scan->inspect, &scan->archive);
	}
	if (r < 0)
		return r;
	if (scan->archive.state == INSPECT_RUNNING)
		return -ECANCELED;
	show(scan, scan->archive.state == INSPECT_OK ? STEP_DONE : STEP_FAILED);
	return scan->archive.state == INSPECT_OK ? 0 : -EBADMSG;
}

int scan_lines_run(struct scan_lines *scan, const struct archive_list *archives,
	const struct layout *layout, const struct archive_options *options,
	const struct disk *target, struct diag *diag)
{
	_cleanup_close_ int timer = reactor_timer(TICK_MS, 0);
	int reactor = scan->follow->reactor, r = timer;
	struct progress_totals none = {0}; /* only an install has totals */

	scan->tick = (struct watch){.fd = timer, .ready = on_tick};
	scan->inspect = inspect_new(reactor, archives, layout, options, diag);
	if (!scan->inspect)
		return -EBADMSG;
	snapshot_init(&scan->snapshot, archives->count > 0 ? SCOPE_ALL : SCOPE_FILES, target,
		archives->list[0].path, layout->name);
	progress_init(&scan->progress, &none, now_ms());
	if (r >= 0)
		r = reactor_add(reactor, &scan->tick, EPOLLIN);
	if (r >= 0)
		r = read_all(scan);
	if (r < 0)
		r = diag_fail(diag, r, "%s", r == -EBADMSG ? scan->archive.error : strerror(-r));
	reactor_remove(reactor, &scan->tick);
	return r;
}

void scan_lines_finish(struct scan_lines *scan)
{
	inspect_free(scan->inspect);
	scan->inspect = NULL;
}
