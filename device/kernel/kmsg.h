/* SPDX-License-Identifier: MIT */
/*
 * kmsg - the kernel's messages, as /dev/kmsg tells them (Documentation/ABI/testing/dev-kmsg): reading
 * what comes from now on, and which of it is about one disk. A card that is pulled, or a block that
 * cannot be written, has its cause there and nowhere else.
 */
#ifndef DEVICE_KERNEL_KMSG_H
#define DEVICE_KERNEL_KMSG_H

#include "device/base/util.h"
#include "device/disk/disk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum kmsg_level { KMSG_EMERGENCY = 0, KMSG_ERROR = 3, KMSG_WARNING = 4, KMSG_INFO = 6 };

/* One message. */
struct kmsg_record {
	unsigned level;	   /* 0 the gravest, 7 debug */
	unsigned facility; /* 0: the kernel; else a program that writes to /dev/kmsg (systemd) */
	uint64_t sequence;
	uint64_t usec;	/* CLOCK_MONOTONIC of the kernel, when it was logged */
	char text[256]; /* escapes resolved, sanitised, cut where it is longer */
};

/*
 * Reads one record, "6,339,5140900,-;text" and lines that begin with a blank (KEY=value of the device:
 * left out). Fields that a newer kernel adds before the ';' are passed over. True where it is whole.
 * Pure; @record need not end in a NUL.
 */
bool kmsg_parse(const char *record, size_t size, struct kmsg_record *ret);

/* The messages from now on: a non-blocking descriptor of dev/kmsg below @root, to be polled for
 * input; or -errno (-EPERM, -EACCES for who is not root, -ENOENT in some containers). */
_must_check_ int kmsg_open(int root);
/*
 * Takes the next message. 1; 0 where there is none now; -ENODATA where the log has ended, or -errno:
 * do not poll it any more. Messages that were overwritten before they were read, and records that make
 * no sense, are passed over.
 */
_must_check_ int kmsg_next(int fd, struct kmsg_record *ret);

/* What the kernel calls a disk. */
struct kmsg_names {
	char disk[32]; /* "mmcblk1" */
	char host[32]; /* "mmc1": where the card sits; or "" */
	char port[32]; /* "1-1.4": of a USB reader; or "" */
};

void kmsg_names(const struct disk *disk, struct kmsg_names *ret);

/*
 * True where @text is about the disk, a partition or a boot area of it, its slot or its port. Pure, and
 * by whole words: mmcblk1p2 is of mmcblk1, mmcblk10 is not.
 */
bool kmsg_is_about(const char *text, const struct kmsg_names *names);

/* True for what an operator should see who installs to that disk: the kernel's warnings and errors on
 * it (but not that it cannot discard), and of its news only that it was removed, found or reset. */
bool kmsg_is_news(const struct kmsg_record *record, const struct kmsg_names *names);

#endif
