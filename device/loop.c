/* SPDX-License-Identifier: MIT */
#include "device/loop.h"

#include "device/disk.h"
#include "device/sysfs.h"
#include "device/util.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/loop.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define ATTEMPTS 64

#ifndef LOOP_CONFIGURE /* headers before 5.8 */
#define LOOP_CONFIGURE 0x4C0A
struct loop_config {
	__u32 fd, block_size;
	struct loop_info64 info;
	__u64 reserved[8];
};
#endif

bool loop_without_configure;

/* Opens loop device @number through a node that exists only for that. */
static int open_loop(int root, const char *dir, int number)
{
	char node[PATH_MAX];
	uint32_t major, minor;
	int r, fd;

	r = sysfs_read_devno(root, &major, &minor, "sys/block/loop%d/dev", number);
	if (r < 0)
		return r;
	if (!STR_FORMAT(node, "%s/loop%d-%d", dir, number, (int)getpid()))
		return -ENAMETOOLONG;
	if (mknod(node, S_IFBLK | 0600, makedev(major, minor)) < 0)
		return -errno;
	fd = open(node, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	r = fd < 0 ? -errno : fd;
	(void)unlink(node);
	return r;
}

/* Before 5.8 in two steps; other users see the device without its flags in between. */
static int configure_in_steps(int loop_fd, int image_fd, const struct loop_info64 *info)
{
	int r = 0;

	if (ioctl(loop_fd, LOOP_SET_FD, image_fd) < 0)
		return -errno;
	if (ioctl(loop_fd, LOOP_SET_STATUS64, info) < 0)
		r = -errno;
	if (r < 0)
		(void)ioctl(loop_fd, LOOP_CLR_FD, 0);
	return r;
}

/* The kernel makes the device read-only by itself where the file is. */
static int configure(int loop_fd, int image_fd)
{
	struct loop_config config = {
		.fd = (__u32)image_fd,
		.block_size = SECTOR_BYTES,
		.info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_PARTSCAN,
	};

	if (!loop_without_configure) {
		if (ioctl(loop_fd, LOOP_CONFIGURE, &config) == 0)
			return 0;
		if (errno != EINVAL && errno != ENOTTY)
			return -errno;
	}
	return configure_in_steps(loop_fd, image_fd, &config.info);
}

int loop_attach(int root, const char *dir, int image_fd, char ret_name[32], int *ret_fd)
{
	_cleanup_close_ int control = openat(root, "dev/loop-control", O_RDWR | O_CLOEXEC);
	int r = 0;

	if (control < 0)
		return -errno;

	for (int i = 0; i < ATTEMPTS; i++) {
		int number = ioctl(control, LOOP_CTL_GET_FREE);
		_cleanup_close_ int fd = -1;

		if (number < 0)
			return -errno;
		fd = open_loop(root, dir, number);
		r = fd < 0 ? fd : configure(fd, image_fd);
		if (r == 0) {
			(void)str_format(ret_name, 32, "loop%d", number);
			*ret_fd = take_fd(&fd);
			return 0;
		}
		/* Another took it, or removed it, since it was found free. */
		if (r != -EBUSY && r != -ENOENT && r != -ENXIO)
			break;
	}
	return r;
}

struct other_user {
	int root;
	const char *dir, *own;
	char *name;
	struct stat image;
};

static int is_other_user(void *arg, const char *name)
{
	struct other_user *search = arg;
	struct loop_info64 info = {0};
	_cleanup_close_ int fd = -1;
	uint64_t number;

	if (strncmp(name, "loop", 4) != 0 || strcmp(name, search->own) == 0 ||
		!sysfs_exists(search->root, "sys/block/%s/loop", name) ||
		str_to_u64(name + 4, 10, &number) < 0)
		return 0;
	fd = open_loop(search->root, search->dir, (int)number);
	if (fd < 0 || ioctl(fd, LOOP_GET_STATUS64, &info) < 0)
		return 0; /* it was detached in this moment */
	if (info.lo_inode != search->image.st_ino || info.lo_device != search->image.st_dev)
		return 0;
	(void)str_copy(search->name, 32, name);
	return 1;
}

int loop_other_user(int root, const char *dir, int image_fd, const char *own, char ret_name[32])
{
	struct other_user search = {.root = root, .dir = dir, .own = own, .name = ret_name};

	if (fstat(image_fd, &search.image) < 0)
		return -errno;
	return sysfs_each(root, is_other_user, &search, "sys/block");
}

int loop_detach(int loop_fd)
{
	return ioctl(loop_fd, LOOP_CLR_FD, 0) < 0 && errno != ENXIO ? -errno : 0;
}
