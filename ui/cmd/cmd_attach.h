/* SPDX-License-Identifier: MIT */
/* cmd_attach - the commands for an install that is already running: attach, status, cancel. */
#ifndef UI_CMD_CMD_ATTACH_H
#define UI_CMD_CMD_ATTACH_H

/*
 * @argv[0] is the name of the command. Each returns the exit code: attach that of the install,
 * status EXIT_OK if it printed a running or an ended install, cancel EXIT_OK once the install is
 * cancelled; EXIT_REFUSED, with a sentence on standard error, if there is no such install, the
 * engine does not answer, or the usage is wrong.
 */
int cmd_attach(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_cancel(int argc, char **argv);

#endif
