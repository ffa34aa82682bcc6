/* SPDX-License-Identifier: MIT */
#include "core/manifest/manifest.h"

#include "core/format/acl.h"
#include "core/format/pixz.h"
#include "core/format/tar_stream.h"
#include "core/manifest/entry_content.h"
#include "core/manifest/xattrs.h"
#include "device/base/util.h"

#include <endian.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TAR_RECORD  10240
#define END_MARK    1024 /* two blocks of zeros */
#define PROGRESS_MS 200

/* The kernel's limits for device numbers. */
#define MAJOR_MAX 0xfff
#define MINOR_MAX 0xfffff

struct reader {
	struct manifest *manifest;
	struct tar_stream *stream;
	int fd;
	int (*progress)(void *arg, uint64_t bytes);
	void *arg;
	uint64_t bytes;	      /* of the stream, read so far */
	uint64_t nonzero_end; /* offset after the last byte that is not zero */
	struct pixz pixz;
	uint64_t reported_ms;
	struct manifest_totals before; /* of the archives before this one */
	struct entry_content content;  /* its digest also serves for attributes */
	struct xattr *xattrs;	       /* of the entry: those that the file will have */
	size_t xattr_capacity;
	struct diag *diag;
};

static ssize_t read_part(void *arg, void *buffer, size_t size)
{
	struct reader *reader = arg;
	uint64_t now = now_ms();
	ssize_t length;
	size_t end;

	if (reader->progress && now - reader->reported_ms >= PROGRESS_MS) {
		reader->reported_ms = now;
		if (reader->progress(reader->arg, reader->bytes) != 0)
			return -ECANCELED;
	}
	do
		length = read(reader->fd, buffer, size);
	while (length < 0 && errno == EINTR);
	if (length < 0)
		return -errno;
	for (end = (size_t)length; end > 0 && ((const char *)buffer)[end - 1] == 0; end--)
		;
	if (end > 0)
		reader->nonzero_end = reader->bytes + end;
	pixz_look(&reader->pixz, buffer, (size_t)length);
	reader->bytes += (uint64_t)length;
	return length;
}

/* Reports a fatal error, as a problem and in diag. Returns -EBADMSG. */
static int refuse(struct manifest *manifest, struct diag *diag, const char *code, const char *path,
	const char *text)
{
	manifest_complain(manifest, code, path, "%s", text);
	(void)diag_fail(diag, -EBADMSG, "%s%s%s", text, *path ? ", at " : "", path);
	str_sanitise(diag->text);
	return -EBADMSG;
}

static int refuse_size(struct manifest *manifest, struct diag *diag, const char *path)
{
	char text[120];

	(void)STR_FORMAT(text, "the list of the archive's entries needs more than %llu MiB",
		(unsigned long long)(manifest_limit(manifest) / MIB(1)));
	return refuse(manifest, diag, "size", path, text);
}

static int fail(struct reader *reader, const char *code, const char *path, const char *text)
{
	return refuse(reader->manifest, reader->diag, code, path, text);
}

/* Reports the error @r of the stream, and returns it. */
static int fail_stream(struct reader *reader, int r, const char *path)
{
	const char *code, *text;

	if (r != -EBADMSG)
		return diag_fail(reader->diag, r, "reading stopped: %s", strerror(-r));
	code = tar_stream_fault(reader->stream, &text);
	if (reader->bytes == 0)
		return fail(reader, "empty", path, "no data");
	return fail(reader, code, path, text);
}

/* Reads the content, and counts the blocks that it occupies. 0 or -errno. */
static int read_content(struct reader *reader, const char *path, struct manifest_entry *entry)
{
	uint64_t offset, end_block = 0;
	const void *data;
	size_t size;
	int r = entry_content_begin(&reader->content, reader->manifest, path, entry);

	if (r < 0)
		return r;
	while ((r = tar_stream_content(reader->stream, &offset, &data, &size)) > 0) {
		uint64_t first = offset / CONTENT_UNIT;
		uint64_t end = (offset + size + CONTENT_UNIT - 1) / CONTENT_UNIT;

		entry_content_add(&reader->content, offset, data, size);
		first = first > end_block ? first : end_block;
		entry->block_bytes += (end > first ? end - first : 0) * CONTENT_UNIT;
		end_block = end > end_block ? end : end_block;
	}
	if (r < 0)
		return fail_stream(reader, r, path);
	return entry_content_end(&reader->content, entry);
}

/* ---- attributes ---- */

/* The attributes of an entry, and the values that were made for them. */
struct attributes {
	struct xattr *list;
	size_t count;
	void *values[2];
};

