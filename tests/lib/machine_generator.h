/* SPDX-License-Identifier: MIT */
/* machine_generator - generates machines. First it draws which disks are in use, and how; then it
 * writes a machine (as text for machine.h) in which they are. It does not depend on how the rules
 * detect that. */
#ifndef TESTS_MACHINE_GENERATOR_H
#define TESTS_MACHINE_GENERATOR_H

#include "device/base/util.h"
#include "device/disk/disk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define GENERATED_DISKS_MAX 16

/* The reasons to refuse a disk for; bits of struct generated_disk.uses. */
#define USE(code) (1u << (code))

struct generated_disk {
	char name[24];
	enum disk_kind kind;
	unsigned major, minor;
	unsigned partitions;
	unsigned wwid; /* 0: none */
	bool boot_area;
	unsigned uses; /* 0: free */
	bool ro, empty, small, worn;
	enum content_state content;
	enum disk_hold hold;
	bool closed;  /* the content has a part that cannot be read */
	bool first;   /* has a partition 1 */
	char tag[64]; /* words for its content: the UUID or label in root= */
};

struct generated {
	uint64_t random;
	char text[32768];
	size_t length;
	struct generated_disk disks[GENERATED_DISKS_MAX];
	size_t disk_count; /* disks that existed before any device was put on top */
	unsigned allow;
	bool unresolved;  /* the system's disk cannot be determined */
	bool blind;	  /* no mount of / is visible */
	bool tag_missing; /* root= has a UUID that no disk is known to have */
	/* root= names a first partition or a device number that does not exist: prefix of the
	 * disk names, or the major number. */
	const char *missing_node;
	unsigned missing_major;
	unsigned virtuals; /* number of dm, md, loop, zram devices so far */
	unsigned points;   /* number of mount points so far */
};

/* A block device that another one can be put on. */
struct generated_device {
	char name[24];
	unsigned major, minor;
};

