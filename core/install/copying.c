/* SPDX-License-Identifier: MIT */
#include "core/install/copying.h"

#include "core/archive/copies.h"
#include "device/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_BYTES KIB(256)

struct run {
	const struct copying *copying;
	uint64_t bytes; /* copied so far */
	bool at_target; /* the failure is that of the target */
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

/* Creates the file anew: another name of the file in its place keeps its content. */
static int create(int parent, const char *name, mode_t mode)
{
	struct stat st;
	int fd;

	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		unlinkat(parent, name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0) < 0)
		return -errno;
	fd = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0 && (fchown(fd, 0, 0) < 0 || fchmod(fd, mode) < 0)) {
		int error = errno;

		close_fd(&fd);
		errno = error;
	}
	return fd < 0 ? -errno : fd;
}

static int copy_file(struct run *run, const struct copied *copied, int parent, const char *name,
	struct diag *diag)
{
	_cleanup_close_ int fd = create(parent, name, copied->st.st_mode & 0777);
	uint64_t at = 0, size = (uint64_t)copied->st.st_size;
	int r = fd < 0 ? target_fail(run, copied->path, fd, diag) : 0;

	while (r == 0 && at < size) {
		size_t part = size - at < BUFFER_BYTES ? size - at : BUFFER_BYTES;

		r = pread_full(copied->fd, run->buffer, part, at);
		if (r < 0)
			return diag_fail(diag, r, "%s cannot be read: %s", copied->file,
				r == -ENODATA ? "it became shorter" : strerror(-r));
		r = write_full(fd, run->buffer, part);
		if (r < 0)
			return target_fail(run, copied->path, r, diag);
		at += part;
		run->bytes += part;
		if (run->copying->progress)
			run->copying->progress(run->copying->arg, run->bytes);
	}
	return r;
}

static int copy_folder(struct run *run, const struct copied *copied, int parent, const char *name,
	struct diag *diag)
{
	int r = make_folder(parent, name);

	if (r == 0 && (fchownat(parent, name, 0, 0, AT_SYMLINK_NOFOLLOW) < 0 ||
			      fchmodat(parent, name, copied->st.st_mode & 0777, 0) < 0))
		r = -errno;
	return r < 0 ? target_fail(run, copied->path, r, diag) : 0;
}

static int copy(void *arg, const struct copied *copied, struct diag *diag)
{
	struct run *run = arg;
	_cleanup_close_ int parent = -1;
	const char *name;
	int r = copies_check(run->copying->manifest, copied, diag);

	if (r < 0)
		return r;
	parent = open_parent(run->copying->root_fd, copied->path, &name);
	if (parent < 0)
		return target_fail(run, copied->path, parent, diag);
	return S_ISDIR(copied->st.st_mode) ? copy_folder(run, copied, parent, name, diag)
					   : copy_file(run, copied, parent, name, diag);
}

int copying_run(const struct copying *copying, bool *ret_target, struct diag *diag)
{
	struct run run = {.copying = copying};
	int r = copies_each(copying->layout, copy, &run, diag);

	*ret_target = run.at_target;
	return r;
}

static int check(void *arg, const struct copied *copied, struct diag *diag)
{
	const struct manifest *const *manifest = arg;

	return copies_check(*manifest, copied, diag);
}

int copying_check(const struct layout *layout, const struct manifest *manifest, struct diag *diag)
{
	return copies_each(layout, check, &manifest, diag);
}
