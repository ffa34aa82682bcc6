/* SPDX-License-Identifier: MIT */
#include "device/disk/disk_scan.h"

#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "device/disk/cid.h"
#include "device/disk/wholedisk.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define EMMC_REVISION_4_41 5   /* EXT_CSD revisions: no removable cards from this one on */
#define EMMC_REVISION_5_0  7   /* wear registers from this one on */
#define EMMC_REVISION_MAX  255 /* one byte of the EXT_CSD */

/* Devices without a medium of their own, or whose medium is not written like a disk. */
static const char *const skipped[] = {
	"ram", "zram", "dm-", "md", "sr", "fd", "mtdblock", "nbd", "bcache", "drbd"};

/* Reads a text that comes from the device: trimmed and sanitised; "" if it does not exist. */
#define READ_TEXT(root, to, name, attribute)                                                       \
	read_text((root), (to), sizeof(to), (name), (attribute))
static void read_text(int root, char *to, size_t size, const char *name, const char *attribute)
{
	(void)sysroot_read(root, to, size, "sys/block/%s/%s", name, attribute);
	sysroot_trim(to);
	str_sanitise(to);
}

/* Keeps the end of a path that is too long, as the port is at the end. */
static void copy_end(char *to, size_t size, const char *path)
{
	size_t length = strlen(path);

	(void)str_copy(to, size, length < size ? path : path + length - (size - 1));
}
#define COPY_END(to, path) copy_end((to), sizeof(to), (path))

/* mmcblk0boot1, mmcblk0rpmb, mmcblk0gp0: areas of a card that the kernel presents as disks. */
static bool is_card_area(int root, const char *name)
{
	char card[32];

	return wholedisk_card_of(root, name, card);
}

static void read_boot_areas(int root, const char *name, struct disk *disk)
{
	for (unsigned i = 0; i < ARRAY_SIZE(disk->boot); i++) {
		struct disk_boot_area *area = &disk->boot[i];

		(void)STR_FORMAT(area->name, "%sboot%u", name, i);
		area->size_bytes =
			sysroot_number(root, "sys/block/%s/size", area->name) * SECTOR_BYTES;
		if (area->size_bytes == 0)
			area->name[0] = '\0';
	}
}

/* Larger values are reserved: treated as not reported. */
static int defined_level(uint64_t level, int most)
{
	return level <= (uint64_t)most ? (int)level : 0;
}

/* life_time is "0x02 0x01": one estimate for each of the two cell types of an eMMC. */
static void read_wear(int root, const char *name, struct disk *disk)
{
	char text[32];
	unsigned a, b;

	/* QEMU and others have the attributes although their revision does not define them. */
	if (disk->emmc_revision < EMMC_REVISION_5_0)
		return;
	READ_TEXT(root, text, name, "device/life_time");
	if (sscanf(text, "%x %x", &a, &b) == 2) {
		disk->life_time_a = defined_level(a, LIFE_TIME_EXCEEDED);
		disk->life_time_b = defined_level(b, LIFE_TIME_EXCEEDED);
	}
	disk->pre_eol = defined_level(
		sysroot_number(root, "sys/block/%s/device/pre_eol_info", name), PRE_EOL_URGENT);
}

/* Completes from the CID what sysfs does not have, or not on an old kernel. */
static void decode_card(enum cid_standard standard, struct disk *disk)
{
	const char *maker;
	struct cid cid;

	if (cid_decode(disk->id.cid, standard, &cid) < 0)
		return;
	maker = cid_maker_name(standard, cid.maker);
	if (maker)
		(void)STR_COPY(disk->vendor, maker);
	else
		(void)STR_FORMAT(disk->vendor, "0x%02x", cid.maker);
	if (!disk->model[0])
		(void)STR_COPY(disk->model, cid.name);
	if (!disk->id.serial[0])
		(void)STR_FORMAT(disk->id.serial, "0x%08" PRIx32, cid.serial);
}

static void read_card(int root, const char *name, struct disk *disk)
{
	enum cid_standard standard = CID_SD;
	char type[16];

	READ_TEXT(root, disk->id.cid, name, "device/cid");
	READ_TEXT(root, disk->id.serial, name, "device/serial");
	READ_TEXT(root, disk->model, name, "device/name");
	READ_TEXT(root, type, name, "device/type");
	disk->kind = DISK_SD;
	if (strcmp(type, "MMC") == 0) {
		standard = CID_MMC;
		/* "removable" is 0 for every card. A removable MMC card has no boot areas. */
		disk->emmc_revision = defined_level(
			sysroot_number(root, "sys/block/%s/device/rev", name), EMMC_REVISION_MAX);
		read_boot_areas(root, name, disk);
		if (disk->boot[0].name[0] || disk->emmc_revision >= EMMC_REVISION_4_41)
			disk->kind = DISK_EMMC;
		read_wear(root, name, disk);
	}
	decode_card(standard, disk);
}

/* The page "unit serial number" of a SCSI disk: four bytes of header, then the text (SPC-5, 7.8.24).
 * The kernel has read it when it found the disk. */
