/* SPDX-License-Identifier: MIT */
/*
 * layout - the places of partitions and boot loaders. layout_place() turns a description and the
 * size of a disk into explicit, checked starts and sizes in sectors; layout_table.h knows the place of
 * the table. Descriptions are built in or come from a file (layout_file.h). Pure, except for layout_random().
 */
#ifndef DEVICE_LAYOUT_LAYOUT_H
#define DEVICE_LAYOUT_LAYOUT_H

#include "device/base/diag.h"
#include "device/base/file_id.h"
#include "device/base/machine.h"
#include "device/base/util.h"
#include "device/layout/fs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum table_kind { TABLE_GPT, TABLE_MBR };

#define LAYOUT_PARTITIONS_MAX 128
#define LAYOUT_BLOBS_MAX      32
#define LAYOUT_ARCHIVES_MAX   7
#define LAYOUT_COPIES_MAX     32

#define LAYOUT_NO_TYPE (-1) /* 0 is a type of an MBR */

struct layout_partition {
	char name[36];
	uint64_t start, sectors; /* in 512-byte sectors, set by layout_place; 0 in a description */
	uint64_t offset_bytes;	 /* required start; 0: aligned, after what comes before it */
	uint64_t align_bytes;	 /* 0: the alignment of the layout */
	/* Number of blobs before it in the layout file, and the end of the room that is kept free before it. */
	unsigned blobs_before;
	uint64_t after_bytes;
	uint64_t size_bytes; /* 0 if it grows, or fits its blob */
	uint64_t min_bytes;  /* minimum size of a growing partition */
	bool grow, bootable;
	bool fits_blob;	     /* as large as its blob needs, up to the next alignment */
	char type_guid[37];  /* GPT */
	int type_mbr;	     /* a byte; LAYOUT_NO_TYPE: none */
	uint8_t type_hybrid; /* of its copy in the MBR of a GPT; 0: no copy */
	enum fs_kind fs;
	char label[17];	       /* of the filesystem */
	bool label_is_set;     /* by the layout file or layout_set_id, not a default */
	char mount[32];	       /* "/" or "/boot"; "" if not mounted */
	char mkfs_options[96]; /* extra arguments of mkfs, as allowed by mkfs_check_options */
	char partuuid[37];     /* GPT: UUID; MBR: "XXXXXXXX-NN", from the disk ID */
	char fs_uuid[37];      /* UUID; vfat: "XXXX-XXXX"; for both IDs "" means open */
	int line;	       /* of its section in the layout file; 0: built in */
};

/* A file that is written raw to a fixed place, such as a boot loader. */
enum blob_target { BLOB_DISK, BLOB_BOOT0, BLOB_BOOT1, BLOB_PARTITION };
struct layout_blob {
	char name[36];
	char file[256]; /* absolute path; "" if the layout names none */
	int missing;	/* errno of finding the file, the size is 0 then; 0 if it was found */
	bool is_given;	/* the operator has chosen the file, in place of the layout */
	enum blob_target target;
	char partition[36];    /* name of the partition, for BLOB_PARTITION */
	uint64_t offset_bytes; /* from the start of the target */
	struct file_id id;     /* identity of the file when the layout was loaded */
	uint64_t size_bytes;   /* size of the file when the layout was loaded */
	uint64_t max_bytes;    /* limit for size_bytes; 0: no limit */
	int line;
};

/* The end of the blob in its target, in bytes. One whose file is missing needs a byte at least. */
static inline uint64_t layout_blob_end(const struct layout_blob *blob)
{
	return blob->offset_bytes + blob->size_bytes + (blob->missing != 0);
}

/* An archive that fills one partition alone; that of "/" also fills those that have none. */
struct layout_archive {
	size_t partition; /* index */
	char file[512];	  /* absolute path */
};

/* A file, or a folder with all that is in it, that is copied into a partition after the archives. */
struct layout_copy {
	size_t partition; /* index */
	char name[96];	  /* in the partition: "extlinux/extlinux.conf" */
	char file[256];	  /* absolute path */
};

/* Fields of EXT_CSD to set; all zero: none. Ignored unless the target is an eMMC. */
enum emmc_boot { EMMC_BOOT_KEEP, EMMC_BOOT_NONE, EMMC_BOOT_BOOT0, EMMC_BOOT_BOOT1, EMMC_BOOT_USER };
enum emmc_ack { EMMC_ACK_KEEP, EMMC_ACK_ON, EMMC_ACK_OFF };
struct layout_emmc {
	enum emmc_boot boot; /* BOOT_PARTITION_ENABLE, bits 5:3 of byte 179 */
	enum emmc_ack ack;   /* BOOT_ACK, bit 6 of byte 179 */
	bool set_boot_bus;
	uint8_t boot_bus; /* BOOT_BUS_CONDITIONS, byte 177; valid if set_boot_bus */
};

