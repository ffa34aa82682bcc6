/* SPDX-License-Identifier: MIT */
/* The entries of an archive become records: their names, the files that hard links refer to, and what
 * tars make of names that occur again. */
#include "core/manifest/manifest_record.h"
#include "device/base/util.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>

void manifest_complain(
	struct manifest *manifest, const char *code, const char *path, const char *format, ...)
{
	struct manifest_totals *totals = &manifest->map->totals;
	struct manifest_problem *problem;
	va_list args;

	if (totals->problem_count < MANIFEST_PROBLEMS_MAX) {
		problem = &totals->problems[totals->problem_count];
		problem->archive = manifest->archive;
		STR_COPY(problem->code, code);
		STR_COPY(problem->path, path);
		str_sanitise(problem->path);
		va_start(args, format);
		str_vformat(problem->text, sizeof(problem->text), format, args);
		va_end(args);
		str_sanitise(problem->text);
	}
	totals->problem_count++;
}

void manifest_need(struct manifest *manifest, enum tar_need need, const char *path)
{
	struct manifest_need *needs = &manifest->map->totals.needs[need];

	if (manifest->archive == MANIFEST_NO_ARCHIVE || needs->count++ > 0)
		return;
	needs->archive = manifest->archive;
	(void)STR_COPY(needs->path, path);
	str_sanitise(needs->path);
}

/* Writes the path relative to the target into @ret: @raw below @folder. Returns NULL, or the reason to
 * refuse it: some tars strip such parts, others follow them. */
static const char *normalise(const char *folder, const char *raw, char ret[PATH_MAX])
{
	size_t length = strlen(folder);

	if (*raw == '\0')
		return "an empty name";
	if (*raw == '/')
		return "an absolute name, which not every tar makes relative; pack the archive "
		       "without -P";
	if (length + 1 + strlen(raw) >= PATH_MAX)
		return "a name that is too long";
	memcpy(ret, folder, length);
	while (*raw) {
		size_t part = strcspn(raw, "/");

		if (part == 2 && raw[0] == '.' && raw[1] == '.')
			return "a name with \"..\"";
		if (part > NAME_MAX)
			return "a name that is too long";
		if (part > 0 && !(part == 1 && raw[0] == '.')) {
			if (length > 0)
				ret[length++] = '/';
			memcpy(ret + length, raw, part);
			length += part;
		}
		raw += part;
		raw += *raw == '/';
	}
	ret[length] = '\0';
	return NULL;
}

/* No tar creates a file with such a name. */
static bool ends_with_dot(const char *raw)
{
	size_t length = strlen(raw);

	return strcmp(raw, ".") == 0 || (length >= 2 && strcmp(raw + length - 2, "/.") == 0);
}

/* Returns @raw without its first @count parts, NULL if nothing is left. */
static const char *strip(const char *raw, unsigned count)
{
	for (; count > 0; count--) {
		raw = strchr(raw, '/');
		if (!raw)
			return NULL;
		raw++;
	}
	return *raw ? raw : NULL;
}

/* The same as normalise for the name that is left after stripping: "" if there is none. */
static const char *normalise_stripped(
	const struct manifest *manifest, const char *raw, const char **ret_rest, char ret[PATH_MAX])
{
	const char *wrong = normalise(manifest->folder, raw, ret), *doubled = strstr(raw, "//");

	*ret_rest = raw;
	if (wrong || manifest->strip == 0)
		return wrong;
	*ret_rest = strip(raw, manifest->strip);
	if (doubled && (!*ret_rest || doubled < *ret_rest || **ret_rest == '/'))
		return "a name with \"//\", which tars strip in different ways";
	return *ret_rest ? normalise(manifest->folder, *ret_rest, ret) : NULL;
}

/* Leaves out the parts of @path that are missing, as Toybox does below a folder that does not exist yet.
 * True if that leads to what is no folder. */
static bool is_led_astray(const struct manifest *manifest, uint32_t folder, const char *path)
{
	while (*path) {
		uint32_t number = record_find_in(manifest, folder, record_next_part(&path));

		if (number && record_at(manifest, number)->type != MANIFEST_DIR)
			return *path || record_at(manifest, number)->type == MANIFEST_SYMLINK;
		folder = number ? record_at(manifest, number)->node : folder;
	}
	return false;
}

/* Adds the missing parents of @path. Returns 0, with the node of the directory and the last part of
 * the path; 1 if a parent is not a directory, since a tar follows a symlink that an earlier entry
 * created; or -errno. */
static int add_parents(struct manifest *manifest, const char *path, uint32_t *ret_parent,
	struct record_part *ret_name)
{
	static const struct manifest_entry implied = {.link = "", .type = MANIFEST_DIR};
	const char *whole = path;
	struct record_part name = {"", 0};
	uint32_t parent = 0;

