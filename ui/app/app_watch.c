/* SPDX-License-Identifier: MIT */
#include "core/process/reactor.h"
#include "device/base/util.h"
#include "ui/app/app_internal.h"

static void on_ready(struct watch *watch, uint32_t events)
{
	struct app_watch *ours = container_of(watch, struct app_watch, watch);
	struct app *app = ours->app;

	(void)events;
	app->model->now_ms = now_ms();
	if (!app->done)
		ours->take(app);
}

int app_watch_add(struct app *app, struct app_watch *watch, int fd, uint32_t events,
	void (*take)(struct app *app))
{
	*watch = (struct app_watch){
		.watch = {.fd = fd, .ready = on_ready}, .app = app, .take = take};
	return reactor_add(app->reactor, &watch->watch, events);
}

void app_watch_close(struct app *app, struct app_watch *watch)
{
	int fd = watch->watch.fd;

	reactor_remove(app->reactor, &watch->watch);
	close_fd(&fd);
}
