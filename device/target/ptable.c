/* SPDX-License-Identifier: MIT */
#include "device/target/ptable.h"

#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "device/disk/disk.h"

#include <blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The differences between the two kinds of table for libblkid. */
static const struct {
	const char *name;
	uint64_t boot_bit; /* in the flags */
} tables[] = {
	[TABLE_GPT] = {"gpt", 1u << 2},
	[TABLE_MBR] = {"dos", 0x80},
};

static void partition_type(
	const struct layout *layout, const struct layout_partition *p, char ret[37])
{
	if (layout->table == TABLE_GPT)
		(void)str_copy(ret, 37, p->type_guid);
	else
		(void)str_format(ret, 37, "%02x", (unsigned)p->type_mbr);
}

static int blkpg(int fd, int op, int number, uint64_t start_bytes, uint64_t size_bytes)
{
	struct blkpg_partition partition = {
		.pno = number,
		.start = (long long)start_bytes,
		.length = (long long)size_bytes,
	};
	struct blkpg_ioctl_arg arg = {
		.op = op,
		.datalen = sizeof(partition),
		.data = &partition,
	};

	return ioctl(fd, BLKPG, &arg) < 0 ? -errno : 0;
}

struct forget {
	int fd, root;
	const char *disk;
	struct {
		int number;
		uint64_t start, sectors;
	} gone[128]; /* the entries of a GPT */
	size_t count;
};

static int forget_partition(void *arg, const char *entry)
{
	struct forget *forget = arg;
	uint64_t number, start = 0, sectors = 0;
	int r;

	/* Only the directory of a partition has the attribute. */
	if (sysroot_read_u64(
		    forget->root, &number, "sys/block/%s/%s/partition", forget->disk, entry) < 0)
		return 0;
	(void)sysroot_read_u64(forget->root, &start, "sys/block/%s/%s/start", forget->disk, entry);
	(void)sysroot_read_u64(forget->root, &sectors, "sys/block/%s/%s/size", forget->disk, entry);
	r = blkpg(forget->fd, BLKPG_DEL_PARTITION, (int)number, 0, 0);
	if (r < 0)
		return r == -ENXIO ? 0 : r; /* removed meanwhile */
	if (forget->count < ARRAY_SIZE(forget->gone)) {
		forget->gone[forget->count].number = (int)number;
		forget->gone[forget->count].start = start;
		forget->gone[forget->count++].sectors = sectors;
	}
	return 0;
}

int ptable_forget(int fd, int root, const char *name)
{
	struct forget forget = {.fd = fd, .root = root, .disk = name};
	int r = sysroot_each(root, forget_partition, &forget, "sys/block/%s", name);

	/* Restore the removed ones: the operator gets "nothing was changed". */
	for (size_t i = 0; r < 0 && i < forget.count; i++)
		(void)blkpg(fd, BLKPG_ADD_PARTITION, forget.gone[i].number,
			forget.gone[i].start * SECTOR_BYTES, forget.gone[i].sectors * SECTOR_BYTES);
	return r;
}

