/* SPDX-License-Identifier: MIT */
#include "core/manifest/tar_stream.h"

#include "core/manifest/acl.h"
#include "core/manifest/pax.h"
#include "core/manifest/pax_name.h"
#include "core/manifest/tar_header.h"
#include "device/base/util.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_BYTES KIB(64)
#define XATTRS_MAX   4096

/* The content of an extended header, or text made of it. */
struct store {
	char *at;
	size_t size, capacity;
};

struct extent {
	uint64_t offset, size;
};

/* The extended headers that were read for the next entry. */
enum extended { PAX, LONG_NAME, LONG_LINK, EXTENDED_COUNT };

struct tar_stream {
	tar_stream_read *read;
	void *arg;
	uint64_t offset; /* of buffer[begin] in the stream */
	size_t begin, end;
	uint64_t mark; /* of the last header */
	bool any;      /* a header was read */
	const char *code, *phrase;

	struct store extended[EXTENDED_COUNT];
	unsigned seen[EXTENDED_COUNT];
	struct store global;
	const char *global_fault;
	uint64_t needs; /* of headers before the next entry */

	struct store text; /* the strings of the entry; never grows while it is made */
	struct xattr *xattrs;
	bool from_libarchive[XATTRS_MAX]; /* parallel to xattrs: in its record alone */
	size_t xattr_capacity;

	/* The content: pieces of it are in the archive, one after the other. */
	struct extent *extents;
	size_t extent_count, extent_capacity, extent;
	uint64_t extent_at;	  /* in the extent */
	uint64_t left, pad_bytes; /* in the stream */

	unsigned char buffer[BUFFER_BYTES];
};

struct tar_stream *tar_stream_new(tar_stream_read *read, void *arg)
{
	struct tar_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return NULL;
	stream->read = read;
	stream->arg = arg;
	return stream;
}

void tar_stream_free(struct tar_stream *stream)
{
	if (!stream)
		return;
	for (size_t i = 0; i < EXTENDED_COUNT; i++)
		free(stream->extended[i].at);
	free(stream->global.at);
	free(stream->text.at);
	free(stream->xattrs);
	free(stream->extents);
	free(stream);
}

const char *tar_stream_fault(const struct tar_stream *stream, const char **ret_phrase)
{
	*ret_phrase = stream->phrase;
	return stream->code;
}

uint64_t tar_stream_mark(const struct tar_stream *stream)
{
	return stream->mark;
}

/* Returns -EBADMSG. */
static int fail(struct tar_stream *stream, const char *code, const char *phrase)
{
	stream->code = code;
	stream->phrase = phrase;
	return -EBADMSG;
}

static int fail_truncated(struct tar_stream *stream)
{
	if (!stream->any)
		return fail(stream, "truncated",
			"the content is not a tar archive, or is shorter than one header");
	return fail(stream, "truncated", "the tar archive is truncated");
}

/* ---- bytes ---- */

/* Makes at least one byte available. Returns 1, 0 at the end of the stream, or -errno. */
static int fill(struct tar_stream *stream)
{
	ssize_t length;

	if (stream->begin < stream->end)
		return 1;
	length = stream->read(stream->arg, stream->buffer, sizeof(stream->buffer));
	if (length <= 0)
		return (int)length;
	stream->begin = 0;
	stream->end = (size_t)length;
	return 1;
}

static void consume(struct tar_stream *stream, size_t size)
{
	stream->begin += size;
	stream->offset += size;
}

/* Copies up to @size bytes. Returns their number, fewer only at the end of the stream; or -errno. */
static ssize_t copy_bytes(struct tar_stream *stream, void *to, size_t size)
{
	size_t done = 0;

	while (done < size) {
		size_t part;
		int r = fill(stream);

		if (r < 0)
			return r;
		if (r == 0)
			break;
		part = stream->end - stream->begin;
		part = part < size - done ? part : size - done;
		memcpy((char *)to + done, stream->buffer + stream->begin, part);
		consume(stream, part);
		done += part;
	}
	return (ssize_t)done;
}

static int skip_bytes(struct tar_stream *stream, uint64_t size)
{
	while (size > 0) {
		size_t part;
		int r = fill(stream);

		if (r <= 0)
			return r < 0 ? r : fail_truncated(stream);
		part = stream->end - stream->begin;
		part = part < size ? part : (size_t)size;
		consume(stream, part);
		size -= part;
	}
	return 0;
}

int tar_stream_drain(struct tar_stream *stream)
{
	int r;

	while ((r = fill(stream)) > 0)
		consume(stream, stream->end - stream->begin);
	return r;
}

