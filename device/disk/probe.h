/* SPDX-License-Identifier: MIT */
/*
 * probe - what libblkid says of one device. A plain call without a fork: reading a bad card may
 * block in the kernel for minutes, so core/disks/inventory runs it in a child with a deadline.
 */
#ifndef DEVICE_DISK_PROBE_H
#define DEVICE_DISK_PROBE_H

#include "device/disk/disk.h"

/* Probes the block device or image at @path, opened read-only. Always fills @ret: an error is an
 * answer too (CONTENT_DENIED, CONTENT_UNREADABLE). All strings are sanitised. */
void probe_content(const char *path, struct disk_content *ret);
/* The same for a descriptor that is open for reading. */
void probe_content_fd(int fd, struct disk_content *ret);

#endif
