/* SPDX-License-Identifier: MIT */
/*
 * app - the terminal front end: one reactor for the terminal, signals, the inventory, the scan of
 * the archive and the engine's socket, and the screens that show their state. Both calls use
 * standard input and output as the terminal and restore its settings before they return.
 */
#ifndef UI_APP_APP_H
#define UI_APP_APP_H

#include "ui/app/app_options.h"

/* Asks init for a restart. */
#define APP_RESTART_PROGRAM "reboot"

/*
 * Runs all screens: target, archive, layout, review, install, result. Returns the exit code (enum
 * exit_code) of the last install; EXIT_CANCELLED if none was started; EXIT_DETACHED if one
 * continues without this front end (detached, hang-up, signal, no memory, an engine of another
 * version); EXIT_REFUSED if the terminal cannot be used. Prints the outcome or the cause, if there
 * is one, as one sentence on standard error.
 */
int app_run(const struct app_options *options);

/*
 * Shows the Install screen, then the Result, of the engine connected to @service_fd, a descriptor
 * from service_start or service_connect. Returns as app_run does, and closes @service_fd. If the
 * terminal cannot be used, returns -1 and prints nothing, so that the caller can show lines
 * instead; the engine is untouched and the caller keeps @service_fd. @log, borrowed, gets what the
 * log of the screens has; NULL: none. @restart_program is as in struct app_options.
 */
int app_follow(int service_fd, struct log_file *log, const char *restart_program);

#endif
