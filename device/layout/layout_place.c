/* SPDX-License-Identifier: MIT */
/* layout_place - places the partitions of a description on a disk. */
#include "device/layout/layout.h"

#include "device/base/util.h"
#include "device/disk/disk.h"

#include <errno.h>

/* Unit of starts and sizes, so that they also fit a disk with 4096-byte sectors. */
#define BLOCK_BYTES 4096u
/* Backup GPT after the last partition: 33 sectors of 512 bytes, or 5 of 4096. */
#define GPT_TAIL_BYTES (5 * BLOCK_BYTES)
/* The end of the growing partition is rounded down to a multiple of this. */
#define GROW_BYTES MIB(1)
/* An MBR has 32-bit starts and sizes, in sectors. */
#define MBR_MAX_BYTES (GIB(2048) - BLOCK_BYTES)

/* Rounds up to a multiple of @to, a power of two. Saturates, so that a sum of huge sizes cannot
 * wrap to a small one. */
static uint64_t round_up(uint64_t value, uint64_t to)
{
	return value > UINT64_MAX - to ? UINT64_MAX & ~(to - 1) : (value + to - 1) & ~(to - 1);
}

static uint64_t add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t tail_bytes(const struct layout *spec)
{
	return spec->table == TABLE_GPT ? GPT_TAIL_BYTES : 0;
}

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/*
 * Places the partitions, the growing one at its minimum size, in @ret unless it is NULL. Returns
 * the end of the last one, in bytes.
 */
static uint64_t place(const struct layout *spec, struct layout *ret)
{
	uint64_t end = 1; /* not 0: the partition table and the boot loader come first */

	for (size_t i = 0; i < spec->count; i++) {
		const struct layout_partition *p = &spec->partitions[i];
		uint64_t start =
			p->offset_bytes ? p->offset_bytes : round_up(end, spec->align_bytes);

		end = add(start, p->grow ? max(p->min_bytes, fs_min_bytes(p->fs)) : p->size_bytes);
		if (p->grow)
			end = round_up(end > start ? end : add(start, 1), GROW_BYTES);
		if (ret) {
			ret->partitions[i].start = start / SECTOR_BYTES;
			ret->partitions[i].sectors = (end - start) / SECTOR_BYTES;
		}
	}
	return end;
}

/* A blob may end after the last partition; the backup GPT comes after both. */
uint64_t layout_min_bytes(const struct layout *spec)
{
	uint64_t end = place(spec, NULL);

	for (size_t i = 0; i < spec->blob_count; i++) {
		const struct layout_blob *blob = &spec->blobs[i];

		if (blob->target == BLOB_DISK)
			end = max(end, add(blob->offset_bytes, blob->size_bytes));
	}
	return max(add(end, tail_bytes(spec)), spec->min_bytes);
}

int layout_place(
	const struct layout *spec, uint64_t disk_bytes, struct layout *ret, struct diag *diag)
{
	uint64_t need, end;
	struct layout planned = *spec;
	struct layout_partition *last;
	int r;

	r = layout_check(spec, diag);
	if (r < 0)
		return r;
	need = layout_min_bytes(spec);
	if (disk_bytes < need)
		return diag_fail(diag, -ENOSPC, "layout %s needs %llu MiB, the disk has %llu MiB",
			spec->name, (unsigned long long)(round_up(need, MIB(1)) >> 20),
			(unsigned long long)(disk_bytes >> 20));
	end = place(spec, &planned);
	last = &planned.partitions[planned.count - 1];
	if (last->grow) {
		end = (disk_bytes - tail_bytes(spec)) & ~(GROW_BYTES - 1);
		last->sectors = end / SECTOR_BYTES - last->start;
	}
	if (spec->table == TABLE_MBR && end > MBR_MAX_BYTES)
		return diag_fail(diag, -EINVAL, "an MBR supports at most 2 TiB: use a GPT");
	planned.disk_sectors = disk_bytes / SECTOR_BYTES;
	r = layout_check_places(&planned, diag);
	if (r < 0)
		return r;
	for (size_t i = 0; i < planned.blob_count; i++) {
		const struct layout_blob *blob = &planned.blobs[i];

		if (blob->target == BLOB_BOOT0 || blob->target == BLOB_BOOT1) {
			uint64_t *least = &planned.boot_bytes[blob->target == BLOB_BOOT1];

			*least = max(*least, blob->offset_bytes + blob->size_bytes);
		}
	}
	*ret = planned;
	return 0;
}
