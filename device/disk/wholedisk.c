/* SPDX-License-Identifier: MIT */
#include "device/disk/wholedisk.h"

#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "device/disk/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/loop.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define DEPTH_MAX 16 /* of a stack; more means a cycle in a broken sysfs */

struct mapper_search {
	int root;
	const char *wanted;
	uint32_t major, minor;
};

static int match_mapper(void *arg, const char *name)
{
	struct mapper_search *search = arg;
	char mapped[128];

	if (sysroot_read(search->root, mapped, sizeof(mapped), "sys/block/%s/dm/name", name) < 0 ||
		strcmp(mapped, search->wanted) != 0)
		return 0;
	return sysroot_read_devno(
		       search->root, &search->major, &search->minor, "sys/block/%s/dev", name) == 0;
}

/* "/dev/cciss/c0d0" is "cciss!c0d0" in sysfs. */
static int number_by_name(int root, const char *path, uint32_t *ret_major, uint32_t *ret_minor)
{
	struct mapper_search search = {.root = root};
	char name[128];

	if (strncmp(path, "/dev/", 5) != 0 || !STR_COPY(name, path + 5))
		return -ENOTBLK;
	if (strncmp(name, "mapper/", 7) == 0) {
		search.wanted = name + 7;
		if (sysroot_each(root, match_mapper, &search, "sys/block") <= 0)
			return -ENOTBLK;
		*ret_major = search.major;
		*ret_minor = search.minor;
		return 0;
	}
	for (char *p = name; *p; p++)
		if (*p == '/')
			*p = '!';
	return sysroot_read_devno(root, ret_major, ret_minor, "sys/class/block/%s/dev", name) == 0
		       ? 0
		       : -ENOTBLK;
}

int wholedisk_node_number(int root, const char *path, uint32_t *ret_major, uint32_t *ret_minor)
{
	struct stat st;

	if (path[0] == '/' && sysroot_is_live(root) &&
		fstatat(root, path[1] ? path + 1 : ".", &st, 0) == 0) {
		if (!S_ISBLK(st.st_mode))
			return -ENOTBLK;
		*ret_major = major(st.st_rdev);
		*ret_minor = minor(st.st_rdev);
		return 0;
	}
	return number_by_name(root, path, ret_major, ret_minor);
}

