/* SPDX-License-Identifier: MIT */
/*
 * boot_disk - the disks that the kernel command line, or the bootloader's in the device tree, names: for
 * a machine that runs from memory, with nothing mounted that would tell.
 */
#ifndef DEVICE_BOOT_DISK_H
#define DEVICE_BOOT_DISK_H

#include "device/inuse.h"

/* Adds REASON_SYSTEM facts for the nodes and numbers that are there, and leaves all other names in
 * inuse->boot: UUIDs and labels for inuse_add_content, the rest for the rules. 0 or -errno. */
int boot_disk_add_facts(struct inuse *inuse, int root);

#endif
