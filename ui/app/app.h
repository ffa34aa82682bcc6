/* SPDX-License-Identifier: MIT */
/*
 * app - the terminal front end: one reactor for the terminal, signals, the inventory, the scan of the
 * archive and the engine's socket, and the screens that show what these report. Both calls take the
 * terminal (standard input and output) and put it back on every way out. A failure before the first
 * screen is one sentence on standard error.
 */
#ifndef UI_APP_APP_H
#define UI_APP_APP_H

#include "device/layout/layout.h"

#include <stdbool.h>

struct app_options {
	int root;		     /* root fd for sysfs and proc (sysroot_open), borrowed */
	const char *archive;	     /* chosen beforehand: its scan starts at once; or NULL */
	const char *target;	     /* /dev path of a disk, where the cursor begins, or path of an
				    image file, which becomes a row of its own; or NULL */
	const struct layout *layout; /* where the cursor begins: one that is built in, or one
					from a file, which becomes the first row; or NULL */
	const char *tar_program;     /* or NULL: tar from the path */
	const char *expect_id;	     /* CID or serial that the target must have, or NULL */
	unsigned allow; /* a bit 1 << enum disk_kind for each kind that may be written */
	bool verify;
};

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
