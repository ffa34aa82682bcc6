/* SPDX-License-Identifier: MIT */
/* layout_check - finds contradictions in a layout: layout_check() those of the description alone,
 * layout_check_places() overlaps once everything is placed. */
#include "device/layout/layout.h"

#include "device/base/human.h"
#include "device/base/util.h"
#include "device/disk/disk.h"
#include "device/layout/id.h"

#include <errno.h>
#include <string.h>

/* Unit of starts and sizes, so that they also fit a disk with 4096-byte sectors. */
#define BLOCK_BYTES	   4096u
#define MBR_PARTITIONS_MAX 4

/* Byte ranges that no blob may touch: the partition table in the first sector, whose first 440
 * bytes are for boot code, and the primary GPT with 128 entries, which takes 34 sectors of 512
 * bytes or 6 of 4096. layout_min_bytes() keeps the backup GPT free. */
#define MBR_START     440u
#define MBR_END	      512u
#define GPT_END_BYTES (6 * BLOCK_BYTES)

/* ---- the description ---- */

/* True for an absolute path without "//", "/./", "/../" or a trailing "/": mount points are
 * compared as strings. */
static bool is_mount_point(const char *path)
{
	const char *name = path;

	if (path[0] != '/')
		return false;
	if (path[1] == '\0')
		return true;
	while (*name == '/') {
		size_t length = strcspn(++name, "/");

		if (length == 0 || (length == 1 && name[0] == '.') ||
			(length == 2 && name[0] == '.' && name[1] == '.'))
			return false;
		name += length;
	}
	return true;
}

static int check_size(
	const struct layout *spec, const struct layout_partition *p, struct diag *diag)
{
	if (p->grow && p != &spec->partitions[spec->count - 1])
		return diag_fail_at(diag, p->line, -EINVAL,
			"partition %s grows but is not the last one", p->name);
	if (p->grow && p->size_bytes != 0)
		return diag_fail_at(
			diag, p->line, -EINVAL, "partition %s has a size and also grows", p->name);
	if (!p->grow && (p->size_bytes == 0 || p->size_bytes % BLOCK_BYTES != 0))
		return diag_fail_at(diag, p->line, -EINVAL,
			"size of partition %s is not a multiple of 4 KiB", p->name);
	if (!p->grow && p->size_bytes < fs_min_bytes(p->fs))
		return diag_fail_at(diag, p->line, -EINVAL,
			"partition %s is too small for %s, which needs %s", p->name, fs_name(p->fs),
			human_exact(fs_min_bytes(p->fs)).s);
	if (p->offset_bytes % BLOCK_BYTES != 0)
		return diag_fail_at(diag, p->line, -EINVAL,
			"offset of partition %s is not a multiple of 4 KiB", p->name);
	return 0;
}

/* The partuuid of a layout file is checked here: the table may come after the partition. */
static int check_partuuid(
	const struct layout *spec, const struct layout_partition *p, struct diag *diag)
{
	char derived[ID_BYTES], id[ID_BYTES];

	id_make_mbr(spec->disk_uuid, (size_t)(p - spec->partitions), derived);
	if (p->partuuid[0] == '\0')
		return 0;
	if (spec->table == TABLE_GPT && !id_of_partition(TABLE_GPT, p->partuuid, id))
		return diag_fail_at(diag, p->line, -EINVAL,
			"partuuid %s of partition %s is not a UUID", p->partuuid, p->name);
	if (spec->table == TABLE_MBR && strcasecmp(p->partuuid, derived) != 0)
		return diag_fail_at(diag, p->line, -EINVAL,
			"partition %s cannot have the partuuid %s: an MBR derives it from the ID of "
			"the disk. Use disk { id = ... } instead",
			p->name, p->partuuid);
	return 0;
}

