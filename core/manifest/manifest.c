/* SPDX-License-Identifier: MIT */
#include "core/manifest/manifest.h"

#include "device/base/util.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define START_BYTES KIB(64)
#define UNIT	    8 /* alignment of records; a record number is an offset in units */

/* The beginning of the memory file, followed by the records and the index. */
struct header {
	struct manifest_totals totals;
	uint64_t used;	/* end of the records */
	uint64_t slots; /* in the index after them, a power of two; 0 before manifest_seal */
};

enum record_flag {
	RECORD_IMPLIED = 1,  /* a parent directory without an entry */
	RECORD_REPLACED = 2, /* a later entry has the same path */
	RECORD_PARENT = 4,   /* has entries below it */
	RECORD_LINKED = 8,   /* hard links refer to it */
	RECORD_XATTRS = 16,  /* has a digest of attributes */
};

/* A record holds the last part of its path, so that a long path costs little. */
struct record {
	uint32_t bytes;	 /* of the whole record */
	uint16_t flags;	 /* enum record_flag */
	uint16_t type;	 /* enum manifest_type */
	uint32_t node;	 /* the first record of the same path */
	uint32_t parent; /* the node of its directory; 0: this is the root */
	uint32_t target; /* of a hard link: the record of the file */
	uint32_t names;	 /* of the file, after manifest_seal */
	uint32_t mode, uid, gid, mtime_ns;
	int64_t mtime_s;
	uint64_t size, block_bytes;
	uint32_t major, minor;
	uint32_t xattr_count, xattr_labels, xattr_bytes;
	/* The digests that it has; its name; its link. */
	char data[];
};

struct manifest {
	int fd;
	struct header *map;
	size_t mapped;
	uint64_t limit;	 /* of the records and the index */
	uint32_t *index; /* hash table, parent and name to record; on the heap until sealed */
	size_t slots, filled;
	bool sealed;
	char (*paths)[PATH_MAX]; /* of the entry that manifest_each passes on, and of its link */
	unsigned strip;		 /* parts of names to leave out */
};

static const struct record *record_at(const struct manifest *manifest, uint32_t number)
{
	return (const void *)((const char *)manifest->map + (uint64_t)number * UNIT);
}

static struct record *record_edit(struct manifest *manifest, uint32_t number)
{
	return (void *)((char *)manifest->map + (uint64_t)number * UNIT);
}

static uint64_t round_up(uint64_t value, uint64_t unit)
{
	return (value + unit - 1) / unit * unit;
}

#define FIRST_RECORD ((sizeof(struct header) + UNIT - 1) / UNIT)

/* A quarter of the memory, like the trial of filesystems. */
static uint64_t default_limit(void)
{
	struct sysinfo info;
	uint64_t bytes = MANIFEST_BYTES_MAX;

	if (sysinfo(&info) == 0 && (uint64_t)info.totalram * info.mem_unit / 4 < bytes)
		bytes = (uint64_t)info.totalram * info.mem_unit / 4;
	return bytes;
}

struct manifest *manifest_new(void)
{
	struct manifest *manifest = calloc(1, sizeof(*manifest));

	if (!manifest)
		return NULL;
	manifest->map = MAP_FAILED;
	manifest->mapped = START_BYTES;
	manifest->limit = default_limit();
	manifest->paths = calloc(2, sizeof(*manifest->paths));
	manifest->fd = memfd_create("manifest", MFD_CLOEXEC);
	if (manifest->paths && manifest->fd >= 0 && ftruncate(manifest->fd, START_BYTES) == 0)
		manifest->map = mmap(NULL, manifest->mapped, PROT_READ | PROT_WRITE, MAP_SHARED,
			manifest->fd, 0);
	if (manifest->map == MAP_FAILED) {
		manifest_free(manifest);
		return NULL;
	}
	manifest->map->used = FIRST_RECORD * UNIT;
	return manifest;
}

void manifest_free(struct manifest *manifest)
{
	int saved = errno;

	if (!manifest)
		return;
	if (!manifest->sealed)
		free(manifest->index);
	if (manifest->map != MAP_FAILED)
		(void)munmap(manifest->map, manifest->mapped);
	close_fd(&manifest->fd);
	free(manifest->paths);
	free(manifest);
	errno = saved;
}

void manifest_set_limit(struct manifest *manifest, uint64_t bytes)
{
	manifest->limit = bytes;
}

uint64_t manifest_limit(const struct manifest *manifest)
{
	return manifest->limit;
}

int manifest_fd(const struct manifest *manifest)
{
	return manifest->fd;
}

