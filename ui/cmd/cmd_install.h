/* SPDX-License-Identifier: MIT */
/* cmd_install - `boardstrap install`: scan, plan, check, ask, start an engine and follow it. */
#ifndef UI_CMD_CMD_INSTALL_H
#define UI_CMD_CMD_INSTALL_H

/* @argv[0] is "install". Returns the exit code (enum exit_code) of the install; EXIT_REFUSED or
 * EXIT_CANCELLED if nothing was written; EXIT_OK after a dry run without problems. */
int cmd_install(int argc, char **argv);

#endif
