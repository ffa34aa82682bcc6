/* SPDX-License-Identifier: MIT */
#include "core/manifest/manifest_record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define START_BYTES KIB(64)

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
	manifest->folder = "";
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
	manifest->map->used = RECORDS_START;
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

static uint64_t round_up(uint64_t value, uint64_t unit)
{
	return (value + unit - 1) / unit * unit;
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
	if (size / RECORD_UNIT > UINT32_MAX || size > SIZE_MAX / 2)
		return -EFBIG;
	if (ftruncate(manifest->fd, (off_t)size) < 0)
		return -errno;
	return remap(manifest, size);
}

static bool has_digest(const struct record *record)
{
	return record->type == MANIFEST_FILE;
}

const char *record_name(const struct record *record)
{
	return record->data + (has_digest(record) ? MANIFEST_DIGEST_BYTES : 0) +
	       (record->flags & RECORD_XATTRS ? MANIFEST_DIGEST_BYTES : 0);
}

const char *record_link(const struct record *record)
{
	const char *name = record_name(record);

	return name + strlen(name) + 1;
}

static uint32_t *find_slot(const struct manifest *manifest, uint32_t *index, size_t slots,
	uint32_t parent, struct record_part name)
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

uint32_t record_find_in(const struct manifest *manifest, uint32_t parent, struct record_part name)
{
	return manifest->slots
		       ? *find_slot(manifest, manifest->index, manifest->slots, parent, name)
		       : 0;
}

struct record_part record_next_part(const char **path)
{
	struct record_part part = {*path, strcspn(*path, "/")};

	*path += part.size;
	if ((*path)[0] == '/' && (*path)[1] != '\0')
		++*path;
	return part;
}

uint32_t record_find(const struct manifest *manifest, const char *path)
{
	uint32_t number = record_find_in(manifest, 0, (struct record_part){"", 0});

	while (number && *path) {
		uint32_t parent = record_at(manifest, number)->node;

		number = record_find_in(manifest, parent, record_next_part(&path));
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
		struct record_part name;

		if (number == 0)
			continue;
		name = (struct record_part){record_name(record), strlen(record_name(record))};
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
static void write_record(struct record *record, uint64_t bytes, struct record_part name,
	const struct manifest_entry *entry)
{
	char *to = record->data;

	record->bytes = (uint32_t)bytes;
	record->type = (uint8_t)entry->type;
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
	record->program = entry->program;
	if (has_digest(record))
		to = mempcpy(to, entry->digest, MANIFEST_DIGEST_BYTES);
	if (record->flags & RECORD_XATTRS)
		to = mempcpy(to, entry->xattr_digest, MANIFEST_DIGEST_BYTES);
	to = mempcpy(to, name.at, name.size);
	*to++ = '\0';
	to = stpcpy(to, entry->link) + 1;
	if (record->flags & RECORD_CONTENT)
		memcpy(to, entry->content, entry->size);
}

int record_append(struct manifest *manifest, uint32_t parent, struct record_part name,
	const struct manifest_entry *entry, uint32_t flags, uint32_t target, uint32_t *ret_number)
{
	uint64_t bytes = sizeof(struct record) + name.size + strlen(entry->link) + 2;
	uint32_t number, *slot;
	struct record *record;
	int r;

	flags |= has_xattrs(entry) ? RECORD_XATTRS : 0u;
	flags |= entry->content ? RECORD_CONTENT : 0u;
	bytes += entry->type == MANIFEST_FILE ? MANIFEST_DIGEST_BYTES : 0;
	bytes += flags & RECORD_XATTRS ? MANIFEST_DIGEST_BYTES : 0;
	bytes += flags & RECORD_CONTENT ? entry->size : 0;
	bytes = round_up(bytes, RECORD_UNIT);
	r = reserve(manifest, bytes);
	if (r == 0)
		r = reserve_slot(manifest);
	if (r < 0)
		return r;
	number = (uint32_t)(manifest->map->used / RECORD_UNIT);
	slot = find_slot(manifest, manifest->index, manifest->slots, parent, name);
	record = record_edit(manifest, number);
	record->flags = (uint16_t)flags;
	record->node = *slot ? record_at(manifest, *slot)->node : number;
	record->parent = parent;
	record->archive = (uint8_t)manifest->archive;
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

const char *record_path(
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

struct manifest_entry record_entry(const struct record *record)
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
		.program = record->program,
		.archive = record->archive,
	};
	const char *at = record->data;

	if (has_digest(record)) {
		memcpy(entry.digest, at, MANIFEST_DIGEST_BYTES);
		at += MANIFEST_DIGEST_BYTES;
	}
	if (record->flags & RECORD_XATTRS)
		memcpy(entry.xattr_digest, at, MANIFEST_DIGEST_BYTES);
	if (record->flags & RECORD_CONTENT)
		entry.content = entry.link + strlen(entry.link) + 1;
	return entry;
}

const struct record *record_next(const struct manifest *manifest, const struct record *record)
{
	const char *at = record ? (const char *)record + record->bytes
				: (const char *)manifest->map + RECORDS_START;

	if (at >= (const char *)manifest->map + manifest->map->used)
		return NULL;
	return (const void *)at;
}

uint32_t record_number(const struct manifest *manifest, const struct record *record)
{
	const char *start = (const char *)manifest->map;

	return (uint32_t)((uint64_t)((const char *)record - start) / RECORD_UNIT);
}

uint32_t record_inode(const struct manifest *manifest, const struct record *record)
{
	return record->type == MANIFEST_HARDLINK ? record->target : record_number(manifest, record);
}

static void count_names(struct manifest *manifest)
{
	const struct record *record = NULL;

	while ((record = record_next(manifest, record)) != NULL)
		if (!(record->flags & RECORD_REPLACED))
			record_edit(manifest, record_inode(manifest, record))->names++;
}

int manifest_seal(struct manifest *manifest)
{
	static const struct manifest_entry root = {.link = "", .type = MANIFEST_DIR};
	uint64_t bytes;
	int r = 0;

	if (record_find(manifest, "") == 0)
		r = record_append(
			manifest, 0, (struct record_part){"", 0}, &root, RECORD_IMPLIED, 0, NULL);
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
