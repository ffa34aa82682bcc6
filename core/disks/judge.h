/* SPDX-License-Identifier: MIT */
/*
 * judge - collects the facts about disks for the rules (device/usage/rules.c), which decide whether
 * an install may write to one: what is in use, the install's files, and the disk's content. All
 * code that offers a target uses it. plan_look adds what only a plan knows about a target.
 */
#ifndef CORE_DISKS_JUDGE_H
#define CORE_DISKS_JUDGE_H

#include "device/base/util.h"
#include "device/usage/inuse_load.h"

/* The requirements of an install on its target. */
struct judge_job {
	unsigned allow;	     /* of disk_allow_parse */
	uint64_t need_bytes; /* smallest size of the target; 0: not known yet */
	/* The files that the install reads; their disks are refused. Borrowed. */
	const struct inuse_file *files;
	size_t file_count;
};

/* Judges one disk of the machine below @root by its current use and sets its reasons. If the disks
 * in use cannot be determined, the disk is refused with REASON_UNKNOWN. */
void judge_disk(int root, const struct judge_job *job, struct disk *disk);

/*
 * The same for many disks: load once, add the content of every disk, then judge each. A file that
 * does not exist is ignored: whoever reads it reports the error. After any other error, and if
 * memory runs out, judge_load and judge_add_content set inuse->incomplete: judge_known then refuses
 * every disk with REASON_UNKNOWN. judge_load returns 0, or -errno with nothing to free; free @ret
 * with inuse_finish.
 */
_must_check_ int judge_load(int root, const struct judge_job *job, struct inuse *ret);
void judge_add_content(struct inuse *inuse, const struct disk *disk);
void judge_known(const struct inuse *inuse, const struct judge_job *job, struct disk *disk);

/* Returns the reason for an error of disk_scan_target (-errno), for the operator: "it does not
 * exist". The string is static. */
const char *judge_target_error(int error);

#endif
