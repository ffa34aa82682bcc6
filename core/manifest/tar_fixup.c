/* SPDX-License-Identifier: MIT */
#include "core/manifest/tar_fixup.h"

#include "device/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct tar_fixup {
	int root_fd;
	char *path;
};

static int mend_entry(void *arg, const struct manifest_entry *entry)
{
	const struct tar_fixup *mending = arg;
	const char *path = entry->path[0] ? entry->path : ".";
	const struct timespec times[] = {
		{.tv_nsec = UTIME_OMIT},
		{.tv_sec = entry->mtime_s, .tv_nsec = entry->mtime_ns},
	};
	int r = 0;

	if (entry->type == MANIFEST_HARDLINK) /* the file it names has its time */
		return 0;
	if (entry->type == MANIFEST_SYMLINK)
		r = fchownat(mending->root_fd, path, entry->uid, entry->gid, AT_SYMLINK_NOFOLLOW);
	if (r == 0)
		r = utimensat(mending->root_fd, path, times, AT_SYMLINK_NOFOLLOW);
	if (r == 0)
		return 0;
	r = -errno;
	(void)str_copy(mending->path, 160, path);
	str_sanitise(mending->path);
	return r;
}

int tar_fixup_tree(int root_fd, const struct manifest *manifest, char *ret_path)
{
	struct tar_fixup mending = {.root_fd = root_fd, .path = ret_path};

	return manifest_each(manifest, mend_entry, &mending);
}
