/* SPDX-License-Identifier: MIT */
/* holders - finds the block devices on top of each disk, mounted or not: dm, md and others in
 * holders/ of sysfs, and loop and zram devices, which are not listed there. An exclusive open
 * does not detect all of them. */
#ifndef DEVICE_USAGE_HOLDERS_H
#define DEVICE_USAGE_HOLDERS_H

#include "device/base/util.h"
#include "device/usage/inuse.h"

/* Adds REASON_HOLDER and REASON_LOOP facts for every disk of the machine below @root. Call it
 * after all other facts are added: a file on a disk is a reason only if there is no other. 0 or
 * -errno. */
_must_check_ int holders_add_facts(struct inuse *inuse, int root);

#endif
