/* SPDX-License-Identifier: MIT */
#include "device/target/target.h"

#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "device/disk/disk_scan.h"
#include "device/disk/lock.h"
#include "device/target/loop.h"
#include "device/target/partitions.h"
#include "device/target/ptable.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

void target_init(struct target *target)
{
	*target = (struct target){
		.root = -1, .id_fd = -1, .excl_fd = -1, .image_fd = -1, .loop_fd = -1};
	for (size_t i = 0; i < ARRAY_SIZE(target->partition_fds); i++)
		target->partition_fds[i] = -1;
	for (size_t i = 0; i < ARRAY_SIZE(target->boot_fds); i++)
		target->boot_fds[i] = -1;
}

void target_node(const struct target *target, unsigned number, char ret[TARGET_NODE_MAX])
{
	if (number == 0)
		(void)str_format(ret, TARGET_NODE_MAX, "%s/disk", target->dir);
	else
		(void)str_format(ret, TARGET_NODE_MAX, "%s/p%u", target->dir, number);
}

/* Opens @path and checks that it is block device @rdev. Returns a descriptor or -errno. */
static int open_device(int dir_fd, const char *path, int flags, dev_t rdev)
{
	_cleanup_close_ int fd = openat(dir_fd, path, flags | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISBLK(st.st_mode) || st.st_rdev != rdev)
		return -ESTALE;
	return take_fd(&fd);
}

static int make_node(const char *node, dev_t rdev)
{
	if (unlink(node) < 0 && errno != ENOENT)
		return -errno;
	return mknod(node, S_IFBLK | 0600, rdev) < 0 ? -errno : 0;
}

static dev_t disk_rdev(const struct disk *disk)
{
	return makedev(disk->id.major, disk->id.minor);
}

/* Checks that sysfs still shows the picked disk under its name. This is conclusive only while a
 * descriptor is held, because then no other device gets its number. */
static int check_identity(const struct target *target, struct diag *diag)
{
	const char *what = NULL;
	struct disk now;
	int r;

	r = disk_scan_name(target->root, target->disk.name, &now);
	if (r == 0 && disk_identity_equal(&target->disk.id, &now.id, &what))
		return 0;
	if (r == -ENODEV)
		return diag_fail(diag, -ESTALE, "%s was removed. Put it back and start again",
			target->disk.name);
	if (r < 0)
		return diag_fail(diag, r, "cannot query %s: %s", target->disk.name, strerror(-r));
	return diag_fail(diag, -ESTALE, "%s is no longer the disk that was picked: its %s changed",
		target->disk.name, what);
}

static int lock(struct target *target, int fd)
{
	int r = flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;

	if (r == -EWOULDBLOCK)
		lock_find(target->root, fd, &target->owner);
	return r;
}

/* Opens the image, checks that it is the picked one, locks it, and attaches a loop device: in this
 * order, since a loop device of a second install would be in the way of the first. */
static int open_image(struct target *target, struct diag *diag)
{
	struct disk *disk = &target->disk;
	struct disk now;
	struct stat st;
	int r;

	target->image_fd = open(disk->path, O_RDWR | O_CLOEXEC);
	if (target->image_fd < 0 && (errno == EACCES || errno == EROFS))
		target->image_fd = open(disk->path, O_RDONLY | O_CLOEXEC);
	if (target->image_fd < 0 || fstat(target->image_fd, &st) < 0)
		return diag_fail(diag, -errno, "cannot open %s: %s", disk->path, strerror(errno));
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != disk->id.size_bytes ||
		st.st_dev != disk->id.file_dev || st.st_ino != disk->id.file_ino)
		return diag_fail(
			diag, -ESTALE, "%s is no longer the image that was picked", disk->path);
	r = lock(target, target->image_fd);
	if (r < 0)
		return diag_fail(diag, r, "cannot lock %s: %s", disk->path, strerror(-r));

	r = loop_attach(target->root, target->dir, target->image_fd, disk->name, &target->loop_fd);
	if (r < 0)
		return diag_fail(
			diag, r, "cannot attach a loop device to %s: %s", disk->path, strerror(-r));
	r = disk_scan_name(target->root, disk->name, &now);
	if (r < 0)
		return diag_fail(diag, r, "cannot query %s: %s", disk->name, strerror(-r));
	disk->id = now.id;
	disk->size_bytes = now.size_bytes;
	disk->read_only = now.read_only;
	return 0;
}

/* Opens the file behind a loop device; @dir is as for loop_file. Returns -1 if it is not visible, as in
 * another namespace. */
