/* SPDX-License-Identifier: MIT */
/* layout_place - places the partitions of a description on a disk. */
#include "device/layout/layout.h"

#include "device/base/human.h"
#include "device/base/util.h"
#include "device/disk/disk.h"
#include "device/layout/layout_table.h"

#include <errno.h>
#include <string.h>

/* The end of the growing partition is rounded down to a multiple of this. */
#define GROW_BYTES MIB(1)
/* An MBR has 32-bit starts and sizes, in sectors. */
#define MBR_MAX_SECTORS UINT32_MAX

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

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t alignment(const struct layout *spec, const struct layout_partition *p)
{
	return p->align_bytes ? p->align_bytes : spec->align_bytes;
}

/* The end of what is written to the partition. */
static uint64_t blobs_end(const struct layout *spec, const struct layout_partition *p)
{
	uint64_t end = 0;

	for (size_t i = 0; i < spec->blob_count; i++) {
		const struct layout_blob *blob = &spec->blobs[i];

		if (blob->target == BLOB_PARTITION && strcmp(blob->partition, p->name) == 0)
			end = max(end, layout_blob_end(blob));
	}
	return end;
}

/* The smallest size of the partition; a growing one is made larger. */
static uint64_t least_bytes(const struct layout *spec, const struct layout_partition *p)
{
	if (p->grow)
		return max(max(p->min_bytes, fs_min_bytes(p->fs)), blobs_end(spec, p));
	return p->fits_blob ? round_up(blobs_end(spec, p), alignment(spec, p)) : p->size_bytes;
}

/* The start of a partition without an offset: behind the previous one, which ends at @end, and behind what the
 * layout file has before it. */
static uint64_t next_start(const struct layout *spec, size_t index, uint64_t end)
{
	const struct layout_partition *p = &spec->partitions[index];

	for (size_t i = 0; i < p->blobs_before; i++) {
		const struct layout_blob *blob = &spec->blobs[i];

		if (blob->target == BLOB_DISK)
			end = max(end, max(layout_blob_end(blob),
					       add(blob->offset_bytes, blob->max_bytes)));
	}
	end = max(end, p->after_bytes);
	if (table_is_logical(spec, index))
		end = add(end, spec->align_bytes); /* a table comes before it */
	return round_up(end, alignment(spec, p));
}

/*
 * Places the partitions, the growing one at its minimum size, in @ret unless it is NULL. Returns
 * the end of the last one, in bytes.
 */
static uint64_t place(const struct layout *spec, struct layout *ret)
{
	uint64_t end = table_end_bytes(spec);

	for (size_t i = 0; i < spec->count; i++) {
		const struct layout_partition *p = &spec->partitions[i];
		uint64_t start = p->offset_bytes;

		if (start == 0)
			start = next_start(spec, i, end);
		end = add(start, least_bytes(spec, p));
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
			end = max(end, layout_blob_end(blob));
	}
	end = round_up(end, KIB(4)); /* the backup begins with a sector, of whatever size */
	return max(add(end, table_tail_bytes(spec)), spec->min_bytes);
}

int layout_place(const struct layout *spec, uint64_t disk_bytes, uint32_t sector_bytes,
	struct layout *ret, struct diag *diag)
{
	uint64_t need, end;
	struct layout planned = *spec;
	struct layout_partition *last;
	int r;

	r = layout_check(spec, diag);
	if (r < 0)
		return r;
	planned.sector_bytes = sector_bytes ? sector_bytes : SECTOR_BYTES;
	need = layout_min_bytes(&planned);
	if (disk_bytes < need)
		return diag_fail(diag, -ENOSPC, "layout %s needs %llu MiB, the disk has %llu MiB",
			spec->name, (unsigned long long)(round_up(need, MIB(1)) >> 20),
			(unsigned long long)(disk_bytes >> 20));
	end = place(&planned, &planned);
	last = &planned.partitions[planned.count - 1];
	if (last->grow) {
		end = (disk_bytes - table_tail_bytes(&planned)) & ~(GROW_BYTES - 1);
		last->sectors = end / SECTOR_BYTES - last->start;
	}
	if (spec->table == TABLE_MBR && end / planned.sector_bytes > MBR_MAX_SECTORS)
		return diag_fail(diag, -EINVAL, "an MBR supports at most %s here: use a GPT",
			human_exact((uint64_t)planned.sector_bytes << 32).s);
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