static bool is_below(const char *name, const char *space)
{
	return strncmp(name, space, strlen(space)) == 0 && name[strlen(space)] != '\0';
}

/* True if Linux can store the attribute on a file of that type. */
static bool is_storable(const char *name, enum manifest_type type)
{
	if (is_below(name, "user."))
		return type == MANIFEST_FILE || type == MANIFEST_DIR;
	if (strcmp(name, XATTR_ACL_ACCESS) == 0)
		return type != MANIFEST_SYMLINK;
	if (strcmp(name, XATTR_ACL_DEFAULT) == 0)
		return type == MANIFEST_DIR;
	return is_below(name, "trusted.") || is_below(name, "security.");
}

/* The bytes that ext4 needs for it; other filesystems need a little less. */
static uint32_t stored_bytes(const struct xattr *xattr)
{
	size_t name = strlen(xattr->name) - (strcspn(xattr->name, ".") + 1);

	return (uint32_t)(16 + (name + 3) / 4 * 4 + (xattr->size + 3) / 4 * 4);
}

static void complain_acl(struct reader *reader, const char *path, int error)
{
	manifest_complain(reader->manifest, "type", path,
		error == -ENOENT
			? "an ACL with a user or group name that is unknown on this machine, "
			  "or has another ID here; pack the archive with --numeric-owner"
			: "an ACL that is damaged");
}

/* linux/capability.h: version 2, or version 3 with the root user of a namespace. The kernel refuses to
 * read anything else, and turns version 3 with user 0 into version 2. */
static bool is_capability(const struct xattr *xattr)
{
	uint32_t magic, root;

	if (xattr->size < sizeof(magic))
		return false;
	memcpy(&magic, xattr->value, sizeof(magic));
	magic = le32toh(magic) & ~(uint32_t)VFS_CAP_FLAGS_EFFECTIVE;
	if (magic == VFS_CAP_REVISION_2)
		return xattr->size == XATTR_CAPS_SZ_2;
	if (magic != VFS_CAP_REVISION_3 || xattr->size != XATTR_CAPS_SZ_3)
		return false;
	memcpy(&root, (const char *)xattr->value + XATTR_CAPS_SZ_2, sizeof(root));
	return root != 0;
}

/* Why an attribute would not stay as it is, or NULL. */
static const char *capability_fault(const struct xattr *xattr, enum manifest_type type)
{
	if (strcmp(xattr->name, "security.capability") != 0)
		return NULL;
	if (type == MANIFEST_SYMLINK)
		return "a file capability of a symbolic link";
	return is_capability(xattr) ? NULL : "a file capability that Linux does not store as it is";
}

/* Applies an ACL: the access list is part of the mode. */
static void add_acl(struct reader *reader, struct attributes *to, const char *path,
	const struct xattr *acl, struct manifest_entry *entry)
{
	bool access = strcmp(acl->name, XATTR_ACL_ACCESS) == 0;

	if (!acl_is_valid(acl->value, acl->size)) {
		complain_acl(reader, path, -EBADMSG);
		return;
	}
	if (access)
		entry->mode = acl_mode(acl->value, acl->size, entry->mode);
	if (access && acl_is_mode(acl->size))
		return;
	entry->xattr_bytes += stored_bytes(acl);
	to->list[to->count++] = *acl;
}

/* Adds the ACLs that have a record of their own. bsdtar fails on a default list of what is no folder,
 * and leaves out that of a folder that exists before (the root) and has no access list. 0 or -ENOMEM. */
static int add_acls(struct reader *reader, struct attributes *to, const struct tar_entry *from,
	struct manifest_entry *entry)
{
	static const char *const names[] = {
		[ACL_ACCESS] = XATTR_ACL_ACCESS, [ACL_DEFAULT] = XATTR_ACL_DEFAULT};

	bool has_access = false;

	for (unsigned kind = ACL_ACCESS; kind <= ACL_DEFAULT; kind++) {
		bool numbered;
		int size;

		if (!from->acls[kind] || *from->acls[kind] == '\0')
			continue;
		if (kind == ACL_DEFAULT && !has_access)
			manifest_need(reader->manifest, TAR_NEED_ACL_GNU, from->path);
		if (!is_storable(names[kind], entry->type))
			continue;
		size = acl_value(from->acls[kind], &to->values[kind], &numbered);
		if (size == -ENOMEM)
			return size;
		if (size < 0) {
			complain_acl(reader, from->path, size);
			continue;
		}
		if (!numbered)
			manifest_need(reader->manifest, TAR_NEED_ACL_GNU, from->path);
		has_access = entry->type == MANIFEST_DIR && !acl_is_mode((size_t)size);
		add_acl(reader, to, from->path,
			&(struct xattr){names[kind], to->values[kind], (size_t)size}, entry);
	}
	return 0;
}

