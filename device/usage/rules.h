/* SPDX-License-Identifier: MIT */
/* rules - gives the reasons why a disk must not be written, from the facts. Pure. */
#ifndef DEVICE_USAGE_RULES_H
#define DEVICE_USAGE_RULES_H

#include "device/disk/disk.h"
#include "device/usage/inuse.h"

struct rules_facts {
	const struct inuse *inuse;
	/* A bit 1 << enum disk_kind for each kind that may be written (DISK_EMMC always may),
	 * ALLOW_WORN and ALLOW_ROOT_NAMED. */
	unsigned allow;
	uint64_t need_bytes; /* minimum size of the target, 0 if not known yet */
};

/*
 * Sets disk->reasons and disk->warning; clears old ones. A disk without a reason may be offered.
 * Call inuse_add_content with the disk's content before.
 *
 * If the disks of the running system are unknown (inuse->unresolved, or a name of the kernel
 * command line was not found and cmdline_may_be_on this disk), the disk may be one of them and
 * gets REASON_UNKNOWN. Exceptions are loop devices, images, and kinds that the operator has
 * allowed, which for DISK_EMMC then also requires its bit. A DISK_FIXED is refused in any case,
 * as systems are usually on one, and so is every kind if not even a mount of "/" is visible
 * (inuse->blind). ALLOW_ROOT_NAMED gives up the protection of a disk that only the kernel command
 * line names, where "/" is in memory or on the network. The exclusive open of the target is the final check: it fails
 * for a mounted disk.
 */
void rules_judge(struct disk *disk, const struct rules_facts *facts);

#endif
