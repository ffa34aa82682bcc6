/* SPDX-License-Identifier: MIT */
#include "core/manifest/verify.h"

#include "core/manifest/content.h"
#include "core/manifest/sha256.h"
#include "core/manifest/xattrs.h"
#include "device/base/util.h"
#include "device/layout/mkfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define BUFFER_BYTES KIB(256)
#define PROGRESS_MS  200

/* Flags that change how a file is used, all that chattr can set. No tar sets them; flags that the
 * filesystem needs for itself are not among them. */
#define INODE_FLAGS                                                                                \
	(FS_SECRM_FL | FS_UNRM_FL | FS_COMPR_FL | FS_SYNC_FL | FS_IMMUTABLE_FL | FS_APPEND_FL |    \
		FS_NODUMP_FL | FS_NOATIME_FL | FS_ENCRYPT_FL | FS_JOURNAL_DATA_FL | FS_NOTAIL_FL | \
		FS_DIRSYNC_FL | FS_TOPDIR_FL | FS_VERITY_FL | FS_NOCOW_FL | FS_DAX_FL |            \
		FS_PROJINHERIT_FL | FS_CASEFOLD_FL)
#define INODE_ATTRIBUTES                                                                           \
	(STATX_ATTR_COMPRESSED | STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND | STATX_ATTR_NODUMP |    \
		STATX_ATTR_ENCRYPTED | STATX_ATTR_VERITY | STATX_ATTR_DAX)
static const char flags_differ[] = "inode flags are set";

/* A file on the medium, and the one of the archive that it should be. */
struct identity {
	dev_t dev;
	ino_t ino;
	uint32_t inode, number; /* of manifest_entry */
};

struct walk {
	const struct verify_spec *spec;
	struct verify_result *result;
	uint64_t reported_ms;
	char parent[PATH_MAX]; /* path of parent_fd, cached: most entries share it with the last */
	int parent_fd;	       /* O_PATH, or -1 */
	struct sha256 sha;
	struct content content;
	struct xattrs xattrs;
	unsigned char *buffer;
	struct identity *identities;
	size_t identity_count, identity_room;
};

static int report_progress(struct walk *walk)
{
	uint64_t now = now_ms();

	if (!walk->spec->progress || now - walk->reported_ms < PROGRESS_MS)
		return 0;
	walk->reported_ms = now;
	return walk->spec->progress(walk->spec->arg, walk->result) ? -ECANCELED : 0;
}

static const char *shown(const char *path)
{
	return *path ? path : "/";
}

static void mismatch(struct walk *walk, const char *path, const char *what)
{
	struct verify_result *result = walk->result;

	if (result->mismatches++ > 0)
		return;
	STR_FORMAT(result->first, "%s: %s", shown(path), what);
	str_sanitise(result->first);
}

/* Records the path of a read error, which ends the verification. Returns @error. */
static int unreadable(struct walk *walk, const char *path, int error)
{
	STR_FORMAT(walk->result->first, "%s: cannot be read: %s", shown(path), strerror(-error));
	str_sanitise(walk->result->first);
	return error;
}

static bool is_absent(int error)
{
	return error == -ENOENT || error == -ENOTDIR || error == -ELOOP;
}

/* The partition that contains @path, or NULL if that is unknown. */
static const struct layout_partition *partition_of(const struct layout *layout, const char *path)
{
	size_t i = layout ? layout_partition_of(layout, path) : 0;

	return layout && i < layout->count ? &layout->partitions[i] : NULL;
}

/* True if the installer itself creates @path: a mount point, or a parent of one. */
static bool is_mount_parent(const struct layout *layout, const char *path)
{
	for (size_t i = 0; layout && i < layout->count; i++) {
		const char *mount = layout->partitions[i].mount;

		if (mount[0] == '/' && mount[1] && path_is_below(mount + 1, path))
			return true;
	}
	return false;
}

/* Opens the parent directory of @path component by component, so that no symlink is followed.
 * *ret_name is the last component, "." for the root. 0 or -errno. */
