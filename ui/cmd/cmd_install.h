/* SPDX-License-Identifier: MIT */
/* cmd_install - `boardstrap install`: scan, plan, check, ask, then an engine and its follower. */
#ifndef UI_CMD_CMD_INSTALL_H
#define UI_CMD_CMD_INSTALL_H

/* @argv[0] is "install". Returns the exit code. */
int cmd_install(int argc, char **argv);

#endif