/* splitmix64 */
static uint64_t draw(struct generated *g)
{
	uint64_t z = g->random += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static unsigned draw_below(struct generated *g, unsigned n)
{
	return (unsigned)(draw(g) % n);
}

static bool one_in(struct generated *g, unsigned n)
{
	return draw_below(g, n) == 0;
}

static void write_text(struct generated *g, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void write_text(struct generated *g, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	assert_true(str_vformat(g->text + g->length, sizeof(g->text) - g->length, format, args));
	va_end(args);
	g->length += strlen(g->text + g->length);
}

/* ---- the disks ---- */

static const char *const kind_words[] = {"emmc", "sd", "usb", "disk", "loop"};

static void name_disk(struct generated *g, struct generated_disk *disk, unsigned i)
{
	bool mmc = disk->kind == DISK_EMMC || disk->kind == DISK_SD;

	disk->minor = 32 * i;
	disk->major = 8;
	if (mmc) {
		(void)STR_FORMAT(disk->name, "mmcblk%u", i);
		disk->major = 179;
	} else if (disk->kind == DISK_FIXED && one_in(g, 3)) {
		(void)STR_FORMAT(disk->name, "nvme%un1", i);
		disk->major = 259;
	} else if (disk->kind == DISK_FIXED && one_in(g, 2)) {
		(void)STR_FORMAT(disk->name, "vd%c", 'a' + (char)i);
		disk->major = 254;
	} else {
		(void)STR_FORMAT(disk->name, "sd%c", 'a' + (char)i);
	}
}

static void write_generated_disk(struct generated *g, const struct generated_disk *disk)
{
	bool mmc = disk->kind == DISK_EMMC || disk->kind == DISK_SD;
	const char *p =
		strncmp(disk->name, "mmc", 3) == 0 || strncmp(disk->name, "nv", 2) == 0 ? "p" : "";

	write_text(g, "disk %s %u:%u %s %s/%s\n", disk->name, disk->major, disk->minor,
		disk->empty   ? "0"
		: disk->small ? "1000000"
			      : "15269888",
		disk->kind == DISK_USB ? "pci0/usb1/1-1/1-1:1.0/host0" : "platform", disk->name);
	if (mmc)
		write_text(g, "\tdevice/type %s\n", disk->kind == DISK_EMMC ? "MMC" : "SD");
	if (disk->kind == DISK_EMMC)
		write_text(g, "\tdevice/rev 0x8\n\tdevice/life_time 0x01 %s\n",
			disk->worn ? "0x0b" : "0x02");
	if (disk->kind == DISK_USB && one_in(g, 2)) /* some vendors use one id for all sticks */
		write_text(g, "\tdevice/wwid t10.Generic\n");
	if (disk->wwid)
		write_text(g, "\t%s eui.%016x\n", disk->major == 259 ? "wwid" : "device/wwid",
			disk->wwid);
	if (disk->ro)
		write_text(g, "\tro 1\n");
	for (unsigned i = 1; i <= disk->partitions; i++)
		write_text(g, "part %s%s%u %u:%u 100000\n", disk->name, p, i, disk->major,
			disk->minor + i);
	if (disk->boot_area)
		write_text(
			g, "area %sboot0 %u:%u 8192\n", disk->name, disk->major, disk->minor + 16);
}

/* Draws the disk, a partition of it, or its boot area. */
static struct generated_device draw_part(struct generated *g, const struct generated_disk *disk)
{
	struct generated_device device = {.major = disk->major, .minor = disk->minor};
	unsigned n = disk->partitions ? 1 + draw_below(g, disk->partitions) : 0;

	if (disk->boot_area && one_in(g, 8)) {
		device.minor += 16;
		(void)STR_FORMAT(device.name, "%sboot0", disk->name);
	} else if (n > 0) {
		device.minor += n;
		(void)STR_FORMAT(device.name, "%s%s%u", disk->name,
			strncmp(disk->name, "mmc", 3) == 0 || strncmp(disk->name, "nv", 2) == 0
				? "p"
				: "",
			n);
	} else {
		(void)STR_COPY(device.name, disk->name);
	}
	return device;
}

/* ---- devices on top of disks ---- */

static struct generated_device write_stacked(
	struct generated *g, const char *kind, unsigned major, const char *below)
{
	struct generated_device device = {.major = major, .minor = g->virtuals++};

	(void)STR_FORMAT(device.name, "%s%u", kind, device.minor);
	write_text(g, "virtual %s %u:%u 15269888 %s\n", device.name, major, device.minor, below);
	if (strcmp(kind, "dm-") == 0)
		write_text(g, "\tdm/name map%u\n", device.minor);
	return device;
}

/* A loop device on a block device or a file, which is a disk itself, used for @uses. */
static struct generated_device write_loop(struct generated *g, const char *backing, unsigned uses)
{
	struct generated_device device = write_stacked(g, "loop", 7, "");
	struct generated_disk *disk = &g->disks[g->disk_count];

	write_text(g, "\tloop/backing_file %s\n", backing);
	assert_true(g->disk_count < GENERATED_DISKS_MAX);
	*disk = (struct generated_disk){.kind = DISK_LOOP, .uses = uses};
	(void)STR_COPY(disk->name, device.name);
	g->disk_count++;
	return device;
}

static void mark_uses(struct generated_disk *const *disks, size_t count, enum reason_code code)
{
	for (size_t i = 0; i < count; i++)
		disks[i]->uses |= USE(code);
}

/* One device on top of all @disks: dm for one disk; md or dm for several. */
static struct generated_device draw_device(
	struct generated *g, struct generated_disk *const *disks, size_t count)
{
	struct generated_device device = draw_part(g, disks[0]);
	unsigned depth = one_in(g, 2) ? draw_below(g, 4) : 0;

	if (count > 1) {
		char below[128] = "";

		for (size_t i = 0; i < count; i++) {
			struct generated_device part = draw_part(g, disks[i]);

			(void)str_format(below + strlen(below), sizeof(below) - strlen(below),
				"%s ", part.name);
		}
		device = one_in(g, 2) ? write_stacked(g, "md", 9, below)
				      : write_stacked(g, "dm-", 253, below);
		mark_uses(disks, count, REASON_HOLDER);
	} else if (depth > 0) {
		mark_uses(disks, count, REASON_HOLDER);
	}
	while (depth-- > 0)
		device = write_stacked(g, "dm-", 253, device.name);
	return device;
}

/* A filesystem on @disks, mounted at @point in the namespace of @process ("": the test's, "@1"). */
static void write_filesystem(struct generated *g, struct generated_disk *const *disks, size_t count,
	const char *process, const char *point)
{
	static const char *const families[] = {"btrfs", "bcachefs"};
	unsigned anonymous = 100 + g->points++;

	if (one_in(g, count > 1 ? 2 : 5)) {
		const char *family = families[draw_below(g, 2)];
		char members[128] = "", first[24] = "";

		for (size_t i = 0; i < count; i++) {
			struct generated_device part = draw_part(g, disks[i]);

			(void)str_format(members + strlen(members),
				sizeof(members) - strlen(members), " %s", part.name);
			if (i == 0)
				(void)STR_COPY(first, part.name);
		}
		write_text(g, "members %s uuid-%u%s\n", family, anonymous, members);
		write_text(g, "mount%s 0:%u %s %s /dev/%s\n", process, anonymous, point, family,
			first);
	} else {
		struct generated_device device = draw_device(g, disks, count);

		write_text(g, "mount%s %u:%u %s ext4 %s%s\n", process, device.major, device.minor,
			point, one_in(g, 4) ? "" : "/dev/", one_in(g, 4) ? "root" : device.name);
	}
}

/* ---- the system ---- */

static void system_is_mounted(
	struct generated *g, struct generated_disk *const *disks, size_t count)
{
	static const char *const more[] = {"/boot", "/usr", "/boot/firmware", "/efi"};

	write_filesystem(g, disks, count, "", "/");
	mark_uses(disks, count, REASON_SYSTEM);
	if (one_in(g, 3))
		write_filesystem(g, disks, 1, "", more[draw_below(g, ARRAY_SIZE(more))]);
}

/* This process is in a namespace of its own without the system's mounts. */
static void system_is_of_process_1(
	struct generated *g, struct generated_disk *const *disks, size_t count)
{
	write_filesystem(g, disks, count, "@1", "/");
	write_text(g, "mount 0:20 / tmpfs tmpfs\n");
	mark_uses(disks, count, REASON_SYSTEM);
}

static void system_is_an_overlay(
	struct generated *g, struct generated_disk *const *disks, size_t count)
{
	static const char *const points[] = {"/ro", "/rw"};

	write_text(g, "mount 0:20 / rootfs rootfs\nmount 0:21 /rw tmpfs tmpfs\n");
	write_text(g,
		"mount 0:22 / overlay overlay rw,lowerdir=/ro/low:/ro,upperdir=/rw/up,workdir=/rw/w\n");
	write_filesystem(g, disks, count, "", points[draw_below(g, 2)]);
	if (!one_in(g, 3))
		write_text(g, "mount 0:23 /ro tmpfs tmpfs\n");
	/* Either the lower or the upper layer must be on the disks. */
	write_filesystem(g, disks, count, "", "/ro");
	mark_uses(disks, count, REASON_SYSTEM);
}

/* A live system: a squashfs in a file on the medium. */
static void system_is_in_a_file(
	struct generated *g, struct generated_disk *const *disks, size_t count)
{
	struct generated_device loop;

	write_filesystem(g, disks, count, "", "/run/medium");
	loop = write_loop(g, "/run/medium/live/root.squashfs", USE(REASON_SYSTEM));
	write_text(g, "mount %u:%u /run/ro squashfs /dev/%s\n", loop.major, loop.minor, loop.name);
	if (one_in(g, 2))
		write_text(g, "mount 0:22 / overlay overlay rw,lowerdir=/run/ro,upperdir=/run/up\n"
			      "mount 0:23 /run/up tmpfs tmpfs\n");
	else
		write_text(
			g, "mount %u:%u / squashfs /dev/%s\n", loop.major, loop.minor, loop.name);
	mark_uses(disks, count, REASON_SYSTEM);
}

/* A system in memory: an initramfs, a file in it, or a disk in memory. */
static void write_root_in_memory(struct generated *g)
{
	struct generated_device device;

	switch (draw_below(g, 4)) {
	case 0:
		write_text(g, "mount 0:2 / rootfs rootfs\n");
		break;
	case 1:
		device = write_loop(g, "/run/root.squashfs", USE(REASON_SYSTEM));
		write_text(g, "mount 0:2 /run tmpfs tmpfs\nmount %u:%u /run/ro squashfs /dev/%s\n",
			device.major, device.minor, device.name);
		write_text(g, "mount 0:3 / overlay overlay rw,lowerdir=/run/ro,upperdir=/run/up\n");
		break;
	default:
		device = one_in(g, 2) ? write_stacked(g, "zram", 252, "")
				      : write_stacked(g, "ram", 1, "");
		if (one_in(g, 2))
			device = write_stacked(g, "dm-", 253, device.name);
		write_text(
			g, "mount %u:%u / ext4 /dev/%s\n", device.major, device.minor, device.name);
		break;
	}
}

/* No filesystem of it is mounted; only root= shows the disk. */
static void system_was_started_from(
	struct generated *g, struct generated_disk *const *disks, size_t count)
{
	struct generated_disk *disk = disks[0];
	struct generated_device part = draw_part(g, disk);
	unsigned packed = part.major << 8 | part.minor;
	const char *wrap = one_in(g, 4) ? "live:" : "", *tail = one_in(g, 4) ? ",noatime" : "";

	(void)count;
	write_root_in_memory(g);
	write_text(g, "file %s quiet ",
		one_in(g, 4) ? "proc/device-tree/chosen/bootargs" : "proc/cmdline");
	/* Any number of other parameters may precede it. */
	for (unsigned n = one_in(g, 8) ? 1 + draw_below(g, 30) : 0; n > 0; n--) {
		write_text(g, "resume=UUID=other-%u ", n);
		g->tag_missing = true;
	}
	disk->content = CONTENT_TABLE;
	switch (draw_below(g, 8)) {
	case 0:
		write_text(g, "root=%s/dev/%s%s", wrap, part.name, tail);
		break;
	case 1:
		write_text(g, "root=%u:%u", part.major, part.minor);
		break;
	case 2:
		write_text(g, "root=%x", packed);
		break;
	case 3:
		write_text(
			g, "root=%sPARTUUID=5A-02%s", wrap, one_in(g, 2) ? "/PARTNROFF=1" : tail);
		(void)STR_COPY(disk->tag, "partuuid=5a-01 partuuid=5a-02");
		break;
	case 4:
		write_text(g, "root=%sUUID=ab-cd%s", wrap, tail);
		(void)STR_COPY(disk->tag, "partuuid=5a-01 fsuuid=AB-CD");
		break;
	case 5:
		write_text(g, "root=LABEL=writable resume=UUID=77%s", tail);
		(void)STR_COPY(
			disk->tag, "partuuid=5a-01 partuuid=5a-02 fslabel=writable fsuuid=77");
		break;
	case 6:
		write_text(g, "root=/dev/disk/by-partlabel/root\\x2da");
		(void)STR_COPY(disk->tag, "partuuid=5a-01 partlabel=root-a");
		break;
	default:
		write_text(g, "overlayroot=device:dev=LABEL=top,timeout=9 root=/dev/ram0");
		disk->content = CONTENT_FILESYSTEM;
		(void)STR_COPY(disk->tag, "label=top");
		break;
	}
	write_text(g, " console=ttyS0\n");
	if (!(g->allow & ALLOW_ROOT_NAMED))
		mark_uses(disks, 1, REASON_ROOT_NAMED);
}

static void (*const systems[])(
	struct generated *g, struct generated_disk *const *disks, size_t count) = {
	system_is_mounted,
	system_is_of_process_1,
	system_is_an_overlay,
	system_is_in_a_file,
	system_was_started_from,
};

/* A machine whose system is not on a disk, or on an unknown one. */
static void write_diskless(struct generated *g)
{
	static const char *const nodes[][2] = {
		{"mmcblk", "mmcblk9p1"}, {"nvme", "nvme9n1p1"}, {"sd", "sdz1"}, {"vd", "vdz1"}};
	static const unsigned majors[] = {179, 8, 254, 259};
	unsigned n = draw_below(g, 4);

	switch (draw_below(g, 9)) {
	case 0:
		write_text(g, "mount 0:2 / rootfs rootfs\n");
		break;
	case 1:
		write_text(g, "mount 0:2 / nfs host:/srv rw\nfile proc/cmdline root=/dev/nfs\n");
		break;
	case 2: /* a container */
		write_text(
			g, "mount 0:2 / overlay overlay rw,lowerdir=/var/lib/l/A:/var/lib/l/B\n");
		g->unresolved = true;
		break;
	case 3:
		write_text(
			g, "mount 0:2 / tmpfs tmpfs\nfile proc/cmdline root=/dev/mapper/vg-root\n");
		g->unresolved = true;
		break;
	case 4:
		write_root_in_memory(g);
		write_text(g, "file proc/cmdline root=/dev/%s\n", nodes[n][1]);
		g->missing_node = nodes[n][0];
		break;
	case 5:
		write_root_in_memory(g);
		write_text(g, "file proc/cmdline root=%u:250\n", majors[n]);
		g->missing_major = majors[n];
		break;
	case 6: /* longer than the buffer */
		write_root_in_memory(g);
		write_text(g, "file proc/cmdline root=PARTLABEL=%0180u\n", 7u);
		g->unresolved = true;
		break;
	case 7: /* a chroot with processes of its own */
		write_text(g, "mount 0:5 /proc proc proc\n");
		g->blind = true;
		break;
	default:
		write_root_in_memory(g);
		write_text(g, "file proc/cmdline root=UUID=not-there\n");
		g->tag_missing = true;
		break;
	}
}

/* ---- other uses ---- */

static void is_mounted(struct generated *g, struct generated_disk *const *disks, size_t count)
{
	char point[32];

	(void)STR_FORMAT(point, "/mnt/m%u", g->points);
	write_filesystem(g, disks, count, "", point);
	mark_uses(disks, count, REASON_MOUNTED);
	if (one_in(g, 3)) {
		write_text(g, "swap %s/swapfile file\n", point);
		mark_uses(disks, count, REASON_SWAP);
	}
	if (one_in(g, 3)) {
		write_text(g, "uses %s/blob.bin blob\n", point);
		mark_uses(disks, count, REASON_SOURCE);
	}
}

/* Only its namespace shows the mount: dm or md would add a holder. */
static void is_mounted_elsewhere(
	struct generated *g, struct generated_disk *const *disks, size_t count)
{
	unsigned pid = 100 + g->points;
	char process[16];

	write_text(g, "process %u daemon\nmount@%u 0:2 / rootfs rootfs\n", pid, pid);
	(void)STR_FORMAT(process, "@%u", pid);
	for (size_t i = 0; i < count; i++) {
		struct generated_device part = draw_part(g, disks[i]);

		write_text(g, "mount%s %u:%u /m%zu ext4 /dev/%s\n", process, part.major, part.minor,
			i, part.name);
	}
	mark_uses(disks, count, REASON_MOUNTED);
}

static void is_swap(struct generated *g, struct generated_disk *const *disks, size_t count)
{
	struct generated_device device = draw_device(g, disks, count);

	write_text(g, "swap /dev/%s partition\n", device.name);
	mark_uses(disks, count, REASON_SWAP);
}

static void is_below_zram(struct generated *g, struct generated_disk *const *disks, size_t count)
{
	struct generated_device device = draw_device(g, disks, count);
	struct generated_device zram = write_stacked(g, "zram", 252, "");

	write_text(g, "\tbacking_dev /dev/%s\n", device.name);
	mark_uses(disks, count, REASON_HOLDER);
	if (one_in(g, 2)) {
		write_text(g, "swap /dev/%s partition\n", zram.name);
		mark_uses(disks, count, REASON_SWAP);
	}
}

static void is_held(struct generated *g, struct generated_disk *const *disks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		(void)write_stacked(g, "dm-", 253, draw_part(g, disks[i]).name);
	mark_uses(disks, count, REASON_HOLDER);
}

static void is_below_a_loop(struct generated *g, struct generated_disk *const *disks, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char node[40];

		(void)STR_FORMAT(node, "/dev/%s", draw_part(g, disks[i]).name);
		(void)write_loop(g, node, USE(REASON_LOOP));
	}
	mark_uses(disks, count, REASON_LOOP);
}

static void is_read_only(struct generated *g, struct generated_disk *const *disks, size_t count)
{
	(void)g;
	for (size_t i = 0; i < count; i++)
		disks[i]->ro = true;
	mark_uses(disks, count, REASON_READ_ONLY);
}

static void is_empty(struct generated *g, struct generated_disk *const *disks, size_t count)
{
	(void)g;
	for (size_t i = 0; i < count; i++) {
		disks[i]->empty = true;
		disks[i]->partitions = 0;
	}
	mark_uses(disks, count, REASON_NO_MEDIUM);
}

static void is_small(struct generated *g, struct generated_disk *const *disks, size_t count)
{
	(void)g;
	for (size_t i = 0; i < count; i++)
		disks[i]->small = true;
	mark_uses(disks, count, REASON_TOO_SMALL);
}

static void is_worn(struct generated *g, struct generated_disk *const *disks, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (disks[i]->kind != DISK_EMMC)
			continue;
		disks[i]->worn = true;
		if (!(g->allow & ALLOW_WORN))
			disks[i]->uses |= USE(REASON_WORN);
	}
}

