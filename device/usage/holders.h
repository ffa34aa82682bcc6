/* SPDX-License-Identifier: MIT */
/*
 * holders - what lies upon a disk, whether mounted or not: dm, md and their kind from holders/ in sysfs,
 * and loop and zram devices, which have no entry there. Some of these an exclusive open does not see.
 */
#ifndef DEVICE_USAGE_HOLDERS_H
#define DEVICE_USAGE_HOLDERS_H

#include "device/base/util.h"
#include "device/usage/inuse.h"

/* Adds REASON_HOLDER and REASON_LOOP facts of every disk of the machine below @root, after all others:
 * what is known to be in use needs no explanation by a file on it. 0 or -errno. */
_must_check_ int holders_add_facts(struct inuse *inuse, int root);

#endif
