/* SPDX-License-Identifier: MIT */
#include "core/format/tar_records.h"

#include "core/format/acl.h"
#include "core/format/pax.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void tar_records_finish(struct tar_records *records)
{
	free(records->text.at);
	free(records->xattrs);
}

int tar_records_begin(struct tar_records *records, const struct tar_header *header,
	struct tar_entry *entry, size_t room)
{
	records->header = header;
	records->entry = entry;
	records->path = records->link = records->sparse_name = records->selinux = NULL;
	records->has_map = records->has_sparse = records->is_binary = false;
	records->size = records->map_major = records->map_minor = records->map_count = -1;
	records->real_size = records->map_offset = -1;
	records->error = 0;
	records->text.size = 0;
	entry->xattrs = records->xattrs;
	return tar_store_reserve(&records->text, room);
}

const char *tar_records_keep(struct tar_records *records, const char *from, size_t size)
{
	char *to = records->text.at + records->text.size;

	if (size > 0)
		memcpy(to, from, size);
	to[size] = '\0';
	records->text.size += size + 1;
	return to;
}

/* A string that other programs handle as a C string. */
static const char *keep_string(struct tar_records *records, struct bytes value)
{
	if (memchr(value.at, '\0', value.size))
		tar_entry_blame(records->entry, "its extended header has a string with a NUL");
	return tar_records_keep(records, value.at, value.size);
}

static void apply_path(struct tar_records *records, struct bytes value)
{
	records->entry->needs |= records->path ? TAR_NEED_BIT(TAR_NEED_TWO_RECORDS) : 0;
	records->path = keep_string(records, value);
}

static void apply_link(struct tar_records *records, struct bytes value)
{
	records->entry->needs |= records->link ? TAR_NEED_BIT(TAR_NEED_TWO_RECORDS) : 0;
	records->link = keep_string(records, value);
}

static void apply_sparse_name(struct tar_records *records, struct bytes value)
{
	records->sparse_name = keep_string(records, value);
}

static void apply_selinux(struct tar_records *records, struct bytes value)
{
	records->selinux = keep_string(records, value);
}

static void apply_acl_access(struct tar_records *records, struct bytes value)
{
	records->entry->acls[ACL_ACCESS] = keep_string(records, value);
}

static void apply_acl_default(struct tar_records *records, struct bytes value)
{
	records->entry->acls[ACL_DEFAULT] = keep_string(records, value);
}

static void take_number(
	struct tar_records *records, struct bytes value, int64_t *ret, const char *otherwise)
{
	if (!pax_number(value, ret))
		tar_entry_blame(records->entry, otherwise);
}

static void apply_uid(struct tar_records *records, struct bytes value)
{
	take_number(records, value, &records->entry->uid,
		"the user ID in its extended header is no number");
}

static void apply_gid(struct tar_records *records, struct bytes value)
{
	take_number(records, value, &records->entry->gid,
		"the group ID in its extended header is no number");
}

static void apply_size(struct tar_records *records, struct bytes value)
{
	take_number(records, value, &records->size, "the size in its extended header is no number");
}

static void apply_mtime(struct tar_records *records, struct bytes value)
{
	if (!pax_time(value, &records->entry->mtime_s, &records->entry->mtime_ns))
		tar_entry_blame(records->entry,
			"the modification time in its extended header is no number");
}

/* libarchive uses these, GNU tar does not. */
static void apply_major(struct tar_records *records, struct bytes value)
{
	int64_t number;

	if (!pax_number(value, &number) || number != records->header->major)
		tar_entry_blame(records->entry, "its two headers have different device numbers");
}

static void apply_minor(struct tar_records *records, struct bytes value)
{
	int64_t number;

	if (!pax_number(value, &number) || number != records->header->minor)
		tar_entry_blame(records->entry, "its two headers have different device numbers");
}

static void map_number(struct tar_records *records, struct bytes value, int64_t *ret)
{
	take_number(records, value, ret, tar_map_bad);
}

static void apply_map_major(struct tar_records *records, struct bytes value)
{
	map_number(records, value, &records->map_major);
}