static int open_loop_file(int root, const char *dir, const char *name)
{
	_cleanup_close_ int fd = -1;
	uint64_t dev, ino;
	char path[512];
	struct stat st;

	if (loop_file(root, dir, name, &dev, &ino) < 0 ||
		sysroot_read(root, path, sizeof(path), "sys/block/%s/loop/backing_file", name) < 0)
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_dev != dev || st.st_ino != ino ||
		!S_ISREG(st.st_mode))
		return -1;
	return take_fd(&fd);
}

/* Returns 0; -EBUSY with the reason if another loop device uses the same file. */
static int check_other_users(const struct target *target, struct diag *diag)
{
	uint64_t dev, ino;
	char other[32];
	int r;

	if (target->disk.kind != DISK_IMAGE && target->disk.kind != DISK_LOOP)
		return 0;
	r = loop_file(target->root, target->dir, target->disk.name, &dev, &ino);
	if (r == 0)
		r = loop_other_user(target->root, target->dir, dev, ino, target->disk.name, other);
	if (r < 0)
		return diag_fail(diag, r, "cannot check who uses the file behind %s: %s",
			target->disk.name, strerror(-r));
	if (r > 0)
		return diag_fail(diag, -EBUSY,
			"the image is in use through /dev/%s: unmount it and detach it "
			"with losetup -d",
			other);
	return 0;
}

static int open_identity(struct target *target, struct diag *diag)
{
	dev_t rdev = disk_rdev(&target->disk);
	char node[TARGET_NODE_MAX];
	int r;

	target_node(target, 0, node);
	r = make_node(node, rdev);
	if (r < 0)
		return diag_fail(
			diag, r, "cannot create a node in %s: %s", target->dir, strerror(-r));
	(void)STR_FORMAT(node, "dev/%s", target->disk.name);
	r = open_device(target->root, node, O_RDONLY, rdev);
	if (r == -ENOENT || r == -ESTALE) {
		/* If /dev has no valid node, no other program can lock the disk either. */
		target_node(target, 0, node);
		r = open_device(AT_FDCWD, node, O_RDONLY, rdev);
	}
	if (r < 0)
		return diag_fail(diag, r, "cannot open %s: %s", target->disk.name, strerror(-r));
	target->id_fd = r;
	return check_identity(target, diag);
}

int target_open(struct target *target, int root, const struct disk *picked, const char *dir,
	struct diag *diag)
{
	int r = 0;

	target_init(target);
	target->root = root;
	target->disk = *picked;
	if (!STR_COPY(target->dir, dir))
		return diag_fail(diag, -ENAMETOOLONG, "the path %s is too long", dir);

	if (picked->kind == DISK_IMAGE)
		r = open_image(target, diag);
	else if (picked->kind == DISK_LOOP)
		/* Two loop devices on one file look like two disks, so the file is locked too. */
		target->image_fd = open_loop_file(root, target->dir, target->disk.name);
	if (r == 0)
		r = open_identity(target, diag);
	if (r < 0)
		target_close(target, false);
	return r;
}

/* A shared lock is possible beside those of readers. */
static bool is_locked(int root, int fd, struct lock_owner *ret)
{
	if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return false;
	lock_find(root, fd, ret);
	return true;
}

