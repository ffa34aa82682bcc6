/* SPDX-License-Identifier: MIT */
/* layout_check - finds contradictions in a layout: layout_check() those of the description alone,
 * layout_check_places() overlaps once everything is placed. */
#include "device/layout/layout.h"

#include "device/base/human.h"
#include "device/base/util.h"
#include "device/disk/disk.h"
#include "device/layout/id.h"
#include "device/layout/layout_archive.h"
#include "device/layout/layout_copy.h"
#include "device/layout/layout_table.h"

#include <errno.h>
#include <string.h>

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

/* A partition that is as large as its blob needs a blob, and has no other size. */
static int check_fit(const struct layout *spec, const struct layout_partition *p, struct diag *diag)
{
	if (p->grow || p->size_bytes != 0)
		return diag_fail_at(diag, p->line, -EINVAL,
			"partition %s has the size of its file and another one", p->name);
	for (size_t i = 0; i < spec->blob_count; i++)
		if (spec->blobs[i].target == BLOB_PARTITION &&
			strcmp(spec->blobs[i].partition, p->name) == 0)
			return 0;
	return diag_fail_at(diag, p->line, -EINVAL,
		"partition %s has the size of its file, but no blob is written to it", p->name);
}

bool layout_is_alignment(uint64_t bytes)
{
	return bytes >= SECTOR_BYTES && (bytes & (bytes - 1)) == 0;
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
	if (p->fits_blob)
		return check_fit(spec, p, diag);
	if (!p->grow && (p->size_bytes == 0 || p->size_bytes % SECTOR_BYTES != 0))
		return diag_fail_at(diag, p->line, -EINVAL,
			"size of partition %s is not a multiple of 512 bytes", p->name);
	if (!p->grow && p->size_bytes < fs_min_bytes(p->fs))
		return diag_fail_at(diag, p->line, -EINVAL,
			"partition %s is too small for %s, which needs %s", p->name, fs_name(p->fs),
			human_exact(fs_min_bytes(p->fs)).s);
	return 0;
}