/* The IDs that a layout leaves open: as the files of the archive name them, or always random. */
enum layout_identity { LAYOUT_IDENTITY_ARCHIVE, LAYOUT_IDENTITY_NEW };

struct layout {
	char name[32];
	char summary[96]; /* one line for the Layout screen */
	char file[256];	  /* absolute path of the layout file; "" if built in */
	char images[256]; /* of a genimage.cfg: the folder of its images; else "" */
	enum table_kind table;
	char disk_uuid[37]; /* GPT disk GUID, or MBR disk ID as 8 hex digits; "" means open */
	enum layout_identity identity;
	enum machine machine; /* of the board; MACHINE_UNKNOWN: any */
	uint64_t align_bytes;
	uint64_t gpt_entries_bytes; /* place of the entries; 0: behind the header */
	uint64_t min_bytes;	    /* required size of the disk; 0: as needed */
	/* Set by layout_place, of the disk. */
	uint64_t disk_sectors; /* of 512 bytes */
	uint32_t sector_bytes; /* the unit of its addresses */
	size_t count;
	struct layout_partition partitions[LAYOUT_PARTITIONS_MAX]; /* in the order on the disk */
	size_t blob_count;
	struct layout_blob blobs[LAYOUT_BLOBS_MAX]; /* in the order in which they are written */
	size_t archive_count;
	struct layout_archive archives[LAYOUT_ARCHIVES_MAX]; /* layout_archive.h */
	size_t copy_count;
	struct layout_copy
		copies[LAYOUT_COPIES_MAX]; /* layout_copy.h; in the order in which they are made */
	/* Set by layout_place: minimum sizes of boot0 and boot1 for their blobs. The caller
	 * compares them with the card. */
	uint64_t boot_bytes[2];
	struct layout_emmc emmc;
};

/* The built-in descriptions ("single-gpt", "single-mbr", "boot-root"), by index or by name. NULL
 * if there is no such description. */
const struct layout *layout_builtin(size_t index);
const struct layout *layout_find(const char *name);

/*
 * Checks a description for contradictions that do not depend on the size of the disk. Returns 0,
 * or -EINVAL with the reason in @diag, and the line if it came from a file.
 */
_must_check_ int layout_check(const struct layout *spec, struct diag *diag);
/* True for 512 bytes times a power of two. */
bool layout_is_alignment(uint64_t bytes);
/* Checks a placed layout for overlaps of partitions, blobs and the partition table. Returns as
 * layout_check. */
_must_check_ int layout_check_places(const struct layout *placed, struct diag *diag);

/*
 * Checks @spec and places its partitions on a disk of @disk_bytes with sectors of @sector_bytes (0: 512): aligned, in order,
 * within the area that the table leaves usable. The growing partition fills the rest. Partitions, blobs and the
 * table must not overlap.
 *
 * Returns 0; -ENOSPC if the disk is too small; -EINVAL for a contradiction. On failure @ret is
 * unchanged and @diag (not NULL) has the reason, and the line if it came from a file.
 */
_must_check_ int layout_place(const struct layout *spec, uint64_t disk_bytes, uint32_t sector_bytes,
	struct layout *ret, struct diag *diag);

/* Index of the partition named @name, or the number of partitions if not found. */
size_t layout_partition_named(const struct layout *layout, const char *name);

/* True if a partition is mounted, so that files go there. */
bool layout_holds_files(const struct layout *layout);
/* True if a partition is mounted on "/", so that the files of an archive go there. */
bool layout_takes_archive(const struct layout *layout);

/* Index of the partition that holds @path once all are mounted: the one with the longest mount
 * point above it. @path is relative to the root; "" is the root. The number of partitions if none
 * holds it. */
size_t layout_partition_of(const struct layout *layout, const char *path);

/* Smallest disk, in bytes, that @spec fits on. @spec must have passed layout_check. */
uint64_t layout_min_bytes(const struct layout *spec);

/* What a boot file may name a partition by. */
enum layout_id { LAYOUT_ID_FS_UUID, LAYOUT_ID_PARTUUID, LAYOUT_ID_LABEL };

/*
 * Sets an ID of the partition at @index of a placed layout, before layout_assign_ids, to @value, in
 * the form that libblkid prints. A PARTUUID of an MBR sets the ID of the disk. Labels of built-in
 * layouts are defaults, which yield.
 *
 * Returns false, with @layout unchanged, if the layout cannot have the ID: it is not valid for the
 * filesystem or the table, the layout has another one there, or another partition has it. Returns
 * true if the layout has that ID already.
 */
bool layout_set_id(struct layout *layout, size_t index, enum layout_id kind, const char *value);

/* Sets the IDs of the disk, partitions and filesystems that @layout leaves open. @random fills
 * @size bytes; layout_random is the usual one. */
void layout_assign_ids(struct layout *layout, void (*random)(void *buf, size_t size));
void layout_random(void *buf, size_t size); /* getrandom(2) */

#endif