static void is_busy(struct generated *g, struct generated_disk *const *disks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		disks[i]->hold = one_in(g, 2) ? HOLD_EXCLUSIVE : HOLD_LOCKED;
	mark_uses(disks, count, REASON_BUSY);
}

/* Uses that show on the disk itself are drawn before it is written, the others afterwards. */
static const struct use {
	void (*write)(struct generated *g, struct generated_disk *const *disks, size_t count);
	bool of_disk;
} uses[] = {
	{.write = is_mounted},
	{.write = is_mounted_elsewhere},
	{.write = is_swap},
	{.write = is_below_zram},
	{.write = is_held},
	{.write = is_below_a_loop},
	{.write = is_read_only, .of_disk = true},
	{.write = is_empty, .of_disk = true},
	{.write = is_small, .of_disk = true},
	{.write = is_worn, .of_disk = true},
	{.write = is_busy, .of_disk = true},
};

/* ---- the whole machine ---- */

static void draw_disks(struct generated *g)
{
	static const enum disk_kind likely[] = {
		DISK_EMMC, DISK_EMMC, DISK_EMMC, DISK_SD, DISK_USB, DISK_FIXED};
	static const enum content_state states[] = {CONTENT_BLANK, CONTENT_BLANK, CONTENT_TABLE,
		CONTENT_DENIED, CONTENT_SILENT, CONTENT_AMBIVALENT};

	g->disk_count = 1 + draw_below(g, 6);
	for (unsigned i = 0; i < g->disk_count; i++) {
		struct generated_disk *disk = &g->disks[i];

		*disk = (struct generated_disk){.kind = likely[draw_below(g, ARRAY_SIZE(likely))]};
		name_disk(g, disk, i);
		disk->partitions = one_in(g, 3) ? 0 : 1 + draw_below(g, 4);
		if (disk->kind == DISK_FIXED && disk->major != 254 && !one_in(g, 4))
			disk->wwid = 1 + i;
		disk->boot_area = disk->kind == DISK_EMMC && !one_in(g, 4);
		disk->content = states[draw_below(g, ARRAY_SIZE(states))];
		if (one_in(g, 4)) {
			disk->content = one_in(g, 2) ? CONTENT_TABLE : CONTENT_FILESYSTEM;
			disk->closed = one_in(g, 2);
		}
		disk->first = disk->content == CONTENT_TABLE && (disk->closed || one_in(g, 2));
	}
}