const struct manifest_totals *manifest_totals(const struct manifest *manifest)
{
	return &manifest->map->totals;
}

struct manifest_totals *manifest_edit_totals(struct manifest *manifest)
{
	return &manifest->map->totals;
}

static int remap(struct manifest *manifest, size_t size)
{
	void *map = mremap(manifest->map, manifest->mapped, size, MREMAP_MAYMOVE);

	if (map == MAP_FAILED)
		return -errno;
	manifest->map = map;
	manifest->mapped = size;
	return 0;
}

/* Makes room for @more bytes after the records. Doubles the file; the new part uses no memory until
 * it is written. 0 or -errno; -EFBIG beyond the limit. */
static int reserve(struct manifest *manifest, uint64_t more)
{
	uint64_t need = manifest->map->used + more, size = manifest->mapped;

	if (need > manifest->limit)
		return -EFBIG;
	while (size < need)
		size *= 2;
	if (size == manifest->mapped)
		return 0;
	if (size / UNIT > UINT32_MAX || size > SIZE_MAX / 2)
		return -EFBIG;
	if (ftruncate(manifest->fd, (off_t)size) < 0)
		return -errno;
	return remap(manifest, size);
}

static bool has_digest(const struct record *record)
{
	return record->type == MANIFEST_FILE;
}

static const char *record_name(const struct record *record)
{
	return record->data + (has_digest(record) ? MANIFEST_DIGEST_BYTES : 0) +
	       (record->flags & RECORD_XATTRS ? MANIFEST_DIGEST_BYTES : 0);
}

static const char *record_link(const struct record *record)
{
	const char *name = record_name(record);

	return name + strlen(name) + 1;
}

/* A part of a path, without a NUL. */
struct part {
	const char *at;
	size_t size;
};

static uint32_t *find_slot(const struct manifest *manifest, uint32_t *index, size_t slots,
	uint32_t parent, struct part name)
{
	uint64_t hash = 0xcbf29ce484222325 ^ parent; /* FNV-1a */
	size_t at;

	hash *= 0x100000001b3;
	for (size_t i = 0; i < name.size; i++)
		hash = (hash ^ (unsigned char)name.at[i]) * 0x100000001b3;
	for (at = (size_t)(hash ^ hash >> 32); index[at & (slots - 1)] != 0; at++) {
		const struct record *record = record_at(manifest, index[at & (slots - 1)]);
		const char *known = record_name(record);

		if (record->parent == parent && strncmp(known, name.at, name.size) == 0 &&
			known[name.size] == '\0')
			break;
	}
	return &index[at & (slots - 1)];
}

/* Record number of the last entry for the name in a directory, or 0. */
static uint32_t find_in(const struct manifest *manifest, uint32_t parent, struct part name)
{
	return manifest->slots
		       ? *find_slot(manifest, manifest->index, manifest->slots, parent, name)
		       : 0;
}

/* Takes the first part off a normalised path. A slash at the end stays, and gives parts without a
 * name. */
static struct part next_part(const char **path)
{
	struct part part = {*path, strcspn(*path, "/")};

	*path += part.size;
	if ((*path)[0] == '/' && (*path)[1] != '\0')
		++*path;
	return part;
}

/* Record number of @path, or 0. */
static uint32_t find(const struct manifest *manifest, const char *path)
{
	uint32_t number = find_in(manifest, 0, (struct part){"", 0});

	while (number && *path) {
		uint32_t parent = record_at(manifest, number)->node;

		number = find_in(manifest, parent, next_part(&path));
	}
	return number;
}

/* Keeps the index at most half full. */
static int reserve_slot(struct manifest *manifest)
{
	size_t slots = manifest->slots ? 2 * manifest->slots : 1024;
	uint32_t *index;

	if (2 * (manifest->filled + 1) <= manifest->slots)
		return 0;
	/* manifest_seal copies it to the end of the file. */
	if (manifest->map->used + 2 * slots * sizeof(*index) > manifest->limit)
		return -EFBIG;
	index = calloc(slots, sizeof(*index));
	if (!index)
		return -ENOMEM;
	for (size_t i = 0; i < manifest->slots; i++) {
		uint32_t number = manifest->index[i];
		const struct record *record = record_at(manifest, number);
		struct part name;

		if (number == 0)
			continue;
		name = (struct part){record_name(record), strlen(record_name(record))};
		*find_slot(manifest, index, slots, record->parent, name) = number;
	}
	free(manifest->index);
	manifest->index = index;
	manifest->slots = slots;
	return 0;
}

