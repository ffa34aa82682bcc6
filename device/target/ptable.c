/* SPDX-License-Identifier: MIT */
#include "device/target/ptable.h"

#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "device/disk/disk.h"

#include <blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <libfdisk.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The differences between the two kinds of table, for libfdisk and libblkid. */
static const struct {
	const char *name;
	const char *id_prefix;	 /* of the disk ID, for libfdisk */
	unsigned long boot_flag; /* of libfdisk */
	uint64_t boot_bit;	 /* in the flags of libblkid */
} tables[] = {
	[TABLE_GPT] = {"gpt", "", GPT_FLAG_LEGACYBOOT, 1u << 2},
	[TABLE_MBR] = {"dos", "0x", DOS_FLAG_ACTIVE, 0x80},
};

static void partition_type(
	const struct layout *layout, const struct layout_partition *p, char ret[37])
{
	if (layout->table == TABLE_GPT)
		(void)str_copy(ret, 37, p->type_guid);
	else
		(void)str_format(ret, 37, "%02x", p->type_mbr);
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
		int r = blkpg(fd, BLKPG_ADD_PARTITION, (int)i + 1, p->start * SECTOR_BYTES,
			p->sectors * SECTOR_BYTES);

		if (r < 0)
			return r;
	}
	return 0;
}

static void unref_context(struct fdisk_context **cxt)
{
	fdisk_unref_context(*cxt);
}

static void unref_partition(struct fdisk_partition **pa)
{
	fdisk_unref_partition(*pa);
}

static void unref_type(struct fdisk_parttype **type)
{
	fdisk_unref_parttype(*type);
}

static int add_partition(struct fdisk_context *cxt, const struct layout *layout, size_t index)
{
	__attribute__((cleanup(unref_partition))) struct fdisk_partition *pa = NULL;
	__attribute__((cleanup(unref_type))) struct fdisk_parttype *type = NULL;
	const struct layout_partition *p = &layout->partitions[index];
	unsigned long unit = fdisk_get_sector_size(cxt) / SECTOR_BYTES;
	char type_text[37];
	int r;

	if (p->start % unit != 0 || p->sectors % unit != 0)
		return -EINVAL;
	partition_type(layout, p, type_text);
	pa = fdisk_new_partition();
	type = fdisk_label_parse_parttype(fdisk_get_label(cxt, NULL), type_text);
	if (!pa || !type)
		return -ENOMEM;

	/* libfdisk silently moves or shrinks the partition if any of these is left to a default. */
	r = fdisk_partition_set_partno(pa, index);
	if (r == 0)
		r = fdisk_partition_set_start(pa, p->start / unit);
	if (r == 0)
		r = fdisk_partition_set_size(pa, p->sectors / unit);
	if (r == 0)
		r = fdisk_partition_size_explicit(pa, 1);
	if (r == 0)
		r = fdisk_partition_set_type(pa, type);
	if (r == 0 && layout->table == TABLE_GPT)
		r = fdisk_partition_set_name(pa, p->name);
	if (r == 0 && layout->table == TABLE_GPT)
		r = fdisk_partition_set_uuid(pa, p->partuuid);
	if (r == 0)
		r = fdisk_add_partition(cxt, pa, NULL);
	if (r == 0 && p->bootable)
		r = fdisk_toggle_partition_flag(cxt, index, tables[layout->table].boot_flag);
	return r;
}

static void unref_script(struct fdisk_script **script)
{
	fdisk_unref_script(*script);
}

/*
 * Creates an empty table. By default libfdisk starts no partition before the first MiB;
 * layout_check_places() has checked layouts that do. For a GPT a script sets the first usable
 * sector, since the value in the context is reset if there is an older table; for an MBR the
 * context sets it.
 */
static int make_table(struct fdisk_context *cxt, const struct layout *layout)
{
	__attribute__((cleanup(unref_script))) struct fdisk_script *script = fdisk_new_script(cxt);
	uint64_t first = layout->partitions[0].start * SECTOR_BYTES / fdisk_get_sector_size(cxt);
	char text[24];
	int r;

	if (!script)
		return -ENOMEM;
	if (layout->partitions[0].start >= MIB(1) / SECTOR_BYTES)
		return fdisk_create_disklabel(cxt, tables[layout->table].name);
	(void)STR_FORMAT(text, "%llu", (unsigned long long)first);
	r = fdisk_script_set_header(script, "first-lba", text);
	if (r == 0)
		r = fdisk_set_script(cxt, script);
	if (r == 0)
		r = fdisk_create_disklabel(cxt, tables[layout->table].name);
	(void)fdisk_set_script(cxt, NULL); /* break the reference cycle */
	if (r == 0)
		(void)fdisk_set_first_lba(cxt, first); /* returns the value */
	return r;
}