/* Sometimes adds a disk again, by a second path that no dm-multipath joins. The original, or
 * NULL. */
static const struct generated_disk *draw_second_path(struct generated *g)
{
	const struct generated_disk *original = &g->disks[draw_below(g, (unsigned)g->disk_count)];
	struct generated_disk *path = &g->disks[g->disk_count];

	if (!original->wwid || one_in(g, 2))
		return NULL;
	*path = *original;
	(void)STR_COPY(path->name, original->major == 259 ? "nvme8n1" : "sdq");
	path->minor = 240;
	path->partitions = 0;
	g->disk_count++;
	return original;
}

static void write_contents(struct generated *g)
{
	static const char *const states[] = {
		[CONTENT_BLANK] = "blank",
		[CONTENT_TABLE] = "table",
		[CONTENT_FILESYSTEM] = "filesystem",
		[CONTENT_AMBIVALENT] = "ambivalent",
		[CONTENT_DENIED] = "denied",
		[CONTENT_SILENT] = "silent",
	};
	static const char *const closed[] = {"crypto_LUKS", "LVM2_member", "linux_raid_member",
		"isw_raid_member", "zfs_member", "bcache"};
	static const char *const holds[] = {"", "hold=exclusive", "hold=locked"};

	for (size_t i = 0; i < g->disk_count; i++) {
		const struct generated_disk *disk = &g->disks[i];

		if (disk->kind == DISK_LOOP)
			continue;
		write_text(g, "content %s %s %s %s", disk->name, states[disk->content], disk->tag,
			holds[disk->hold]);
		if (disk->first)
			write_text(g, " partuuid=77-01");
		if (disk->closed && one_in(g, 3))
			write_text(g, " partial=1");
		else if (disk->closed)
			write_text(g, " %s=%s", disk->first ? "fstype" : "type",
				closed[draw_below(g, ARRAY_SIZE(closed))]);
		write_text(g, "\n");
	}
}

