/* SPDX-License-Identifier: MIT */
#include "device/disk/occupied.h"

#include "device/disk/disk.h"

#include <blkid.h>
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* The disk ID, the entries and the signature of an MBR, or of the protective MBR before a GPT. */
#define MBR_START 440u
#define MBR_END	  512u

#define SECTOR_MAX	  4096u
#define GPT_ENTRIES_MAX	  MIB(16) /* more is no table, but a damaged header */
#define GPT_SIGNATURE	  "EFI PART"
#define GPT_OWN_LBA	  24
#define GPT_OTHER_LBA	  32
#define GPT_ENTRIES_LBA	  72
#define GPT_ENTRIES_COUNT 80
#define GPT_ENTRY_BYTES	  84

static void free_probe(blkid_probe *probe)
{
	if (*probe)
		blkid_free_probe(*probe);
}

#define _cleanup_probe_ __attribute__((cleanup(free_probe)))

/* Returns 0, or -E2BIG. */
static int add(struct occupied *occupied, uint64_t start_bytes, uint64_t bytes, const char *what)
{
	struct occupied_range *range = &occupied->ranges[occupied->count];

	if (occupied->count == OCCUPIED_MAX)
		return -E2BIG;
	occupied->count++;
	range->start_bytes = start_bytes;
	range->end_bytes = start_bytes + bytes > start_bytes ? start_bytes + bytes : UINT64_MAX;
	STR_COPY(range->what, what);
	str_sanitise(range->what);
	return 0;
}

/* ---- GPT ---- */

struct gpt_header {
	bool valid;
	uint64_t other_lba, entries_lba, entries_bytes;
};

static uint64_t le64_at(const unsigned char *bytes, size_t at)
{
	uint64_t value;

	memcpy(&value, bytes + at, sizeof(value));
	return le64toh(value);
}

static uint32_t le32_at(const unsigned char *bytes, size_t at)
{
	uint32_t value;

	memcpy(&value, bytes + at, sizeof(value));
	return le32toh(value);
}

static struct gpt_header read_header(int fd, uint64_t sector_bytes, uint64_t lba)
{
	unsigned char bytes[SECTOR_MAX];
	struct gpt_header header = {0};

	if (lba > INT64_MAX / sector_bytes ||
		pread_full(fd, bytes, sector_bytes, lba * sector_bytes) < 0 ||
		memcmp(bytes, GPT_SIGNATURE, 8) != 0 || le64_at(bytes, GPT_OWN_LBA) != lba)
		return header;
	header.other_lba = le64_at(bytes, GPT_OTHER_LBA);
	header.entries_lba = le64_at(bytes, GPT_ENTRIES_LBA);
	header.entries_bytes =
		(uint64_t)le32_at(bytes, GPT_ENTRIES_COUNT) * le32_at(bytes, GPT_ENTRY_BYTES);
	header.valid = header.entries_bytes <= GPT_ENTRIES_MAX &&
		       header.entries_lba <= INT64_MAX / sector_bytes;
	return header;
}

/* Adds the header at @lba, with its entries if it is valid. */
static int add_header(struct occupied *occupied, uint64_t sector_bytes, uint64_t lba,
	const struct gpt_header *header, const char *what)
{
	int r = add(occupied, lba * sector_bytes, sector_bytes, what);

	if (r == 0 && header->valid)
		r = add(occupied, header->entries_lba * sector_bytes, header->entries_bytes, what);
	return r;
}

/* The backup is where the primary header has it, and a damaged primary's at the end of the disk. */
static int add_gpt(
	int fd, uint64_t sector_bytes, uint64_t size_bytes, struct occupied *ret, struct diag *diag)
{
	uint64_t last = size_bytes / sector_bytes - 1;
	struct gpt_header primary = read_header(fd, sector_bytes, 1);
	struct gpt_header at_end = read_header(fd, sector_bytes, last), backup = {0};
	int r = add_header(ret, sector_bytes, 1, &primary, "the GPT");

	if (!primary.valid && !at_end.valid)
		return diag_fail(diag, -EIO, "its GPT is damaged");
	if (r == 0)
		r = add_header(ret, sector_bytes, last, &at_end, "the backup of the GPT");
	if (primary.valid && primary.other_lba != last)
		backup = read_header(fd, sector_bytes, primary.other_lba);
	if (r == 0 && backup.valid)
		r = add_header(
			ret, sector_bytes, primary.other_lba, &backup, "the backup of the GPT");
	return r;
}

