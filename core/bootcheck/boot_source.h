/* SPDX-License-Identifier: MIT */
/*
 * boot_source - how a boot file names a filesystem: "UUID=...", "/dev/mmcblk0p2". Pure.
 */
#ifndef CORE_BOOTCHECK_BOOT_SOURCE_H
#define CORE_BOOTCHECK_BOOT_SOURCE_H

#include "device/layout/layout.h"

enum boot_source_kind {
	BOOT_SOURCE_OTHER, /* a network, memory, a mapped device, something unknown: not judged */
	BOOT_SOURCE_UUID,
	BOOT_SOURCE_LABEL,
	BOOT_SOURCE_PARTUUID,
	BOOT_SOURCE_PARTLABEL,
	BOOT_SOURCE_NUMBER, /* "/dev/mmcblk0p2", "/dev/sda2": only the number is known */
};

struct boot_source {
	enum boot_source_kind kind;
	char value[40];
	unsigned number; /* of the partition, for BOOT_SOURCE_NUMBER */
};

/* Parses the first field of an fstab line, or the value of root=. Names of udev's links in
 * /dev/disk are as the others. A value with a variable or a placeholder in it is
 * BOOT_SOURCE_OTHER. */
struct boot_source boot_source_parse(const char *text);

/* True unless @source certainly names something else than partition @index of the placed @layout
 * with its IDs. */
bool boot_source_is(const struct boot_source *source, const struct layout *layout, size_t index);

/* False if @source certainly names no partition of the disk that @layout describes. */
bool boot_source_is_own(const struct boot_source *source, const struct layout *layout);

#endif
