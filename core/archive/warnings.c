/* SPDX-License-Identifier: MIT */
#include "core/archive/warnings.h"

#include <limits.h>
#include <stdarg.h>
#include <string.h>

void archive_warnings_add(
	struct archive_warnings *warnings, const char *code, const char *format, ...)
{
	struct archive_warning *warning = &warnings->list[warnings->count];
	va_list args;

	if (warnings->count == ARCHIVE_WARNINGS_MAX)
		return;
	warnings->count++;
	STR_COPY(warning->code, code);
	va_start(args, format);
	str_vformat(warning->text, sizeof(warning->text), format, args);
	va_end(args);
	str_sanitise(warning->text);
}

/* The signs that were found so far. */
struct look {
	uint64_t whiteouts;
	char whiteout[96];     /* path of the first */
	char common[PATH_MAX]; /* the folder that all entries are in or are; a path */
	bool any, root_seen, layers, blobs;
	uint32_t root_mode, root_uid;
};

/* The length of the part of the path up to the next slash or the end. */
static size_t part(const char *path)
{
	return strcspn(path, "/");
}

/* Shortens the common folder to what @path shares with it. A file is never part of it. */
static void narrow(struct look *look, const struct manifest_entry *entry)
{
	const char *path = entry->path;
	size_t shared = 0, length = strlen(path);

	if (entry->type != MANIFEST_DIR) {
		const char *slash = strrchr(path, '/');

		length = slash ? (size_t)(slash - path) : 0;
	}
	if (!look->any) {
		look->any = true;
		(void)str_format(look->common, sizeof(look->common), "%.*s", (int)length, path);
		return;
	}
	for (;;) {
		size_t size = part(look->common + shared);

		if (size == 0 || shared + size > length ||
			strncmp(look->common + shared, path + shared, size) != 0 ||
			(shared + size < length && path[shared + size] != '/'))
			break;
		shared += size;
		if (look->common[shared] == '\0')
			return;
		shared++;
	}
	look->common[shared > 0 ? shared - 1 : 0] = '\0';
}

static bool ends_in(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length > end_length && strcmp(text + length - end_length, end) == 0;
}

/* The layers of an image are ID/layer.tar; podman also writes ID.tar, and kaniko ID.tar.gz. */
static bool is_layer(const char *path)
{
	return strchr(path, '/') ? ends_in(path, "/layer.tar")
				 : ends_in(path, ".tar") || ends_in(path, ".tar.gz");
}

static int look_at(void *arg, const struct manifest_entry *entry)
{
	struct look *look = arg;
	const char *slash = strrchr(entry->path, '/');
	const char *base = slash ? slash + 1 : entry->path;

	if (str_has_prefix(base, ".wh.") && look->whiteouts++ == 0)
		STR_COPY(look->whiteout, entry->path);
	if (entry->archive != 0)
		return 0;
	look->layers |= is_layer(entry->path);
	look->blobs |= str_has_prefix(entry->path, "blobs/sha256/");
	if (*entry->path) {
		narrow(look, entry);
		return 0;
	}
	look->root_seen = true;
	look->root_mode = entry->mode;
	look->root_uid = entry->uid;
	return 0;
}

/* True if a folder of the archive has one of the names that every root filesystem has. */
static bool has_system(const struct manifest *manifest, const char *folder)
{
	static const char *const names[] = {
		"etc", "usr", "bin", "sbin", "lib", "init", "nix", "system"};
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (STR_FORMAT(path, "%s%s%s", folder, *folder ? "/" : "", names[i]) &&
			manifest_has(manifest, path))
			return true;
	return false;
}

