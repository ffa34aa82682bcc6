/* SPDX-License-Identifier: MIT */
/*
 * cmd_inspect - `boardstrap inspect ARCHIVE [--json]`: reads a whole archive and prints its totals,
 * or its problems. Needs no root and writes nothing.
 */
#ifndef UI_CMD_CMD_INSPECT_H
#define UI_CMD_CMD_INSPECT_H

/* @argv[0] is "inspect". Returns the exit code: EXIT_OK for a sound archive; EXIT_REFUSED, with a
 * sentence on standard error, for any other and for bad usage. */
int cmd_inspect(int argc, char **argv);

#endif
