/* SPDX-License-Identifier: MIT */
/* probe - reads the content of one device with libblkid, in the calling process. Reading a bad
 * card may block in the kernel for minutes, so core/disks/prober runs it in a child with a deadline
 * for the list of disks. For a single named target or image the front ends call it directly. */
#ifndef DEVICE_DISK_PROBE_H
#define DEVICE_DISK_PROBE_H

#include "device/disk/disk.h"

/* Probes the block device or image at @path, opened read-only. Always fills @ret, also on an
 * error (CONTENT_DENIED, CONTENT_UNREADABLE). All strings are sanitised. */
void probe_content(const char *path, struct disk_content *ret);
/* The same for a descriptor that is open for reading, without boot loaders; hold stays HOLD_NONE. */
void probe_content_fd(int fd, struct disk_content *ret);

#endif