static void apply_map_minor(struct tar_records *records, struct bytes value)
{
	map_number(records, value, &records->map_minor);
}

static void apply_map_count(struct tar_records *records, struct bytes value)
{
	map_number(records, value, &records->map_count);
}

static void apply_real_size(struct tar_records *records, struct bytes value)
{
	map_number(records, value, &records->real_size);
}

/* Version 0.0: records of an offset and a size, in turn. */
static void apply_map_offset(struct tar_records *records, struct bytes value)
{
	if (records->map_offset >= 0)
		tar_entry_blame(records->entry, tar_map_bad);
	map_number(records, value, &records->map_offset);
}

static void apply_map_size(struct tar_records *records, struct bytes value)
{
	int64_t size = -1;

	map_number(records, value, &size);
	if (records->error == 0)
		records->error =
			tar_map_add(records->map, records->input, records->map_offset, size);
	records->map_offset = -1;
	records->has_map = true;
}

/* Version 0.1: "OFFSET,SIZE,OFFSET,SIZE". */
static void apply_map(struct tar_records *records, struct bytes value)
{
	int64_t offset, size;

	records->map->count = 0;
	records->has_map = true;
	while (value.size > 0 && records->error == 0) {
		bool last = false;

		if (!pax_take_number(&value, ',', &offset) ||
			(!pax_take_number(&value, ',', &size) &&
				!(last = pax_number(value, &size)))) {
			records->error = tar_input_fail(records->input, "damaged", tar_map_bad);
			return;
		}
		if (last)
			value.size = 0;
		records->error = tar_map_add(records->map, records->input, offset, size);
	}
}

static void apply_star_sparse(struct tar_records *records, struct bytes value)
{
	(void)value;
	tar_entry_blame(records->entry, "a sparse file in star's format");
}

/* The records that change what a tar leaves on the disk. In a global header GNU tar fails on those
 * that others than POSIX have defined. */
