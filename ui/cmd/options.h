/* SPDX-License-Identifier: MIT */
/*
 * options - the command line, one const table for all: what each command takes, the sentence where a
 * word is wrong, and --help.
 */
#ifndef UI_CMD_OPTIONS_H
#define UI_CMD_OPTIONS_H

#include "device/base/diag.h"
#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum command {
	COMMAND_SCREENS, /* none was named */
	COMMAND_LIST,
	COMMAND_INSPECT,
	COMMAND_INSTALL,
	COMMAND_ATTACH,
	COMMAND_STATUS,
	COMMAND_CANCEL,
	COMMAND_COUNT
};

/* "list", ...; "" of the screens. */
const char *command_name(enum command command);
/* The command whose name is @name, or COMMAND_COUNT with the sentence in @diag. */
enum command command_find(const char *name, struct diag *diag);

/* What was asked for. The strings are those of argv; NULL where not given. */
struct options {
	const char *target, *layout, *tar, *expect_id, *sysroot;
	const char *archive; /* the operand of inspect, an option of the others */
	const char *name;    /* operand of attach, status and cancel: the target of an engine */
	unsigned allow;	     /* of disk_allow_parse */
	bool yes, dry_run, no_verify, plain, json, all;
	bool help; /* main prints it before it runs a command */
};

/*
 * Parses the words of a command after @argv[0], its name. Options are long and spelled out: an
 * abbreviation is refused by every command. Both "--name value" and "--name=value" will do; "--" ends
 * the options. 0, or -EINVAL with the sentence in @diag and @ret untouched.
 */
_must_check_ int options_parse(
	enum command command, int argc, char **argv, struct options *ret, struct diag *diag);

/* `boardstrap --help` (COMMAND_SCREENS: everything) or `boardstrap install --help`; at most 80
 * columns. */
void options_help(FILE *out, enum command command);

#endif