static bool has_xattrs(const struct manifest_entry *entry)
{
	static const unsigned char none[MANIFEST_DIGEST_BYTES];

	return memcmp(entry->xattr_digest, none, sizeof(none)) != 0;
}

/* Writes the record of @entry at the end. */
static void write_record(
	struct record *record, uint64_t bytes, struct part name, const struct manifest_entry *entry)
{
	char *to = record->data;

	record->bytes = (uint32_t)bytes;
	record->type = (uint16_t)entry->type;
	record->mode = entry->mode;
	record->uid = entry->uid;
	record->gid = entry->gid;
	record->mtime_s = entry->mtime_s;
	record->mtime_ns = entry->mtime_ns;
	record->size = entry->size;
	record->block_bytes = entry->block_bytes;
	record->major = entry->major;
	record->minor = entry->minor;
	record->xattr_count = entry->xattr_count;
	record->xattr_labels = entry->xattr_labels;
	record->xattr_bytes = entry->xattr_bytes;
	if (has_digest(record))
		to = mempcpy(to, entry->digest, MANIFEST_DIGEST_BYTES);
	if (record->flags & RECORD_XATTRS)
		to = mempcpy(to, entry->xattr_digest, MANIFEST_DIGEST_BYTES);
	to = mempcpy(to, name.at, name.size);
	*to++ = '\0';
	strcpy(to, entry->link);
}

/* Appends a record, which replaces an earlier one of that name. *ret_number (may be NULL) receives
 * its number. 0 or -errno. */
static int append(struct manifest *manifest, uint32_t parent, struct part name,
	const struct manifest_entry *entry, uint32_t flags, uint32_t target, uint32_t *ret_number)
{
	uint64_t bytes = sizeof(struct record) + name.size + strlen(entry->link) + 2;
	uint32_t number, *slot;
	struct record *record;
	int r;

	flags |= has_xattrs(entry) ? RECORD_XATTRS : 0u;
	bytes += entry->type == MANIFEST_FILE ? MANIFEST_DIGEST_BYTES : 0;
	bytes += flags & RECORD_XATTRS ? MANIFEST_DIGEST_BYTES : 0;
	bytes = round_up(bytes, UNIT);
	r = reserve(manifest, bytes);
	if (r == 0)
		r = reserve_slot(manifest);
	if (r < 0)
		return r;
	number = (uint32_t)(manifest->map->used / UNIT);
	slot = find_slot(manifest, manifest->index, manifest->slots, parent, name);
	record = record_edit(manifest, number);
	record->flags = (uint16_t)flags;
	record->node = *slot ? record_at(manifest, *slot)->node : number;
	record->parent = parent;
	record->target = target;
	write_record(record, bytes, name, entry);
	manifest->map->used += bytes;

	if (*slot)
		record_edit(manifest, *slot)->flags |= RECORD_REPLACED;
	else
		manifest->filled++;
	*slot = number;
	if (ret_number)
		*ret_number = number;
	return 0;
}

/* Writes the path of a record. */
static const char *build_path(
	const struct manifest *manifest, const struct record *record, char ret[PATH_MAX])
{
	size_t at = PATH_MAX - 1;

	ret[at] = '\0';
	while (record->parent) {
		const char *name = record_name(record);
		size_t length = strlen(name);

		if (ret[at] != '\0')
			ret[--at] = '/';
		at -= length;
		memcpy(ret + at, name, length);
		record = record_at(manifest, record->parent);
	}
	return ret + at;
}

void manifest_complain(
	struct manifest *manifest, const char *code, const char *path, const char *format, ...)
{
	struct manifest_totals *totals = &manifest->map->totals;
	struct manifest_problem *problem;
	va_list args;

