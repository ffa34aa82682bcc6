/* SPDX-License-Identifier: MIT */
#include "device/layout.h"

#include "device/disk.h"
#include "device/util.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/* Starts and sizes are whole blocks of this, so that they also fit a disk with 4096-byte sectors. */
#define BLOCK_BYTES 4096u
/* The backup GPT behind the last partition: 33 sectors of 512 bytes, or 5 of 4096. */
#define GPT_TAIL_BYTES (5 * BLOCK_BYTES)
/* The end of the growing partition is rounded down to this. */
#define GROW_BYTES MIB(1)
/* 32-bit start and size, in sectors. */
#define MBR_MAX_BYTES	   (GIB(2048) - BLOCK_BYTES)
#define MBR_PARTITIONS_MAX 4

#define TYPE_LINUX "0fc63daf-8483-4772-8e79-3d69d8477de4"
#define TYPE_ESP   "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"

#define ROOTFS                                                                                     \
	{                                                                                          \
		.name = "rootfs", .grow = true, .min_bytes = MIB(64), .bootable = true,            \
		.type_guid = TYPE_LINUX, .type_mbr = 0x83, .fs = FS_EXT4, .label = "rootfs",       \
		.mount = "/",                                                                      \
	}

static const struct layout builtins[] = {
	{
		.name = "single-gpt",
		.summary = "one ext4 root filesystem that fills the disk, GPT",
		.table = TABLE_GPT,
		.align_bytes = MIB(4),
		.count = 1,
		.partitions = {ROOTFS},
	},
	{
		.name = "single-mbr",
		.summary = "one ext4 root filesystem that fills the disk, MBR",
		.table = TABLE_MBR,
		.align_bytes = MIB(4),
		.count = 1,
		.partitions = {ROOTFS},
	},
	{
		.name = "boot-root",
		.summary = "256 MiB vfat on /boot, and an ext4 root filesystem, GPT",
		.table = TABLE_GPT,
		.align_bytes = MIB(4),
		.count = 2,
		.partitions =
			{
				{
					.name = "BOOT",
					.size_bytes = MIB(256),
					.bootable = true,
					.type_guid = TYPE_ESP, /* firmware and U-Boot look there */
					.type_mbr = 0x0c,
					.fs = FS_VFAT,
					.label = "BOOT",
					.mount = "/boot",
				},
				{
					.name = "rootfs",
					.grow = true,
					.min_bytes = MIB(64),
					.type_guid = TYPE_LINUX,
					.type_mbr = 0x83,
					.fs = FS_EXT4,
					.label = "rootfs",
					.mount = "/",
				},
			},
	},
};

static const struct {
	const char *name;
	size_t label_max;
} filesystems[FS_KIND_COUNT] = {
	[FS_NONE] = {"none", 0},
	[FS_EXT4] = {"ext4", 16},
	[FS_VFAT] = {"vfat", 11},
};

const struct layout *layout_builtin(size_t index)
{
	return index < ARRAY_SIZE(builtins) ? &builtins[index] : NULL;
}

const struct layout *layout_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(builtins); i++) {
		if (strcmp(builtins[i].name, name) == 0)
			return &builtins[i];
	}
	return NULL;
}

const char *fs_name(enum fs_kind fs)
{
	assert(fs < FS_KIND_COUNT);
	return filesystems[fs].name;
}

int diag_fail(struct diag *diag, int error, const char *format, ...)
{
	va_list args;

	diag->line = 0;
	va_start(args, format);
	(void)str_vformat(diag->text, sizeof(diag->text), format, args);
	va_end(args);
	return error;
}

static int check_partition(
	const struct layout *spec, const struct layout_partition *p, struct diag *diag)
{
	if (p->name[0] == '\0')
		return diag_fail(diag, -EINVAL, "a partition has no name");
	if (p->grow && p != &spec->partitions[spec->count - 1])
		return diag_fail(
			diag, -EINVAL, "partition %s grows but is not the last one", p->name);
	if (p->grow && p->size_bytes != 0)
		return diag_fail(diag, -EINVAL, "partition %s has a size and also grows", p->name);
	if (!p->grow && (p->size_bytes == 0 || p->size_bytes % BLOCK_BYTES != 0))
		return diag_fail(
			diag, -EINVAL, "size of partition %s is not in whole 4 KiB", p->name);
	if (strlen(p->label) > filesystems[p->fs].label_max)
		return diag_fail(
			diag, -EINVAL, "label %s is too long for %s", p->label, fs_name(p->fs));
	if (p->mount[0] != '\0' && (p->mount[0] != '/' || p->fs == FS_NONE))
		return diag_fail(
			diag, -EINVAL, "partition %s cannot be mounted on %s", p->name, p->mount);
	for (const struct layout_partition *other = spec->partitions; other < p; other++) {
		if (strcmp(p->name, other->name) == 0)
			return diag_fail(diag, -EINVAL, "two partitions have the name %s", p->name);
		if (p->mount[0] != '\0' && strcmp(p->mount, other->mount) == 0)
			return diag_fail(
				diag, -EINVAL, "two partitions are mounted on %s", p->mount);
	}
	return 0;
}

