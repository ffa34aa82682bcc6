/* SPDX-License-Identifier: MIT */
#include "ui/app_inside.h"

#include "core/service.h"
#include "device/console.h"
#include "device/sysfs.h"

#include <unistd.h>

void app_console_open(struct app *app)
{
	bool on_console = console_is(app->root, STDIN_FILENO);

	/* The journal is of the running machine's settings, not of a recorded one's. */
	if (!sysfs_is_live(app->root) || knob_open(&app->knobs, app->root, SERVICE_KNOBS) < 0) {
		app->knobs.path[0] = '\0';
		return;
	}
	(void)knob_restore_stale(&app->knobs);
	if (on_console)
		(void)console_quiet(&app->knobs);
}