	if (totals->problem_count < MANIFEST_PROBLEMS_MAX) {
		problem = &totals->problems[totals->problem_count];
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

	if (needs->count++ > 0)
		return;
	(void)STR_COPY(needs->path, path);
	str_sanitise(needs->path);
}

/* Writes the path relative to the target into @ret. Returns NULL, or the reason to refuse it: some
 * tars strip such parts, others follow them. */
static const char *normalise(const char *raw, char ret[PATH_MAX])
{
	size_t length = 0;

	if (*raw == '\0')
		return "an empty name";
	if (*raw == '/')
		return "an absolute name, which not every tar makes relative; pack the archive "
		       "without -P";
	if (strlen(raw) >= PATH_MAX)
		return "a name that is too long";
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
	const char *wrong = normalise(raw, ret), *doubled = strstr(raw, "//");

	*ret_rest = raw;
	if (wrong || manifest->strip == 0)
		return wrong;
	*ret_rest = strip(raw, manifest->strip);
	if (doubled && (!*ret_rest || doubled < *ret_rest || **ret_rest == '/'))
		return "a name with \"//\", which tars strip in different ways";
	return *ret_rest ? normalise(*ret_rest, ret) : NULL;
}

/* Leaves out the parts of @path that are missing, as Toybox does below a folder that does not exist yet.
 * True if that leads to what is no folder. */
static bool is_led_astray(const struct manifest *manifest, uint32_t folder, const char *path)
{
	while (*path) {
		uint32_t number = find_in(manifest, folder, next_part(&path));

		if (number && record_at(manifest, number)->type != MANIFEST_DIR)
			return *path || record_at(manifest, number)->type == MANIFEST_SYMLINK;
		folder = number ? record_at(manifest, number)->node : folder;
	}
	return false;
}

/* Adds the missing parents of @path. Returns 0, with the node of the directory and the last part of
 * the path; 1 if a parent is not a directory, since a tar follows a symlink that an earlier entry
 * created; or -errno. */
static int add_parents(
	struct manifest *manifest, const char *path, uint32_t *ret_parent, struct part *ret_name)
{
	static const struct manifest_entry implied = {.link = "", .type = MANIFEST_DIR};
	const char *whole = path;
	struct part name = {"", 0};
	uint32_t parent = 0;

