/* SPDX-License-Identifier: MIT */
#include "core/archive/copies.h"

#include "core/manifest/entry_content.h"
#include "device/base/util.h"
#include "device/layout/layout_copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEPTH_MAX    32
#define BUFFER_BYTES KIB(64)

/* ---- the walk ---- */

struct walk {
	int (*each)(void *arg, const struct copied *copied, struct diag *diag);
	void *arg;
	struct diag *diag;
};

static int walk_file(const struct walk *walk, const char *path, const char *file, unsigned depth);

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_inside(const struct dirent *found)
{
	return strcmp(found->d_name, ".") != 0 && strcmp(found->d_name, "..") != 0;
}

static int walk_folder(const struct walk *walk, const char *path, const char *file, unsigned depth)
{
	struct dirent **found = NULL;
	int count = scandir(file, &found, is_inside, by_name), r = 0;

	if (count < 0)
		return diag_fail(
			walk->diag, -errno, "%s cannot be read: %s", file, strerror(errno));
	for (int i = 0; i < count; i++) {
		char inside[PATH_MAX], from[PATH_MAX];

		if (r == 0)
			r = STR_FORMAT(inside, "%s/%s", path, found[i]->d_name) &&
					    STR_FORMAT(from, "%s/%s", file, found[i]->d_name)
				    ? walk_file(walk, inside, from, depth + 1)
				    : diag_fail(walk->diag, -ENAMETOOLONG,
					      "%s has a path that is too long", file);
		free(found[i]);
	}
	free(found);
	return r;
}

static int walk_file(const struct walk *walk, const char *path, const char *file, unsigned depth)
{
	struct copied copied = {.path = path, .file = file, .fd = -1};
	_cleanup_close_ int fd = -1;
	int r = stat(file, &copied.st);

	/* To open a device can change it. */
	if (r == 0 && (S_ISREG(copied.st.st_mode) || S_ISDIR(copied.st.st_mode)))
		r = fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (r < 0 || (fd >= 0 && fstat(fd, &copied.st) < 0))
		return diag_fail(
			walk->diag, -errno, "%s cannot be read: %s", file, strerror(errno));
	copied.fd = fd;
	if (depth > DEPTH_MAX)
		return diag_fail(walk->diag, -ELOOP,
			"%s is more than %d folders deep, as a link to a folder above it would be",
			file, DEPTH_MAX);
	if (!S_ISREG(copied.st.st_mode) && !S_ISDIR(copied.st.st_mode))
		return diag_fail(
			walk->diag, -EINVAL, "%s is neither a regular file nor a folder", file);
	r = walk->each(walk->arg, &copied, walk->diag);
	return r == 0 && S_ISDIR(copied.st.st_mode) ? walk_folder(walk, path, file, depth) : r;
}

int copies_each(const struct layout *layout,
	int (*each)(void *arg, const struct copied *copied, struct diag *diag), void *arg,
	struct diag *diag)
{
	const struct walk walk = {.each = each, .arg = arg, .diag = diag};
	int r = 0;

	for (size_t i = 0; r == 0 && i < layout->copy_count; i++) {
		const struct layout_copy *copy = &layout->copies[i];
		char path[LAYOUT_COPY_PATH];

		layout_copy_path(layout, copy, path);
		r = walk_file(&walk, path, copy->file, 0);
	}
	if (r < 0)
		str_sanitise(diag->text);
	return r;
}

static int add_size(void *arg, const struct copied *copied, struct diag *diag)
{
	uint64_t *bytes = arg;

	(void)diag;
	if (S_ISREG(copied->st.st_mode))
		*bytes += (uint64_t)copied->st.st_size;
	return 0;
}

int copies_measure(const struct layout *layout, uint64_t *ret_bytes, struct diag *diag)
{
	*ret_bytes = 0;
	return copies_each(layout, add_size, ret_bytes, diag);
}

/* ---- the manifest ---- */

struct reader {
	struct manifest *manifest;
	uint64_t *bytes;
	struct entry_content content;
	unsigned char buffer[BUFFER_BYTES];
};

static int read_content(struct reader *reader, const struct copied *copied,
	struct manifest_entry *entry, struct diag *diag)
{
	uint64_t at = 0;
	int r = entry_content_begin(&reader->content, reader->manifest, copied->path, entry);

	if (r < 0)
		return r;
	while (at < entry->size) {
		size_t size = entry->size - at < BUFFER_BYTES ? entry->size - at : BUFFER_BYTES;

		r = pread_full(copied->fd, reader->buffer, size, at);
		if (r < 0)
			return diag_fail(diag, r, "%s cannot be read: %s", copied->file,
				r == -ENODATA ? "it became shorter" : strerror(-r));
		entry_content_add(&reader->content, at, reader->buffer, size);
		at += size;
		*reader->bytes += size;
	}
	entry->block_bytes = (entry->size + CONTENT_UNIT - 1) / CONTENT_UNIT * CONTENT_UNIT;
	return entry_content_end(&reader->content, entry);
}

static int read_copied(void *arg, const struct copied *copied, struct diag *diag)
{
	struct reader *reader = arg;
	const struct stat *st = &copied->st;
	struct manifest_entry entry = {
		.link = "",
		.type = S_ISDIR(st->st_mode) ? MANIFEST_DIR : MANIFEST_FILE,
		.mode = st->st_mode & 0777,
		.mtime_s = st->st_mtim.tv_sec,
		.mtime_ns = (uint32_t)st->st_mtim.tv_nsec,
	};
	int r = 0;

	if (entry.type == MANIFEST_FILE) {
		entry.size = (uint64_t)st->st_size;
		r = read_content(reader, copied, &entry, diag);
	}
	if (r == 0)
		r = manifest_add(reader->manifest, copied->path, &entry);
	if (r == -EFBIG)
		return diag_fail(diag, r, "%s is one file too many for the memory", copied->file);
	return r < 0 && !diag->text[0]
		       ? diag_fail(diag, r, "%s cannot be read: %s", copied->file, strerror(-r))
		       : r;
}

int copies_read(struct manifest *manifest, const struct layout *layout, uint64_t *ret_bytes,
	struct diag *diag)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	int r = reader ? entry_content_init(&reader->content) : -ENOMEM;

	*ret_bytes = 0;
	*diag = (struct diag){0};
	manifest_strip(manifest, 0);
	if (r == 0)
		r = manifest_set_archive(manifest, MANIFEST_NO_ARCHIVE, "");
	if (r == 0) {
		reader->manifest = manifest;
		reader->bytes = ret_bytes;
		r = copies_each(layout, read_copied, reader, diag);
	}
	if (reader)
		entry_content_finish(&reader->content);
	free(reader);
	return r;
}

int copies_check(const struct manifest *manifest, const struct copied *copied, struct diag *diag)
{
	const struct stat *st = &copied->st;
	bool is_dir = S_ISDIR(st->st_mode);
	struct manifest_entry entry;

	/* What is in a folder has entries of its own. */
	if (manifest_find(manifest, copied->path, &entry) && entry.archive == MANIFEST_NO_ARCHIVE &&
		entry.type == (is_dir ? MANIFEST_DIR : MANIFEST_FILE) &&
		(is_dir || (entry.size == (uint64_t)st->st_size &&
				   entry.mtime_s == st->st_mtim.tv_sec &&
				   entry.mtime_ns == (uint32_t)st->st_mtim.tv_nsec)))
		return 0;
	return diag_fail(diag, -ESTALE, "%s has changed since it was read", copied->file);
}
