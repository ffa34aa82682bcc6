/* SPDX-License-Identifier: MIT */
/*
 * layout - where partitions and boot loaders lie: a description and a disk's size -> explicit starts
 * and sizes in sectors, checked. Pure. Partition tools place and size silently otherwise (device.md
 * 4.1). Descriptions are built in, or come from a file (layout_file.h).
 */
#ifndef DEVICE_LAYOUT_LAYOUT_H
#define DEVICE_LAYOUT_LAYOUT_H

#include "device/base/diag.h"
#include "device/base/file_id.h"
#include "device/layout/fs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum table_kind { TABLE_GPT, TABLE_MBR };

#define LAYOUT_PARTITIONS_MAX 8
#define LAYOUT_BLOBS_MAX      8

struct layout_partition {
	char name[36];
	uint64_t start,
		sectors;       /* in 512-byte sectors; 0 in a description: placed by layout_plan */
	uint64_t offset_bytes; /* where it must begin; 0: aligned, behind the one before */
	uint64_t size_bytes;   /* asked for; 0 where it grows */
	uint64_t min_bytes;    /* least size of one that grows */
	bool grow, bootable;
	char type_guid[37]; /* GPT */
	uint8_t type_mbr;
	enum fs_kind fs;
	char label[17];	       /* of the filesystem */
	char mount[32];	       /* "/" or "/boot", "" where not mounted */
	char mkfs_options[96]; /* more words for mkfs, as mkfs_check_options allows them */
	char partuuid[37];     /* GPT: UUID; MBR: "XXXXXXXX-NN" derived from the disk's id */
	char fs_uuid[37];      /* UUID; vfat: "XXXX-XXXX". Both: "" in a description means random */
	int line;	       /* where the layout file describes it; 0: built in */
};

/* A boot loader, or another file that is written as it is, to a fixed place. */
enum blob_target { BLOB_DISK, BLOB_BOOT0, BLOB_BOOT1, BLOB_PARTITION };
struct layout_blob {
	char name[36];
	char file[256]; /* absolute path */
	enum blob_target target;
	char partition[36];    /* its name, of BLOB_PARTITION */
	uint64_t offset_bytes; /* from the start of the target */
	struct file_id id;     /* of the file, when the layout was loaded */
	uint64_t size_bytes;   /* then, too */
	uint64_t max_bytes;    /* what it must not exceed; 0: nothing */
	int line;
};

/* What is to be set of an eMMC's EXT_CSD; all zero: nothing. Not of a target that is none. */
enum emmc_boot { EMMC_BOOT_KEEP, EMMC_BOOT_NONE, EMMC_BOOT_BOOT0, EMMC_BOOT_BOOT1, EMMC_BOOT_USER };
enum emmc_ack { EMMC_ACK_KEEP, EMMC_ACK_ON, EMMC_ACK_OFF };
struct layout_emmc {
	enum emmc_boot boot; /* BOOT_PARTITION_ENABLE, bits 5:3 of byte 179 */
	enum emmc_ack ack;   /* BOOT_ACK, bit 6 of byte 179 */
	bool set_boot_bus;
	uint8_t boot_bus; /* BOOT_BUS_CONDITIONS, byte 177, where set_boot_bus */
};

struct layout {
	char name[32];
	char summary[96]; /* one line for the Layout screen */
	char file[256];	  /* absolute path of the layout file; "" of one that is built in */
	enum table_kind table;
	char disk_uuid[37]; /* GPT disk GUID, or the MBR's id as 8 hex digits */
	uint64_t align_bytes;
	uint64_t min_bytes;    /* least size of the disk that is asked for; 0: as needed */
	uint64_t disk_sectors; /* set by layout_plan */
	size_t count;
	struct layout_partition partitions[LAYOUT_PARTITIONS_MAX]; /* in the order on the disk */
	size_t blob_count;
	struct layout_blob blobs[LAYOUT_BLOBS_MAX]; /* in the order in which they are written */
	/* Set by layout_plan: how large boot0 and boot1 must be at least for their blobs. Only the
	 * disk can tell whether they are. */
	uint64_t boot_bytes[2];
	struct layout_emmc emmc;
};

/* The built-in descriptions ("single-gpt", "single-mbr", "boot-root"); NULL past the last. */
const struct layout *layout_builtin(size_t index);
const struct layout *layout_find(const char *name);

/*
 * Looks for contradictions in a description that no disk's size can solve. 0, or -EINVAL with the
 * sentence in @diag.
 */
int layout_check(const struct layout *spec, struct diag *diag);
/* The same for a layout that is placed, or placed at its least size: what lies over what. */
int layout_check_places(const struct layout *placed, struct diag *diag);

/*
 * Places every partition of @spec on a disk of @disk_bytes: aligned, in order, inside what the
 * table leaves usable, the growing one filling the rest; blobs must lie beside all of this. @ret is
 * untouched on failure. 0; -ENOSPC too small, -EINVAL a contradiction; then @diag (not NULL) has
 * the sentence, and the line where it came from a file.
 */
int layout_plan(
	const struct layout *spec, uint64_t disk_bytes, struct layout *ret, struct diag *diag);

/* Index of the partition with this name; the count of partitions where there is none. */
size_t layout_partition_named(const struct layout *layout, const char *name);

/* Least size in bytes of a disk that @spec, a sound description, fits on. */
uint64_t layout_min_bytes(const struct layout *spec);

/* Gives the disk, partitions and filesystems the UUIDs that @layout leaves open, from @random: fills
 * @size bytes. */
void layout_assign_ids(struct layout *layout, void (*random)(void *buf, size_t size));
void layout_random(void *buf, size_t size); /* getrandom(2), for the line above */

#endif
