/* SPDX-License-Identifier: MIT */
#include "core/install/copying.h"

#include "core/archive/copies.h"
#include "core/manifest/content.h"
#include "device/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define BUFFER_BYTES KIB(256)
#define NAMES_BYTES  KIB(64) /* the limit of the kernel for the names of attributes */

struct run {
	const struct copying *copying;
	uint64_t count, bytes; /* copied so far */
	bool at_target;	       /* the failure is that of the target */
	struct sha256 sha;
	char buffer[BUFFER_BYTES];
};

static int target_fail(struct run *run, const char *path, int error, struct diag *diag)
{
	run->at_target = true;
	(void)diag_fail(diag, error, "/%s", path);
	str_sanitise(diag->text);
	return error;
}

/* Makes the folder @name unless it is there; what else is there gives way. 0 or -errno. */
static int make_folder(int parent, const char *name)
{
	struct stat st;

	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		if (S_ISDIR(st.st_mode))
			return 0;
		if (unlinkat(parent, name, 0) < 0)
			return -errno;
	}
	return mkdirat(parent, name, 0755) < 0 ? -errno : 0;
}

/* Opens the folder of @path, and makes it if it is missing. Returns its descriptor and the last part of the
 * path, or -errno. */
static int open_parent(int root, const char *path, const char **ret_name)
{
	int fd = openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *slash;

	if (fd < 0)
		return -errno;
	for (; (slash = strchr(path, '/')); path = slash + 1) {
		_cleanup_close_ int parent = fd;
		char name[NAME_MAX + 1];
		int r;

		(void)STR_FORMAT(name, "%.*s", (int)(slash - path), path);
		r = make_folder(parent, name);
		if (r < 0)
			return r;
		fd = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return -errno;
	}
	*ret_name = path;
	return fd;
}

/* Removes what an archive gave a folder, or a default ACL a new file. Labels of the kernel's own stay. 0 or
 * -errno. */
static int clear_attributes(int fd)
{
	char names[NAMES_BYTES];
	ssize_t size = flistxattr(fd, names, sizeof(names));

	if (size < 0)
		return errno == ENOTSUP ? 0 : -errno;
	for (const char *name = names; name < names + size; name += strlen(name) + 1)
		if (strcmp(name, "security.selinux") != 0 && fremovexattr(fd, name) < 0 &&
			errno != ENODATA)
			return -errno;
	return 0;
}

/* Sets all but the content and the mtime. 0 or -errno. */
static int set_metadata(int fd, mode_t mode)
{
	int r = clear_attributes(fd);

	return r == 0 && (fchown(fd, 0, 0) < 0 || fchmod(fd, mode) < 0) ? -errno : r;
}

/* Creates the file anew: another name of the file in its place keeps its content. */
static int create(int parent, const char *name, mode_t mode)
{
	struct stat st;
	int fd, r;

	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		unlinkat(parent, name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0) < 0)
		return -errno;
	fd = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = set_metadata(fd, mode);
	if (r < 0)
		close_fd(&fd);
	return r < 0 ? r : fd;
}

/* Checks that what was copied is what was read before: the medium is not to blame for a change. */
static int check_content(
	struct run *run, const struct copied *copied, struct content *content, struct diag *diag)
{
	unsigned char digest[SHA256_BYTES];
	struct manifest_entry entry;
	int r = content_end(content, digest);

	if (r < 0)
		return diag_fail(diag, r, "%s cannot be compared: %s", copied->file, strerror(-r));
	return manifest_find(run->copying->manifest, copied->path, &entry) &&
			       memcmp(digest, entry.digest, sizeof(digest)) == 0
		       ? 0
		       : diag_fail(diag, -ESTALE, "%s has changed since it was read", copied->file);
}

static int copy_file(struct run *run, const struct copied *copied, int parent, const char *name,
	struct diag *diag)
{
	_cleanup_close_ int fd = create(parent, name, copied->st.st_mode & 0777);
	uint64_t at = 0, size = (uint64_t)copied->st.st_size;
	int r = fd < 0 ? target_fail(run, copied->path, fd, diag) : 0;
	struct content content;

	content_begin(&content, &run->sha);
	while (r == 0 && at < size) {
		size_t part = size - at < BUFFER_BYTES ? size - at : BUFFER_BYTES;

		r = pread_full(copied->fd, run->buffer, part, at);
		if (r < 0)
			return diag_fail(diag, r, "%s cannot be read: %s", copied->file,
				r == -ENODATA ? "it became shorter" : strerror(-r));
		content_add(&content, run->buffer, part);
		r = write_full(fd, run->buffer, part);
		if (r < 0)
			return target_fail(run, copied->path, r, diag);
		at += part;
		run->bytes += part;
		if (run->copying->progress)
			run->copying->progress(run->copying->arg, run->bytes);
	}
	return r < 0 ? r : check_content(run, copied, &content, diag);
}

static int copy_folder(struct run *run, const struct copied *copied, int parent, const char *name,
	struct diag *diag)
{
	_cleanup_close_ int fd = -1;
	int r = make_folder(parent, name);

	if (r == 0) {
		fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		r = fd < 0 ? -errno : set_metadata(fd, copied->st.st_mode & 0777);
	}
	return r < 0 ? target_fail(run, copied->path, r, diag) : 0;
}

static int copy(void *arg, const struct copied *copied, struct diag *diag)
{
	struct run *run = arg;
	_cleanup_close_ int parent = -1;
	const char *name;
	int r = copies_check(run->copying->manifest, copied, diag);

	run->count++;
	if (r < 0)
		return r;
	parent = open_parent(run->copying->root_fd, copied->path, &name);
	if (parent < 0)
		return target_fail(run, copied->path, parent, diag);
	return S_ISDIR(copied->st.st_mode) ? copy_folder(run, copied, parent, name, diag)
					   : copy_file(run, copied, parent, name, diag);
}

/* A file that went away is not met by a walk. */
static int check_count(const struct manifest *manifest, uint64_t count, struct diag *diag)
{
	return count == manifest_totals(manifest)->copies
		       ? 0
		       : diag_fail(diag, -ESTALE,
				 "a file of the layout was removed since it was read");
}

int copying_run(const struct copying *copying, bool *ret_target, struct diag *diag)
{
	struct run *run = calloc(1, sizeof(*run));
	int r = run ? sha256_init(&run->sha) : -ENOMEM;

	*ret_target = false;
	if (r < 0) {
		free(run);
		return diag_fail(diag, r, "out of memory");
	}
	run->copying = copying;
	r = copies_each(copying->layout, copy, run, diag);
	if (r == 0)
		r = check_count(copying->manifest, run->count, diag);
	*ret_target = run->at_target;
	sha256_finish(&run->sha);
	free(run);
	return r;
}

struct check {
	const struct manifest *manifest;
	uint64_t count;
};

static int check(void *arg, const struct copied *copied, struct diag *diag)
{
	struct check *check = arg;

	check->count++;
	return copies_check(check->manifest, copied, diag);
}

int copying_check(const struct layout *layout, const struct manifest *manifest, struct diag *diag)
{
	struct check state = {.manifest = manifest};
	int r = copies_each(layout, check, &state, diag);

	return r < 0 ? r : check_count(manifest, state.count, diag);
}