	while (*path) {
		uint32_t number = record_find_in(manifest, parent, name);
		int r = 0;

		if (number == 0 && is_led_astray(manifest, parent, path))
			manifest_need(manifest, TAR_NEED_LATE_DIR, whole);
		if (number == 0)
			r = record_append(manifest, parent, name, &implied,
				RECORD_IMPLIED | RECORD_PARENT, 0, &number);
		else if (record_at(manifest, number)->type != MANIFEST_DIR)
			r = 1;
		if (r != 0)
			return r;
		record_edit(manifest, number)->flags |= RECORD_PARENT;
		parent = record_at(manifest, number)->node;
		name = record_next_part(&path);
	}
	*ret_parent = parent;
	*ret_name = name;
	return 0;
}

static void count(struct manifest_totals *totals, const struct manifest_entry *entry)
{
	uint64_t *const counter[MANIFEST_TYPE_COUNT] = {
		[MANIFEST_FILE] = &totals->files,
		[MANIFEST_DIR] = &totals->dirs,
		[MANIFEST_SYMLINK] = &totals->symlinks,
		[MANIFEST_HARDLINK] = &totals->hardlinks,
		[MANIFEST_CHAR] = &totals->devices,
		[MANIFEST_BLOCK] = &totals->devices,
		[MANIFEST_FIFO] = &totals->devices,
	};

	totals->entries++;
	++*counter[entry->type];
	if (entry->type == MANIFEST_FILE) {
		totals->content_bytes += entry->size;
		totals->block_bytes += entry->block_bytes;
	}
	if (entry->type == MANIFEST_DIR)
		totals->block_bytes += KIB(4);
	if (entry->xattr_count > 0)
		totals->xattrs++;
}

/* link(2) fails on a file with such a name. */
static bool names_a_dir(const char *raw)
{
	size_t length = strlen(raw);

	return ends_with_dot(raw) || (length > 0 && raw[length - 1] == '/');
}

/* Finds the file that a hard link refers to. 0 with a complaint if there is none. */
static uint32_t find_target(
	struct manifest *manifest, const char *raw_path, const char *raw_link, char ret[PATH_MAX])
{
	size_t slashes = manifest->strip ? 0 : strspn(raw_link, "/");
	const char *rest;
	uint32_t target = 0;

	if (slashes > 0)
		manifest_need(manifest, TAR_NEED_LINK_SLASH, raw_path);
	if (!names_a_dir(raw_link) &&
		!normalise_stripped(manifest, raw_link + slashes, &rest, ret) && rest)
		target = record_find(manifest, ret);
	if (target && record_at(manifest, target)->type == MANIFEST_HARDLINK)
		target = record_at(manifest, target)->target;
	if (target && record_at(manifest, target)->type != MANIFEST_DIR)
		return target;
	manifest_complain(manifest, "link", raw_path,
		"a hard link to %s, which is not an earlier file", raw_link);
	return 0;
}

/* GNU tar creates such a symlink at its end, even if a later entry has replaced it. */
static bool is_late_link(const char *target)
{
	const char *part = target;

	while (*part) {
		size_t length = strcspn(part, "/");

		if (length == 2 && part[0] == '.' && part[1] == '.')
			return true;
		part += length + (part[length] == '/');
	}
	return *target == '/';
}

/* True if it does not matter which of the two symlinks a tar creates. */
static bool is_same_link(const struct record *before, const struct manifest_entry *entry)
{
	const struct manifest_entry old = record_entry(before);

	return entry->type == MANIFEST_SYMLINK && strcmp(entry->link, old.link) == 0 &&
	       entry->uid == old.uid && entry->gid == old.gid && entry->mtime_s == old.mtime_s &&
	       entry->mtime_ns == old.mtime_ns &&
	       memcmp(entry->xattr_digest, old.xattr_digest, MANIFEST_DIGEST_BYTES) == 0;
}

/* Records what is needed to replace the record @old by @entry. */
static void need_to_replace(struct manifest *manifest, uint32_t old, const char *path,
	const struct manifest_entry *entry)
{
	const struct record *before = record_at(manifest, old), *file = before;
	bool was_dir = before->type == MANIFEST_DIR, is_dir = entry->type == MANIFEST_DIR;
	bool has_names = before->type == MANIFEST_HARDLINK || before->flags & RECORD_LINKED ||
			 entry->type == MANIFEST_HARDLINK;

	if (before->type == MANIFEST_HARDLINK)
		file = record_at(manifest, before->target);
	if (was_dir && is_dir) {
		if (memcmp(record_entry(before).xattr_digest, entry->xattr_digest,
			    MANIFEST_DIGEST_BYTES) != 0)
			manifest_need(manifest, TAR_NEED_DIR_XATTRS, path);
		return;
	}
	if (was_dir)
		manifest_need(manifest, TAR_NEED_OVER_DIR, path);
	if (is_dir)
		manifest_need(manifest, TAR_NEED_DIR_OVER, path);
	if (file->type == MANIFEST_SYMLINK) {
		bool same = !has_names && is_same_link(file, entry);

		manifest_need(manifest, TAR_NEED_OVER_SYMLINK, path);
		if (is_late_link(record_link(file)))
			manifest_need(
				manifest, same ? TAR_NEED_OVER_SAME : TAR_NEED_OVER_LINK, path);
	}
	if (has_names)
		manifest_need(manifest, TAR_NEED_OVER_NAMES, path);
}

