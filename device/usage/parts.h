/* SPDX-License-Identifier: MIT */
/* parts - the partitions of a disk for a list, as lsblk(8) shows them: kernel name, size, filesystem
 * and mount points. */
#ifndef DEVICE_USAGE_PARTS_H
#define DEVICE_USAGE_PARTS_H

#include "device/disk/disk.h"
#include "device/usage/mountinfo.h"

#define PART_MOUNTS_MAX 4

struct part {
	char name[DISK_PARTITION_NAME_MAX]; /* kernel name: "mmcblk0p1" */
	struct disk_partition partition;    /* strings are "" if the content was not read */
	char mounts[PART_MOUNTS_MAX][96];   /* "/mnt", "[SWAP]"; sanitised */
	uint32_t mount_count;		    /* may be larger than PART_MOUNTS_MAX */
};

struct parts {
	struct part list[DISK_PARTITIONS_MAX];
	uint32_t count; /* rows in list */
	uint32_t total; /* partitions; may be larger than count */
};

/* The mounts and swap areas of a machine. */
struct parts_use {
	struct mountinfo mounts;
	char *swaps; /* proc/swaps; owned */
};

/* Reads what is mounted and swapped on below @root. What cannot be read is empty. Free with
 * parts_use_finish. */
void parts_use_load(int root, struct parts_use *ret);
void parts_use_finish(struct parts_use *use);

/* Lists the partitions of @disk: those of its content, which the probe has read, or else those that
 * the kernel knows. Reads only sysfs, no device. */
void parts_of(int root, const struct parts_use *use, const struct disk *disk, struct parts *ret);

#endif
