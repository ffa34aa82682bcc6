/* SPDX-License-Identifier: MIT */
#include "device/usage/inuse_load.h"

#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "device/disk/wholedisk.h"
#include "device/usage/backing.h"
#include "device/usage/cmdline_disks.h"
#include "device/usage/holders.h"
#include "device/usage/mountinfo.h"
#include "device/usage/namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* ---- mounts ---- */

/* The running machine, or its next start, depends on these mounts and those below them. */
static bool is_critical(const char *point)
{
	static const char *const critical[] = {"/usr", "/boot", "/efi", "/nix"};

	if (strcmp(point, "/") == 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(critical); i++)
		if (path_is_below(point, critical[i]))
			return true;
	return false;
}

/* False for loop, zram, ram and nbd. The disk below a loop device is added separately. */
static bool is_medium(const char *disk)
{
	static const char *const virtuals[] = {"loop", "zram", "ram", "nbd"};

	for (size_t i = 0; i < ARRAY_SIZE(virtuals); i++)
		if (strncmp(disk, virtuals[i], strlen(virtuals[i])) == 0)
			return false;
	return true;
}

static int add_mount(struct inuse *inuse, int root, const struct mountinfo *mounts,
	const struct mountinfo_entry *mount)
{
	bool critical = is_critical(mount->point);
	/* For other mounts, the disk below a backing file is mounted and has an entry of its
	 * own. */
	struct backing backing = {.root = root, .mounts = mounts, .through_files = critical};
	int r = 0;

	if (strcmp(mount->point, "/") == 0)
		inuse->blind = false;
	/* The layers of an overlay have entries of their own, too. */
	if (!critical && strcmp(mount->fs_type, "overlay") == 0)
		return 0;
	backing_add_mount(&backing, mount);
	if (critical && backing.unresolved)
		inuse->unresolved = true;
	for (size_t i = 0; i < backing.count && strcmp(mount->point, "/") == 0; i++)
		if (is_medium(backing.disks[i]))
			inuse->rootless = false;
	for (size_t i = 0; i < backing.count && r == 0; i++)
		r = critical ? inuse_add_fact(inuse, backing.disks[i], REASON_SYSTEM,
				       "the running system (%s)", mount->point)
			     : inuse_add_fact(inuse, backing.disks[i], REASON_MOUNTED,
				       "mounted on %s", mount->point);
	return r;
}

static int add_mounts(struct inuse *inuse, int root, const struct mountinfo *mounts)
{
	int r = 0;

	for (size_t i = 0; i < mounts->count && r == 0; i++)
		r = add_mount(inuse, root, mounts, &mounts->entries[i]);
	return r;
}

struct visit {
	struct inuse *inuse;
	int root;
};

/* Most namespaces are copies of this one: report only additional mounts. The "/" of another
 * namespace is not the running system. */
static int add_foreign_mounts(void *arg, const char *table, const char *who)
{
	const struct visit *visit = arg;
	struct mountinfo mounts;
	int r = 0;

	if (mountinfo_load(visit->root, table, &mounts) < 0)
		return 0; /* the process has ended */
	for (size_t i = 0; i < mounts.count && r == 0; i++) {
		struct backing backing = {.root = visit->root, .mounts = &mounts};

		backing_add_mount(&backing, &mounts.entries[i]);
		for (size_t k = 0; k < backing.count && r == 0; k++)
			if (!inuse_knows(visit->inuse, backing.disks[k]))
				r = inuse_add_fact(visit->inuse, backing.disks[k], REASON_MOUNTED,
					"mounted on %s by %s", mounts.entries[i].point, who);
	}
	mountinfo_finish(&mounts);
	return r;
}

/* ---- swap ---- */