static int check_partition(
	const struct layout *spec, const struct layout_partition *p, struct diag *diag)
{
	int r;

	if (p->name[0] == '\0')
		return diag_fail_at(diag, p->line, -EINVAL, "a partition has no name");
	r = check_size(spec, p, diag);
	if (r < 0)
		return r;
	if (spec->table == TABLE_GPT ? p->type_guid[0] == '\0' : p->type_mbr == 0)
		return diag_fail_at(diag, p->line, -EINVAL,
			spec->table == TABLE_GPT ? "type of partition %s is valid only on an MBR"
						 : "type of partition %s is valid only on a GPT",
			p->name);
	r = check_partuuid(spec, p, diag);
	if (r < 0)
		return r;
	if (strlen(p->label) > fs_label_max(p->fs))
		return diag_fail_at(diag, p->line, -EINVAL, "label %s is too long for %s", p->label,
			fs_name(p->fs));
	if (!fs_label_fits(p->fs, p->label))
		return diag_fail_at(diag, p->line, -EINVAL,
			"label '%s' has a character that is not allowed on %s", p->label,
			fs_name(p->fs));
	if (p->mount[0] != '\0' && (!is_mount_point(p->mount) || !fs_holds_files(p->fs)))
		return diag_fail_at(diag, p->line, -EINVAL, "partition %s cannot be mounted on %s",
			p->name, p->mount);
	for (const struct layout_partition *other = spec->partitions; other < p; other++) {
		if (strcmp(p->name, other->name) == 0)
			return diag_fail_at(
				diag, p->line, -EINVAL, "two partitions have the name %s", p->name);
		if (p->mount[0] != '\0' && strcmp(p->mount, other->mount) == 0)
			return diag_fail_at(diag, p->line, -EINVAL,
				"two partitions are mounted on %s", p->mount);
		if (p->partuuid[0] != '\0' && strcasecmp(p->partuuid, other->partuuid) == 0)
			return diag_fail_at(diag, p->line, -EINVAL,
				"partitions %s and %s have the same partuuid", other->name,
				p->name);
		if (p->fs_uuid[0] != '\0' && strcasecmp(p->fs_uuid, other->fs_uuid) == 0)
			return diag_fail_at(diag, p->line, -EINVAL,
				"partitions %s and %s have the same uuid", other->name, p->name);
	}
	return 0;
}

static int check_blob(const struct layout *spec, const struct layout_blob *blob, struct diag *diag)
{
	if (blob->size_bytes == 0)
		return diag_fail_at(diag, blob->line, -EINVAL, "blob %s is empty", blob->name);
	if (blob->max_bytes != 0 && blob->size_bytes > blob->max_bytes)
		return diag_fail_at(diag, blob->line, -EINVAL,
			"blob %s is larger than its max: %s instead of %s", blob->name,
			human_exact(blob->size_bytes).s, human_exact(blob->max_bytes).s);
	if (blob->target == BLOB_PARTITION) {
		size_t i = layout_partition_named(spec, blob->partition);
		const struct layout_partition *p = &spec->partitions[i];

		if (i == spec->count)
			return diag_fail_at(diag, blob->line, -EINVAL,
				"blob %s: there is no partition %s", blob->name, blob->partition);
		if (p->fs != FS_NONE)
			return diag_fail_at(diag, blob->line, -EINVAL,
				"blob %s would destroy the %s of partition %s: its format must be "
				"none",
				blob->name, fs_name(p->fs), p->name);
	}
	return 0;
}

