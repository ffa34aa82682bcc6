/* SPDX-License-Identifier: MIT */
/*
 * app - the terminal front end: one reactor for the terminal, signals, the inventory, the scan of the
 * archive and the engine's socket, and the screens that show what these report. Both calls take the
 * terminal (standard input and output) and put it back on every way out. A failure before the first
 * screen is one sentence on standard error.
 */
#ifndef UI_APP_APP_H
#define UI_APP_APP_H

#include "ui/app/app_options.h"

/*
 * The whole way: target, archive, layout, review, install, result. Returns the exit code (enum
 * exit_code) of the last install; EXIT_CANCELLED where none was begun; EXIT_DETACHED where one goes on
 * without this front end (detached, hang-up, SIGTERM); EXIT_REFUSED where there is no usable
 * terminal.
 */
int app_run(const struct app_options *options);

/*
 * Shows the Install screen, then the Result, of the engine behind @service_fd, a descriptor of
 * service_start or service_connect that it takes over and closes. Returns as app_run does; -1, with
 * the engine untouched and @service_fd still the caller's, where there is no usable terminal: nothing
 * is said of that, for lines can be shown instead.
 */
int app_follow(int service_fd);

#endif