/* Collects what a tar can store. */
static void add_xattrs(struct reader *reader, struct attributes *to, const struct tar_entry *from,
	struct manifest_entry *entry)
{
	char where[PATH_MAX];
	const char *fault;

	for (size_t i = 0; i < from->xattr_count; i++) {
		const struct xattr *xattr = &from->xattrs[i];

		if (!is_storable(xattr->name, entry->type)) {
			(void)STR_FORMAT(where, "%s (%s)", from->path, xattr->name);
			manifest_need(reader->manifest, TAR_NEED_FOREIGN_XATTR, where);
		} else if (strlen(xattr->name) > XATTR_NAME_MAX || xattr->size > XATTR_SIZE_MAX) {
			manifest_complain(reader->manifest, "type", from->path,
				"an extended attribute that is larger than Linux allows");
		} else if (is_below(xattr->name, "system.")) {
			add_acl(reader, to, from->path, xattr, entry);
			/* A tar sets the mode after it. */
			if (entry->mode != from->mode)
				manifest_complain(reader->manifest, "type", from->path,
					"an ACL in the form of an attribute that differs from the "
					"mode");
		} else if ((fault = capability_fault(xattr, entry->type)) != NULL) {
			manifest_complain(reader->manifest, "type", from->path, "%s", fault);
		} else {
			entry->xattr_bytes += stored_bytes(xattr);
			entry->xattr_count++;
			to->list[to->count++] = *xattr;
		}
	}
}

static int read_xattrs(
	struct reader *reader, const struct tar_entry *from, struct manifest_entry *entry)
{
	struct attributes attributes = {.list = reader->xattrs};
	int r;

	if (from->xattr_count == 0 && !from->acls[ACL_ACCESS] && !from->acls[ACL_DEFAULT])
		return 0;
	if (from->xattr_count + 2 > reader->xattr_capacity) {
		attributes.list = reallocarray(
			reader->xattrs, from->xattr_count + 2, sizeof(*reader->xattrs));
		if (!attributes.list)
			return -ENOMEM;
		reader->xattrs = attributes.list;
		reader->xattr_capacity = from->xattr_count + 2;
	}
	add_xattrs(reader, &attributes, from, entry);
	r = add_acls(reader, &attributes, from, entry);
	entry->xattr_labels = xattrs_labels(attributes.list, attributes.count);
	if (r == 0)
		r = xattrs_digest(&reader->content.sha, attributes.list, attributes.count,
			entry->xattr_labels, entry->xattr_digest);
	free(attributes.values[ACL_ACCESS]);
	free(attributes.values[ACL_DEFAULT]);
	return r < 0 ? r : 0;
}

/* ---- entries ---- */

static enum manifest_type entry_type(char type)
{
	static const enum manifest_type types[] = {
		['0' - '0'] = MANIFEST_FILE,
		['1' - '0'] = MANIFEST_HARDLINK,
		['2' - '0'] = MANIFEST_SYMLINK,
		['3' - '0'] = MANIFEST_CHAR,
		['4' - '0'] = MANIFEST_BLOCK,
		['5' - '0'] = MANIFEST_DIR,
		['6' - '0'] = MANIFEST_FIFO,
	};

	return type >= '0' && type <= '6' ? types[type - '0'] : MANIFEST_TYPE_COUNT;
}

static bool is_node(enum manifest_type type)
{
	return type == MANIFEST_CHAR || type == MANIFEST_BLOCK;
}

/* An ID of all ones means "leave it" to chown(2). */
static bool is_id(int64_t id)
{
	return id >= 0 && id < UINT32_MAX;
}

/* Adds the problems of values that no tar can set. */
static void judge_values(
	struct reader *reader, const struct tar_entry *from, enum manifest_type type)
{
	if (from->fault)
		manifest_complain(reader->manifest, "damaged", from->path, "%s", from->fault);
	if (!is_id(from->uid) || !is_id(from->gid))
		manifest_complain(reader->manifest, "type", from->path,
			"a user or group ID that is out of range");
	if (is_node(type) && (from->major < 0 || from->major > MAJOR_MAX || from->minor < 0 ||
				     from->minor > MINOR_MAX))
		manifest_complain(reader->manifest, "type", from->path,
			"a device number that is out of range");
}