static void read_scsi_serial(int root, const char *name, struct disk *disk)
{
	_cleanup_free_ char *page = NULL;
	size_t size;

	if (sysroot_read_all(root, &page, &size, "sys/block/%s/device/vpd_pg80", name) < 0 ||
		size <= 4)
		return;
	(void)STR_COPY(disk->id.serial, page + 4);
	sysroot_trim(disk->id.serial);
	str_sanitise(disk->id.serial);
}

/* A SCSI disk: USB, SATA, UFS, ... */
static void read_scsi(int root, const char *name, struct disk *disk)
{
	char up[32] = "", attribute[64];

	READ_TEXT(root, disk->vendor, name, "device/vendor");
	READ_TEXT(root, disk->model, name, "device/model");
	if (disk->kind != DISK_USB) {
		read_scsi_serial(root, name, disk);
		return;
	}
	/* The nearest parent device that has a USB id is the stick or the reader. */
	while (STR_FORMAT(attribute, "device/%s../idVendor", up)) {
		if (sysroot_exists(root, "sys/block/%s/%s", name, attribute)) {
			(void)STR_FORMAT(attribute, "device/%s../serial", up);
			READ_TEXT(root, disk->id.serial, name, attribute);
			break;
		}
		if (!str_copy(up + strlen(up), sizeof(up) - strlen(up), "../"))
			break;
	}
}

static void read_nvme(int root, const char *name, struct disk *disk)
{
	READ_TEXT(root, disk->model, name, "device/model");
	READ_TEXT(root, disk->id.serial, name, "device/serial");
}

static void read_virtual(int root, const char *name, struct disk *disk)
{
	READ_TEXT(root, disk->id.serial, name, "serial");
}

static const struct family {
	const char *prefix;
	enum disk_kind kind;
	void (*read)(
		int root, const char *name, struct disk *disk); /* NULL: no attributes to read */
} families[] = {
	{"mmcblk", DISK_SD, read_card},
	{"sd", DISK_FIXED, read_scsi},
	{"nvme", DISK_FIXED, read_nvme},
	{"vd", DISK_FIXED, read_virtual},
	{"xvd", DISK_FIXED, NULL},
	{"loop", DISK_LOOP, NULL},
};

/* Reads the whole disk @name from sysfs. 0, or -ENODEV if it was removed meanwhile. */
static int read_disk(int root, const char *name, struct disk *ret)
{
	const struct family *family = NULL;
	struct disk disk = {.kind = DISK_OTHER};
	char link[PATH_MAX], *path = link;
	uint64_t sectors;

	if (!STR_COPY(disk.name, name) ||
		sysroot_read_devno(root, &disk.id.major, &disk.id.minor, "sys/block/%s/dev", name) <
			0 ||
		sysroot_read_u64(root, &sectors, "sys/block/%s/size", name) < 0)
		return -ENODEV;
	disk.size_bytes = disk.id.size_bytes = sectors * SECTOR_BYTES;
	disk.id.diskseq = sysroot_number(root, "sys/block/%s/diskseq", name);
	disk.read_only = sysroot_number(root, "sys/block/%s/ro", name) != 0;
	disk.removable = sysroot_number(root, "sys/block/%s/removable", name) != 0;
	disk.sector_bytes =
		(uint32_t)sysroot_number(root, "sys/block/%s/queue/logical_block_size", name);
	if (disk.sector_bytes == 0)
		disk.sector_bytes = SECTOR_BYTES;
	disk.erase_bytes =
		(uint32_t)sysroot_number(root, "sys/block/%s/device/preferred_erase_size", name);
	if (disk.erase_bytes == 0)
		disk.erase_bytes = (uint32_t)sysroot_number(
			root, "sys/block/%s/queue/discard_granularity", name);
	(void)STR_FORMAT(disk.path, "/dev/%s", name);
	for (char *p = disk.path; *p; p++)
		if (*p == '!')
			*p = '/';

	if (sysroot_link(root, link, sizeof(link), "sys/block/%s", name) < 0)
		(void)STR_FORMAT(link, "block/%s", name);
	while (strncmp(path, "../", 3) == 0)
		path += 3;
	COPY_END(disk.id.devpath, path);

	for (size_t i = 0; i < ARRAY_SIZE(families) && !family; i++)
		if (str_has_prefix(name, families[i].prefix))
			family = &families[i];
	if (family) {
		disk.kind = family->kind;
		if (family->read == read_scsi && strstr(path, "/usb"))
			disk.kind = DISK_USB;
		if (family->read)
			family->read(root, name, &disk);
	}
	*ret = disk;
	return 0;
}

/* True if a disk belongs in the list. The name alone does not decide: drivers that are unknown
 * here may use any name. */
static bool is_listed(int root, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(skipped); i++) {
		size_t length = strlen(skipped[i]);

		if (str_has_prefix(name, skipped[i]) &&
			(name[length] == '\0' || isdigit((unsigned char)name[length])))
			return false;
	}
	if (str_has_prefix(name, "loop"))
		return sysroot_number(root, "sys/block/%s/size", name) > 0;
	return sysroot_exists(root, "sys/block/%s/device", name) &&
	       !sysroot_exists(root, "sys/block/%s/partition", name) &&
	       sysroot_number(root, "sys/block/%s/hidden", name) == 0 && !is_card_area(root, name);
}