/* The partuuid of a layout file is checked here: the table may come after the partition. */
static int check_partuuid(
	const struct layout *spec, const struct layout_partition *p, struct diag *diag)
{
	char derived[ID_BYTES], id[ID_BYTES];

	id_make_mbr(spec->disk_uuid, table_number(spec, (size_t)(p - spec->partitions)), derived);
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

/* Types of entries that a table makes by itself: extended partitions, and that of a GPT. */
static bool is_reserved(int type)
{
	return type == 0x05 || type == 0x0f || type == 0x85 || type == 0xee;
}

static int check_type(
	const struct layout *spec, const struct layout_partition *p, struct diag *diag)
{
	int type = spec->table == TABLE_MBR ? p->type_mbr : p->type_hybrid;

	if (is_reserved(type))
		return diag_fail_at(diag, p->line, -EINVAL,
			"partition %s cannot have the type 0x%02x: the table makes such entries itself",
			p->name, (unsigned)type);
	if (spec->table == TABLE_GPT ? p->type_guid[0] == '\0' : p->type_mbr == LAYOUT_NO_TYPE)
		return diag_fail_at(diag, p->line, -EINVAL,
			spec->table == TABLE_GPT ? "type of partition %s is valid only on an MBR"
						 : "type of partition %s is valid only on a GPT",
			p->name);
	if (spec->table == TABLE_MBR && p->type_hybrid != 0)
		return diag_fail_at(diag, p->line, -EINVAL,
			"mbr-type of partition %s is valid only on a GPT: use type", p->name);
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
	if (p->align_bytes != 0 && !layout_is_alignment(p->align_bytes))
		return diag_fail_at(diag, p->line, -EINVAL,
			"the alignment of partition %s is not 512 bytes times a power of two",
			p->name);
	if (p->offset_bytes % SECTOR_BYTES != 0)
		return diag_fail_at(diag, p->line, -EINVAL,
			"offset of partition %s is not a multiple of 512 bytes", p->name);
	r = check_type(spec, p, diag);
	if (r < 0)
		return r;
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
	if (blob->size_bytes == 0 && !blob->missing)
		return diag_fail_at(diag, blob->line, -EINVAL, "blob %s is empty", blob->name);
	for (const struct layout_blob *other = spec->blobs; other < blob; other++)
		if (strcmp(blob->name, other->name) == 0)
			return diag_fail_at(diag, blob->line, -EINVAL,
				"two blobs have the name %s: an image has that of its partition",
				blob->name);
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

/* Checks what the table as a whole can have. */
static int check_table(const struct layout *spec, struct diag *diag)
{
	size_t hybrids = 0;

	if (spec->count == 0 || spec->count > LAYOUT_PARTITIONS_MAX)
		return diag_fail(
			diag, -EINVAL, "a layout has 1 to %d partitions", LAYOUT_PARTITIONS_MAX);
	if (spec->table == TABLE_MBR && spec->count > TABLE_MBR_PARTITIONS_MAX)
		return diag_fail(diag, -EINVAL, "an MBR has at most %u partitions",
			TABLE_MBR_PARTITIONS_MAX);
	if (!layout_is_alignment(spec->align_bytes))
		return diag_fail(
			diag, -EINVAL, "the alignment is not 512 bytes times a power of two");
	if (spec->gpt_entries_bytes != 0 && spec->table != TABLE_GPT)
		return diag_fail(diag, -EINVAL, "gpt-entries is valid only on a GPT");
	if (spec->gpt_entries_bytes != 0 && (spec->gpt_entries_bytes % SECTOR_BYTES != 0 ||
						    spec->gpt_entries_bytes < 2 * SECTOR_BYTES))
		return diag_fail(diag, -EINVAL,
			"gpt-entries must be a multiple of 512 bytes behind the header, which "
			"ends at 1 KiB");
	for (size_t i = 0; i < spec->count; i++)
		hybrids += spec->partitions[i].type_hybrid != 0;
	if (hybrids > TABLE_HYBRID_MAX)
		return diag_fail(diag, -EINVAL,
			"a hybrid MBR has at most %u partitions: %zu have an mbr-type",
			TABLE_HYBRID_MAX, hybrids);
	return 0;
}

/* True if a partition has an image as its content: a blob with its name. */
static bool has_image(const struct layout *spec)
{
	for (size_t i = 0; i < spec->blob_count; i++) {
		const struct layout_blob *blob = &spec->blobs[i];

		if (blob->target == BLOB_PARTITION && strcmp(blob->name, blob->partition) == 0)
			return true;
	}
	return false;
}

/* Without "/" there is no main archive: what a partition holds comes from its files. */
static int check_rootless(const struct layout *spec, struct diag *diag)
{
	for (size_t i = 0; i < spec->count; i++) {
		const struct layout_partition *p = &spec->partitions[i];

		if (p->mount[0] && layout_count_copies(spec, i) == 0)
			return diag_fail_at(diag, p->line, -EINVAL,
				"partition %s is mounted on %s, but no partition is mounted on /: where "
				"the root filesystem is an image, only a partition with files can "
				"have a mount point",
				p->name, p->mount);
		if (p->mount[0] && layout_archive_of(spec, i))
			return diag_fail_at(diag, p->line, -EINVAL,
				"partition %s has an archive, but no partition is mounted on /",
				p->name);
	}
	return 0;
}

static int check_copies(const struct layout *spec, struct diag *diag)
{
	for (size_t i = 0; i < spec->copy_count; i++) {
		const struct layout_copy *copy = &spec->copies[i];
		const struct layout_partition *p = &spec->partitions[copy->partition];
		char path[LAYOUT_COPY_PATH];
		size_t at;

		if (p->mount[0] == '\0')
			return diag_fail_at(diag, p->line, -EINVAL,
				"partition %s has files but no mount point", p->name);
		layout_copy_path(spec, copy, path);
		at = layout_partition_of(spec, path);
		if (at != copy->partition)
			return diag_fail_at(diag, p->line, -EINVAL,
				"file %s of partition %s would be in partition %s, which is mounted "
				"on %s: give it to that one",
				copy->name, p->name, spec->partitions[at].name,
				spec->partitions[at].mount);
		for (const struct layout_copy *other = spec->copies; other < copy; other++)
			if (other->partition == copy->partition &&
				(path_is_below(other->name, copy->name) ||
					path_is_below(copy->name, other->name)))
				return diag_fail_at(diag, p->line, -EINVAL,
					"partition %s has two files at one place: %s and %s",
					p->name, other->name, copy->name);
	}
	return 0;
}

int layout_check(const struct layout *spec, struct diag *diag)
{
	size_t roots = 0;
	int r = check_table(spec, diag);

	if (r < 0)
		return r;
	for (size_t i = 0; i < spec->count; i++) {
		r = check_partition(spec, &spec->partitions[i], diag);
		if (r < 0)
			return r;
		roots += strcmp(spec->partitions[i].mount, "/") == 0;
	}
	if (roots == 0 && !has_image(spec) && spec->copy_count == 0)
		return diag_fail(diag, -EINVAL,
			"no partition is mounted on /, and none has an image or files as its content");
	if (roots == 0) {
		r = check_rootless(spec, diag);
		if (r < 0)
			return r;
	}
	r = check_copies(spec, diag);
	if (r < 0)
		return r;
	for (size_t i = 0; i < spec->blob_count; i++) {
		r = check_blob(spec, &spec->blobs[i], diag);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- the places ---- */

static struct human_text size_of(const struct layout_blob *blob)
{
	struct human_text size = human_exact(blob->size_bytes);

	if (blob->missing)
		STR_COPY(size.s, "unknown size");
	return size;
}

static bool overlaps(const struct layout_blob *blob, uint64_t start, uint64_t end)
{
	return blob->offset_bytes < end && layout_blob_end(blob) > start;
}

/* What an area of the table is in a sentence, and how the blob's owner gets out of its way. */
static const struct {
	const char *what, *advice;
} areas[] = {
	[TABLE_LOGICAL] = {"the table of a logical partition", "move it"},
	[TABLE_BACKUP_ENTRIES] = {"the backup of the GPT", "move it, or use an MBR"},
	[TABLE_BACKUP_HEADER] = {"the backup of the GPT", "move it, or use an MBR"},
	[TABLE_ENTRIES] = {"the entries of the GPT", "move it, set gpt-entries, or use an MBR"},
	[TABLE_HEADER] = {"the header of the GPT", "move it, or use an MBR"},
	[TABLE_HEAD] = {"the partition table", "move it"},
};

static int check_blob_and_table(
	const struct layout *placed, const struct layout_blob *blob, struct diag *diag)
{
	struct table_area taken[TABLE_AREAS_MAX];
	size_t count = table_areas(placed, taken);

	/* From the head on, which is the last one: the error is about the first byte that is taken. */
	while (count-- > 0) {
		const struct table_area *area = &taken[count];
		uint64_t end = area->start + area->size;

		if (!overlaps(blob, area->start, end) ||
			(area->part == TABLE_HEAD && table_splits(blob)))
			continue;
		return diag_fail_at(diag, blob->line, -EINVAL,
			"blob %s (%s at %s) overlaps %s (bytes %llu to %llu): %s", blob->name,
			size_of(blob).s, human_exact(blob->offset_bytes).s, areas[area->part].what,
			(unsigned long long)area->start, (unsigned long long)end - 1,
			areas[area->part].advice);
	}
	return 0;
}

/* Checks a blob on the disk itself against the table and the partitions. */
static int check_disk_blob(
	const struct layout *placed, const struct layout_blob *blob, struct diag *diag)
{
	int r = check_blob_and_table(placed, blob, diag);

	if (r < 0)
		return r;
	for (size_t i = 0; i < placed->count; i++) {
		const struct layout_partition *p = &placed->partitions[i];
		uint64_t start = p->start * SECTOR_BYTES;
		/* A growing partition has no fixed end: reject blobs after it on any disk. */
		uint64_t end = p->grow ? UINT64_MAX : start + p->sectors * SECTOR_BYTES;

		if (overlaps(blob, start, end))
			return diag_fail_at(diag, blob->line, -EINVAL,
				"blob %s (%s at %s) overlaps partition %s, which begins at %s",
				blob->name, size_of(blob).s, human_exact(blob->offset_bytes).s,
				p->name, human_exact(start).s);
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

		if (layout_blob_end(blob) > p->sectors * SECTOR_BYTES)
			return diag_fail_at(diag, blob->line, -EINVAL,
				"blob %s does not fit in partition %s", blob->name, p->name);
	}
	for (const struct layout_blob *other = placed->blobs; other < blob; other++) {
		if (other->target != blob->target || strcmp(other->partition, blob->partition) != 0)
			continue;
		if (overlaps(blob, other->offset_bytes, layout_blob_end(other)))
			return diag_fail_at(diag, blob->line, -EINVAL, "blob %s overlaps blob %s",
				blob->name, other->name);
	}
	return 0;
}

/* Checks the partition at @index, which must begin behind @end: that of @before. */
static int check_partition_place(const struct layout *placed, size_t index, uint64_t end,
	const char *before, struct diag *diag)
{
	const struct layout_partition *p = &placed->partitions[index];
	uint64_t start = p->start * SECTOR_BYTES, size = p->sectors * SECTOR_BYTES;

	if (start < end)
		return diag_fail_at(diag, p->line, -EINVAL,
			"partition %s begins at %s, inside %s%s", p->name, human_exact(start).s,
			index > 0 ? "partition " : "", before);
	if (start % placed->sector_bytes != 0 || size % placed->sector_bytes != 0)
		return diag_fail_at(diag, p->line, -EINVAL,
			"partition %s (%s at %s) does not fit the disk, which has sectors of %u "
			"bytes",
			p->name, human_exact(size).s, human_exact(start).s, placed->sector_bytes);
	if (table_is_logical(placed, index) && start - end < placed->sector_bytes)
		return diag_fail_at(diag, p->line, -EINVAL,
			"there is no room for the table of the logical partition %s: leave %u bytes "
			"before it",
			p->name, placed->sector_bytes);
	if (p->type_hybrid != 0 && (start + size) / placed->sector_bytes > UINT32_MAX)
		return diag_fail_at(diag, p->line, -EINVAL,
			"partition %s ends at %s: an MBR cannot have it", p->name,
			human_exact(start + size).s);
	return 0;
}

int layout_check_places(const struct layout *placed, struct diag *diag)
{
	uint64_t end = table_end_bytes(placed);
	const char *before = "the partition table";
	int r = 0;

	if (placed->gpt_entries_bytes % placed->sector_bytes != 0 ||
		table_entries_bytes(placed) < 2 * (uint64_t)placed->sector_bytes)
		return diag_fail(diag, -EINVAL,
			"gpt-entries = %s does not fit the disk, which has sectors of %u bytes",
			human_exact(placed->gpt_entries_bytes).s, placed->sector_bytes);
	for (size_t i = 0; r == 0 && i < placed->count; i++) {
		const struct layout_partition *p = &placed->partitions[i];

		r = check_partition_place(placed, i, end, before, diag);
		end = (p->start + p->sectors) * SECTOR_BYTES;
		before = p->name;
	}
	for (size_t i = 0; r == 0 && i < placed->blob_count; i++)
		r = check_blob_place(placed, &placed->blobs[i], diag);
	return r;
}
