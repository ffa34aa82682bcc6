/* SPDX-License-Identifier: MIT */
/*
 * fstab - reads the lines of an fstab(5), with its octal escapes. Pure.
 *
 * As libmount does (mnt_parse_table_line in util-linux' libmount/src/tab_parse.c): fields are
 * separated by blanks, a comment begins its line, and a tag's value may be in quotes (LABEL="a b"
 * is given as LABEL=a b where its blank is escaped).
 */
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

/* Calls @each for every line with at least a source and a mount point, except those of more than 8
 * KiB. A result other than 0 ends
 * it and is returned; else returns 0. @text may hold any bytes. */
_must_check_ int fstab_each(const char *text, size_t size,
	int (*each)(void *arg, const struct fstab_line *line), void *arg);
/* True if the comma-separated @options have @option. A comma between double quotes separates
 * nothing. */
bool fstab_has_option(const char *options, const char *option);

#endif