static void draw_allow(struct generated *g)
{
	char words[64] = "";

	g->allow = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(kind_words); i++) {
		if (!one_in(g, 3))
			continue;
		g->allow |= 1u << i;
		(void)str_format(words + strlen(words), sizeof(words) - strlen(words), "%s%s",
			*words ? "," : "", kind_words[i]);
	}
	if (one_in(g, 3)) {
		g->allow |= ALLOW_WORN;
		(void)str_format(words + strlen(words), sizeof(words) - strlen(words), "%sworn",
			*words ? "," : "");
	}
	if (one_in(g, 3)) {
		g->allow |= ALLOW_ROOT_NAMED;
		(void)str_format(words + strlen(words), sizeof(words) - strlen(words),
			"%sroot-named", *words ? "," : "");
	}
	if (*words)
		write_text(g, "allow %s\n", words);
	write_text(g, "need 1024\n");
}

static void generate(struct generated *g, uint64_t seed)
{
	struct generated_disk *system[3], *user[2];
	const struct use *plan[GENERATED_DISKS_MAX] = {0};
	const struct generated_disk *original;
	size_t count, system_count = 0;

	g->random = seed;
	g->length = 0;
	g->unresolved = g->blind = g->tag_missing = false;
	g->missing_node = NULL;
	g->missing_major = 0;
	g->virtuals = g->points = 0;
	draw_allow(g);
	draw_disks(g);
	count = g->disk_count;
	/* The first disks have the system; most others are free or have one use. */
	if (!one_in(g, 5))
		system_count = 1 + (one_in(g, 3) ? draw_below(g, 3) : 0);
	if (system_count > count)
		system_count = count;
	for (size_t i = system_count; i < count; i++) {
		if (one_in(g, 2))
			plan[i] = &uses[draw_below(g, ARRAY_SIZE(uses))];
		user[0] = &g->disks[i];
		if (plan[i] && plan[i]->of_disk)
			plan[i]->write(g, user, 1);
	}
	original = draw_second_path(g);
	for (size_t i = 0; i < g->disk_count; i++)
		write_generated_disk(g, &g->disks[i]);
	for (size_t i = 0; i < system_count; i++)
		system[i] = &g->disks[i];
	if (system_count > 0)
		systems[draw_below(g, ARRAY_SIZE(systems))](g, system, system_count);
	else
		write_diskless(g);
	for (size_t i = system_count; i < count; i++) {
		size_t users = 1;

		if (!plan[i] || plan[i]->of_disk)
			continue;
		user[0] = &g->disks[i];
		/* Sometimes the next disk shares the use. */
		if (i + 1 < count && !plan[i + 1] && one_in(g, 3))
			user[users++] = &g->disks[i + 1];
		plan[i]->write(g, user, users);
	}
	if (original) {
		g->disks[count].uses = original->uses;
		g->disks[count].content = original->content;
		(void)STR_COPY(g->disks[count].tag, original->tag);
	}
	write_contents(g);
}

