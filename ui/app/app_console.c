/* SPDX-License-Identifier: MIT */
#include "ui/app/app_internal.h"

#include "core/service/service.h"
#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "device/kernel/console.h"
#include "device/kernel/kmsg.h"

#include <unistd.h>

#define BURST 64 /* messages per call, so that a flood cannot delay keys */

/* Schedules a repair of the screen for each message that the kernel printed on it. */
static void take_messages(struct app *app)
{
	/* Read each time: another program may raise it. */
	unsigned level = console_level(app->root);
	struct kmsg_record record;
	int r = 1;

	for (unsigned i = 0; i < BURST && r == 1; i++) {
		r = kmsg_next(app->kmsg.watch.fd, &record);
		if (r == 1 && record.level < level)
			repaint_note(&app->repaint, app->model->now_ms);
	}
	if (r < 0)
		app_watch_close(app, &app->kmsg);
}

void app_console_open(struct app *app)
{
	bool on_console = console_is(app->root, STDIN_FILENO);
	int fd = on_console ? kmsg_open(app->root) : -1;

	/* If the log cannot be watched, Ctrl-L still repairs the screen. */
	if (fd >= 0 && app_watch_add(app, &app->kmsg, fd, EPOLLIN, take_messages) < 0)
		app_watch_close(app, &app->kmsg);
	/* Settings belong to the running machine, never to a recorded one. */
	if (!sysroot_is_live(app->root) ||
		settings_open(&app->settings, app->root, SERVICE_JOURNAL) < 0) {
		app->settings.path[0] = '\0';
		return;
	}
	(void)settings_restore_stale(&app->settings);
	if (on_console)
		(void)console_quiet(&app->settings);
}
