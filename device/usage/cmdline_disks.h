/* SPDX-License-Identifier: MIT */
/*
 * cmdline_disks - the disks that the kernel command line, or the bootloader's in the device tree, names: for
 * a machine that runs from memory, with nothing mounted that would tell.
 */
#ifndef DEVICE_USAGE_CMDLINE_DISKS_H
#define DEVICE_USAGE_CMDLINE_DISKS_H

#include "device/base/util.h"
#include "device/usage/inuse.h"

/* Adds REASON_SYSTEM facts for the nodes and numbers that are there, and leaves all other names in
 * inuse->boot: UUIDs and labels for inuse_add_content, the rest for the rules. 0 or -errno. */
_must_check_ int cmdline_disks_add_facts(struct inuse *inuse, int root);

#endif