static const struct {
	const char *key;
	void (*apply)(struct tar_records *records, struct bytes value);
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
static void add_xattr(struct tar_records *records, const char *name, const char *value, size_t size,
	bool from_libarchive)
{
	struct tar_entry *entry = records->entry;
	size_t i = find_xattr(entry, name);
	struct xattr *found;

	if (*name == '\0') {
		tar_entry_blame(entry, "an extended attribute without a name");
		return;
	}
	if (i == TAR_RECORDS_XATTRS_MAX) {
		tar_entry_blame(entry, "more than 4096 extended attributes");
		return;
	}
	if (i == records->xattr_capacity) {
		size_t capacity = i > 0 ? 2 * i : 16;
		struct xattr *grown = reallocarray(records->xattrs, capacity, sizeof(*grown));

		if (!grown) {
			records->error = -ENOMEM;
			return;
		}
		records->xattrs = entry->xattrs = grown;
		records->xattr_capacity = capacity;
	}
	found = &entry->xattrs[i];
	if (i < entry->xattr_count && records->from_libarchive[i] != from_libarchive &&
		(found->size != size || memcmp(found->value, value, size) != 0))
		tar_entry_blame(entry, "two different values of one extended attribute");
	if (i == entry->xattr_count) {
		entry->xattr_count++;
		records->from_libarchive[i] = from_libarchive;
	}
	records->from_libarchive[i] &= from_libarchive;
	*found = (struct xattr){name, value, size};
}

static void apply_schily_xattr(struct tar_records *records, struct bytes name, struct bytes value)
{
	const char *raw = keep_string(records, name);
	size_t size = pax_decode_gnu(name, records->text.at + records->text.size);
	const char *decoded = records->text.at + records->text.size;

	records->text.at[records->text.size + size] = '\0';
	if (size == name.size)
		decoded = raw;
	else
		records->text.size += size + 1;
	if (decoded != raw)
		records->entry->needs |= TAR_NEED_BIT(TAR_NEED_XATTR_NAME);
	add_xattr(records, decoded, value.at, value.size, false);
}

static void apply_libarchive_xattr(
	struct tar_records *records, struct bytes name, struct bytes value)
{
	char *decoded = records->text.at + records->text.size, *to;
	size_t size = pax_decode_percent(name, decoded);
	ssize_t length;

	decoded[size] = '\0';
	if (strlen(decoded) != size)
		tar_entry_blame(records->entry, "its extended header has a string with a NUL");
	records->text.size += size + 1;
	to = records->text.at + records->text.size;
	length = pax_decode_base64(value, to);
	if (length < 0) {
		tar_entry_blame(
			records->entry, "an extended attribute in its extended header is damaged");
		return;
	}
	records->text.size += (size_t)length;
	add_xattr(records, decoded, to, (size_t)length, true);
}

static void apply_record(struct tar_records *records, const struct pax_record *record)
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

/* GNU tar alone reads these times, and fails on what is no number. */
static bool is_bad_time(const struct pax_record *record)
{
	int64_t s;
	uint32_t ns;

	return (pax_equal(record->key, "atime") || pax_equal(record->key, "ctime")) &&
	       !pax_time(record->value, &s, &ns);
}

int tar_records_apply(struct tar_records *records, const struct tar_store *from)
{
	struct bytes rest = {from->at, from->size}, rest_of_key;
	struct pax_record record;
	int r;

	while ((r = pax_next(&rest, &record)) > 0 && records->error == 0) {
		if (is_bad_time(&record))
			tar_entry_blame(
				records->entry, "a time in its extended header is no number");
		if (pax_equal(record.key, "hdrcharset"))
			records->is_binary = pax_equal(record.value, "BINARY");
		records->has_sparse |= pax_below(record.key, "GNU.sparse.", &rest_of_key);
		apply_record(records, &record);
	}
	if (r == -EBADMSG)
		tar_entry_blame(records->entry, "its extended header is damaged");
	return records->error;
}

int tar_records_settle(struct tar_records *records)
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
		records->from_libarchive[i] = records->from_libarchive[entry->xattr_count];
	}
	for (size_t i = 0; i < entry->xattr_count; i++)
		if (records->from_libarchive[i])
			entry->needs |= TAR_NEED_BIT(TAR_NEED_LIBARCHIVE_XATTR);
	if (records->selinux && find_xattr(entry, "security.selinux") == entry->xattr_count) {
		entry->needs |= TAR_NEED_BIT(TAR_NEED_SELINUX);
		add_xattr(records, "security.selinux", records->selinux,
			strlen(records->selinux) + 1, false);
	}
	if (entry->acls[ACL_ACCESS] || entry->acls[ACL_DEFAULT])
		entry->needs |= TAR_NEED_BIT(TAR_NEED_ACLS);
	return records->error;
}

/* GNU tar forgets an earlier global header when it reads another one, POSIX does not. */
int tar_records_keep_global(
	const struct tar_store *from, struct tar_store *global, const char **fault)
{
	struct bytes rest = {from->at, from->size}, name;
	struct pax_record record;
	struct tar_store kept = {0};
	int r = 0;

	for (;;) {
		const char *begin = rest.at;
		bool matters = false, is_posix = false;

		r = pax_next(&rest, &record);
		if (r <= 0)
			break;
		if (is_bad_time(&record))
			*fault = "the global header that applies to it is damaged";
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
			*fault = "a global header with attributes or maps applies to it";
		if (kept.size + (size_t)(rest.at - begin) > TAR_RECORDS_GLOBAL_MAX) {
			*fault = "the global header that applies to it is larger than 64 KiB";
			break;
		}
		r = tar_store_reserve(&kept, kept.size + (size_t)(rest.at - begin));
		if (r < 0) {
			free(kept.at);
			return r;
		}
		memcpy(kept.at + kept.size, begin, (size_t)(rest.at - begin));
		kept.size += (size_t)(rest.at - begin);
	}
	if (r < 0)
		*fault = "the global header that applies to it is damaged";
	if (global->size > 0 &&
		(kept.size != global->size || memcmp(kept.at, global->at, kept.size) != 0))
		*fault = "two different global headers apply to it";
	free(global->at);
	*global = kept;
	return 0;
}
