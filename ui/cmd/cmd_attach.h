/* SPDX-License-Identifier: MIT */
/* cmd_attach - the commands for an install that runs already: look at it, follow it, end it. */
#ifndef UI_CMD_CMD_ATTACH_H
#define UI_CMD_CMD_ATTACH_H

/* @argv[0] is the command's name. They return the exit code; attach that of the install, status 0
 * where there was one to tell of, cancel 0 once it has been cancelled. */
int cmd_attach(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_cancel(int argc, char **argv);

#endif
