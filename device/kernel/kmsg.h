/* SPDX-License-Identifier: MIT */
/* kmsg - reads new kernel messages from /dev/kmsg (Documentation/ABI/testing/dev-kmsg) and
 * selects those about one disk. The cause of a removed card or a failed write is reported nowhere
 * else. */
#ifndef DEVICE_KERNEL_KMSG_H
#define DEVICE_KERNEL_KMSG_H

#include "device/base/util.h"
#include "device/disk/disk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum kmsg_level { KMSG_EMERGENCY = 0, KMSG_ERROR = 3, KMSG_WARNING = 4, KMSG_INFO = 6 };

struct kmsg_record {
	unsigned level;	   /* 0 emergency to 7 debug */
	unsigned facility; /* 0: the kernel; else a program that writes to /dev/kmsg (systemd) */
	uint64_t sequence;
	uint64_t usec;	/* time of the message, CLOCK_MONOTONIC */
	char text[256]; /* escapes resolved, sanitised, cut if too long */
};

/* Parses one record, "6,339,5140900,-;text". Skips fields that a newer kernel adds before the
 * ';', and the following lines that begin with a blank (KEY=value of the device). True if the
 * record is complete. Pure; @record need not end in a NUL. */
bool kmsg_parse(const char *record, size_t size, struct kmsg_record *ret);

/* Opens dev/kmsg below @root for new messages: a non-blocking descriptor to poll for input, or
 * -errno (-EPERM or -EACCES if not root, -ENOENT in some containers). */
_must_check_ int kmsg_open(int root);
/* Reads the next message. 1; 0 if there is no new one; -ENODATA at the end of the log, or another
 * -errno: do not poll @fd any more. Skips malformed records and messages that were overwritten. */
_must_check_ int kmsg_next(int fd, struct kmsg_record *ret);

/* The kernel's names for a disk. */
struct kmsg_names {
	char disk[32]; /* "mmcblk1" */
	char host[32]; /* "mmc1", the slot of the card; or "" */
	char port[32]; /* "1-1.4", the USB port; or "" */
};

/* Fills the names from the kernel name and the devpath of @disk. */
void kmsg_names(const struct disk *disk, struct kmsg_names *ret);

/* True if @text is about the disk, one of its partitions or boot areas, its slot or its port.
 * Pure; matches whole words: mmcblk1p2 belongs to mmcblk1, mmcblk10 does not. */
bool kmsg_is_about(const char *text, const struct kmsg_names *names);

/* True if the operator of an install to that disk should see the message: warnings and errors of
 * the kernel about the disk (except that it cannot discard), and notices that it was removed,
 * found or reset. */
bool kmsg_is_news(const struct kmsg_record *record, const struct kmsg_names *names);

#endif
