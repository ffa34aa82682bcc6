/* SPDX-License-Identifier: MIT */
/*
 * signatures - erases what identifies an old filesystem, RAID, volume or partition table in a part
 * of a disk. blkid and udev call a new filesystem ambivalent if an old signature is left beside it,
 * and then neither its label nor its UUID leads to it.
 */
#ifndef DEVICE_TARGET_SIGNATURES_H
#define DEVICE_TARGET_SIGNATURES_H

#include "device/base/util.h"

#include <stdint.h>

/*
 * Erases all signatures in the @size_bytes from @offset_bytes of the disk open read-write at @fd:
 * zeroes the fixed places of superblocks and of their copies, then erases whatever libblkid still
 * finds, until it finds nothing. Writes only there, and does not flush. Returns 0 or -errno; -EIO if
 * libblkid cannot read it or finds the same again and again.
 */
_must_check_ int signatures_wipe(int fd, uint64_t offset_bytes, uint64_t size_bytes);

#endif