int ptable_announce(int fd, const struct layout *layout)
{
	for (size_t i = 0; i < layout->count; i++) {
		const struct layout_partition *p = &layout->partitions[i];
		int r = blkpg(fd, BLKPG_ADD_PARTITION, (int)table_number(layout, i),
			p->start * SECTOR_BYTES, p->sectors * SECTOR_BYTES);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Writes the areas of @table from @first on, up to @end, and flushes them to the medium. */
static int put_areas(int fd, const struct table_bytes *table, size_t first, size_t end)
{
	const uint8_t *at = table->bytes;

	for (size_t i = 0; i < end; at += table->areas[i++].size) {
		int r;

		if (i < first)
			continue;
		r = pwrite_full(fd, at, table->areas[i].size, table->areas[i].start);
		if (r < 0)
			return r;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

int ptable_write(int fd, const struct table_bytes *table, struct diag *diag)
{
	int r = put_areas(fd, table, 0, table->count - 1);

	if (r == 0)
		r = put_areas(fd, table, table->count - 1, table->count);
	return r < 0 ? diag_fail(diag, r, "cannot write the partition table: %s", strerror(-r)) : 0;
}

static void free_probe(blkid_probe *probe)
{
	blkid_free_probe(*probe);
}

/* libblkid returns NULL for attributes that a table does not have. */
static bool same(const char *found, const char *wanted)
{
	return strcasecmp(found ? found : "", wanted) == 0;
}

static int compare_partition(blkid_partition found, const struct layout *layout,
	const struct layout_partition *wanted, struct diag *diag)
{
	bool gpt = layout->table == TABLE_GPT;
	uint64_t boot = tables[layout->table].boot_bit;
	uint64_t flags = blkid_partition_get_flags(found);
	const char *what = NULL;
	char type[37];

	partition_type(layout, wanted, type);
	if ((uint64_t)blkid_partition_get_start(found) != wanted->start)
		what = "start";
	else if ((uint64_t)blkid_partition_get_size(found) != wanted->sectors)
		what = "size";
	else if (!same(blkid_partition_get_uuid(found), wanted->partuuid))
		what = "PARTUUID";
	else if (gpt && !same(blkid_partition_get_type_string(found), type))
		what = "type";
	else if (!gpt && blkid_partition_get_type(found) != wanted->type_mbr)
		what = "type";
	else if (gpt && !same(blkid_partition_get_name(found), wanted->name))
		what = "name";
	else if (((flags & boot) != 0) != wanted->bootable)
		what = "bootable flag";
	if (what)
		return diag_fail(diag, -EILSEQ, "%s of partition %s differs on the medium", what,
			wanted->name);
	return 0;
}

/* Drops the caches, so that the next read comes from the medium. */
static int drop_cache(int fd)
{
	if (ioctl(fd, BLKFLSBUF, 0) == 0)
		return 0;
	if (errno != ENOTTY)
		return -errno;
	return -posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED); /* a regular file */
}

/* Every byte: libblkid compares neither the addresses in CHS nor the backup of a GPT, which repairs a damaged
 * table. */
static int compare_bytes(int fd, const struct table_bytes *table, struct diag *diag)
{
	static const char *const names[] = {
		[TABLE_LOGICAL] = "table of a logical partition",
		[TABLE_BACKUP_ENTRIES] = "backup GPT",
		[TABLE_BACKUP_HEADER] = "backup GPT",
		[TABLE_ENTRIES] = "primary GPT",
		[TABLE_HEADER] = "primary GPT",
		[TABLE_HEAD] = "MBR",
	};
	const uint8_t *wanted = table->bytes;

	for (size_t i = 0; i < table->count; wanted += table->areas[i++].size) {
		const struct table_area *area = &table->areas[i];
		_cleanup_free_ uint8_t *found = malloc(area->size);
		int r = found ? pread_full(fd, found, area->size, area->start) : -ENOMEM;

		if (r < 0)
			return diag_fail(diag, r, "cannot read the disk: %s", strerror(-r));
		for (uint64_t at = 0; at < area->size; at++)
			if (found[at] != wanted[at])
				return diag_fail(diag, -EILSEQ,
					"the %s on the medium differs from what was written, first "
					"at byte %" PRIu64,
					names[area->part], area->start + at);
	}
	return 0;
}

/* What the kernel and other programs will see. */
static int compare_layout(int fd, const struct layout *layout, struct diag *diag)
{
	__attribute__((cleanup(free_probe))) blkid_probe probe = blkid_new_probe();
	size_t wanted = layout->count + table_is_extended(layout);
	blkid_parttable table;
	blkid_partlist list;
	int r;

	if (!probe)
		return diag_fail(diag, -ENOMEM, "cannot read the partition table: out of memory");
	errno = 0;
	r = blkid_probe_set_device(probe, fd, 0, 0) < 0 ? (errno ? -errno : -EIO) : 0;
	if (r == 0 && blkid_probe_set_sectorsize(probe, layout->sector_bytes) < 0)
		r = -ENOMEM;
	if (r < 0)
		return diag_fail(diag, r, "cannot read the disk: %s", strerror(-r));

	blkid_probe_enable_superblocks(probe, 0);
	blkid_probe_enable_partitions(probe, 1);
	list = blkid_probe_get_partitions(probe);
	table = list ? blkid_partlist_get_table(list) : NULL;
	if (!table || !same(blkid_parttable_get_type(table), tables[layout->table].name))
		return diag_fail(diag, -EILSEQ, "there is no %s on the medium",
			layout->table == TABLE_GPT ? "GPT" : "MBR");
	if (!same(blkid_parttable_get_id(table), layout->disk_uuid))
		return diag_fail(diag, -EILSEQ, "the disk ID differs on the medium");
	if ((size_t)blkid_partlist_numof_partitions(list) != wanted)
		return diag_fail(diag, -EILSEQ, "%d partitions on the medium instead of %zu",
			blkid_partlist_numof_partitions(list), wanted);
	for (size_t i = 0; i < layout->count; i++) {
		unsigned number = table_number(layout, i);
		blkid_partition found = blkid_partlist_get_partition_by_partno(list, (int)number);

		if (!found)
			return diag_fail(
				diag, -EILSEQ, "partition %u is missing on the medium", number);
		r = compare_partition(found, layout, &layout->partitions[i], diag);
		if (r < 0)
			return r;
	}
	return 0;
}

int ptable_compare(
	int fd, const struct layout *layout, const struct table_bytes *table, struct diag *diag)
{
	int r = drop_cache(fd);

	if (r < 0)
		return diag_fail(diag, r, "cannot read the disk: %s", strerror(-r));
	r = compare_layout(fd, layout, diag);
	return r < 0 ? r : compare_bytes(fd, table, diag);
}