static int read_entry(struct reader *reader, const struct tar_entry *from)
{
	struct manifest_totals *totals = manifest_edit_totals(reader->manifest);
	struct manifest_entry entry = {
		.link = from->link,
		.type = entry_type(from->type),
		.mode = from->mode,
		.uid = (uint32_t)from->uid,
		.gid = (uint32_t)from->gid,
		.mtime_s = from->mtime_s,
		.mtime_ns = from->mtime_ns,
		.size = from->size,
	};
	int r = 0;

	if (entry.type == MANIFEST_TYPE_COUNT) {
		manifest_complain(
			reader->manifest, "type", from->path, "an entry of an unsupported type");
		return 0;
	}
	judge_values(reader, from, entry.type);
	if (is_node(entry.type)) {
		entry.major = (uint32_t)from->major;
		entry.minor = (uint32_t)from->minor;
	}
	if (entry.type == MANIFEST_FILE)
		r = read_content(reader, from->path, &entry);
	/* A hard link has the attributes of its file. */
	if (r == 0 && entry.type != MANIFEST_HARDLINK)
		r = read_xattrs(reader, from, &entry);
	if (r < 0)
		return r;
	if (entry.xattr_count > 0)
		manifest_need(reader->manifest, TAR_NEED_XATTRS, from->path);
	totals->sparse += from->sparse;
	totals->acls += from->acls[ACL_ACCESS] || from->acls[ACL_DEFAULT];
	for (unsigned need = 0; need < TAR_NEED_COUNT; need++)
		if (from->needs & TAR_NEED_BIT(need))
			manifest_need(reader->manifest, need, from->path);
	return manifest_add(reader->manifest, from->path, &entry);
}

/* Checks the end of the archive: two blocks of zeros, and nothing but zeros after them. 0 or
 * -errno. */
static int judge_end(struct reader *reader)
{
	struct manifest_totals *totals = manifest_edit_totals(reader->manifest);
	const struct manifest_totals *before = &reader->before;
	uint64_t mark = tar_stream_mark(reader->stream);
	int r = tar_stream_drain(reader->stream);

	if (r < 0)
		return fail_stream(reader, r, "");
	if (reader->bytes == 0)
		return fail(reader, "empty", "", "no data");
	totals->stream_bytes += (mark + END_MARK + TAR_RECORD - 1) / TAR_RECORD * TAR_RECORD;
	if (reader->nonzero_end > mark && !pixz_follows(&reader->pixz, mark))
		return fail(reader, "trailing", "", "there is data after the end of the archive");
	if (reader->bytes < mark + END_MARK)
		return fail(reader, "truncated", "",
			"the tar archive has no end mark: it is truncated, or its maker left the mark "
			"out");
	if (totals->entries == before->entries)
		return fail(reader, "empty", "",
			totals->stripped > before->stripped
				? "--strip leaves no entries of the tar archive"
				: "the tar archive has no entries");
	return 0;
}

static int read_entries(struct reader *reader)
{
	struct tar_entry from;
	int r;

	while ((r = tar_stream_next(reader->stream, &from)) > 0) {
		r = read_entry(reader, &from);
		if (r == -EFBIG)
			return refuse_size(reader->manifest, reader->diag, from.path);
		if (r < 0)
			return r;
	}
	return r < 0 ? fail_stream(reader, r, "") : judge_end(reader);
}

int manifest_append(struct manifest *manifest, int fd, int (*progress)(void *arg, uint64_t bytes),
	void *arg, struct diag *diag)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	int r;

	if (!reader)
		return -ENOMEM;
	reader->manifest = manifest;
	reader->fd = fd;
	reader->progress = progress;
	reader->arg = arg;
	reader->diag = diag;
	reader->before = *manifest_totals(manifest);
	reader->stream = tar_stream_new(read_part, reader);
	r = entry_content_init(&reader->content);
	if (!reader->stream)
		r = -ENOMEM;
	if (r == 0)
		r = read_entries(reader);
	tar_stream_free(reader->stream);
	entry_content_finish(&reader->content);
	free(reader->xattrs);
	free(reader);
	return r;
}

int manifest_complete(struct manifest *manifest, struct diag *diag)
{
	int r = manifest_seal(manifest);

	return r == -EFBIG ? refuse_size(manifest, diag, "") : r;
}

int manifest_read(struct manifest *manifest, int fd, int (*progress)(void *arg, uint64_t bytes),
	void *arg, struct diag *diag)
{
	int r = manifest_append(manifest, fd, progress, arg, diag);

	return r == 0 ? manifest_complete(manifest, diag) : r;
}
