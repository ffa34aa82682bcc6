/* SPDX-License-Identifier: MIT */
#include "core/manifest/manifest.h"

#include "device/base/util.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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
	RECORD_DIVERTED = 8, /* an earlier entry has this path and is not a directory */
};

struct record {
	uint32_t bytes;		     /* of the whole record */
	uint32_t flags;		     /* enum record_flag */
	uint32_t target;	     /* of a hard link: the record of the file */
	uint32_t link_at;	     /* offset of the link in text; the path is at 0 */
	struct manifest_entry entry; /* its pointers are invalid */
	char text[];
};

struct manifest {
	int fd;
	struct header *map;
	size_t mapped;
	uint32_t *index; /* hash table, path to record; on the heap until sealed */
	size_t slots, filled;
	bool sealed;
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

struct manifest *manifest_new(void)
{
	struct manifest *manifest = calloc(1, sizeof(*manifest));

	if (!manifest)
		return NULL;
	manifest->map = MAP_FAILED;
	manifest->mapped = START_BYTES;
	manifest->fd = memfd_create("manifest", MFD_CLOEXEC);
	if (manifest->fd >= 0 && ftruncate(manifest->fd, START_BYTES) == 0)
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
	free(manifest);
	errno = saved;
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
 * it is written. 0 or -errno; -EFBIG if record numbers overflow. */
static int reserve(struct manifest *manifest, uint64_t more)
{
	uint64_t need = manifest->map->used + more, size = manifest->mapped;

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

static uint32_t *find_slot(
	const struct manifest *manifest, uint32_t *index, size_t slots, const char *path)
{
	uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */
	size_t at;

	for (const unsigned char *p = (const void *)path; *p; p++)
		hash = (hash ^ *p) * 0x100000001b3;
	for (at = (size_t)(hash ^ hash >> 32); index[at & (slots - 1)] != 0; at++)
		if (strcmp(record_at(manifest, index[at & (slots - 1)])->text, path) == 0)
			break;
	return &index[at & (slots - 1)];
}

/* Record number of @path, or 0. */
static uint32_t find(const struct manifest *manifest, const char *path)
{
	return manifest->slots ? *find_slot(manifest, manifest->index, manifest->slots, path) : 0;
}

/* Keeps the index at most half full. */
static int reserve_slot(struct manifest *manifest)
{
	size_t slots = manifest->slots ? 2 * manifest->slots : 1024;
	uint32_t *index;

	if (2 * (manifest->filled + 1) <= manifest->slots)
		return 0;
	index = calloc(slots, sizeof(*index));
	if (!index)
		return -ENOMEM;
	for (size_t i = 0; i < manifest->slots; i++) {
		uint32_t number = manifest->index[i];

		if (number)
			*find_slot(manifest, index, slots, record_at(manifest, number)->text) =
				number;
	}
	free(manifest->index);
	manifest->index = index;
	manifest->slots = slots;
	return 0;
}

/* Appends a record for @path, which replaces an earlier one in the index. 0 or -errno. */
static int append(struct manifest *manifest, const char *path, const struct manifest_entry *entry,
	uint32_t flags, uint32_t target)
{
	size_t path_bytes = strlen(path) + 1, link_bytes = strlen(entry->link) + 1;
	uint64_t bytes = round_up(sizeof(struct record) + path_bytes + link_bytes, UNIT);
	uint32_t number, *slot;
	struct record *record;
	int r;

	r = reserve(manifest, bytes);
	if (r == 0)
		r = reserve_slot(manifest);
	if (r < 0)
		return r;
	number = (uint32_t)(manifest->map->used / UNIT);
	record = record_edit(manifest, number);
	*record = (struct record){
		.bytes = (uint32_t)bytes,
		.flags = flags,
		.target = target,
		.link_at = (uint32_t)path_bytes,
		.entry = *entry,
	};
	memcpy(record->text, path, path_bytes);
	memcpy(record->text + path_bytes, entry->link, link_bytes);
	manifest->map->used += bytes;

	slot = find_slot(manifest, manifest->index, manifest->slots, path);
	if (*slot)
		record_edit(manifest, *slot)->flags |= RECORD_REPLACED;
	else
		manifest->filled++;
	*slot = number;
	return 0;
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

/* Writes the path relative to the target into @ret. Returns NULL, or the reason to refuse it: some
 * tars strip such parts, others follow them. */
static const char *normalise(const char *raw, char ret[PATH_MAX])
{
	size_t length = 0;

	if (*raw == '\0')
		return "an empty name";
	if (*raw == '/')
		return "an absolute name";
	while (*raw) {
		size_t part = strcspn(raw, "/");

		if (part == 2 && raw[0] == '.' && raw[1] == '.')
			return "a name with \"..\"";
		if (part > NAME_MAX || length + part + 2 > PATH_MAX)
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

/* Adds the missing parents of @path. Returns 0; 1 if a parent is, or was in an earlier entry, not a
 * directory, since a tar follows a symlink that an earlier entry created; or -errno. */
static int add_parents(struct manifest *manifest, char *path)
{
	static const struct manifest_entry implied = {.link = "", .type = MANIFEST_DIR};

	if (*path == '\0')
		return 0;
	for (char *end = path;; end = strchr(end + 1, '/')) {
		char saved = end == path ? *path : '/';
		uint32_t number;
		int r = 0;

		if (!end)
			return 0;
		*end = '\0'; /* the root first, where end == path */
		number = find(manifest, path);
		if (number == 0)
			r = append(manifest, path, &implied, RECORD_IMPLIED | RECORD_PARENT, 0);
		else if (record_at(manifest, number)->entry.type != MANIFEST_DIR ||
			 record_at(manifest, number)->flags & RECORD_DIVERTED)
			r = 1;
		else
			record_edit(manifest, number)->flags |= RECORD_PARENT;
		*end = saved;
		if (r != 0)
			return r;
	}
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
	if (entry->type == MANIFEST_FILE)
		totals->content_bytes += entry->size;
	if (entry->type == MANIFEST_DIR)
		totals->block_bytes += KIB(4);
	if (entry->xattr_count > 0)
		totals->xattrs++;
}

int manifest_add(
	struct manifest *manifest, const char *raw_path, const struct manifest_entry *entry)
{
	struct manifest_entry kept = *entry;
	char path[PATH_MAX], link[PATH_MAX];
	const char *wrong = normalise(raw_path, path);
	uint32_t flags = 0, target = 0, old;
	int r;

	count(&manifest->map->totals, entry);
	if (wrong) {
		manifest_complain(manifest, "path", raw_path, "%s", wrong);
		return 0;
	}
	if (entry->type == MANIFEST_HARDLINK) {
		wrong = normalise(entry->link, link);
		if (!wrong)
			target = find(manifest, link);
		if (target && record_at(manifest, target)->entry.type == MANIFEST_HARDLINK)
			target = record_at(manifest, target)->target;
		if (!target || record_at(manifest, target)->entry.type == MANIFEST_DIR ||
			strcmp(link, path) == 0) {
			manifest_complain(manifest, "link", raw_path,
				"a hard link to %s, which is not an earlier file", entry->link);
			return 0;
		}
		kept.link = ""; /* decode takes the path of the target */
	}

	r = add_parents(manifest, path);
	if (r > 0)
		manifest_complain(
			manifest, "path", raw_path, "has a parent that is not a directory");
	if (r != 0)
		return r < 0 ? r : 0;

	old = find(manifest, path);
	if (old) {
		const struct record *before = record_at(manifest, old);

		flags = before->flags & (RECORD_PARENT | RECORD_DIVERTED);
		if (before->entry.type != MANIFEST_DIR)
			flags |= RECORD_DIVERTED;
	}
	if (entry->type != MANIFEST_DIR && (flags & RECORD_PARENT || *path == '\0')) {
		manifest_complain(
			manifest, "path", raw_path, "replaces a directory that has entries");
		return 0;
	}
	return append(manifest, path, &kept, flags, target);
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

static uint32_t inode_of(const struct manifest *manifest, const struct record *record)
{
	const char *start = (const char *)manifest->map;

	if (record->entry.type == MANIFEST_HARDLINK)
		return record->target;
	return (uint32_t)((uint64_t)((const char *)record - start) / UNIT);
}

static void count_names(struct manifest *manifest)
{
	const struct record *record = NULL;

	while ((record = next_record(manifest, record)) != NULL)
		if (!(record->flags & RECORD_REPLACED))
			record_edit(manifest, inode_of(manifest, record))->entry.names++;
}

int manifest_seal(struct manifest *manifest)
{
	static const struct manifest_entry root = {.link = "", .type = MANIFEST_DIR};
	uint64_t bytes;
	int r = 0;

	if (find(manifest, "") == 0)
		r = append(manifest, "", &root, RECORD_IMPLIED, 0);
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

/* Returns the entry of a record, with hard links resolved and its strings in the mapping. */
static struct manifest_entry decode(const struct manifest *manifest, const struct record *record)
{
	const struct record *target;
	struct manifest_entry entry = record->entry;
	uint32_t inode = inode_of(manifest, record);

	entry.link = record->text + record->link_at;
	if (entry.type == MANIFEST_HARDLINK) {
		target = record_at(manifest, record->target);
		if (target->flags & RECORD_REPLACED) {
			entry = target->entry;
			entry.link = target->text + target->link_at;
		} else {
			entry.link = target->text;
		}
	}
	entry.path = record->text;
	entry.inode = inode;
	entry.names = record_at(manifest, inode)->entry.names;
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
		if (record->entry.type == MANIFEST_DIR && !(record->flags & RECORD_REPLACED))
			r = each(arg, record->text);
	return r;
}

bool manifest_has(const struct manifest *manifest, const char *path)
{
	return find(manifest, path) != 0;
}

bool manifest_find_obstacle(
	const struct manifest *manifest, const char *path, struct manifest_entry *ret)
{
	const struct record *record = NULL;

	while ((record = next_record(manifest, record)) != NULL)
		if (record->entry.type != MANIFEST_DIR && path_is_below(path, record->text)) {
			*ret = decode(manifest, record);
			return true;
		}
	return false;
}
