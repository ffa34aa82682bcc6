/* SPDX-License-Identifier: MIT */
/*
 * cmd_inspect - `boardstrap inspect ARCHIVE [--json]`: reads an archive to its end and says what it
 * is, or what is wrong with it. Needs no root and writes nothing.
 */
#ifndef UI_CMD_CMD_INSPECT_H
#define UI_CMD_CMD_INSPECT_H

/* @argv[0] is "inspect". Returns the exit code: EXIT_OK of a sound archive; EXIT_REFUSED of any
 * other, with the sentence on standard error, and of bad usage. */
int cmd_inspect(int argc, char **argv);

#endif
