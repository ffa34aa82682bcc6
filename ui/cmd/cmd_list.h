/* SPDX-License-Identifier: MIT */
/* cmd_list - `boardstrap list`: the disks of this machine, or of a recorded one, and why not. */
#ifndef UI_CMD_CMD_LIST_H
#define UI_CMD_CMD_LIST_H

#include "core/disks/inventory.h"

/* @argv[0] is "list". Returns the exit code. */
int cmd_list(int argc, char **argv);
/* For tests: with the options of the inventory. */
int cmd_list_with(int argc, char **argv, const struct inventory_options *inventory_options);

#endif