/* Fills the numbers from the loop device. False if it cannot be opened or is not bound. */
static bool query_loop(int root, const char *name, struct wholedisk_loop *ret)
{
	struct loop_info64 info = {0};
	_cleanup_close_ int fd = -1;
	char path[64];

	if (!sysroot_is_live(root) || !STR_FORMAT(path, "dev/%s", name))
		return false;
	fd = openat(root, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	if (fd < 0 || ioctl(fd, LOOP_GET_STATUS64, &info) < 0)
		return false;
	/* 0 if the backing file is not a device. */
	ret->block_major = major(info.lo_rdevice);
	ret->block_minor = minor(info.lo_rdevice);
	if (ret->block_major == 0) {
		ret->file_major = major(info.lo_device);
		ret->file_minor = minor(info.lo_device);
	}
	return true;
}

/* True if a file of this size is as large as the loop device @name shows. */
static bool has_size_of(int root, const char *name, uint64_t bytes)
{
	uint64_t offset = sysroot_number(root, "sys/block/%s/loop/offset", name);
	uint64_t limit = sysroot_number(root, "sys/block/%s/loop/sizelimit", name);

	bytes -= offset < bytes ? offset : bytes;
	if (limit > 0 && limit < bytes)
		bytes = limit;
	return bytes / SECTOR_BYTES == sysroot_number(root, "sys/block/%s/size", name);
}

/* Fills the numbers from the backing path. False if it does not exist or is another file. */
static bool stat_backing(int root, const char *name, struct wholedisk_loop *ret)
{
	struct stat st;

	if (!sysroot_is_live(root) || ret->backing[0] != '/' ||
		fstatat(root, ret->backing + 1, &st, AT_NO_AUTOMOUNT) < 0)
		return false;
	if (S_ISBLK(st.st_mode)) {
		ret->block_major = major(st.st_rdev);
		ret->block_minor = minor(st.st_rdev);
		return true;
	}
	if (!S_ISREG(st.st_mode) || !has_size_of(root, name, (uint64_t)st.st_size))
		return false;
	ret->file_major = major(st.st_dev);
	ret->file_minor = minor(st.st_dev);
	return true;
}

int wholedisk_read_loop(int root, const char *name, struct wholedisk_loop *ret)
{
	static const char suffix[] = " (deleted)";
	struct wholedisk_loop loop = {0};
	bool deleted;
	size_t length;

	if (sysroot_read(root, loop.backing, sizeof(loop.backing), "sys/block/%s/loop/backing_file",
		    name) < 0)
		return -ENXIO;
	length = strlen(loop.backing);
	deleted = length > strlen(suffix) &&
		  strcmp(loop.backing + length - strlen(suffix), suffix) == 0;
	if (deleted)
		loop.backing[length - strlen(suffix)] = '\0';
	/* Opening a loop device may block in the kernel if its file is failing: last resort. */
	if ((deleted || !stat_backing(root, name, &loop)) && !query_loop(root, name, &loop))
		(void)wholedisk_node_number(
			root, loop.backing, &loop.block_major, &loop.block_minor);
	*ret = loop;
	return 0;
}

struct collector {
	int root;
	char (*names)[32];
	size_t count, max;
	int depth;
	bool has_slaves; /* of the current device */
};

static int add_name(struct collector *collector, const char *name)
{
	for (size_t i = 0; i < collector->count; i++)
		if (strcmp(collector->names[i], name) == 0)
			return 0;
	if (collector->count == collector->max)
		return -ENOBUFS;
	if (!STR_COPY(collector->names[collector->count], name))
		return -ENAMETOOLONG;
	collector->count++;
	return 0;
}

static int collect(struct collector *collector, uint32_t major, uint32_t minor);

static int collect_slave(void *arg, const char *name)
{
	struct collector *collector = arg;
	uint32_t major, minor;
	int r;

	collector->has_slaves = true;
	r = sysroot_read_devno(collector->root, &major, &minor, "sys/class/block/%s/dev", name);
	/* -ENOENT would mean a device without slaves. */
	return r < 0 ? -ENODEV : collect(collector, major, minor);
}

/* The component of the path that sys/dev/block links to, @levels above the last one. */
static int linked_name(int root, uint32_t major, uint32_t minor, int levels, char ret[32])
{
	char link[PATH_MAX], *name;
	int r = sysroot_link(root, link, sizeof(link), "sys/dev/block/%u:%u", major, minor);

	if (r < 0)
		return r == -ENOENT ? -ENODEV : r;
	for (; levels > 0; levels--) {
		name = strrchr(link, '/');
		if (!name)
			return -ENODEV;
		*name = '\0';
	}
	name = strrchr(link, '/');
	name = name ? name + 1 : link;
	if (!*name)
		return -ENODEV; /* the kernel's links never end in a slash */
	return str_copy(ret, 32, name) ? 0 : -ENAMETOOLONG;
}

int wholedisk_read_backing(int root, const char *name, uint32_t *ret_major, uint32_t *ret_minor)
{
	char path[256];

	if (sysroot_read(root, path, sizeof(path), "sys/block/%s/backing_dev", name) < 0 ||
		path[0] != '/')
		return -ENXIO;
	return wholedisk_node_number(root, path, ret_major, ret_minor);
}

/* Adds the disks below a whole device, or @name itself if there are no layers below. */
static int collect_below(struct collector *collector, const char *name)
{
	bool outer = collector->has_slaves;
	uint32_t major, minor;
	struct wholedisk_loop loop;
	int r;

	collector->has_slaves = false;
	r = sysroot_each(collector->root, collect_slave, collector, "sys/block/%s/slaves", name);
	if (r == -ENOENT)
		r = 0;
	if (r == 0 && !collector->has_slaves)
		r = add_name(collector, name);
	collector->has_slaves = outer;
	if (r == 0 && wholedisk_read_backing(collector->root, name, &major, &minor) == 0)
		return collect(collector, major, minor);
	if (r < 0 || wholedisk_read_loop(collector->root, name, &loop) < 0 || loop.block_major == 0)
		return r;
	return collect(collector, loop.block_major, loop.block_minor);
}

bool wholedisk_card_of(int root, const char *name, char ret_card[32])
{
	uint32_t major, minor;
	size_t length;

	/* "device" of an area is the disk; "device" of a disk is the card, which has no number. */
	if (sysroot_read_devno(root, &major, &minor, "sys/block/%s/device/dev", name) == 0)
		return linked_name(root, major, minor, 0, ret_card) == 0;
	/* On old kernels "device" of an area is the card, too: use the name. */
	if (strncmp(name, "mmcblk", 6) != 0)
		return false;
	length = 6 + strspn(name + 6, "0123456789");
	return name[length] != '\0' && str_format(ret_card, 32, "%.*s", (int)length, name);
}

static int collect(struct collector *collector, uint32_t major, uint32_t minor)
{
	int root = collector->root;
	char name[32], card[32];
	bool partition;
	int r;

	if (major == 0)
		return -ENODEV;
	if (collector->depth == DEPTH_MAX)
		return -ELOOP;
	partition = sysroot_exists(root, "sys/dev/block/%u:%u/partition", major, minor);
	r = linked_name(root, major, minor, partition ? 1 : 0, name);
	if (r < 0)
		return r;
	collector->depth++;
	r = collect_below(collector, wholedisk_card_of(root, name, card) ? card : name);
	collector->depth--;
	return r;
}

int wholedisk_of(int root, uint32_t major, uint32_t minor, char (*ret_names)[32], size_t max)
{
	struct collector collector = {.root = root, .names = ret_names, .max = max};
	int r = collect(&collector, major, minor);

	return r < 0 ? r : (int)collector.count;
}
