/* SPDX-License-Identifier: MIT */
/* cmd_list - `boardstrap list`: the disks of this machine or of a recorded one, with verdicts. */
#ifndef UI_CMD_CMD_LIST_H
#define UI_CMD_CMD_LIST_H

#include "core/disks/inventory.h"

/* @argv[0] is "list". Returns EXIT_OK, or EXIT_REFUSED with a sentence on standard error. */
int cmd_list(int argc, char **argv);
/* The same with options for the inventory (borrowed; NULL: defaults), for tests. */
int cmd_list_with(int argc, char **argv, const struct inventory_options *inventory_options);

#endif