int layout_check(const struct layout *spec, struct diag *diag)
{
	size_t roots = 0;
	int r;

	if (spec->count == 0 || spec->count > LAYOUT_PARTITIONS_MAX)
		return diag_fail(
			diag, -EINVAL, "a layout has 1 to %d partitions", LAYOUT_PARTITIONS_MAX);
	if (spec->table == TABLE_MBR && spec->count > MBR_PARTITIONS_MAX)
		return diag_fail(
			diag, -EINVAL, "an MBR has at most %d partitions", MBR_PARTITIONS_MAX);
	if (spec->align_bytes < MIB(1) || (spec->align_bytes & (spec->align_bytes - 1)) != 0)
		return diag_fail(diag, -EINVAL, "the alignment is not 1 MiB times a power of two");
	for (size_t i = 0; i < spec->count; i++) {
		r = check_partition(spec, &spec->partitions[i], diag);
		if (r < 0)
			return r;
		roots += strcmp(spec->partitions[i].mount, "/") == 0;
	}
	if (roots != 1)
		return diag_fail(diag, -EINVAL, "no partition is mounted on /");
	for (size_t i = 0; i < spec->blob_count; i++) {
		r = check_blob(spec, &spec->blobs[i], diag);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- the places ---- */

static bool overlaps(const struct layout_blob *blob, uint64_t start, uint64_t end)
{
	return blob->offset_bytes < end && blob->offset_bytes + blob->size_bytes > start;
}

/* Checks a blob on the disk itself against the table and the partitions. */
static int check_disk_blob(
	const struct layout *placed, const struct layout_blob *blob, struct diag *diag)
{
	struct human_text from = human_exact(blob->offset_bytes);
	struct human_text size = human_exact(blob->size_bytes);

	if (overlaps(blob, MBR_START, MBR_END))
		return diag_fail_at(diag, blob->line, -EINVAL,
			"blob %s (%s at %s) overlaps the partition table (bytes 440 to 511)",
			blob->name, size.s, from.s);
	if (placed->table == TABLE_GPT && overlaps(blob, MBR_END, GPT_END_BYTES))
		return diag_fail_at(diag, blob->line, -EINVAL,
			"blob %s (%s at %s) overlaps the GPT (up to 24 KiB): move it, or use an "
			"MBR",
			blob->name, size.s, from.s);
	for (size_t i = 0; i < placed->count; i++) {
		const struct layout_partition *p = &placed->partitions[i];
		uint64_t start = p->start * SECTOR_BYTES;
		/* A growing partition has no fixed end: reject blobs after it on any disk. */
		uint64_t end = p->grow ? UINT64_MAX : start + p->sectors * SECTOR_BYTES;

		if (overlaps(blob, start, end))
			return diag_fail_at(diag, blob->line, -EINVAL,
				"blob %s (%s at %s) overlaps partition %s, which begins at %s",
				blob->name, size.s, from.s, p->name, human_exact(start).s);
	}
	return 0;
}

static int check_blob_place(
	const struct layout *placed, const struct layout_blob *blob, struct diag *diag)
{
	int r = 0;

	if (blob->target == BLOB_DISK)
		r = check_disk_blob(placed, blob, diag);
	if (r < 0)
		return r;
	if (blob->target == BLOB_PARTITION) {
		const struct layout_partition *p =
			&placed->partitions[layout_partition_named(placed, blob->partition)];

		if (blob->offset_bytes + blob->size_bytes > p->sectors * SECTOR_BYTES)
			return diag_fail_at(diag, blob->line, -EINVAL,
				"blob %s does not fit in partition %s", blob->name, p->name);
	}
	for (const struct layout_blob *other = placed->blobs; other < blob; other++) {
		if (other->target != blob->target || strcmp(other->partition, blob->partition) != 0)
			continue;
		if (overlaps(blob, other->offset_bytes, other->offset_bytes + other->size_bytes))
			return diag_fail_at(diag, blob->line, -EINVAL, "blob %s overlaps blob %s",
				blob->name, other->name);
	}
	return 0;
}

int layout_check_places(const struct layout *placed, struct diag *diag)
{
	uint64_t end = (placed->table == TABLE_GPT ? GPT_END_BYTES : BLOCK_BYTES) / SECTOR_BYTES;
	const char *before = "the partition table";

	for (size_t i = 0; i < placed->count; i++) {
		const struct layout_partition *p = &placed->partitions[i];

		if (p->start < end)
			return diag_fail_at(diag, p->line, -EINVAL,
				"partition %s begins at %s, inside %s%s", p->name,
				human_exact(p->start * SECTOR_BYTES).s, i > 0 ? "partition " : "",
				before);
		end = p->start + p->sectors;
		before = p->name;
	}
	for (size_t i = 0; i < placed->blob_count; i++) {
		int r = check_blob_place(placed, &placed->blobs[i], diag);

		if (r < 0)
			return r;
	}
	return 0;
}
