/* SPDX-License-Identifier: MIT */
/* app_options - what the command line has chosen for the screens. */
#ifndef UI_APP_APP_OPTIONS_H
#define UI_APP_APP_OPTIONS_H

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

#endif