bool target_locked_by(int root, const struct disk *disk, struct lock_owner *ret)
{
	_cleanup_close_ int fd = open(disk->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (is_locked(root, fd, ret))
		return true;
	if (disk->kind != DISK_LOOP)
		return false;
	close_fd(&fd);
	fd = open_loop_file(root, NULL, disk->name);
	return is_locked(root, fd, ret);
}

int target_try_lock(struct target *target)
{
	int r = target->image_fd < 0 ? 0 : lock(target, target->image_fd);

	return r < 0 ? r : lock(target, target->id_fd);
}

/* Opens the disk or boot area @name exclusively and for writing. Returns a descriptor or -errno. */
static int take_device(const struct target *target, const char *node, const char *name, dev_t rdev,
	struct diag *diag)
{
	_cleanup_close_ int fd = open_device(AT_FDCWD, node, O_RDWR | O_EXCL, rdev);
	int read_only, r;

	if (fd < 0)
		return diag_fail(diag, fd, "cannot open %s exclusively: %s", name, strerror(-fd));
	/* Opening a write-protected disk for writing succeeds; only writing fails. */
	if (ioctl(fd, BLKROGET, &read_only) < 0)
		return diag_fail(diag, -errno, "cannot query %s: %s", name, strerror(errno));
	if (read_only)
		return diag_fail(diag, -EROFS, "%s is write-protected", name);
	r = check_identity(target, diag);
	return r < 0 ? r : take_fd(&fd);
}

int target_take_exclusive(struct target *target, struct diag *diag)
{
	char node[TARGET_NODE_MAX];
	int r;

	if (target->excl_fd >= 0)
		return check_identity(target, diag);
	r = check_other_users(target, diag);
	if (r < 0)
		return r;
	target_node(target, 0, node);
	r = take_device(target, node, target->disk.name, disk_rdev(&target->disk), diag);
	if (r < 0)
		return r;
	target->excl_fd = r;
	target->taken = true;
	return 0;
}

void target_release_exclusive(struct target *target)
{
	close_fd(&target->excl_fd);
}

int target_open_partition(struct target *target, unsigned number, struct diag *diag)
{
	char name[DISK_PARTITION_NAME_MAX], node[TARGET_NODE_MAX];
	uint32_t major, minor;
	int r;

	assert(number >= 1 && number <= ARRAY_SIZE(target->partition_fds));
	disk_partition_name(target->disk.name, number, name);
	/* The numbers of partitions follow no rule, and are not reused while a partition is open.
	 * Search by the number of the disk, which is held: its name may belong to another disk by
	 * now. */
	r = sysroot_read_devno(target->root, &major, &minor, "sys/dev/block/%u:%u/%s/dev",
		target->disk.id.major, target->disk.id.minor, name);
	target_node(target, number, node);
	if (r == 0)
		r = make_node(node, makedev(major, minor));
	if (r == 0)
		r = open_device(AT_FDCWD, node, O_RDONLY, makedev(major, minor));
	if (r < 0)
		return diag_fail(diag, r, "cannot open partition %s: %s", name, strerror(-r));
	close_fd(&target->partition_fds[number - 1]);
	target->partition_fds[number - 1] = r;
	return 0;
}

void target_close_partitions(struct target *target)
{
	for (size_t i = 0; i < ARRAY_SIZE(target->partition_fds); i++)
		close_fd(&target->partition_fds[i]);
}

static void boot_node(const struct target *target, unsigned index, char ret[TARGET_NODE_MAX])
{
	(void)str_format(ret, TARGET_NODE_MAX, "%s/boot%u", target->dir, index);
}

int target_open_boot(struct target *target, unsigned index, struct diag *diag)
{
	uint32_t major, minor, disk_major, disk_minor;
	const char *name;
	char node[TARGET_NODE_MAX];
	int r;

	assert(index < ARRAY_SIZE(target->boot_fds));
	if (target->boot_fds[index] >= 0)
		return 0;
	name = target->disk.boot[index].name;
	if (name[0] == '\0')
		return diag_fail(
			diag, -ENOENT, "%s has no boot area boot%u", target->disk.name, index);
	/* The number depends on the configuration of the kernel; the link "device" names the
	 * disk. */
	r = sysroot_read_devno(target->root, &major, &minor, "sys/block/%s/dev", name);
	if (r == 0)
		r = sysroot_read_devno(
			target->root, &disk_major, &disk_minor, "sys/block/%s/device/dev", name);
	if (r == 0 && (disk_major != target->disk.id.major || disk_minor != target->disk.id.minor))
		return diag_fail(diag, -ESTALE,
			"%s is no longer a boot area of the disk that was picked", name);
	boot_node(target, index, node);
	if (r == 0)
		r = make_node(node, makedev(major, minor));
	if (r < 0)
		return diag_fail(diag, r, "cannot open boot area %s: %s", name, strerror(-r));
	r = take_device(target, node, name, makedev(major, minor), diag);
	if (r < 0)
		return r;
	target->boot_fds[index] = r;
	return 0;
}

void target_close_boot(struct target *target)
{
	char node[TARGET_NODE_MAX];

	for (unsigned i = 0; i < ARRAY_SIZE(target->boot_fds); i++) {
		close_fd(&target->boot_fds[i]);
		boot_node(target, i, node);
		if (target->dir[0] != '\0')
			(void)unlink(node);
	}
}

bool target_is_gone(const struct target *target)
{
	uint64_t size_bytes;

	if (target->id_fd < 0) /* it was never opened */
		return false;
	return ioctl(target->id_fd, BLKGETSIZE64, &size_bytes) < 0 || size_bytes == 0;
}

void target_close(struct target *target, bool forget)
{
	char node[TARGET_NODE_MAX];

	target_close_boot(target);
	target_close_partitions(target);
	if (target->id_fd >= 0 && (forget || target->loop_fd >= 0))
		(void)ptable_forget(target->id_fd, target->root, target->disk.name);
	for (unsigned i = 0; i <= LAYOUT_PARTITIONS_MAX && target->dir[0] != '\0'; i++) {
		target_node(target, i, node);
		(void)unlink(node);
	}
	close_fd(&target->excl_fd);
	close_fd(&target->id_fd);
	if (target->loop_fd >= 0)
		(void)loop_detach(target->loop_fd);
	else if (target->taken)
		partitions_trigger(target->root, &target->disk);
	close_fd(&target->loop_fd);
	close_fd(&target->image_fd);
	target->taken = false;
}
