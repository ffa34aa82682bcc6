/* SPDX-License-Identifier: MIT */
/* wipe - discard in chunks, then zero where old tables and signatures may lie (device.md 4.5):
 * discard alone is no wipe, its result is undefined on an eMMC. From here the disk cannot boot. */
#ifndef DEVICE_TARGET_WIPE_H
#define DEVICE_TARGET_WIPE_H

#include "device/base/util.h"
#include "device/layout/layout.h"

/* Called between chunks with bytes done of total; non-zero stops with -ECANCELED. */
typedef int wipe_progress(void *arg, uint64_t done_bytes, uint64_t total_bytes);

/*
 * Wipes the disk open read-write at @fd for @layout, the table first; ends with fsync and BLKFLSBUF.
 * What cannot be discarded, or not in some seconds, is only zeroed where needed. Forget the old
 * partitions before (ptable.h): the kernel caches each on its own. 0 or -errno.
 */
_must_check_ int wipe_disk(int fd, const struct layout *layout, wipe_progress *progress, void *arg);

/* Zeroes only the table areas at both ends (MBR with its boot code, both GPTs), then fsync: what
 * leaves a failed target unbootable. Of an image file, too. 0 or -errno. */
_must_check_ int wipe_table(int fd, uint64_t disk_bytes);

#endif