struct scan {
	int root;
	struct disk_list list;
};

static int add_disk(void *arg, const char *name)
{
	struct scan *scan = arg;
	struct disk *disks;

	if (!is_listed(scan->root, name))
		return 0;
	disks = reallocarray(scan->list.disks, scan->list.count + 1, sizeof(*disks));
	if (!disks)
		return -ENOMEM;
	scan->list.disks = disks;
	/* Fails if the disk was removed since the directory was read. */
	if (read_disk(scan->root, name, &disks[scan->list.count]) == 0)
		scan->list.count++;
	return 0;
}

int disk_scan(int root, struct disk_list *ret)
{
	struct scan scan = {.root = root};
	int r = sysroot_each(root, add_disk, &scan, "sys/block");

	if (r < 0) {
		disk_list_finish(&scan.list);
		return r;
	}
	*ret = scan.list;
	return 0;
}

void disk_list_finish(struct disk_list *list)
{
	free(list->disks);
	*list = (struct disk_list){0};
}

int disk_scan_name(int root, const char *name, struct disk *ret)
{
	if (!sysroot_exists(root, "sys/class/block/%s", name) &&
		!sysroot_exists(root, "sys/block/%s", name))
		return -ENODEV;
	if (sysroot_exists(root, "sys/class/block/%s/partition", name) || is_card_area(root, name))
		return -ENOTBLK;
	return read_disk(root, name, ret);
}

static int scan_image(const char *path, const struct stat *st, struct disk *ret)
{
	struct disk disk = {.kind = DISK_IMAGE, .sector_bytes = SECTOR_BYTES};
	char real[PATH_MAX];

	if (!realpath(path, real))
		return -errno;
	if (!STR_COPY(disk.path, real))
		return -ENAMETOOLONG;
	COPY_END(disk.id.devpath, real);
	(void)STR_COPY(disk.name, strrchr(real, '/') + 1);
	str_sanitise(disk.name);
	disk.size_bytes = disk.id.size_bytes = (uint64_t)st->st_size;
	disk.id.file_dev = st->st_dev;
	disk.id.file_ino = st->st_ino;
	disk.read_only = access(real, W_OK) < 0;
	*ret = disk;
	return 0;
}

/* True if the node at @path, links followed, is the device @number. */
static bool is_node_of(const char *path, dev_t number)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISBLK(st.st_mode) && st.st_rdev == number;
}

static int scan_node(int root, const char *path, dev_t number, struct disk *ret)
{
	char link[PATH_MAX], real[PATH_MAX], *name;
	struct disk disk;
	int r = sysroot_link(
		root, link, sizeof(link), "sys/dev/block/%u:%u", major(number), minor(number));

	if (r < 0)
		return r == -ENOENT ? -ENODEV : r;
	name = strrchr(link, '/');
	r = disk_scan_name(root, name ? name + 1 : link, &disk);
	if (r < 0)
		return r;
	if (disk.size_bytes == 0)
		return -ENOMEDIUM;
	/* If there is no devtmpfs, the node may have another name than in the kernel. */
	if (!is_node_of(disk.path, number)) {
		if (!realpath(path, real))
			return -errno;
		if (!STR_COPY(disk.path, real))
			return -ENAMETOOLONG;
	}
	*ret = disk;
	return 0;
}

/* True if @path is the kernel's name of a block device: "mmcblk0", "mmcblk0p1", "mmcblk0boot0". */
static bool is_kernel_name(int root, const char *path)
{
	return path[0] && path[0] != '.' && !strchr(path, '/') &&
	       (sysroot_exists(root, "sys/class/block/%s", path) ||
		       sysroot_exists(root, "sys/block/%s", path));
}

/* @file: what has this name in the working directory, or NULL. It could be meant as well, unless it
 * is the device itself: the working directory may be /dev. */
static int scan_kernel_name(int root, const char *name, const struct stat *file, struct disk *ret)
{
	struct disk disk;
	dev_t number;
	int r;

	if (file && S_ISREG(file->st_mode))
		return -ENOTUNIQ;
	r = disk_scan_name(root, name, &disk);
	if (r < 0)
		return r;
	number = makedev(disk.id.major, disk.id.minor);
	if (file && S_ISBLK(file->st_mode) && file->st_rdev != number)
		return -ENOTUNIQ;
	if (disk.size_bytes == 0)
		return -ENOMEDIUM;
	if (!is_node_of(disk.path, number))
		return -ENXIO;
	*ret = disk;
	return 0;
}

int disk_scan_target(int root, const char *path, struct disk *ret)
{
	struct stat st;
	int r = stat(path, &st) < 0 ? -errno : 0;

	if (is_kernel_name(root, path))
		return scan_kernel_name(root, path, r < 0 ? NULL : &st, ret);
	if (r < 0)
		return r;
	if (S_ISBLK(st.st_mode))
		return scan_node(root, path, st.st_rdev, ret);
	if (S_ISREG(st.st_mode))
		return scan_image(path, &st, ret);
	return -EINVAL;
}
