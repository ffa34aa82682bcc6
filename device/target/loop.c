/* SPDX-License-Identifier: MIT */
#include "device/target/loop.h"

#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "device/disk/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
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

/* Opens loop device @number through a temporary node. */
static int open_loop(int root, const char *dir, int number)
{
	char node[PATH_MAX];
	uint32_t major, minor;
	int r, fd;

	r = sysroot_read_devno(root, &major, &minor, "sys/block/loop%d/dev", number);
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

/* For kernels before 5.8. Between the two steps other programs can see the device without its
 * flags. */
static int configure_in_steps(int loop_fd, const struct loop_config *config)
{
	int r = 0;

	if (ioctl(loop_fd, LOOP_SET_FD, (unsigned long)config->fd) < 0)
		return -errno;
	if (ioctl(loop_fd, LOOP_SET_STATUS64, &config->info) < 0 ||
		(config->block_size != SECTOR_BYTES &&
			ioctl(loop_fd, LOOP_SET_BLOCK_SIZE, (unsigned long)config->block_size) < 0))
		r = -errno;
	if (r < 0)
		(void)ioctl(loop_fd, LOOP_CLR_FD, 0);
	return r;
}

/* The kernel makes the device read-only if the file is. */
static int configure(int loop_fd, struct loop_config *config)
{
	if (ioctl(loop_fd, LOOP_CONFIGURE, config) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOTTY)
		return -errno;
	return configure_in_steps(loop_fd, config);
}

static int attach(
	int root, const char *dir, struct loop_config *config, char ret_name[32], int *ret_fd)
{
	int image_fd = (int)config->fd;
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
		r = fd < 0 ? fd : configure(fd, config);
		/* Undo a BLKROSET of the previous user: the access mode of the file decides. */
		if (r == 0 && (fcntl(image_fd, F_GETFL) & O_ACCMODE) != O_RDONLY)
			r = ioctl(fd, BLKROSET, &(int){0}) < 0 ? -errno : 0;
		if (r == 0) {
			(void)str_format(ret_name, 32, "loop%d", number);
			*ret_fd = take_fd(&fd);
			return 0;
		}
		/* Retry if another program has taken or removed the device meanwhile. */
		if (r != -EBUSY && r != -ENOENT && r != -ENXIO)
			break;
	}
	return r;
}

int loop_attach(int root, const char *dir, int image_fd, char ret_name[32], int *ret_fd)
{
	struct loop_config config = {
		.fd = (__u32)image_fd,
		.block_size = SECTOR_BYTES,
		.info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_PARTSCAN,
	};

	return attach(root, dir, &config, ret_name, ret_fd);
}

int loop_attach_plain(int root, const char *dir, int image_fd, uint32_t sector_bytes,
	char ret_name[32], int *ret_fd)
{
	struct loop_config config = {
		.fd = (__u32)image_fd,
		.block_size = sector_bytes,
		.info.lo_flags = LO_FLAGS_AUTOCLEAR,
	};

	return attach(root, dir, &config, ret_name, ret_fd);
}

/* Opens the device to query it: through a temporary node in @dir, or, if that is NULL, read-only
 * through the node in dev below @root. */
static int open_to_ask(int root, const char *dir, const char *name)
{
	uint32_t major, minor;
	uint64_t number;
	char node[48];
	struct stat st;
	int r, fd;

	if (strncmp(name, "loop", 4) != 0 || str_to_u64(name + 4, 10, &number) < 0)
		return -EINVAL;
	if (dir)
		return open_loop(root, dir, (int)number);
	r = sysroot_read_devno(root, &major, &minor, "sys/block/%s/dev", name);
	if (r < 0)
		return r;
	STR_FORMAT(node, "dev/%s", name);
	fd = openat(root, node, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISBLK(st.st_mode) || st.st_rdev != makedev(major, minor)) {
		(void)close(fd);
		return -ESTALE;
	}
	return fd;
}

static int file_behind(int root, const char *dir, const char *name, struct loop_info64 *ret)
{
	_cleanup_close_ int fd = open_to_ask(root, dir, name);

	*ret = (struct loop_info64){0};
	if (fd < 0)
		return fd;
	return ioctl(fd, LOOP_GET_STATUS64, ret) < 0 ? -errno : 0;
}

int loop_file(int root, const char *dir, const char *name, uint64_t *ret_dev, uint64_t *ret_ino)
{
	struct loop_info64 info;
	int r = file_behind(root, dir, name, &info);

	*ret_dev = info.lo_device;
	*ret_ino = info.lo_inode;
	return r;
}

struct other_user {
	int root;
	const char *dir, *own;
	uint64_t dev, ino;
	char *name;
};

static int is_other_user(void *arg, const char *name)
{
	struct other_user *search = arg;
	struct loop_info64 info;

	if (strncmp(name, "loop", 4) != 0 || strcmp(name, search->own) == 0 ||
		!sysroot_exists(search->root, "sys/block/%s/loop", name) ||
		file_behind(search->root, search->dir, name, &info) < 0)
		return 0; /* or detached meanwhile */
	if (info.lo_inode != search->ino || info.lo_device != search->dev)
		return 0;
	(void)str_copy(search->name, 32, name);
	return 1;
}

int loop_other_user(
	int root, const char *dir, uint64_t dev, uint64_t ino, const char *own, char ret_name[32])
{
	struct other_user search = {
		.root = root, .dir = dir, .own = own, .dev = dev, .ino = ino, .name = ret_name};

	return sysroot_each(root, is_other_user, &search, "sys/block");
}

int loop_detach(int loop_fd)
{
	return ioctl(loop_fd, LOOP_CLR_FD, 0) < 0 && errno != ENXIO ? -errno : 0;
}