int ptable_write(int fd, const struct layout *layout, struct ptable_head *ret, struct diag *diag)
{
	__attribute__((cleanup(unref_context))) struct fdisk_context *cxt = fdisk_new_context();
	char id[40];
	int r;

	if (!cxt)
		return diag_fail(diag, -ENOMEM, "cannot write the partition table: out of memory");
	fdisk_disable_dialogs(cxt, 1);
	r = fdisk_assign_device_by_fd(cxt, fd, "target", 0);
	if (r < 0)
		return diag_fail(
			diag, r, "cannot use the disk for a partition table: %s", strerror(-r));

	/* libfdisk would zero bytes 0-439, which may hold boot code. */
	fdisk_enable_bootbits_protection(cxt, 1);
	r = make_table(cxt, layout);
	if (r == 0) {
		(void)STR_FORMAT(id, "%s%s", tables[layout->table].id_prefix, layout->disk_uuid);
		r = fdisk_set_disklabel_id_from_string(cxt, id);
	}
	if (r < 0)
		return diag_fail(diag, r, "cannot create the partition table: %s", strerror(-r));
	for (size_t i = 0; i < layout->count; i++) {
		r = add_partition(cxt, layout, i);
		if (r < 0)
			return diag_fail(diag, r, "cannot add partition %s to the table: %s",
				layout->partitions[i].name, strerror(-r));
	}
	r = fdisk_write_disklabel(cxt);
	if (r < 0)
		return diag_fail(diag, r, "cannot write the partition table: %s", strerror(-r));
	(void)fdisk_deassign_device(cxt, 1); /* 1: no sync(2) of the whole machine */
	if (fsync(fd) < 0)
		return diag_fail(
			diag, -errno, "cannot flush the partition table: %s", strerror(errno));
	r = pread_full(fd, ret->bytes, sizeof(ret->bytes), 0);
	return r < 0 ? diag_fail(diag, r, "cannot read the partition table: %s", strerror(-r)) : 0;
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

/* Checks the backup GPT, which repairs a damaged primary one. libfdisk verifies the checksums of
 * its header and entries, and repairs a damaged backup in memory, which marks the label as
 * changed. */
static int compare_backup(int fd, struct diag *diag)
{
	__attribute__((cleanup(unref_context))) struct fdisk_context *cxt = fdisk_new_context();
	int r;

	if (!cxt)
		return diag_fail(diag, -ENOMEM, "cannot read the partition table: out of memory");
	fdisk_disable_dialogs(cxt, 1);
	r = fdisk_assign_device_by_fd(cxt, fd, "target", 1);
	if (r == 0 && fdisk_label_is_changed(fdisk_get_label(cxt, NULL)))
		r = -EILSEQ;
	if (r == 0)
		r = fdisk_verify_disklabel(cxt); /* the number of faults */
	(void)fdisk_deassign_device(cxt, 1);
	return r != 0 ? diag_fail(diag, -EILSEQ, "the backup GPT on the medium is damaged") : 0;
}

static int compare_head(int fd, const struct ptable_head *head, struct diag *diag)
{
	struct ptable_head found;
	int r = pread_full(fd, found.bytes, sizeof(found.bytes), 0);

	if (r < 0)
		return diag_fail(diag, r, "cannot read the disk: %s", strerror(-r));
	for (size_t i = 0; i < sizeof(found.bytes); i++)
		if (found.bytes[i] != head->bytes[i])
			return diag_fail(diag, -EILSEQ,
				"the MBR on the medium differs from what was written, first at byte %zu",
				i);
	return 0;
}

int ptable_compare(
	int fd, const struct layout *layout, const struct ptable_head *head, struct diag *diag)
{
	__attribute__((cleanup(free_probe))) blkid_probe probe = blkid_new_probe();
	blkid_parttable table;
	blkid_partlist list;
	int r;

	if (!probe)
		return diag_fail(diag, -ENOMEM, "cannot read the partition table: out of memory");
	r = drop_cache(fd);
	errno = 0;
	if (r == 0 && blkid_probe_set_device(probe, fd, 0, 0) < 0)
		r = errno ? -errno : -EIO;
	if (r < 0)
		return diag_fail(diag, r, "cannot read the disk: %s", strerror(-r));

	blkid_probe_enable_superblocks(probe, 0);
	blkid_probe_enable_partitions(probe, 1);
	list = blkid_probe_get_partitions(probe);
	table = list ? blkid_partlist_get_table(list) : NULL;
	if (!table || !same(blkid_parttable_get_type(table), tables[layout->table].name))
		return diag_fail(diag, -EILSEQ, "there is no %s on the medium",
			layout->table == TABLE_GPT ? "GPT" : "MBR");
	/* libblkid accepts a table that has only a backup; many boot loaders do not. */
	if (layout->table == TABLE_GPT &&
		blkid_parttable_get_offset(table) != blkid_probe_get_sectorsize(probe))
		return diag_fail(diag, -EILSEQ, "the primary GPT on the medium is damaged");
	if (!same(blkid_parttable_get_id(table), layout->disk_uuid))
		return diag_fail(diag, -EILSEQ, "the disk ID differs on the medium");
	if ((size_t)blkid_partlist_numof_partitions(list) != layout->count)
		return diag_fail(diag, -EILSEQ, "%d partitions on the medium instead of %zu",
			blkid_partlist_numof_partitions(list), layout->count);
	for (size_t i = 0; i < layout->count; i++) {
		blkid_partition found = blkid_partlist_get_partition_by_partno(list, (int)i + 1);

		if (!found)
			return diag_fail(
				diag, -EILSEQ, "partition %zu is missing on the medium", i + 1);
		r = compare_partition(found, layout, &layout->partitions[i], diag);
		if (r < 0)
			return r;
	}
	r = compare_head(fd, head, diag);
	return r == 0 && layout->table == TABLE_GPT ? compare_backup(fd, diag) : r;
}