	while (*path) {
		uint32_t number = find_in(manifest, parent, name);
		int r = 0;

		if (number == 0 && is_led_astray(manifest, parent, path))
			manifest_need(manifest, TAR_NEED_LATE_DIR, whole);
		if (number == 0)
			r = append(manifest, parent, name, &implied, RECORD_IMPLIED | RECORD_PARENT,
				0, &number);
		else if (record_at(manifest, number)->type != MANIFEST_DIR)
			r = 1;
		if (r != 0)
			return r;
		record_edit(manifest, number)->flags |= RECORD_PARENT;
		parent = record_at(manifest, number)->node;
		name = next_part(&path);
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
		target = find(manifest, ret);
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

/* Returns the entry of a record, without its path. */
static struct manifest_entry decode_record(const struct record *record)
{
	struct manifest_entry entry = {
		.link = record_link(record),
		.type = record->type,
		.mode = record->mode,
		.uid = record->uid,
		.gid = record->gid,
		.mtime_s = record->mtime_s,
		.mtime_ns = record->mtime_ns,
		.size = record->size,
		.block_bytes = record->block_bytes,
		.major = record->major,
		.minor = record->minor,
		.xattr_count = record->xattr_count,
		.xattr_labels = record->xattr_labels,
		.xattr_bytes = record->xattr_bytes,
	};
	const char *at = record->data;

	if (has_digest(record)) {
		memcpy(entry.digest, at, MANIFEST_DIGEST_BYTES);
		at += MANIFEST_DIGEST_BYTES;
	}
	if (record->flags & RECORD_XATTRS)
		memcpy(entry.xattr_digest, at, MANIFEST_DIGEST_BYTES);
	return entry;
}

/* True if it does not matter which of the two symlinks a tar creates. */
static bool is_same_link(const struct record *before, const struct manifest_entry *entry)
{
	const struct manifest_entry old = decode_record(before);

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
		if (memcmp(decode_record(before).xattr_digest, entry->xattr_digest,
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

void manifest_strip(struct manifest *manifest, unsigned count)
{
	manifest->strip = count;
}

int manifest_add(
	struct manifest *manifest, const char *raw_path, const struct manifest_entry *entry)
{
	struct manifest_entry kept = *entry;
	char path[PATH_MAX], link[PATH_MAX];
	struct manifest_totals *totals = &manifest->map->totals;
	const char *rest, *wrong = normalise_stripped(manifest, raw_path, &rest, path);
	uint32_t flags = 0, target = 0, old, parent;
	struct part name;
	int r;

	totals->dotted += str_has_prefix(raw_path, "./") || strcmp(raw_path, ".") == 0;
	if (!wrong && !rest) {
		totals->stripped += entry->type != MANIFEST_DIR;
		return 0;
	}
	count(totals, entry);
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

	old = find_in(manifest, parent, name);
	if (old) {
		const struct record *before = record_at(manifest, old);

		if (before->type == MANIFEST_DIR)
			flags = before->flags & RECORD_PARENT;
		if (entry->type != MANIFEST_DIR && (flags & RECORD_PARENT || *path == '\0')) {
			manifest_complain(manifest, "path", raw_path,
				"replaces a directory that has entries");
			return 0;
		}
		need_to_replace(manifest, old, raw_path, entry);
	}
	return append(manifest, parent, name, &kept, flags, target, NULL);
}

static const struct record *next_record(
	const struct manifest *manifest, const struct record *record)
{
	const char *at = record ? (const char *)record + record->bytes
				: (const char *)manifest->map + FIRST_RECORD * UNIT;

	if (at >= (const char *)manifest->map + manifest->map->used)
		return NULL;
	return (const void *)at;
}

static uint32_t number_of(const struct manifest *manifest, const struct record *record)
{
	const char *start = (const char *)manifest->map;

	return (uint32_t)((uint64_t)((const char *)record - start) / UNIT);
}

static uint32_t inode_of(const struct manifest *manifest, const struct record *record)
{
	return record->type == MANIFEST_HARDLINK ? record->target : number_of(manifest, record);
}

static void count_names(struct manifest *manifest)
{
	const struct record *record = NULL;

	while ((record = next_record(manifest, record)) != NULL)
		if (!(record->flags & RECORD_REPLACED))
			record_edit(manifest, inode_of(manifest, record))->names++;
}

int manifest_seal(struct manifest *manifest)
{
	static const struct manifest_entry root = {.link = "", .type = MANIFEST_DIR};
	uint64_t bytes;
	int r = 0;

	if (find(manifest, "") == 0)
		r = append(manifest, 0, (struct part){"", 0}, &root, RECORD_IMPLIED, 0, NULL);
	count_names(manifest);
	bytes = manifest->slots * sizeof(*manifest->index);
	if (r == 0)
		r = reserve(manifest, bytes);
	if (r < 0)
		return r;
	memcpy((char *)manifest->map + manifest->map->used, manifest->index, bytes);
	free(manifest->index);
	manifest->sealed = true;
	manifest->map->slots = manifest->slots;
	return manifest_refresh(manifest);
}

int manifest_refresh(struct manifest *manifest)
{
	size_t size;
	int r;

	if (manifest->map->slots == 0)
		return -ENODATA;
	size = (size_t)(manifest->map->used + manifest->map->slots * sizeof(*manifest->index));
	if (size > manifest->mapped) {
		r = remap(manifest, size);
		if (r < 0)
			return r;
	}
	manifest->sealed = true;
	manifest->slots = (size_t)manifest->map->slots;
	manifest->index = (void *)((char *)manifest->map + manifest->map->used);
	return 0;
}

/* The same with its path, and with hard links resolved. */
static struct manifest_entry decode(const struct manifest *manifest, const struct record *record)
{
	struct manifest_entry entry = decode_record(record);
	const struct record *target;
	uint32_t inode = inode_of(manifest, record);

	if (entry.type == MANIFEST_HARDLINK) {
		target = record_at(manifest, record->target);
		if (target->flags & RECORD_REPLACED)
			entry = decode_record(target);
		else
			entry.link = build_path(manifest, target, manifest->paths[1]);
	}
	entry.path = build_path(manifest, record, manifest->paths[0]);
	entry.number = number_of(manifest, record);
	entry.inode = inode;
	entry.names = record_at(manifest, inode)->names;
	return entry;
}

int manifest_each(const struct manifest *manifest,
	int (*each)(void *arg, const struct manifest_entry *entry), void *arg)
{
	const struct record *record = NULL;
	int r = 0;

	while (r == 0 && (record = next_record(manifest, record)) != NULL)
		if (!(record->flags & (RECORD_IMPLIED | RECORD_REPLACED))) {
			struct manifest_entry entry = decode(manifest, record);

			r = each(arg, &entry);
		}
	return r;
}

int manifest_each_dir(
	const struct manifest *manifest, int (*each)(void *arg, const char *path), void *arg)
{
	const struct record *record = NULL;
	int r = 0;

	while (r == 0 && (record = next_record(manifest, record)) != NULL)
		if (record->type == MANIFEST_DIR && !(record->flags & RECORD_REPLACED))
			r = each(arg, build_path(manifest, record, manifest->paths[0]));
	return r;
}

bool manifest_has(const struct manifest *manifest, const char *path)
{
	return find(manifest, path) != 0;
}

const char *manifest_path(const struct manifest *manifest, uint32_t number)
{
	return build_path(manifest, record_at(manifest, number), manifest->paths[0]);
}

bool manifest_find_obstacle(
	const struct manifest *manifest, const char *path, struct manifest_entry *ret)
{
	const struct record *record = NULL;

	while ((record = next_record(manifest, record)) != NULL)
		if (record->type != MANIFEST_DIR &&
			path_is_below(path, build_path(manifest, record, manifest->paths[0]))) {
			*ret = decode(manifest, record);
			return true;
		}
	return false;
}
