/* SPDX-License-Identifier: MIT */
/* app_options - the choices of the command line for the screens. */
#ifndef UI_APP_APP_OPTIONS_H
#define UI_APP_APP_OPTIONS_H

#include "core/archive/source.h"
#include "core/plan/scope.h"
#include "device/layout/layout_archive.h"
#include "ui/lines/log_file.h"

#include <stdbool.h>

struct app_options {
	int root;	     /* root fd for sysfs and proc (sysroot_open), borrowed */
	enum scope scope;    /* SCOPE_BOOT: there is no Archive screen */
	const char *archive; /* scanned at once; or NULL */
	const struct archive_choices *archives; /* of single partitions, for any layout; or NULL */
	struct archive_options archive_options;
	const char *target;	     /* /dev path of a disk, which gets the cursor, or path of an
				    image, which gets a row of its own; or NULL */
	const struct layout *layout; /* gets the cursor; a layout from a file becomes the first
					row; its blobs may lack files; or NULL */
	const char *tar_program;     /* or NULL: tar from PATH */
	const char *expect_id;	     /* CID or serial that the target must have, or NULL */
	unsigned allow;		     /* bit 1 << enum disk_kind for each kind that may be written */
	bool verify;
	struct log_file *log;	     /* of the install; or NULL. Borrowed */
	const char *restart_program; /* restarts this machine, for the key r on the Result; NULL:
					there is no such key */
};

#endif