/* True if the missing device of root= may be @disk under a new name. */
static bool may_be_missing(const struct generated *g, const struct generated_disk *disk)
{
	if (disk->content == CONTENT_BLANK)
		return false;
	/* Any disk may have a number with major 259. */
	if (g->missing_major)
		return g->missing_major == disk->major || g->missing_major == 259;
	if (!g->missing_node || strncmp(disk->name, g->missing_node, strlen(g->missing_node)) != 0)
		return false;
	return disk->first ||
	       (disk->content != CONTENT_TABLE && disk->content != CONTENT_FILESYSTEM);
}

/* True if an unused disk is to be offered, as documented in rules.h. */
static bool is_to_be_offered(const struct generated *g, const struct generated_disk *disk)
{
	bool allowed = g->allow & 1u << disk->kind;
	bool known = (disk->content == CONTENT_BLANK || disk->content == CONTENT_TABLE ||
			     disk->content == CONTENT_FILESYSTEM) &&
		     !disk->closed;

	if (disk->uses)
		return false;
	if (disk->kind == DISK_LOOP)
		return allowed;
	if (g->blind)
		return false;
	if (g->unresolved || (g->tag_missing && !known) || may_be_missing(g, disk))
		return allowed && disk->kind != DISK_FIXED;
	return allowed || disk->kind == DISK_EMMC;
}

#endif
