/* SPDX-License-Identifier: MIT */
/*
 * cmdline - the devices that the kernel command line names: root= and its kin. For a system that
 * runs from memory they are all that tells which medium it was started from. Pure.
 *
 * The forms are those of the kernel (admin-guide/kernel-parameters.txt, block/early-lookup.c), of
 * dracut (dracut.cmdline(7)), initramfs-tools, overlayroot and Debian's live-boot(7).
 */
#ifndef DEVICE_USAGE_CMDLINE_H
#define DEVICE_USAGE_CMDLINE_H

#include "device/base/util.h"
#include "device/disk/disk.h"

enum cmdline_kind {
	CMDLINE_NODE,	   /* "/dev/mmcblk0p2": in value */
	CMDLINE_NUMBER,	   /* "179:2", "b302" */
	CMDLINE_PARTUUID,  /* of a partition */
	CMDLINE_PARTLABEL, /* name of a partition */
	CMDLINE_UUID,	   /* of a filesystem */
	CMDLINE_LABEL,	   /* of a filesystem */
	CMDLINE_OPAQUE, /* a disk, in a way that nobody here knows ("zfs:rpool/root"), or too long */
};

struct cmdline_device {
	enum cmdline_kind kind;
	uint32_t major, minor;
	char value[160]; /* unescaped; may have a tail: "abcd-02/PARTNROFF=1", "LABEL:crypt" */
	char text[64];	 /* "root=PARTUUID=abcd-02", sanitised, may be cut */
};

/* Calls @each for every device that is named in @cmdline. What lies in memory, on the network or on raw
 * flash is none. Stops and returns its value where @each returns non-zero. 0 or -ENOMEM. */
_must_check_ int cmdline_each(
	const char *cmdline, int (*each)(void *arg, const struct cmdline_device *name), void *arg);

/*
 * True where the disk may be the one that @name names, though the name is found nowhere: a UUID or label
 * may be in a gap of its content (disk.h), and the kernel counts cards and disks anew at each start, so
 * that the partition of mmcblk1 that is missing may be the same partition of mmcblk0. A name of another
 * kind ("/dev/mapper/root", not set up) may be on any disk.
 */
bool cmdline_may_be_on(const struct cmdline_device *name, const struct disk *disk);

/* True where the content of a disk has what @name, a UUID or a label, names. */
bool cmdline_matches(const struct cmdline_device *name, const struct disk_content *content);

#endif
