/* SPDX-License-Identifier: MIT */
/*
 * cmdline - finds the devices that the kernel command line names: root= and related parameters.
 * For a system that runs from memory, nothing else shows which medium it was started from. Pure.
 *
 * The forms are those of the kernel (admin-guide/kernel-parameters.txt, block/early-lookup.c), of
 * dracut (dracut.cmdline(7)), initramfs-tools, overlayroot and Debian's live-boot(7).
 */
#ifndef DEVICE_USAGE_CMDLINE_H
#define DEVICE_USAGE_CMDLINE_H

#include "device/base/util.h"
#include "device/disk/disk.h"

enum cmdline_kind {
	CMDLINE_NODE,	   /* "/dev/mmcblk0p2", in value */
	CMDLINE_NUMBER,	   /* "179:2", "b302" */
	CMDLINE_PARTUUID,  /* of a partition */
	CMDLINE_PARTLABEL, /* name of a partition */
	CMDLINE_UUID,	   /* of a filesystem */
	CMDLINE_LABEL,	   /* of a filesystem */
	CMDLINE_OPAQUE,	   /* a disk in an unknown form ("zfs:rpool/root"), or too long */
};

struct cmdline_device {
	enum cmdline_kind kind;
	uint32_t major, minor;
	char value[160]; /* unescaped; may have a suffix: "abcd-02/PARTNROFF=1", "LABEL:crypt" */
	char text[64];	 /* "root=PARTUUID=abcd-02", sanitised, may be cut */
};

/* Calls @each for every device that @cmdline names, except those in memory, on the network or on
 * raw flash. Stops at the first non-zero value of @each and returns it. 0 or -ENOMEM. */
_must_check_ int cmdline_each(
	const char *cmdline, int (*each)(void *arg, const struct cmdline_device *name), void *arg);

/*
 * Finds the value of the parameter @key as the kernel does: blanks between double quotes belong to
 * the value, the last one counts, and those behind "--" are for init. "" for a parameter without
 * "=". False, and @ret "", if there is none or it does not fit.
 */
bool cmdline_find(const char *cmdline, const char *key, char *ret, size_t size);

/*
 * True if the disk may have the device @name although no disk is known to have it: a UUID or
 * label may be in content that could not be read (disk_content_has_gap), and the kernel numbers
 * cards and disks again at each start, so that a missing partition of mmcblk1 may be the same
 * partition of mmcblk0. Names of other forms ("/dev/mapper/root", not set up) may be on any disk.
 */
bool cmdline_may_be_on(const struct cmdline_device *name, const struct disk *disk);

/* True if the content of a disk has the UUID or label @name. */
bool cmdline_matches(const struct cmdline_device *name, const struct disk_content *content);

#endif
