/* SPDX-License-Identifier: MIT */
#include "device/layout/layout.h"

#include "device/base/util.h"
#include "device/disk/disk.h"

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
#define MBR_MAX_BYTES (GIB(2048) - BLOCK_BYTES)

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

/* The least sizes are what mkfs of e2fsprogs 1.47, f2fs-tools 1.15, btrfs-progs 6.2 and util-linux
 * 2.38 ask for; f2fs takes 52 MiB, but then holds 8. */
static const struct {
	const char *name;
	size_t label_max;
	uint64_t min_bytes;
	bool holds_files;
} filesystems[FS_KIND_COUNT] = {
	[FS_NONE] = {"none", 0, 0, false},
	[FS_EXT4] = {"ext4", 16, 0, true},
	[FS_VFAT] = {"vfat", 11, 0, true},
	[FS_F2FS] = {"f2fs", 16, MIB(64), true},
	[FS_BTRFS] = {"btrfs", 16, MIB(109), true},
	[FS_SWAP] = {"swap", 15, KIB(40), false},
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

enum fs_kind fs_parse(const char *name)
{
	for (size_t i = 0; i < FS_KIND_COUNT; i++)
		if (strcmp(filesystems[i].name, name) == 0)
			return (enum fs_kind)i;
	return FS_KIND_COUNT;
}

size_t fs_label_max(enum fs_kind fs)
{
	assert(fs < FS_KIND_COUNT);
	return filesystems[fs].label_max;
}

uint64_t fs_min_bytes(enum fs_kind fs)
{
	assert(fs < FS_KIND_COUNT);
	return filesystems[fs].min_bytes;
}

bool fs_holds_files(enum fs_kind fs)
{
	assert(fs < FS_KIND_COUNT);
	return filesystems[fs].holds_files;
}

size_t layout_partition_named(const struct layout *layout, const char *name)
{
	size_t i = 0;

	while (i < layout->count && strcmp(layout->partitions[i].name, name) != 0)
		i++;
	return i;
}

int diag_fail_at(struct diag *diag, int line, int error, const char *format, ...)
{
	va_list args;

	diag->line = line;
	va_start(args, format);
	(void)str_vformat(diag->text, sizeof(diag->text), format, args);
	va_end(args);
	return error;
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

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
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

/* Blobs may lie behind the last partition; the backup GPT lies behind all. */
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

int layout_plan(
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
		return diag_fail(diag, -EINVAL, "an MBR reaches no further than 2 TiB: use GPT");
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

/* What the filesystem's own program takes for an id. */
static void make_fs_id(enum fs_kind fs, char ret[37], void (*fill)(void *buf, size_t size))
{
	uint32_t id;

	switch (fs) {
	case FS_EXT4:
	case FS_F2FS:
	case FS_BTRFS:
	case FS_SWAP:
		make_uuid(ret, fill);
		break;
	case FS_VFAT:
		id = make_id(fill);
		(void)str_format(ret, 37, "%04X-%04X", id >> 16, id & 0xffff);
		break;
	case FS_NONE:
	case FS_KIND_COUNT:
		ret[0] = '\0';
		break;
	}
}

void layout_assign_ids(struct layout *layout, void (*fill)(void *buf, size_t size))
{
	if (layout->table == TABLE_GPT)
		make_uuid(layout->disk_uuid, fill);
	else
		(void)STR_FORMAT(layout->disk_uuid, "%08x", make_id(fill));

	for (size_t i = 0; i < layout->count; i++) {
		struct layout_partition *p = &layout->partitions[i];

		if (layout->table == TABLE_MBR)
			(void)STR_FORMAT(p->partuuid, "%s-%02zx", layout->disk_uuid, i + 1);
		else if (p->partuuid[0] == '\0')
			make_uuid(p->partuuid, fill);
		if (p->fs_uuid[0] == '\0')
			make_fs_id(p->fs, p->fs_uuid, fill);
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