static int check(const struct layout *spec, struct diag *diag)
{
	size_t roots = 0;

	if (spec->count == 0 || spec->count > LAYOUT_PARTITIONS_MAX)
		return diag_fail(
			diag, -EINVAL, "a layout has 1 to %d partitions", LAYOUT_PARTITIONS_MAX);
	if (spec->table == TABLE_MBR && spec->count > MBR_PARTITIONS_MAX)
		return diag_fail(
			diag, -EINVAL, "an MBR has at most %d partitions", MBR_PARTITIONS_MAX);
	if (spec->align_bytes < MIB(1) || (spec->align_bytes & (spec->align_bytes - 1)) != 0)
		return diag_fail(diag, -EINVAL, "the alignment is not 1 MiB times a power of two");
	for (size_t i = 0; i < spec->count; i++) {
		int r = check_partition(spec, &spec->partitions[i], diag);

		if (r < 0)
			return r;
		roots += strcmp(spec->partitions[i].mount, "/") == 0;
	}
	if (roots != 1)
		return diag_fail(diag, -EINVAL, "no partition is mounted on /");
	return 0;
}

/* Rounds up to a power of two; saturates, so that a sum of absurd sizes never looks small. */
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

/*
 * Places the partitions with the growing one at its least size, into @ret where it is not NULL, and
 * returns where the last one ends. The first starts at the first aligned place behind the table.
 */
static uint64_t place(const struct layout *spec, struct layout *ret)
{
	uint64_t end = 1; /* leaves the first aligned place to the table and the boot loader */

	for (size_t i = 0; i < spec->count; i++) {
		const struct layout_partition *p = &spec->partitions[i];
		uint64_t start = round_up(end, spec->align_bytes);

		end = add(start, p->grow ? p->min_bytes : p->size_bytes);
		if (p->grow)
			end = round_up(end > start ? end : add(start, 1), GROW_BYTES);
		if (ret) {
			ret->partitions[i].start = start / SECTOR_BYTES;
			ret->partitions[i].sectors = (end - start) / SECTOR_BYTES;
		}
	}
	return end;
}

uint64_t layout_min_bytes(const struct layout *spec)
{
	return add(place(spec, NULL), tail_bytes(spec));
}

int layout_plan(
	const struct layout *spec, uint64_t disk_bytes, struct layout *ret, struct diag *diag)
{
	uint64_t need, end;
	struct layout planned = *spec;
	struct layout_partition *last;
	int r;

	r = check(spec, diag);
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
		return diag_fail(diag, -EINVAL, "an MBR reaches no further than 2 TiB: use GPT");
	planned.disk_sectors = disk_bytes / SECTOR_BYTES;
	*ret = planned;
	return 0;
}

static void make_uuid(char ret[37], void (*fill)(void *buf, size_t size))
{
	unsigned char b[16];

	fill(b, sizeof(b));
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40); /* RFC 9562: version 4, */
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80); /* variant 1 */
	(void)str_format(ret, 37,
		"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
		b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
		b[15]);
}

/* A 32-bit id that is not 0, which would mean "none". */
static uint32_t make_id(void (*fill)(void *buf, size_t size))
{
	uint32_t id;

	fill(&id, sizeof(id));
	return id != 0 ? id : 1;
}

void layout_assign_ids(struct layout *layout, void (*fill)(void *buf, size_t size))
{
	if (layout->table == TABLE_GPT)
		make_uuid(layout->disk_uuid, fill);
	else
		(void)STR_FORMAT(layout->disk_uuid, "%08x", make_id(fill));

	for (size_t i = 0; i < layout->count; i++) {
		struct layout_partition *p = &layout->partitions[i];
		uint32_t id;

		if (layout->table == TABLE_GPT)
			make_uuid(p->partuuid, fill);
		else
			(void)STR_FORMAT(p->partuuid, "%s-%02zx", layout->disk_uuid, i + 1);

		switch (p->fs) {
		case FS_EXT4:
			make_uuid(p->fs_uuid, fill);
			break;
		case FS_VFAT:
			id = make_id(fill);
			(void)STR_FORMAT(p->fs_uuid, "%04X-%04X", id >> 16, id & 0xffff);
			break;
		case FS_NONE:
		case FS_KIND_COUNT:
			p->fs_uuid[0] = '\0';
			break;
		}
	}
}

void layout_random(void *buf, size_t size)
{
	char *p = buf;

	while (size > 0) {
		ssize_t n = getrandom(p, size, 0);

		if (n < 0)
			continue; /* only EINTR: the buffer is sound and the source is blocking */
		p += n;
		size -= (size_t)n;
	}
}
