/* SPDX-License-Identifier: MIT */
/* rules - pure: a disk and the facts -> the reasons why it must not be written. */
#ifndef DEVICE_RULES_H
#define DEVICE_RULES_H

#include "device/disk.h"
#include "device/inuse.h"

struct rules_facts {
	const struct inuse *inuse;
	unsigned allow;      /* a bit 1 << enum disk_kind for each kind that may be written; DISK_EMMC
				always may */
	uint64_t need_bytes; /* least size of the target, 0 where not known yet */
};

/* Fills disk->reasons from scratch. A disk without a reason may be offered. */
void rules_judge(struct disk *disk, const struct rules_facts *facts);

#endif