/* Finds archives that hold the layers of a root filesystem. */
static bool find_image(
	const struct manifest *manifest, const struct look *look, struct archive_warnings *ret)
{
	if (manifest_has(manifest, "manifest.json") && (look->layers || look->blobs))
		archive_warnings_add(ret, "docker-save",
			"the archive is an image by `docker save`, with its layers as files; pack a "
			"container with `docker export` instead");
	else if (manifest_has(manifest, "oci-layout") && manifest_has(manifest, "index.json"))
		archive_warnings_add(ret, "oci-image",
			"the archive is an OCI image, with its layers as files; unpack the image and "
			"pack its root filesystem");
	else
		return false;
	return true;
}

/* Cuts the common folder to the first one that has a system, and returns how many parts it has. 0, with
 * the folder unchanged, if none has. */
static unsigned find_system(const struct manifest *manifest, char *common)
{
	char *end = common;

	for (unsigned parts = 1; *common; parts++) {
		char saved;

		end += part(end);
		saved = *end;
		*end = '\0';
		if (has_system(manifest, common))
			return parts;
		*end = saved;
		if (!*end++)
			break;
	}
	return 0;
}

static void find_folder(const struct manifest *manifest, struct look *look, unsigned strip,
	struct archive_warnings *ret)
{
	const struct manifest_totals *totals = manifest_totals(manifest);
	char advice[64] = "";
	unsigned parts;
	bool dotted;

	/* --strip would mix the other files into the root filesystem. */
	if (!*look->common && has_system(manifest, "rootfs")) {
		archive_warnings_add(ret, "rootfs-folder",
			"the root filesystem is in the folder rootfs, next to other files, as in an "
			"image of LXC or LXD; pack that folder alone");
		return;
	}
	if (!*look->common) {
		archive_warnings_add(ret, "no-rootfs",
			"the archive has no etc, usr, bin, sbin, lib or init: it may be no root "
			"filesystem");
		return;
	}
	/* Names that begin with "./" have one part more, but all must. */
	dotted = strip == 0 && totals->dotted > 0;
	parts = find_system(manifest, look->common);
	if (parts > 0 && (!dotted || totals->dotted >= totals->entries))
		STR_FORMAT(advice, "; use --strip %u to leave that out", strip + parts + dotted);
	archive_warnings_add(
		ret, "one-folder", "everything is below one folder, %.90s%s", look->common, advice);
}

void archive_warnings_find(
	const struct manifest *manifest, unsigned strip, struct archive_warnings *ret)
{
	const struct manifest_totals *totals = manifest_totals(manifest);
	const struct manifest_need *foreign = &totals->needs[TAR_NEED_FOREIGN_XATTR];
	struct look look = {0};

	*ret = (struct archive_warnings){0};
	(void)!manifest_each(manifest, look_at, &look);
	if (!has_system(manifest, "") && !find_image(manifest, &look, ret))
		find_folder(manifest, &look, strip, ret);
	if (look.whiteouts > 0)
		archive_warnings_add(ret, "whiteouts",
			"the archive is a layer of a container image: it would install %llu "
			"whiteouts as files, such as %.60s; pack a container with `docker export` "
			"instead",
			(unsigned long long)look.whiteouts, look.whiteout);
	if (look.root_seen && (look.root_mode & 0001) == 0)
		archive_warnings_add(ret, "root-mode",
			"the root folder has mode %04o: only root can use the files below it; pack it "
			"with mode 0755",
			look.root_mode);
	if (look.root_seen && look.root_uid != 0)
		archive_warnings_add(ret, "root-owner",
			"the root folder belongs to user %u; pack it as root, or with --owner=0 "
			"--group=0",
			look.root_uid);
	if (totals->stripped > 0)
		archive_warnings_add(ret, "stripped", "--strip leaves out %llu %s",
			(unsigned long long)totals->stripped,
			totals->stripped == 1 ? "file or link" : "files and links");
	if (foreign->count > 0)
		archive_warnings_add(ret, "lost-xattrs",
			"%.80s: Linux cannot store this extended attribute%s; --allow "
			"foreign-attributes leaves it out",
			foreign->path, foreign->count > 1 ? ", nor others" : "");
}
