/* SPDX-License-Identifier: MIT */
/* cmdline_disks - finds the disks that the kernel command line names, or the bootloader's in the
 * device tree: for a machine that runs from memory, where no mount shows the disk. */
#ifndef DEVICE_USAGE_CMDLINE_DISKS_H
#define DEVICE_USAGE_CMDLINE_DISKS_H

#include "device/base/util.h"
#include "device/usage/inuse.h"

/* Adds REASON_ROOT_NAMED facts for the nodes and numbers that exist, and adds all other names to
 * inuse->boot: UUIDs and labels for inuse_add_content, the rest for rules. 0 or -errno. */
_must_check_ int cmdline_disks_add_facts(struct inuse *inuse, int root);

#endif