static uint64_t padding(uint64_t size)
{
	return (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK;
}

/* Makes room for @size bytes in all, doubling. 0 or -ENOMEM. */
static int reserve(struct store *store, size_t size)
{
	size_t capacity = store->capacity ? store->capacity : 1024;
	char *grown;

	while (capacity < size)
		capacity *= 2;
	if (capacity == store->capacity)
		return 0;
	grown = realloc(store->at, capacity);
	if (!grown)
		return -ENOMEM;
	store->at = grown;
	store->capacity = capacity;
	return 0;
}

/* Reads the content of an extended header. Memory grows with what arrives, not with what the header
 * claims. */
static int read_store(struct tar_stream *stream, struct store *to, uint64_t size)
{
	to->size = 0;
	if (size > TAR_STREAM_HEADER_MAX)
		return fail(stream, "size", "an extended header is larger than 4 MiB");
	while (to->size < size) {
		size_t part = (size_t)size - to->size;
		ssize_t length;
		int r;

		part = part < BUFFER_BYTES ? part : BUFFER_BYTES;
		r = reserve(to, to->size + part);
		if (r < 0)
			return r;
		length = copy_bytes(stream, to->at + to->size, part);
		if (length < 0)
			return (int)length;
		if ((size_t)length < part)
			return fail_truncated(stream);
		to->size += part;
	}
	return skip_bytes(stream, padding(size));
}

/* ---- the entry ---- */

/* What the records say, beside the entry itself. */
struct records {
	struct tar_stream *stream;
	struct tar_entry *entry;
	const struct tar_header *header;
	const char *path, *link, *sparse_name, *selinux; /* NULL: no record */
	int64_t size;					 /* in the archive, or -1 */
	bool has_map;
	int64_t map_major, map_minor, map_count, real_size; /* -1: no record */
	int64_t map_offset; /* of the last record GNU.sparse.offset */
	int error;	    /* -errno */
};

static void blame(struct tar_entry *entry, const char *phrase)
{
	if (!entry->fault)
		entry->fault = phrase;
}

/* The text store has room for all records. */
static char *keep(struct tar_stream *stream, const char *from, size_t size)
{
	char *to = stream->text.at + stream->text.size;

	if (size > 0)
		memcpy(to, from, size);
	to[size] = '\0';
	stream->text.size += size + 1;
	return to;
}

/* A string that other programs handle as a C string. */
static const char *keep_string(struct records *records, struct bytes value)
{
	if (memchr(value.at, '\0', value.size))
		blame(records->entry, "its extended header has a string with a NUL");
	return keep(records->stream, value.at, value.size);
}

static void apply_path(struct records *records, struct bytes value)
{
	records->path = keep_string(records, value);
}

static void apply_link(struct records *records, struct bytes value)
{
	records->link = keep_string(records, value);
}

static void apply_sparse_name(struct records *records, struct bytes value)
{
	records->sparse_name = keep_string(records, value);
}

static void apply_selinux(struct records *records, struct bytes value)
{
	records->selinux = keep_string(records, value);
}

static void apply_acl_access(struct records *records, struct bytes value)
{
	records->entry->acls[ACL_ACCESS] = keep_string(records, value);
}

static void apply_acl_default(struct records *records, struct bytes value)
{
	records->entry->acls[ACL_DEFAULT] = keep_string(records, value);
}

static void take_number(
	struct records *records, struct bytes value, int64_t *ret, const char *otherwise)
{
	if (!pax_number(value, ret))
		blame(records->entry, otherwise);
}

static void apply_uid(struct records *records, struct bytes value)
{
	take_number(records, value, &records->entry->uid,
		"the user ID in its extended header is no number");
}

static void apply_gid(struct records *records, struct bytes value)
{
	take_number(records, value, &records->entry->gid,
		"the group ID in its extended header is no number");
}

static void apply_size(struct records *records, struct bytes value)
{
	take_number(records, value, &records->size, "the size in its extended header is no number");
}

static void apply_mtime(struct records *records, struct bytes value)
{
	if (!pax_time(value, &records->entry->mtime_s, &records->entry->mtime_ns))
		blame(records->entry, "the modification time in its extended header is no number");
}

/* libarchive uses these, GNU tar does not. */
static void apply_major(struct records *records, struct bytes value)
{
	int64_t number;

	if (!pax_number(value, &number) || number != records->header->major)
		blame(records->entry, "its two headers have different device numbers");
}

static void apply_minor(struct records *records, struct bytes value)
{
	int64_t number;

	if (!pax_number(value, &number) || number != records->header->minor)
		blame(records->entry, "its two headers have different device numbers");
}

static const char bad_map[] = "the map of a sparse file is damaged";

static void map_number(struct records *records, struct bytes value, int64_t *ret)
{
	take_number(records, value, ret, bad_map);
}

static void apply_map_major(struct records *records, struct bytes value)
{
	map_number(records, value, &records->map_major);
}

static void apply_map_minor(struct records *records, struct bytes value)
{
	map_number(records, value, &records->map_minor);
}

static void apply_map_count(struct records *records, struct bytes value)
{
	map_number(records, value, &records->map_count);
}

static void apply_real_size(struct records *records, struct bytes value)
{
	map_number(records, value, &records->real_size);
}

/* 0, -ENOMEM or -EBADMSG. */
static int add_extent(struct tar_stream *stream, int64_t offset, int64_t size)
{
	const struct extent *last =
		stream->extent_count ? &stream->extents[stream->extent_count - 1] : NULL;
	uint64_t from = last ? last->offset + last->size : 0;

	if (offset < 0 || size < 0 || (uint64_t)offset < from || offset > INT64_MAX - size)
		return fail(stream, "damaged", bad_map);
	if (stream->extent_count == TAR_STREAM_EXTENTS_MAX)
		return fail(stream, "size", "a sparse file has more than a million parts");
	if (stream->extent_count == stream->extent_capacity) {
		size_t capacity = stream->extent_capacity ? 2 * stream->extent_capacity : 64;
		struct extent *grown = reallocarray(stream->extents, capacity, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		stream->extents = grown;
		stream->extent_capacity = capacity;
	}
	stream->extents[stream->extent_count++] = (struct extent){(uint64_t)offset, (uint64_t)size};
	return 0;
}

/* Version 0.0: records of an offset and a size, in turn. */
static void apply_map_offset(struct records *records, struct bytes value)
{
	if (records->map_offset >= 0)
		blame(records->entry, bad_map);
	map_number(records, value, &records->map_offset);
}

static void apply_map_size(struct records *records, struct bytes value)
{
	int64_t size = -1;

	map_number(records, value, &size);
	if (records->error == 0)
		records->error = add_extent(records->stream, records->map_offset, size);
	records->map_offset = -1;
	records->has_map = true;
}

/* Version 0.1: "OFFSET,SIZE,OFFSET,SIZE". */
static void apply_map(struct records *records, struct bytes value)
{
	int64_t offset, size;

	records->stream->extent_count = 0;
	records->has_map = true;
	while (value.size > 0 && records->error == 0) {
		bool last = false;

		if (!pax_take_number(&value, ',', &offset) ||
			(!pax_take_number(&value, ',', &size) &&
				!(last = pax_number(value, &size)))) {
			records->error = fail(records->stream, "damaged", bad_map);
			return;
		}
		if (last)
			value.size = 0;
		records->error = add_extent(records->stream, offset, size);
	}
}

static void apply_star_sparse(struct records *records, struct bytes value)
{
	(void)value;
	blame(records->entry, "a sparse file in star's format");
}

/* The records that change what a tar leaves on the disk. In a global header GNU tar fails on those
 * that others than POSIX have defined. */
static const struct {
	const char *key;
	void (*apply)(struct records *records, struct bytes value);
	bool is_posix;
} keys[] = {
	{"path", apply_path, true},
	{"linkpath", apply_link, true},
	{"uid", apply_uid, true},
	{"gid", apply_gid, true},
	{"size", apply_size, true},
	{"mtime", apply_mtime, true},
	{"SCHILY.acl.access", apply_acl_access, false},
	{"SCHILY.acl.default", apply_acl_default, false},
	{"SCHILY.devmajor", apply_major, false},
	{"SCHILY.devminor", apply_minor, false},
	{"SCHILY.realsize", apply_star_sparse, false},
	{"RHT.security.selinux", apply_selinux, false},
	{"GNU.sparse.major", apply_map_major, false},
	{"GNU.sparse.minor", apply_map_minor, false},
	{"GNU.sparse.numblocks", apply_map_count, false},
	{"GNU.sparse.offset", apply_map_offset, false},
	{"GNU.sparse.numbytes", apply_map_size, false},
	{"GNU.sparse.map", apply_map, false},
	{"GNU.sparse.size", apply_real_size, false},
	{"GNU.sparse.realsize", apply_real_size, false},
	{"GNU.sparse.name", apply_sparse_name, false},
};

static const char schily_xattr[] = "SCHILY.xattr.", libarchive_xattr[] = "LIBARCHIVE.xattr.";

static size_t find_xattr(const struct tar_entry *entry, const char *name)
{
	size_t i = 0;

	while (i < entry->xattr_count && strcmp(entry->xattrs[i].name, name) != 0)
		i++;
	return i;
}

/* Adds an attribute. libarchive writes each in its own record and in star's; if they differ, each
 * tar believes another. */
static void add_xattr(struct records *records, const char *name, const char *value, size_t size,
	bool from_libarchive)
{
	struct tar_entry *entry = records->entry;
	struct tar_stream *stream = records->stream;
	size_t i = find_xattr(entry, name);
	struct xattr *found;

	if (*name == '\0') {
		blame(entry, "an extended attribute without a name");
		return;
	}
	if (i == XATTRS_MAX) {
		blame(entry, "more than 4096 extended attributes");
		return;
	}
	if (i == stream->xattr_capacity) {
		size_t capacity = i > 0 ? 2 * i : 16;
		struct xattr *grown = reallocarray(stream->xattrs, capacity, sizeof(*grown));

		if (!grown) {
			records->error = -ENOMEM;
			return;
		}
		stream->xattrs = entry->xattrs = grown;
		stream->xattr_capacity = capacity;
	}
	found = &entry->xattrs[i];
	if (i < entry->xattr_count && records->stream->from_libarchive[i] != from_libarchive &&
		(found->size != size || memcmp(found->value, value, size) != 0))
		blame(entry, "two different values of one extended attribute");
	if (i == entry->xattr_count) {
		entry->xattr_count++;
		records->stream->from_libarchive[i] = from_libarchive;
	}
	records->stream->from_libarchive[i] &= from_libarchive;
	*found = (struct xattr){name, value, size};
}

static void apply_schily_xattr(struct records *records, struct bytes name, struct bytes value)
{
	struct tar_stream *stream = records->stream;
	const char *raw = keep_string(records, name);
	size_t size = pax_decode_gnu(name, stream->text.at + stream->text.size);
	const char *decoded = stream->text.at + stream->text.size;

	stream->text.at[stream->text.size + size] = '\0';
	if (size == name.size)
		decoded = raw;
	else
		stream->text.size += size + 1;
	if (decoded != raw)
		records->entry->needs |= TAR_NEED_BIT(TAR_NEED_XATTR_NAME);
	add_xattr(records, decoded, value.at, value.size, false);
}

static void apply_libarchive_xattr(struct records *records, struct bytes name, struct bytes value)
{
	struct tar_stream *stream = records->stream;
	char *decoded = stream->text.at + stream->text.size, *to;
	size_t size = pax_decode_percent(name, decoded);
	ssize_t length;

	decoded[size] = '\0';
	if (strlen(decoded) != size)
		blame(records->entry, "its extended header has a string with a NUL");
	stream->text.size += size + 1;
	to = stream->text.at + stream->text.size;
	length = pax_decode_base64(value, to);
	if (length < 0) {
		blame(records->entry, "an extended attribute in its extended header is damaged");
		return;
	}
	stream->text.size += (size_t)length;
	add_xattr(records, decoded, to, (size_t)length, true);
}

static void apply_record(struct records *records, const struct pax_record *record)
{
	struct bytes name;

	if (pax_below(record->key, schily_xattr, &name)) {
		apply_schily_xattr(records, name, record->value);
		return;
	}
	if (pax_below(record->key, libarchive_xattr, &name)) {
		apply_libarchive_xattr(records, name, record->value);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (pax_equal(record->key, keys[i].key)) {
			keys[i].apply(records, record->value);
			return;
		}
}

/* Returns 0 or -errno. */
static int apply_records(struct records *records, const struct store *from)
{
	struct bytes rest = {from->at, from->size};
	struct pax_record record;
	int r;

	while ((r = pax_next(&rest, &record)) > 0 && records->error == 0)
		apply_record(records, &record);
	if (r == -EBADMSG)
		blame(records->entry, "its extended header is damaged");
	return records->error;
}

/* ---- the global header ---- */

/* Keeps the records that matter. GNU tar forgets an earlier global header when it reads another one,
 * POSIX does not. */
static int keep_global(struct tar_stream *stream)
{
	struct store *from = &stream->extended[PAX];
	struct bytes rest = {from->at, from->size}, name;
	struct pax_record record;
	struct store kept = {0};
	int r = 0;

	for (;;) {
		const char *begin = rest.at;
		bool matters = false, is_posix = false;

		r = pax_next(&rest, &record);
		if (r <= 0)
			break;
		for (size_t i = 0; i < ARRAY_SIZE(keys) && !matters; i++) {
			matters = pax_equal(record.key, keys[i].key);
			is_posix = keys[i].is_posix;
		}
		if (!matters && (pax_below(record.key, schily_xattr, &name) ||
					pax_below(record.key, libarchive_xattr, &name)))
			matters = true;
		if (!matters)
			continue;
		if (!is_posix)
			stream->global_fault =
				"a global header with attributes or maps applies to it";
		if (kept.size + (size_t)(rest.at - begin) > TAR_STREAM_GLOBAL_MAX) {
			stream->global_fault =
				"the global header that applies to it is larger than 64 KiB";
			break;
		}
		r = reserve(&kept, kept.size + (size_t)(rest.at - begin));
		if (r < 0) {
			free(kept.at);
			return r;
		}
		memcpy(kept.at + kept.size, begin, (size_t)(rest.at - begin));
		kept.size += (size_t)(rest.at - begin);
	}
	if (r < 0)
		stream->global_fault = "the global header that applies to it is damaged";
	if (stream->global.size > 0 && (kept.size != stream->global.size ||
					       memcmp(kept.at, stream->global.at, kept.size) != 0))
		stream->global_fault = "two different global headers apply to it";
	free(stream->global.at);
	stream->global = kept;
	return 0;
}

/* ---- headers ---- */

/* Reads one block. Returns 1, 0 at the end of the stream, or an error. */
static int read_block(struct tar_stream *stream, unsigned char block[TAR_BLOCK])
{
	ssize_t length;

	stream->mark = stream->offset;
	length = copy_bytes(stream, block, TAR_BLOCK);
	if (length < 0)
		return (int)length;
	if (length == 0)
		return 0;
	return length == TAR_BLOCK ? 1 : fail_truncated(stream);
}

/* Headers that belong to the next entry. Returns 1 if @header was one, 0 if not, or an error. */
static int read_extended(struct tar_stream *stream, const struct tar_header *header)
{
	enum extended which = EXTENDED_COUNT;
	int r;

	switch (header->type) {
	case 'x':
	case 'g':
		which = PAX;
		break;
	case 'L':
		which = LONG_NAME;
		break;
	case 'K':
		which = LONG_LINK;
		break;
	case 'V':
		stream->needs |= TAR_NEED_BIT(TAR_NEED_LABEL);
		r = skip_bytes(stream, (uint64_t)header->size + padding((uint64_t)header->size));
		return r < 0 ? r : 1;
	default:
		return 0;
	}
	if (header->type == 'g') {
		struct store aside = stream->extended[PAX];

		/* A global header may be between those of one entry. */
		stream->extended[PAX] = (struct store){0};
		r = read_store(stream, &stream->extended[PAX], (uint64_t)header->size);
		if (r == 0)
			r = keep_global(stream);
		free(stream->extended[PAX].at);
		stream->extended[PAX] = aside;
		return r < 0 ? r : 1;
	}
	stream->seen[which]++;
	r = read_store(stream, &stream->extended[which], (uint64_t)header->size);
	return r < 0 ? r : 1;
}

/* The content of GNU's long names ends with a NUL. */
static const char *long_name(struct tar_stream *stream, enum extended which)
{
	const struct store *store = &stream->extended[which];

	if (!stream->seen[which])
		return NULL;
	return keep(stream, store->at, store->size ? strnlen(store->at, store->size) : 0);
}

static bool ends_with_slash(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && name[length - 1] == '/';
}

static void check_names(struct records *records)
{
	struct tar_stream *stream = records->stream;
	struct tar_entry *entry = records->entry;
	const char *const converted[] = {records->path, records->link, records->sparse_name};
	bool is_link = entry->type == '1' || entry->type == '2';

	for (size_t i = 0; i < ARRAY_SIZE(converted); i++) {
		if (!converted[i])
			continue;
		if (!pax_name_is_utf8(converted[i]))
			entry->needs |= TAR_NEED_BIT(TAR_NEED_PAX_BYTES);
		if (pax_name_is_decomposed(converted[i]))
			entry->needs |= TAR_NEED_BIT(TAR_NEED_DECOMPOSED);
	}
	if (records->path && records->header->name[0] == '\0')
		entry->needs |= TAR_NEED_BIT(TAR_NEED_PAX_NAME_ALONE);
	if (is_link && records->link) {
		entry->needs |= TAR_NEED_BIT(TAR_NEED_PAX_LINK);
		if (records->header->link[0] == '\0')
			entry->needs |= TAR_NEED_BIT(TAR_NEED_PAX_LINK_ALONE);
	}
	if (stream->seen[PAX] > 1 ||
		(stream->seen[PAX] && (stream->seen[LONG_NAME] || stream->seen[LONG_LINK])))
		entry->needs |= TAR_NEED_BIT(TAR_NEED_TWO_HEADERS);
}

/* Attributes that are in two forms: SELinux labels, ACLs. */
static void settle_attributes(struct records *records)
{
	static const char *const names[] = {
		[ACL_ACCESS] = XATTR_ACL_ACCESS, [ACL_DEFAULT] = XATTR_ACL_DEFAULT};
	struct tar_entry *entry = records->entry;

	for (unsigned kind = ACL_ACCESS; kind <= ACL_DEFAULT; kind++) {
		size_t i = find_xattr(entry, names[kind]);

		if (i == entry->xattr_count)
			continue;
		if (!entry->acls[kind]) {
			entry->needs |= TAR_NEED_BIT(TAR_NEED_ACL_XATTR);
			continue;
		}
		entry->xattr_count--;
		entry->xattrs[i] = entry->xattrs[entry->xattr_count];
		records->stream->from_libarchive[i] =
			records->stream->from_libarchive[entry->xattr_count];
	}
	for (size_t i = 0; i < entry->xattr_count; i++)
		if (records->stream->from_libarchive[i])
			entry->needs |= TAR_NEED_BIT(TAR_NEED_LIBARCHIVE_XATTR);
	if (records->selinux && find_xattr(entry, "security.selinux") == entry->xattr_count) {
		entry->needs |= TAR_NEED_BIT(TAR_NEED_SELINUX);
		add_xattr(records, "security.selinux", records->selinux,
			strlen(records->selinux) + 1, false);
	}
	if (entry->acls[ACL_ACCESS] || entry->acls[ACL_DEFAULT])
		entry->needs |= TAR_NEED_BIT(TAR_NEED_ACLS);
}

static void check_header(struct records *records)
{
	const struct tar_header *header = records->header;
	struct tar_entry *entry = records->entry;

	if (header->signed_sum)
		entry->needs |= TAR_NEED_BIT(TAR_NEED_SIGNED_SUM);
	if (header->format == TAR_FORMAT_V7)
		entry->needs |= TAR_NEED_BIT(TAR_NEED_V7);
	if (header->gnu_times)
		entry->needs |= TAR_NEED_BIT(TAR_NEED_GNU_TIMES);
	if (header->uid < 0 || header->gid < 0 || header->mtime < 0)
		entry->needs |= TAR_NEED_BIT(TAR_NEED_NEGATIVE);
	if (header->fault)
		blame(entry, header->fault);
	if (header->odd_prefix)
		blame(entry, "a header of an unknown version with a long name");
	if (header->minor > 0x7ffff)
		entry->needs |= TAR_NEED_BIT(TAR_NEED_WIDE_MINOR);
	if (records->stream->global.size > 0)
		entry->needs |= TAR_NEED_BIT(TAR_NEED_GLOBAL);
	if (entry->uid != header->uid || entry->gid != header->gid)
		entry->needs |= TAR_NEED_BIT(TAR_NEED_PAX_IDS);
}

/* ---- types ---- */

static void settle_type(struct tar_entry *entry)
{
	bool slash = ends_with_slash(entry->path);

	if (entry->type == '\0' || entry->type == '7' || entry->type == 'S')
		entry->type = '0';
	if (entry->type == 'D') {
		entry->needs |= TAR_NEED_BIT(TAR_NEED_DUMPDIR);
		entry->type = '5';
	} else if (entry->type != '5' && slash) {
		entry->needs |= TAR_NEED_BIT(TAR_NEED_SLASH);
		entry->type = entry->type == '0' ? '5' : entry->type;
	}
}

/* True if content follows the header in the archive. */
static bool has_content(char type)
{
	return type < '1' || type > '6';
}

/* ---- sparse files ---- */

/* Reads the map of version 1.0, which precedes the content: lines of a number, then padding. */
static int read_map(struct tar_stream *stream)
{
	unsigned char block[TAR_BLOCK];
	int64_t count = -1, offset = -1, number = -1;
	uint64_t numbers = 0;

	while (count < 0 || numbers < 1 + 2 * (uint64_t)count) {
		ssize_t length;

		if (stream->left < TAR_BLOCK)
			return fail(stream, "damaged", bad_map);
		length = copy_bytes(stream, block, TAR_BLOCK);
		if (length < TAR_BLOCK)
			return length < 0 ? (int)length : fail_truncated(stream);
		stream->left -= TAR_BLOCK;
		for (size_t i = 0;
			i < TAR_BLOCK && (count < 0 || numbers < 1 + 2 * (uint64_t)count); i++) {
			int r = 0;

			if (block[i] >= '0' && block[i] <= '9') {
				number = number < 0 ? 0 : number;
				if (__builtin_mul_overflow(number, 10, &number) ||
					__builtin_add_overflow(number, block[i] - '0', &number))
					return fail(stream, "damaged", bad_map);
				continue;
			}
			if (block[i] != '\n' || number < 0)
				return fail(stream, "damaged", bad_map);
			if (numbers == 0)
				count = number;
			else if (numbers % 2 == 1)
				offset = number;
			else
				r = add_extent(stream, offset, number);
			if (r < 0)
				return r;
			if (count > TAR_STREAM_EXTENTS_MAX)
				return fail(stream, "size",
					"a sparse file has more than a million parts");
			numbers++;
			number = -1;
		}
	}
	return 0;
}

/* GNU's own format: four parts in the header, 21 in each block after it. */
static int read_old_map(struct tar_stream *stream, const unsigned char *header, int64_t *ret_size)
{
	enum { FIRST = 386, FIRST_COUNT = 4, MORE_FLAG = 482, REAL_SIZE = 483 };
	enum { NEXT_COUNT = 21, NEXT_FLAG = 504, PART_BYTES = 24, NUMBER_BYTES = 12 };
	unsigned char block[TAR_BLOCK];
	const unsigned char *part = header + FIRST;
	size_t count = FIRST_COUNT;
	bool more = header[MORE_FLAG] != 0;

	if (!tar_header_number(header + REAL_SIZE, NUMBER_BYTES, ret_size))
		return fail(stream, "damaged", bad_map);
	for (;;) {
		for (size_t i = 0; i < count && part[i * PART_BYTES + NUMBER_BYTES] != '\0'; i++) {
			int64_t offset, size;
			int r;

			if (!tar_header_number(part + i * PART_BYTES, NUMBER_BYTES, &offset) ||
				!tar_header_number(
					part + i * PART_BYTES + NUMBER_BYTES, NUMBER_BYTES, &size))
				return fail(stream, "damaged", bad_map);
			r = add_extent(stream, offset, size);
			if (r < 0)
				return r;
		}
		if (!more)
			return 0;
		if (copy_bytes(stream, block, TAR_BLOCK) < TAR_BLOCK)
			return fail_truncated(stream);
		part = block;
		count = NEXT_COUNT;
		more = block[NEXT_FLAG] != 0;
	}
}

/* The parts must be those of the content. */
static int check_map(struct tar_stream *stream, int64_t real_size)
{
	uint64_t sum = 0, end = 0;

	for (size_t i = 0; i < stream->extent_count; i++) {
		sum += stream->extents[i].size;
		end = stream->extents[i].offset + stream->extents[i].size;
	}
	if (real_size < 0 || end > (uint64_t)real_size || sum != stream->left)
		return fail(stream, "damaged", bad_map);
	return 0;
}

static int read_sparse(
	struct records *records, const unsigned char *block, bool is_old, bool is_map_first)
{
	struct tar_stream *stream = records->stream;
	int r = 0;

	records->entry->sparse = true;
	records->entry->needs |= TAR_NEED_BIT(TAR_NEED_SPARSE);
	if (is_old)
		r = read_old_map(stream, block, &records->real_size);
	else if (is_map_first)
		r = read_map(stream);
	if (r == 0 && records->map_count >= 0 &&
		(uint64_t)records->map_count != stream->extent_count)
		r = fail(stream, "damaged", bad_map);
	if (r == 0)
		r = check_map(stream, records->real_size);
	if (r == 0)
		records->entry->size = (uint64_t)records->real_size;
	return r;
}

/* Prepares the content. 0 or an error. */
static int begin_content(struct records *records, const unsigned char *block)
{
	struct tar_stream *stream = records->stream;
	struct tar_entry *entry = records->entry;
	const struct tar_header *header = records->header;
	int64_t size = records->size >= 0 ? records->size : header->size;
	bool is_old = header->type == 'S';
	bool is_map_first = records->map_major == 1 && records->map_minor == 0;

	if (!has_content(header->type) || (header->type != 'D' && entry->type == '5')) {
		/* A tar that believes this size would lose the next header. */
		if (records->size > 0 || (header->type < '1' && header->size > 0))
			blame(entry, "an entry without content has a size");
		return 0;
	}
	if (size < 0 || size > INT64_MAX - TAR_BLOCK)
		return fail(stream, "damaged", "a size is out of range");
	if (size != header->size)
		entry->needs |= TAR_NEED_BIT(TAR_NEED_PAX_SIZE);
	stream->left = (uint64_t)size;
	stream->pad_bytes = padding(stream->left);
	if (entry->type != '0')
		return 0;
	if (is_old && header->format != TAR_FORMAT_GNU)
		return fail(stream, "damaged", "a sparse file in star's format");
	if (records->map_major > 1 || records->map_minor > 1)
		return fail(stream, "damaged", "a sparse file in an unknown format");
	if (is_old || is_map_first || records->has_map || records->real_size >= 0)
		return read_sparse(records, block, is_old, is_map_first);
	entry->size = stream->left;
	return add_extent(stream, 0, size);
}

/* ---- entries ---- */

static int make_entry(struct tar_stream *stream, const struct tar_header *header,
	const unsigned char *block, struct tar_entry *ret)
{
	struct records records = {.stream = stream,
		.entry = ret,
		.header = header,
		.size = -1,
		.map_major = -1,
		.map_minor = -1,
		.map_count = -1,
		.real_size = -1,
		.map_offset = -1};
	size_t room = sizeof(header->name) + sizeof(header->link) + 2 * stream->global.size + 2;
	const char *name, *link;
	int r;

	*ret = (struct tar_entry){.type = header->type,
		.mode = header->mode,
		.uid = header->uid,
		.gid = header->gid,
		.mtime_s = header->mtime,
		.major = header->major,
		.minor = header->minor,
		.xattrs = stream->xattrs,
		.needs = stream->needs,
		.fault = stream->global_fault};
	for (size_t i = 0; i < EXTENDED_COUNT; i++)
		room += stream->seen[i] ? 2 * stream->extended[i].size + 2 : 0;
	stream->text.size = 0;
	r = reserve(&stream->text, room);
	if (r == 0)
		r = apply_records(&records, &stream->global);
	if (r == 0 && stream->seen[PAX])
		r = apply_records(&records, &stream->extended[PAX]);
	if (r < 0)
		return r;

	name = long_name(stream, LONG_NAME);
	link = long_name(stream, LONG_LINK);
	ret->path = records.sparse_name ? records.sparse_name
		    : records.path	? records.path
		    : name		? name
					: keep(stream, header->name, strlen(header->name));
	if (header->type == '1' || header->type == '2')
		ret->link = records.link ? records.link
			    : link	 ? link
					 : keep(stream, header->link, strlen(header->link));
	else
		ret->link = "";
	settle_type(ret);
	check_header(&records);
	check_names(&records);
	settle_attributes(&records);
	return records.error < 0 ? records.error : begin_content(&records, block);
}

/* Skips what is left of the content, and forgets the headers of the entry. */
static int end_entry(struct tar_stream *stream)
{
	int r = skip_bytes(stream, stream->left);

	if (r == 0)
		r = skip_bytes(stream, stream->pad_bytes);
	stream->left = stream->pad_bytes = 0;
	stream->extent_count = stream->extent = 0;
	stream->extent_at = 0;
	stream->needs = 0;
	memset(stream->seen, 0, sizeof(stream->seen));
	return r;
}

static bool is_waiting(const struct tar_stream *stream)
{
	return stream->seen[PAX] || stream->seen[LONG_NAME] || stream->seen[LONG_LINK];
}

int tar_stream_next(struct tar_stream *stream, struct tar_entry *ret)
{
	unsigned char block[TAR_BLOCK];
	struct tar_header header;
	int r = end_entry(stream);

	while (r >= 0) {
		r = read_block(stream, block);
		if (r < 0)
			break;
		if (r == 0 || tar_header_is_zero(block)) {
			if (is_waiting(stream))
				return r == 0 ? fail_truncated(stream)
					      : fail(stream, "damaged",
							"an extended header has no entry");
			return 0;
		}
		if (tar_header_parse(block, &header) < 0)
			return stream->any
				       ? fail(stream, "damaged",
						 "the tar archive is damaged (a header has a wrong checksum)")
				       : fail(stream, "format", "the content is not a tar archive");
		stream->any = true;
		if (header.size < 0)
			return fail(stream, "damaged", "a size is out of range");
		r = read_extended(stream, &header);
		if (r == 0) {
			r = make_entry(stream, &header, block, ret);
			return r < 0 ? r : 1;
		}
	}
	return r;
}

int tar_stream_content(
	struct tar_stream *stream, uint64_t *ret_offset, const void **ret_data, size_t *ret_size)
{
	struct extent *extent;
	uint64_t part;
	int r;

	while (stream->extent < stream->extent_count &&
		stream->extents[stream->extent].size == stream->extent_at) {
		stream->extent++;
		stream->extent_at = 0;
	}
	if (stream->extent == stream->extent_count)
		return 0;
	r = fill(stream);
	if (r <= 0)
		return r < 0 ? r : fail_truncated(stream);
	extent = &stream->extents[stream->extent];
	part = extent->size - stream->extent_at;
	if (part > stream->end - stream->begin)
		part = stream->end - stream->begin;
	*ret_offset = extent->offset + stream->extent_at;
	*ret_data = stream->buffer + stream->begin;
	*ret_size = (size_t)part;
	consume(stream, (size_t)part);
	stream->extent_at += part;
	stream->left -= part;
	return 1;
}