/* ---- the partitions ---- */

static int add_partitions(blkid_partlist list, struct occupied *ret)
{
	int count = blkid_partlist_numof_partitions(list), r = 0;

	for (int i = 0; i < count && r == 0; i++) {
		blkid_partition partition = blkid_partlist_get_partition(list, i);
		const char *name = partition ? blkid_partition_get_name(partition) : NULL;
		char what[sizeof(ret->ranges[0].what)];

		if (!partition)
			return -E2BIG;
		STR_FORMAT(what, "partition %d%s%.36s%s", blkid_partition_get_partno(partition),
			name ? " (" : "", name ? name : "", name ? ")" : "");
		r = add(ret, (uint64_t)blkid_partition_get_start(partition) * SECTOR_BYTES,
			(uint64_t)blkid_partition_get_size(partition) * SECTOR_BYTES, what);
	}
	return r;
}

/* Finds the kind of the table. A filesystem on the whole disk does not count. */
static int find_table(blkid_probe probe, int fd, char ret_table[16], struct diag *diag)
{
	const char *table;

	if (blkid_probe_set_device(probe, fd, 0, 0) != 0 ||
		blkid_probe_enable_superblocks(probe, 0) != 0 ||
		blkid_probe_enable_partitions(probe, 1) != 0)
		return diag_fail(diag, -EIO, "its partition table cannot be read");
	switch (blkid_do_safeprobe(probe)) {
	case 0:
		break;
	case 1:
		return diag_fail(diag, -ENODATA, "it has no partition table");
	default:
		return diag_fail(diag, -EIO, "its partition table cannot be read");
	}
	if (blkid_probe_lookup_value(probe, "PTTYPE", &table, NULL) != 0)
		return diag_fail(diag, -ENODATA, "it has no partition table");
	(void)str_copy(ret_table, 16, table); /* the list of partitions replaces the value */
	return 0;
}

static int read_ranges(
	blkid_probe probe, int fd, const char *table, struct occupied *ret, struct diag *diag)
{
	blkid_partlist list = blkid_probe_get_partitions(probe);
	uint64_t sector_bytes = blkid_probe_get_sectorsize(probe);
	int r;

	if (!list || sector_bytes < SECTOR_BYTES || sector_bytes > SECTOR_MAX)
		return diag_fail(diag, -EIO, "its partition table cannot be read");
	r = add(ret, MBR_START, MBR_END - MBR_START, "the partition table");
	if (r == 0 && strcmp(table, "gpt") == 0)
		r = add_gpt(fd, sector_bytes, (uint64_t)blkid_probe_get_size(probe), ret, diag);
	if (r == 0)
		r = add_partitions(list, ret);
	return r == -E2BIG ? diag_fail(diag, r, "it has too many partitions") : r;
}

int occupied_read(int fd, struct occupied *ret, struct diag *diag)
{
	_cleanup_probe_ blkid_probe probe = blkid_new_probe();
	char table[sizeof(ret->table)];
	int r;

	*ret = (struct occupied){0};
	if (!probe)
		return diag_fail(diag, -ENOMEM, "its partition table cannot be read");
	r = find_table(probe, fd, table, diag);
	if (r == 0)
		r = read_ranges(probe, fd, table, ret, diag);
	if (r == 0)
		STR_COPY(ret->table, table);
	return r;
}

const struct occupied_range *occupied_find(
	const struct occupied *occupied, uint64_t start_bytes, uint64_t end_bytes)
{
	for (uint32_t i = 0; i < occupied->count; i++)
		if (start_bytes < occupied->ranges[i].end_bytes &&
			end_bytes > occupied->ranges[i].start_bytes)
			return &occupied->ranges[i];
	return NULL;
}
