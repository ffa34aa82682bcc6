/* SPDX-License-Identifier: MIT */
/* flush - flushes data to the medium, reports lost write errors, and reads the write counters. */
#ifndef DEVICE_TARGET_FLUSH_H
#define DEVICE_TARGET_FLUSH_H

#include "device/base/util.h"

#include <stddef.h>
#include <stdint.h>

/* Counters of a block device (kernel: Documentation/admin-guide/iostats.rst). */
struct flush_stat {
	uint64_t written_bytes;
	uint64_t in_flight; /* requests in flight */
};

/* Reads the counters of the block device with the kernel name @name ("mmcblk0", "loop3") below the
 * sysfs root @root. Returns 0 or -errno; -EBADMSG if the file has another format. */
_must_check_ int flush_read_stat(int root, const char *name, struct flush_stat *ret);

/* syncfs(2) on a descriptor that has been open since mount. It reports, once, a write-back error
 * that happened since the descriptor was opened (kernel >= 5.8). Returns 0 or -errno. May block for
 * minutes: call it in a child. */
_must_check_ int flush_filesystem(int dir_fd);
/* fsync(2) on a descriptor of the block device that was opened before mkfs: it also returns errors
 * of writing metadata. Returns 0 or -errno. May block for minutes. */
_must_check_ int flush_device(int fd);

#endif
