/* SPDX-License-Identifier: MIT */
#include "core/manifest/tar_fixup.h"

#include "device/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct tar_fixup {
	int root_fd;
	const char *only; /* path of the entry; NULL: all */
	struct diag *diag;
};

static int fix_entry(void *arg, const struct manifest_entry *entry)
{
	const struct tar_fixup *fixup = arg;
	const char *path = entry->path[0] ? entry->path : ".";
	const struct timespec times[] = {
		{.tv_nsec = UTIME_OMIT},
		{.tv_sec = entry->mtime_s, .tv_nsec = entry->mtime_ns},
	};
	int r = 0;

	if (fixup->only && strcmp(fixup->only, entry->path) != 0)
		return 0;
	if (entry->type == MANIFEST_HARDLINK) /* done with the file that it links to */
		return 0;
	if (entry->type == MANIFEST_SYMLINK)
		r = fchownat(fixup->root_fd, path, entry->uid, entry->gid, AT_SYMLINK_NOFOLLOW);
	if (r == 0)
		r = utimensat(fixup->root_fd, path, times, AT_SYMLINK_NOFOLLOW);
	if (r == 0)
		return 0;
	r = diag_fail(fixup->diag, -errno, "%s", path);
	str_sanitise(fixup->diag->text);
	return r;
}

int tar_fixup_tree(int root_fd, const struct manifest *manifest, struct diag *diag)
{
	struct tar_fixup fixup = {.root_fd = root_fd, .diag = diag};

	return manifest_each(manifest, fix_entry, &fixup);
}

int tar_fixup_entry(
	int root_fd, const struct manifest *manifest, const char *path, struct diag *diag)
{
	struct tar_fixup fixup = {.root_fd = root_fd, .only = path, .diag = diag};

	return manifest_each(manifest, fix_entry, &fixup);
}