/* A swap file cannot be a target itself. A recorded machine does not have the file. */
static int add_swap_file(struct inuse *inuse, int root, const char *path)
{
	struct inuse_fact fact = {.code = REASON_SWAP, .text = "in use as swap"};
	struct stat st;

	if (path[0] != '/' ||
		fstatat(root, path + strspn(path, "/"), &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		!S_ISREG(st.st_mode))
		return 0;
	fact.file_dev = st.st_dev;
	fact.file_ino = st.st_ino;
	return inuse_add(inuse, &fact);
}

static int add_swap(
	struct inuse *inuse, int root, const struct mountinfo *mounts, const char *path, bool file)
{
	struct backing backing = {.root = root, .mounts = mounts, .through_files = true};
	uint32_t major, minor;
	int r = 0;

	if (file)
		backing_add_path(&backing, path);
	else if (wholedisk_node_number(root, path, &major, &minor) == 0)
		backing_add_number(&backing, major, minor);
	for (size_t i = 0; i < backing.count && r == 0; i++)
		r = inuse_add_fact(inuse, backing.disks[i], REASON_SWAP, "swap (%s)", path);
	if (file && r == 0)
		r = add_swap_file(inuse, root, path);
	return r;
}

/* Lines are "Filename Type Size Used Priority"; the first one is this heading. */
static int add_swaps(struct inuse *inuse, int root, const struct mountinfo *mounts)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *line;
	int r = sysroot_read_all(root, &text, NULL, "proc/swaps");

	if (r < 0)
		return r == -ENOENT ? 0 : r; /* a kernel without swap */
	rest = text;
	r = 0;
	while (r == 0 && (line = strsep(&rest, "\n"))) {
		char *state = NULL;
		char *path = strtok_r(line, " \t", &state), *type = strtok_r(NULL, " \t", &state);

		if (!path || !type)
			continue;
		mountinfo_unescape(path);
		r = add_swap(inuse, root, mounts, path, strcmp(type, "file") == 0);
	}
	return r;
}

/* ---- all sources ---- */

/* Process 1 has the mounts of the machine if this process runs in a namespace of its own. */
static int add_tables(struct inuse *inuse, int root)
{
	static const char *const tables[] = {"proc/1/mountinfo", "proc/self/mountinfo"};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(tables) && r == 0; i++) {
		struct mountinfo mounts;
		bool ours = i == ARRAY_SIZE(tables) - 1;

		r = mountinfo_load(root, tables[i], &mounts);
		if (r < 0) {
			if (!ours)
				r = 0;
			continue;
		}
		r = add_mounts(inuse, root, &mounts);
		if (r == 0 && ours)
			r = add_swaps(inuse, root, &mounts);
		mountinfo_finish(&mounts);
	}
	return r;
}

int inuse_load(int root, struct inuse *ret)
{
	struct inuse inuse = {.rootless = true, .blind = true};
	struct visit visit = {.inuse = &inuse, .root = root};
	int r = add_tables(&inuse, root);

	if (r == 0 && inuse.rootless)
		r = cmdline_disks_add_facts(&inuse, root);
	if (r == 0)
		r = namespaces_each_other(root, add_foreign_mounts, &visit);
	if (r == 0)
		r = holders_add_facts(&inuse, root);
	if (r == 0)
		r = multipath_load(root, &inuse.multipath);
	if (r < 0) {
		inuse_finish(&inuse);
		return r;
	}
	*ret = inuse;
	return 0;
}

/* ---- a file of this job ---- */

/* The id of the mount that contains @fd. st_dev would not do: btrfs has one for each subvolume,
 * which is in no table. */
static int read_mount_id(int root, int fd)
{
	static const char key[] = "mnt_id:";
	char text[256];
	const char *p;
	int r = sysroot_read(root, text, sizeof(text), "proc/self/fdinfo/%d", fd);

	if (r < 0)
		return r;
	p = strstr(text, key);
	return p ? atoi(p + strlen(key)) : -ENODATA;
}

/* Adds the disks of @path to @backing. 0 or -errno. */
static int resolve_live_file(struct backing *backing, const char *path)
{
	const struct mountinfo_entry *mount;
	_cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (major(st.st_dev) > 0)
		backing_add_number(backing, major(st.st_dev), minor(st.st_dev));
	else if ((mount = mountinfo_of_id(backing->mounts, read_mount_id(backing->root, fd))))
		backing_add_mount(backing, mount);
	else
		backing->unresolved = true;
	return 0;
}

int inuse_add_file(struct inuse *inuse, int root, const struct inuse_file *file)
{
	struct mountinfo mounts;
	struct backing backing = {.root = root, .mounts = &mounts, .through_files = true};
	int r = mountinfo_load(root, "proc/self/mountinfo", &mounts);

	if (r < 0)
		return r;
	if (sysroot_is_live(root))
		r = resolve_live_file(&backing, file->path);
	else
		backing_add_path(&backing, file->path);
	mountinfo_finish(&mounts);
	if (backing.unresolved)
		inuse->unresolved = true;
	for (size_t i = 0; i < backing.count && r == 0; i++)
		r = inuse_add_fact(
			inuse, backing.disks[i], REASON_SOURCE, "holds the %s", file->what);
	return r;
}
