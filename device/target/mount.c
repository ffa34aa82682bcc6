/* SPDX-License-Identifier: MIT */
#include "device/target/mount.h"

#include "device/base/sysroot.h"
#include "device/base/util.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define RETRY_MS 50

/* noinit_itable: ext4 would zero inode tables during the install. quiet: vfat would refuse chmod.
 * utf8: vfat would store names in the default charset. */
static const struct {
	const char *type, *write_data, *read_data;
} types[FS_KIND_COUNT] = {
	[FS_EXT4] = {"ext4", "noinit_itable", NULL},
	[FS_VFAT] = {"vfat", "quiet,utf8", "utf8"},
	[FS_F2FS] = {"f2fs", NULL, NULL},
	[FS_BTRFS] = {"btrfs", NULL, NULL},
};

/* Creates a directory and its parents. */
static int make_dir(const char *dir)
{
	char path[PATH_MAX];

	if (!STR_COPY(path, dir))
		return -ENAMETOOLONG;
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static int make_private(const char *dir)
{
	return mount("none", dir, "none", MS_REC | MS_PRIVATE, NULL) < 0 ? -errno : 0;
}

/* Moves to the top of the namespace: ".." stays there. Needs a working directory outside of the
 * root directory. */
static int climb(void)
{
	for (unsigned i = 0; i < PATH_MAX / 2; i++)
		if (chdir("..") < 0)
			return -errno;
	return 0;
}

/* In a chroot "/" is usually not a mount point, and the mount that it is on may be shared: whatever
 * is mounted in the chroot would then appear outside too. That mount can only be named from its own
 * top, so leave the chroot for a moment. */
static int make_private_around_chroot(void)
{
	_cleanup_close_ int inside = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (inside < 0 || fchdir(inside) < 0 || chroot("proc") < 0)
		return -errno;
	r = climb();
	if (r == 0)
		r = make_private(".");
	if (fchdir(inside) < 0 || chroot(".") < 0)
		return -errno;
	return r;
}

int mount_enter_private(const char *dir)
{
	int r;

	if (unshare(CLONE_NEWNS) < 0)
		return -errno;
	r = make_private("/");
	if (r == -EINVAL)
		r = make_private_around_chroot();
	if (r == 0)
		r = make_dir(dir);
	if (r < 0)
		return r;
	return mount("tmpfs", dir, "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=0700") < 0 ? -errno : 0;
}

bool mount_supported(enum fs_kind fs)
{
	_cleanup_close_ int fd = -1;

	assert(fs < FS_KIND_COUNT);
	if (!types[fs].type)
		return true;
	/* fsopen(2) loads the module without mounting. A mount(2) that must fail would log to the
	 * kernel's console, and /proc/filesystems lacks modules that are not loaded yet. */
	fd = fsopen(types[fs].type, FSOPEN_CLOEXEC);
	if (fd < 0 && errno == ENOSYS) /* before 5.2: the mount must fail */
		return mount("/", "/", types[fs].type, MS_RDONLY, NULL) == 0 || errno != ENODEV;
	return fd >= 0 || errno != ENODEV;
}

int mount_fs(const char *node, const char *dir, enum fs_kind fs, bool read_only)
{
	unsigned long flags = MS_NOATIME | (read_only ? MS_RDONLY : 0);
	int r;

	assert(fs < FS_KIND_COUNT && types[fs].type);
	r = make_dir(dir);
	if (r < 0)
		return r;
	if (mount(node, dir, types[fs].type, flags,
		    read_only ? types[fs].read_data : types[fs].write_data) < 0)
		return -errno;
	return 0;
}

/* The search for processes that keep a filesystem busy. */
struct search {
	int root;
	dev_t dev; /* of the filesystem */
	const char *pid;
	bool found; /* in the current process */
	char *text;
	size_t size;
};

static void search_path(struct search *search, const char *path)
{
	struct stat st;

	if (fstatat(search->root, path, &st, 0) == 0 && st.st_dev == search->dev)
		search->found = true;
}

static int search_fd(void *arg, const char *name)
{
	struct search *search = arg;
	char path[PATH_MAX];

	if (STR_FORMAT(path, "proc/%s/fd/%s", search->pid, name))
		search_path(search, path);
	return search->found;
}

static int search_map(void *arg, const char *name)
{
	struct search *search = arg;
	char path[PATH_MAX];

	if (STR_FORMAT(path, "proc/%s/map_files/%s", search->pid, name))
		search_path(search, path);
	return search->found;
}

static int search_process(void *arg, const char *pid)
{
	static const char *const links[] = {"cwd", "root", "exe"};
	struct search *search = arg;
	char path[PATH_MAX], comm[32];
	size_t length;

	if (pid[0] < '0' || pid[0] > '9')
		return 0;
	search->pid = pid;
	search->found = false;
	for (size_t i = 0; i < ARRAY_SIZE(links) && !search->found; i++) {
		if (STR_FORMAT(path, "proc/%s/%s", pid, links[i]))
			search_path(search, path);
	}
	if (!search->found)
		(void)sysroot_each(search->root, search_fd, search, "proc/%s/fd", pid);
	if (!search->found)
		(void)sysroot_each(search->root, search_map, search, "proc/%s/map_files", pid);
	if (!search->found)
		return 0;

	if (sysroot_read(search->root, comm, sizeof(comm), "proc/%s/comm", pid) < 0)
		(void)STR_COPY(comm, "?");
	str_sanitise(comm);
	length = strlen(search->text);
	(void)str_format(search->text + length, search->size - length, "%s%s (%s)",
		length > 0 ? ", " : "", comm, pid);
	return 0;
}

static void find_holders(dev_t dev, char *holders, size_t size)
{
	_cleanup_close_ int root = sysroot_open("/");
	struct search search = {.root = root, .dev = dev, .text = holders, .size = size};

	if (root >= 0)
		(void)sysroot_each(root, search_process, &search, "proc");
}

int mount_unmount(const char *dir, unsigned wait_ms, char *holders, size_t size)
{
	const struct timespec pause = {.tv_nsec = RETRY_MS * 1000000L};
	uint64_t deadline = now_ms() + wait_ms;
	struct stat st;

	holders[0] = '\0';
	while (umount2(dir, UMOUNT_NOFOLLOW) < 0) {
		if (errno != EBUSY)
			return -errno;
		if (now_ms() >= deadline) {
			if (stat(dir, &st) == 0)
				find_holders(st.st_dev, holders, size);
			return -EBUSY;
		}
		(void)nanosleep(&pause, NULL);
	}
	return 0;
}
