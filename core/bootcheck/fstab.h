/* SPDX-License-Identifier: MIT */
/* fstab - reads the lines of an fstab(5), with its octal escapes. Pure. */
#ifndef CORE_BOOTCHECK_FSTAB_H
#define CORE_BOOTCHECK_FSTAB_H

#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>

/* Strings are valid during the call that passes the line on. Missing fields are "". */
struct fstab_line {
	unsigned line;
	const char *source;  /* "UUID=...", "/dev/mmcblk0p1", "tmpfs" */
	const char *mount;   /* "none" for swap */
	const char *type;    /* "ext4" */
	const char *options; /* "defaults,noatime" */
};

/* Calls @each for every line with at least a source and a mount point. A result other than 0 ends
 * it and is returned; else returns 0. @text may hold any bytes. */
_must_check_ int fstab_each(const char *text, size_t size,
	int (*each)(void *arg, const struct fstab_line *line), void *arg);
/* True if the comma-separated @options have @option. */
bool fstab_has_option(const char *options, const char *option);

#endif
