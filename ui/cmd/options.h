/* SPDX-License-Identifier: MIT */
/*
 * options - the command line. One const table of commands and one of options serve parsing, error
 * messages and --help.
 */
#ifndef UI_CMD_OPTIONS_H
#define UI_CMD_OPTIONS_H

#include "core/archive/source.h"
#include "core/plan/scope.h"
#include "device/base/diag.h"
#include "device/base/util.h"
#include "device/layout/layout_archive.h"
#include "device/layout/layout_blob.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum command {
	COMMAND_SCREENS, /* no command given */
	COMMAND_LIST,
	COMMAND_INSPECT,
	COMMAND_INSTALL,
	COMMAND_ATTACH,
	COMMAND_STATUS,
	COMMAND_CANCEL,
	COMMAND_COUNT
};

/* The name of @command: "list", ...; "" for the screens. */
const char *command_name(enum command command);
/* Finds the command named @name. Returns COMMAND_COUNT, with the sentence in @diag, if there is no
 * such command. */
enum command command_find(const char *name, struct diag *diag);

/* The parsed command line. Strings point into argv; NULL if not given. */
struct options {
	const char *target, *layout, *tar, *expect_id, *sysroot;
	const char *archive; /* the operand of inspect, an option of the others */
	const char *log;     /* file */
	const char *name;    /* operand of attach, status and cancel: name of a target */
	struct archive_choices archives; /* of single partitions */
	struct archive_options reading;
	struct blob_choices blobs; /* files in place of those of the layout */
	enum scope scope;	   /* of --only */
	unsigned allow;		   /* bits of disk_allow_parse */
	bool yes, dry_run, no_verify, plain, json, all, brief, quiet;
	bool help; /* main prints it before it runs any command */
};

/*
 * Parses the arguments of @command; @argv[0] is its name. Options have long names, which cannot
 * be abbreviated; only -h is short. "--name value" and "--name=value" are the same; "--"
 * ends the options. Returns 0, or -EINVAL with the sentence in @diag and @ret unchanged.
 */
_must_check_ int options_parse(
	enum command command, int argc, char **argv, struct options *ret, struct diag *diag);

/* Prints the help of @command; for COMMAND_SCREENS that of the program. At most 80 columns. */
void options_help(FILE *out, enum command command);

/* Checks that no option is useless in an install of options->scope: --archive may be meant to be installed. Returns 0,
 * or -EINVAL with a sentence in @diag. */
_must_check_ int options_check_scope(const struct options *options, struct diag *diag);

#endif
