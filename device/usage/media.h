/* SPDX-License-Identifier: MIT */
/* media - lists mounted removable media: sticks, cards, drives that can be unplugged. */
#ifndef DEVICE_USAGE_MEDIA_H
#define DEVICE_USAGE_MEDIA_H

#include "device/base/util.h"
#include "device/disk/disk.h"

struct medium {
	char point[512];     /* mount point, absolute */
	char disk_name[32];  /* kernel name of the whole disk */
	enum disk_kind kind; /* of the disk */
	char model[48];	     /* of the disk, may be "" */
};

struct media {
	struct medium *list; /* owned; in the order of mounting, each mount point once */
	size_t count;
};

/* Lists the media of the machine below @root, except those that the system runs or boots from
 * ("/", "/boot", "/boot/efi"). 0 or -errno; free with media_finish. */
_must_check_ int media_load(int root, struct media *ret);
void media_finish(struct media *media);

#endif