static int open_parent(struct walk *walk, const char *path, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 0;
	_cleanup_close_ int fd = -1;
	char parent[PATH_MAX];

	*ret_name = *path == '\0' ? "." : slash ? slash + 1 : path;
	memcpy(parent, path, length);
	parent[length] = '\0';
	if (walk->parent_fd >= 0 && strcmp(parent, walk->parent) == 0)
		return 0;

	fd = openat(walk->spec->root_fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (char *rest = parent, *name; fd >= 0 && (name = strsep(&rest, "/")) && *name;) {
		int next = openat(fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		close_fd(&fd);
		fd = next;
	}
	if (fd < 0)
		return -errno;
	close_fd(&walk->parent_fd);
	walk->parent_fd = take_fd(&fd);
	memcpy(walk->parent, path, length);
	walk->parent[length] = '\0';
	return 0;
}

/* False for filesystems without flags. */
static bool has_flags(int fd)
{
	int flags = 0;

	return ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 && (flags & INODE_FLAGS) != 0;
}

/* Links and nodes cannot be opened: only some of their flags can be read. */
static bool has_flags_at(int parent_fd, const char *name, mode_t mode)
{
	_cleanup_close_ int fd = -1;
	struct statx found;

	if (!S_ISREG(mode))
		return statx(parent_fd, name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &found) == 0 &&
		       (found.stx_attributes & INODE_ATTRIBUTES) != 0;
	fd = openat(parent_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd >= 0 && has_flags(fd);
}

/* Hashes the bytes from content->at to @end. 0, also at the end of the file; or -errno. */
static int hash_data(struct walk *walk, int fd, uint64_t end)
{
	struct content *content = &walk->content;

	while (content->at < end) {
		size_t size = end - content->at < BUFFER_BYTES ? (size_t)(end - content->at)
							       : BUFFER_BYTES;
		ssize_t length = pread(fd, walk->buffer, size, (off_t)content->at);
		int r;

		if (length < 0 && errno == EINTR)
			continue;
		if (length <= 0)
			return length < 0 ? -errno : 0;
		content_add(content, walk->buffer, (size_t)length);
		walk->result->bytes += (uint64_t)length;
		r = report_progress(walk);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Hashes a file part by part, and skips its holes. 0 or -errno. */
static int hash_parts(struct walk *walk, int fd, uint64_t size)
{
	struct content *content = &walk->content;
	int r = 0;

	while (content->at < size && r == 0) {
		uint64_t before = content->at;
		off_t data = lseek(fd, (off_t)before, SEEK_DATA);
		off_t end = data < 0 ? -1 : lseek(fd, data, SEEK_HOLE);

		if (data < 0 && errno != ENXIO)
			return hash_data(walk, fd, size); /* it does not know its holes */
		content_add_hole(content, (data < 0 ? size : (uint64_t)data) - before);
		if (data >= 0)
			r = hash_data(walk, fd, end < 0 ? size : (uint64_t)end);
		if (content->at == before)
			break; /* the file has become shorter */
	}
	return r;
}

/* Computes the digest of a file's content. 0 or -errno. */
static int hash_file(
	struct walk *walk, const char *name, const struct stat *st, unsigned char ret[SHA256_BYTES])
{
	_cleanup_close_ int fd = openat(
		walk->parent_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	uint64_t size = (uint64_t)st->st_size;
	bool holes = (uint64_t)st->st_blocks * 512 < size;
	int r;

	if (fd < 0)
		return -errno;
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	content_begin(&walk->content, &walk->sha);
	r = holes ? hash_parts(walk, fd, size) : hash_data(walk, fd, size);
	return r < 0 ? r : content_end(&walk->content, ret);
}

/* The functions that compare one entry return 0 and set *ret_what if it differs, or return
 * -errno. */

static int compare_content(struct walk *walk, const struct manifest_entry *entry, const char *name,
	const struct stat *st, const char **ret_what)
{
	unsigned char digest[SHA256_BYTES];
	int r = hash_file(walk, name, st, digest);

	if (r == 0 && memcmp(digest, entry->digest, sizeof(digest)) != 0)
		*ret_what = "the content differs";
	return r;
}

static int compare_symlink(struct walk *walk, const struct manifest_entry *entry, const char *name,
	const char **ret_what)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(walk->parent_fd, name, target, sizeof(target));

	if (length < 0)
		return -errno;
	if ((size_t)length != strlen(entry->link) ||
		memcmp(target, entry->link, (size_t)length) != 0)
		*ret_what = "the link target differs";
	return 0;
}

static int compare_xattrs(struct walk *walk, const struct manifest_entry *entry, const char *name,
	const char **ret_what)
{
	unsigned char digest[SHA256_BYTES];
	int r = xattrs_read(&walk->xattrs, walk->parent_fd, name);

	if (r == 0)
		r = xattrs_digest(&walk->sha, walk->xattrs.list, walk->xattrs.count,
			entry->xattr_labels, digest);
	if (r < 0)
		return r;
	if (memcmp(digest, entry->xattr_digest, sizeof(digest)) != 0)
		*ret_what = "the extended attributes differ";
	return 0;
}

/* Old inodes of ext4 store whole seconds. */
static bool has_fractions(const struct layout_partition *p)
{
	return !p || p->fs != FS_EXT4 || mkfs_number(p, "-I", 256) > 128;
}

static const char *compare_metadata(
	const struct manifest_entry *entry, const struct stat *st, bool fractions)
{
	bool is_link = entry->type == MANIFEST_SYMLINK; /* Linux ignores its mode */
	bool is_dir = entry->type == MANIFEST_DIR;	/* counted in the filesystem's own way */

	if (!is_dir && st->st_nlink != entry->names)
		return "the number of its hard links differs";
	if (!is_link && (st->st_mode & 07777) != entry->mode)
		return "the mode differs";
	if (st->st_uid != entry->uid || st->st_gid != entry->gid)
		return "the owner differs";
	if (st->st_mtim.tv_sec != entry->mtime_s ||
		st->st_mtim.tv_nsec != (fractions ? (long)entry->mtime_ns : 0))
		return "the modification time differs";
	return NULL;
}

static int compare_hardlink(struct walk *walk, const struct manifest_entry *entry,
	const struct stat *st, const char **ret_what)
{
	struct stat target;
	const char *name;
	int r = open_parent(walk, entry->link, &name);

	if (r == 0 && fstatat(walk->parent_fd, name, &target, AT_SYMLINK_NOFOLLOW) < 0)
		r = -errno;
	if (is_absent(r) ||
		(r == 0 && (target.st_dev != st->st_dev || target.st_ino != st->st_ino)))
		*ret_what = "is not a hard link to its file";
	return is_absent(r) ? 0 : r;
}

/* Keeps which file of the medium the entry is, for find_merged. 0 or -ENOMEM. */
static int add_identity(
	struct walk *walk, const struct manifest_entry *entry, const struct stat *st)
{
	if (walk->identity_count == walk->identity_room) {
		size_t room = walk->identity_room ? 2 * walk->identity_room : 1024;
		struct identity *more = reallocarray(walk->identities, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		walk->identities = more;
		walk->identity_room = room;
	}
	walk->identities[walk->identity_count++] = (struct identity){.dev = st->st_dev,
		.ino = st->st_ino,
		.inode = entry->inode,
		.number = entry->number};
	return 0;
}

static int by_file(const void *a, const void *b)
{
	const struct identity *one = a, *other = b;

	if (one->dev != other->dev)
		return one->dev < other->dev ? -1 : 1;
	return (one->ino > other->ino) - (one->ino < other->ino);
}

/* Files that the archive has apart are one on a damaged filesystem whose count of links hides it. */
static void find_merged(struct walk *walk)
{
	qsort(walk->identities, walk->identity_count, sizeof(*walk->identities), by_file);
	for (size_t i = 1; i < walk->identity_count; i++)
		if (by_file(&walk->identities[i - 1], &walk->identities[i]) == 0 &&
			walk->identities[i - 1].inode != walk->identities[i].inode)
			mismatch(walk,
				manifest_path(walk->spec->manifest, walk->identities[i].number),
				"is one file with another entry");
}

static int compare(struct walk *walk, const struct manifest_entry *entry, const char **ret_what)
{
	static const mode_t formats[MANIFEST_TYPE_COUNT] = {
		[MANIFEST_FILE] = S_IFREG,
		[MANIFEST_DIR] = S_IFDIR,
		[MANIFEST_SYMLINK] = S_IFLNK,
		[MANIFEST_CHAR] = S_IFCHR,
		[MANIFEST_BLOCK] = S_IFBLK,
		[MANIFEST_FIFO] = S_IFIFO,
	};
	const struct layout_partition *p = partition_of(walk->spec->layout, entry->path);
	bool unix_metadata = !p || p->fs != FS_VFAT;
	const char *name;
	struct stat st;
	int r;

	r = open_parent(walk, entry->path, &name);
	if (r == 0 && fstatat(walk->parent_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		r = -errno;
	if (is_absent(r)) {
		*ret_what = "is missing";
		return 0;
	}
	if (r < 0)
		return r;

	if (entry->type == MANIFEST_HARDLINK)
		return compare_hardlink(walk, entry, &st, ret_what);
	if ((st.st_mode & S_IFMT) != formats[entry->type])
		*ret_what = "the type differs";
	else if (entry->type == MANIFEST_FILE && (uint64_t)st.st_size != entry->size)
		*ret_what = "the size differs";
	else if ((entry->type == MANIFEST_CHAR || entry->type == MANIFEST_BLOCK) &&
		 (major(st.st_rdev) != entry->major || minor(st.st_rdev) != entry->minor))
		*ret_what = "the device number differs";
	else if (unix_metadata)
		*ret_what = compare_metadata(entry, &st, has_fractions(p));
	/* Read the content even if something differs: an I/O error is more important. */
	if (entry->type == MANIFEST_FILE && S_ISREG(st.st_mode) &&
		(uint64_t)st.st_size == entry->size)
		r = compare_content(walk, entry, name, &st, ret_what);
	if (r == 0 && !*ret_what && entry->type == MANIFEST_SYMLINK)
		r = compare_symlink(walk, entry, name, ret_what);
	if (r == 0 && !*ret_what && unix_metadata)
		r = compare_xattrs(walk, entry, name, ret_what);
	/* list_dir looks at those of directories */
	if (r == 0 && !*ret_what && !S_ISDIR(st.st_mode) &&
		has_flags_at(walk->parent_fd, name, st.st_mode))
		*ret_what = flags_differ;
	if (r == 0 && !*ret_what && unix_metadata)
		r = add_identity(walk, entry, &st);
	return r;
}

static int on_entry(void *arg, const struct manifest_entry *entry)
{
	struct walk *walk = arg;
	uint64_t before = walk->result->bytes;
	const char *what = NULL;
	int r = compare(walk, entry, &what);

	/* Content that was not compared counts as done. */
	if (r == 0 && entry->type == MANIFEST_FILE)
		walk->result->bytes = before + entry->size;
	if (r == -ECANCELED)
		return r;
	if (r < 0)
		return unreadable(walk, entry->path, r);
	if (what)
		mismatch(walk, entry->path, what);
	walk->result->entries++;
	return report_progress(walk);
}

/* True for the folder that mkfs.ext4 makes. */
static bool is_lost_and_found(const struct walk *walk, const char *dir, const char *path)
{
	const struct layout_partition *p = partition_of(walk->spec->layout, dir);

	if (strcmp(path + (*dir ? strlen(dir) + 1 : 0), "lost+found") != 0)
		return false;
	return p ? p->fs == FS_EXT4 && strcmp(p->mount + 1, dir) == 0 : *dir == '\0';
}

static int list_dir(struct walk *walk, const char *path);

/* Files that the archive has not are wrong, but for those of the installer: mount points, their
 * parents, and an empty lost+found. */
static int on_found(struct walk *walk, const char *dir, const char *path)
{
	if (manifest_has(walk->spec->manifest, path))
		return 0;
	if (is_mount_parent(walk->spec->layout, path) || is_lost_and_found(walk, dir, path))
		return list_dir(walk, path);
	mismatch(walk, path, "is not in the archive");
	return 0;
}

/* Searches a directory for files that are not in the archive; an unknown directory counts once. */
static int list_dir(struct walk *walk, const char *path)
{
	char inside[PATH_MAX + NAME_MAX + 2];
	struct dirent *found;
	const char *name;
	DIR *dir = NULL;
	int fd = -1, r;

	r = open_parent(walk, path, &name);
	if (r == 0) {
		fd = openat(walk->parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		r = fd < 0 ? -errno : 0;
	}
	if (is_absent(r)) {
		/* Of the archive's, the directory or an entry in it was counted before. */
		if (!manifest_has(walk->spec->manifest, path))
			mismatch(walk, path, "is not a directory");
		return 0;
	}
	if (r == 0) {
		dir = fdopendir(fd);
		if (!dir) {
			r = -errno;
			close_fd(&fd);
		}
	}
	if (r < 0)
		return unreadable(walk, path, r);
	if (has_flags(fd))
		mismatch(walk, path, flags_differ);
	while (r == 0 && (errno = 0, found = readdir(dir)) != NULL) {
		if (strcmp(found->d_name, ".") == 0 || strcmp(found->d_name, "..") == 0)
			continue;
		STR_FORMAT(inside, "%s%s%s", path, *path ? "/" : "", found->d_name);
		r = on_found(walk, path, inside);
	}
	if (r == 0 && errno)
		r = unreadable(walk, path, -errno);
	(void)closedir(dir);
	return r < 0 ? r : report_progress(walk);
}

static int on_dir(void *arg, const char *path)
{
	return list_dir(arg, path);
}

static int add_size(void *arg, const struct manifest_entry *entry)
{
	struct verify_result *result = arg;

	if (entry->type == MANIFEST_FILE)
		result->total_bytes += entry->size;
	return 0;
}

int verify_tree(const struct verify_spec *spec, struct verify_result *ret)
{
	struct walk walk = {.spec = spec, .result = ret, .parent_fd = -1};
	int r;

	*ret = (struct verify_result){0};
	walk.buffer = malloc(BUFFER_BYTES);
	r = walk.buffer ? sha256_init(&walk.sha) : -ENOMEM;
	if (r == 0)
		r = manifest_each(spec->manifest, add_size, ret);
	if (r == 0)
		r = manifest_each(spec->manifest, on_entry, &walk);
	if (r == 0)
		r = manifest_each_dir(spec->manifest, on_dir, &walk);
	if (r == 0)
		find_merged(&walk);
	if (r == 0 && spec->progress && spec->progress(spec->arg, ret) != 0)
		r = -ECANCELED;
	close_fd(&walk.parent_fd);
	xattrs_finish(&walk.xattrs);
	sha256_finish(&walk.sha);
	free(walk.identities);
	free(walk.buffer);
	return r;
}
