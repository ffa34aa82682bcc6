/* SPDX-License-Identifier: MIT */
/*
 * layout - where the partitions lie: a description and a disk's size -> explicit starts and sizes
 * in sectors, checked. Pure. Partition tools place and size silently otherwise (device.md 4.1).
 */
#ifndef DEVICE_LAYOUT_H
#define DEVICE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum table_kind { TABLE_GPT, TABLE_MBR };
enum fs_kind { FS_NONE, FS_EXT4, FS_VFAT, FS_KIND_COUNT };

#define LAYOUT_PARTITIONS_MAX 8

struct layout_partition {
	char name[36];
	uint64_t start, sectors; /* in 512-byte sectors; 0 in a description: placed by layout_plan */
	uint64_t size_bytes;     /* asked for; 0 where it grows */
	uint64_t min_bytes;      /* least size of one that grows */
	bool grow, bootable;
	char type_guid[37];      /* GPT */
	uint8_t type_mbr;
	enum fs_kind fs;
	char label[17];          /* of the filesystem */
	char mount[32];          /* "/" or "/boot", "" where not mounted */
	char partuuid[37];       /* GPT: UUID; MBR: "XXXXXXXX-NN" derived from the disk's id */
	char fs_uuid[37];        /* ext4: UUID; vfat: "XXXX-XXXX" */
};

struct layout {
	char name[32];
	char summary[96];        /* one line for the Layout screen */
	enum table_kind table;
	char disk_uuid[37];      /* GPT disk GUID, or the MBR's id as 8 hex digits */
	uint64_t align_bytes;
	uint64_t disk_sectors;   /* set by layout_plan */
	size_t count;
	struct layout_partition partitions[LAYOUT_PARTITIONS_MAX]; /* in the order on the disk */
};

/* What is wrong with what a person wrote; line 0 where it has none. */
struct diag {
	int line;
	char text[160];
};

/* Fills @diag with a sentence that is about no line, and returns @error, for `return`. */
int diag_fail(struct diag *diag, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The built-in descriptions ("single-gpt", "single-mbr", "boot-root"); NULL past the last. */
const struct layout *layout_builtin(size_t index);
const struct layout *layout_find(const char *name);

/*
 * Places every partition of @spec on a disk of @disk_bytes: aligned, in order, inside what the
 * table leaves usable, the growing one filling the rest. @ret is untouched on failure.
 * 0; -ENOSPC too small, -EINVAL a contradiction; then @diag (not NULL) has the sentence.
 */
int layout_plan(const struct layout *spec, uint64_t disk_bytes, struct layout *ret, struct diag *diag);

/* Least size in bytes of a disk that @spec, a sound description, fits on. */
uint64_t layout_min_bytes(const struct layout *spec);

/* Gives the disk, partitions and filesystems their UUIDs, from @random: fills @size bytes. */
void layout_assign_ids(struct layout *layout, void (*random)(void *buf, size_t size));
void layout_random(void *buf, size_t size); /* getrandom(2), for the line above */

/* "ext4", "vfat", "none". */
const char *fs_name(enum fs_kind fs);

#endif
