/* SPDX-License-Identifier: MIT */
/* wipe - discards in chunks, then erases old tables and signatures. Discard alone is not a wipe: an
 * eMMC may return anything for discarded blocks. The disk cannot boot after this. */
#ifndef DEVICE_TARGET_WIPE_H
#define DEVICE_TARGET_WIPE_H

#include "device/base/util.h"
#include "device/layout/layout.h"

/* Called between chunks with the bytes done and in total. Non-zero cancels: -ECANCELED. */
typedef int wipe_progress(void *arg, uint64_t done_bytes, uint64_t total_bytes);

/*
 * Wipes the disk open read-write at @fd for @layout, the table first; ends with fsync and
 * BLKFLSBUF. Discard stops after some seconds or if the disk refuses it; signatures are
 * erased in any case (signatures.h). Forget the old partitions first (ptable.h): the kernel caches each of
 * them separately. Returns 0 or -errno; -ECANCELED if @progress cancelled.
 */
_must_check_ int wipe_disk(int fd, const struct layout *layout, wipe_progress *progress, void *arg);

/* Zeroes the table areas at both ends of a disk or image file (MBR with its boot code, both GPTs),
 * then fsyncs. A failed target cannot boot after this. Returns 0 or -errno. */
_must_check_ int wipe_table(int fd, uint64_t disk_bytes);

#endif
