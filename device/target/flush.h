/* SPDX-License-Identifier: MIT */
/* flush - what has reached the medium, and whether an error was lost on the way (device.md 6.2). */
#ifndef DEVICE_TARGET_FLUSH_H
#define DEVICE_TARGET_FLUSH_H

#include "device/base/util.h"

#include <stddef.h>
#include <stdint.h>

/* Counters of a block device (Documentation/admin-guide/iostats.rst). */
struct flush_stat {
	uint64_t written_bytes;
	uint64_t in_flight; /* requests at the device now */
};

/* Reads them for kernel name @name ("mmcblk0", "loop3") below the sysfs root @root. 0 or -errno. */
_must_check_ int flush_read_stat(int root, const char *name, struct flush_stat *ret);

/* syncfs(2) on a descriptor held since mount: reports any write-back error since it was opened,
 * once (kernel >= 5.8). 0 or -errno. May block for minutes: call it in a child. */
_must_check_ int flush_filesystem(int dir_fd);
/* fsync(2) of a block device's descriptor held since before mkfs: metadata's errors. */
_must_check_ int flush_device(int fd);

#endif
