/* SPDX-License-Identifier: MIT */
/* rules - pure: a disk and the facts -> the reasons why it must not be written, the gravest first. */
#ifndef DEVICE_USAGE_RULES_H
#define DEVICE_USAGE_RULES_H

#include "device/disk/disk.h"
#include "device/usage/inuse.h"

struct rules_facts {
	const struct inuse *inuse;
	unsigned allow; /* a bit 1 << enum disk_kind for each kind that may be written; DISK_EMMC
				always may; ALLOW_WORN for worn-out ones */
	uint64_t need_bytes; /* least size of the target, 0 where not known yet */
};

/*
 * Fills disk->reasons and disk->warning from scratch. A disk without a reason may be offered. What
 * disk->content says must have been told to the facts (inuse_add_content).
 *
 * Where the disks of the running system cannot be told (inuse->unresolved; or the kernel command
 * line names what was found nowhere, and this disk may be where it is: cmdline_may_be_on), the disk
 * may be one of them, and is refused with REASON_UNKNOWN; but not a loop device or an image, and
 * not a removable or embedded kind that the operator has named: for DISK_EMMC, too, its bit must be
 * set then. A DISK_FIXED stays refused: that is where systems live. The kernel has the last word in
 * any case, as it lets nobody open a mounted disk exclusively.
 */
void rules_judge(struct disk *disk, const struct rules_facts *facts);

#endif
