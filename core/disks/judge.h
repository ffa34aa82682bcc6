/* SPDX-License-Identifier: MIT */
/*
 * judge - may this job write to this disk: loads what is in use, adds the job's files and what is
 * on the disk, and fills in the reasons (device/usage/rules). Everything that offers or refuses a
 * target asks here.
 */
#ifndef CORE_DISKS_JUDGE_H
#define CORE_DISKS_JUDGE_H

#include "device/base/util.h"
#include "device/usage/inuse_load.h"

/* What a job asks of its target. */
struct judge_job {
	unsigned allow;			/* of disk_allow_parse */
	uint64_t need_bytes;		/* least size of the target; 0: not known yet */
	const struct inuse_file *files; /* that it reads; their disks are refused. Borrowed. */
	size_t file_count;
};

/* Judges one disk of the machine below @root by what is in use now. A machine whose disks in use
 * cannot be determined refuses the disk too, with REASON_UNKNOWN. */
void judge_disk(int root, const struct judge_job *job, struct disk *disk);

/*
 * The same in steps, for many disks: load once, add the content of every disk, then judge each. A
 * file that cannot be opened is on no disk: its reader reports the cause.
 * 0, or -errno with nothing to free; end with inuse_finish.
 */
_must_check_ int judge_load(int root, const struct judge_job *job, struct inuse *ret);
void judge_add_content(struct inuse *inuse, const struct disk *disk);
void judge_known(const struct inuse *inuse, const struct judge_job *job, struct disk *disk);

/* Why disk_scan_target refuses a path with @error (-errno), for people: "it does not exist". */
const char *judge_target_error(int error);

#endif