/* Toybox sets mode and owner of the hard link, and follows a symlink to do so. */
static bool is_changed_by(const struct record *file, const struct manifest_entry *link)
{
	return file->type == MANIFEST_SYMLINK || file->uid != link->uid || file->gid != link->gid ||
	       file->mode != link->mode;
}

/* Why Linux does not create a symlink with that target, or NULL. */
static const char *target_fault(const char *target)
{
	if (*target == '\0')
		return "a symbolic link without a target";
	return strlen(target) >= PATH_MAX ? "a symbolic link with a target that is too long" : NULL;
}

int manifest_set_archive(struct manifest *manifest, uint32_t number, const char *folder)
{
	struct record_part name;
	char path[PATH_MAX];
	uint32_t parent;
	int r = 0;

	manifest->archive = number;
	manifest->folder = folder;
	/* A tar begins in the folder, which exists. */
	if (*folder && STR_FORMAT(path, "%s/.", folder))
		r = add_parents(manifest, path, &parent, &name);
	return r < 0 ? r : 0;
}

/* True for the folder that the archive begins in, if no earlier archive has it. */
static bool is_start(const struct manifest *manifest, const struct record *before, const char *path)
{
	return before->flags & RECORD_IMPLIED && strcmp(path, manifest->folder) == 0;
}

void manifest_strip(struct manifest *manifest, unsigned count)
{
	manifest->strip = count;
}

void manifest_keep(struct manifest *manifest, bool (*keeps)(const char *path, uint64_t size))
{
	manifest->keeps = keeps;
}

bool manifest_keeps(struct manifest *manifest, const char *raw_path, uint64_t size)
{
	char path[PATH_MAX];
	const char *rest;

	if (!manifest->keeps || size > MANIFEST_KEPT_MAX - manifest->kept ||
		normalise_stripped(manifest, raw_path, &rest, path) || !rest ||
		!manifest->keeps(path, size))
		return false;
	manifest->kept += size;
	return true;
}

int manifest_add(
	struct manifest *manifest, const char *raw_path, const struct manifest_entry *entry)
{
	struct manifest_entry kept = *entry;
	char path[PATH_MAX], link[PATH_MAX];
	struct manifest_totals *totals = &manifest->map->totals;
	const char *rest, *wrong = normalise_stripped(manifest, raw_path, &rest, path);
	uint32_t flags = 0, target = 0, old, parent;
	struct record_part name;
	int r;

	totals->dotted += str_has_prefix(raw_path, "./") || strcmp(raw_path, ".") == 0;
	if (!wrong && !rest) {
		totals->stripped += entry->type != MANIFEST_DIR;
		return 0;
	}
	count(totals, entry);
	totals->copies += manifest->archive == MANIFEST_NO_ARCHIVE;
	if (!wrong && entry->type != MANIFEST_DIR && ends_with_dot(raw_path))
		wrong = "a file with the name of a directory";
	if (!wrong && entry->type == MANIFEST_SYMLINK)
		wrong = target_fault(entry->link);
	if (wrong) {
		manifest_complain(manifest, "path", raw_path, "%s", wrong);
		return 0;
	}
	if (manifest->strip > 0)
		manifest_need(manifest, TAR_NEED_STRIP, raw_path);
	if (entry->type == MANIFEST_HARDLINK) {
		if (manifest->strip > 0)
			manifest_need(manifest, TAR_NEED_STRIP_LINKS, raw_path);
		target = find_target(manifest, raw_path, entry->link, link);
		if (!target)
			return 0;
		if (strcmp(link, path) == 0) {
			manifest_need(manifest, TAR_NEED_LINK_SELF, raw_path);
			return 0;
		}
		if (is_changed_by(record_at(manifest, target), entry))
			manifest_need(manifest, TAR_NEED_LINK_META, raw_path);
		record_edit(manifest, target)->flags |= RECORD_LINKED;
		kept.link = ""; /* decode takes the path of the target */
	}

	r = add_parents(manifest, path, &parent, &name);
	if (r > 0)
		manifest_complain(manifest, "path", raw_path,
			"has a parent that is not a directory, which tars follow or replace");
	if (r != 0)
		return r < 0 ? r : 0;

	old = record_find_in(manifest, parent, name);
	if (old) {
		const struct record *before = record_at(manifest, old);

		if (before->type == MANIFEST_DIR)
			flags = before->flags & RECORD_PARENT;
		if (entry->type != MANIFEST_DIR && (flags & RECORD_PARENT || *path == '\0')) {
			manifest_complain(manifest, "path", raw_path,
				"replaces a directory that has entries");
			return 0;
		}
		if (!is_start(manifest, before, path))
			need_to_replace(manifest, old, raw_path, entry);
	}
	return record_append(manifest, parent, name, &kept, flags, target, NULL);
}
