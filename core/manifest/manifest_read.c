/* SPDX-License-Identifier: MIT */
#include "core/manifest/manifest.h"

#include "core/manifest/acl.h"
#include "core/manifest/xattrs.h"
#include "device/base/util.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TAR_RECORD   10240
#define TAR_HEADER   512u
#define END_MARK     1024 /* two blocks of zeros */
#define PROGRESS_MS  200
#define BUFFER_BYTES KIB(64)

/* A file with more holes than this is an error or an attack: hashing them takes hours. */
#ifndef MANIFEST_HOLES_MAX
#define MANIFEST_HOLES_MAX GIB(1024)
#endif

struct reader {
	struct manifest *manifest;
	struct archive *archive;
	int fd;
	int (*progress)(void *arg, uint64_t bytes);
	void *arg;
	uint64_t bytes;	      /* of the stream, read so far */
	uint64_t nonzero_end; /* offset after the last byte that is not zero */
	uint64_t reported_ms;
	bool end_seen;
	int error; /* -errno of read(2), or -ECANCELED */
	struct sha256 sha;
	struct xattr *xattrs;
	size_t xattr_capacity;
	struct diag *diag;
	unsigned char buffer[BUFFER_BYTES];
};

/* Reads the next part of the stream into the buffer. Returns its length, 0 at the end, or
 * -errno. */
static ssize_t read_part(struct reader *reader)
{
	uint64_t now = now_ms();
	ssize_t length;
	size_t end;

	if (reader->error < 0)
		return reader->error;
	if (reader->progress && now - reader->reported_ms >= PROGRESS_MS) {
		reader->reported_ms = now;
		if (reader->progress(reader->arg, reader->bytes) != 0)
			return reader->error = -ECANCELED;
	}
	do
		length = read(reader->fd, reader->buffer, sizeof(reader->buffer));
	while (length < 0 && errno == EINTR);
	if (length < 0)
		return reader->error = -errno;
	if (length == 0)
		reader->end_seen = true;
	for (end = (size_t)length; end > 0 && reader->buffer[end - 1] == 0; end--)
		;
	if (end > 0)
		reader->nonzero_end = reader->bytes + end;
	reader->bytes += (uint64_t)length;
	return length;
}

static ssize_t on_read(struct archive *archive, void *arg, const void **ret_buffer)
{
	struct reader *reader = arg;
	ssize_t length = read_part(reader);

	if (length < 0)
		archive_set_error(archive, (int)-length, "%s", strerror((int)-length));
	*ret_buffer = reader->buffer;
	return length < 0 ? ARCHIVE_FATAL : length;
}

/* Reports a fatal error, as a problem and in diag. Returns -EBADMSG. */
static int fail(struct reader *reader, const char *code, const char *path, const char *text)
{
	manifest_complain(reader->manifest, code, path, "%s", text);
	(void)diag_fail(reader->diag, -EBADMSG, "%s%s%s", text, *path ? ", at " : "", path);
	str_sanitise(reader->diag->text);
	return -EBADMSG;
}

/* Reports an error of libarchive. Returns -errno. */
static int fail_archive(struct reader *reader, const char *path)
{
	const char *said = archive_error_string(reader->archive);
	char text[160];

	if (reader->error < 0)
		return diag_fail(reader->diag, reader->error, "reading stopped: %s",
			strerror(-reader->error));
	if (reader->bytes == 0)
		return fail(reader, "empty", path, "no data");
	if (archive_format(reader->archive) == 0 && reader->bytes >= TAR_HEADER)
		return fail(reader, "format", path, "the content is not a tar archive");
	if (archive_format(reader->archive) == 0)
		return fail(reader, "truncated", path,
			"the content is not a tar archive, or is shorter than one header");
	STR_FORMAT(text, "the tar archive is %s (%s)", reader->end_seen ? "truncated" : "damaged",
		said ? said : "unknown error");
	return fail(reader, reader->end_seen ? "truncated" : "damaged", path, text);
}

/* Computes the digest of the content, with holes as zeros. 0 or -errno. */
static int read_content(struct reader *reader, const char *path, struct manifest_entry *entry)
{
	uint64_t at = 0, data_bytes = 0;
	bool hashing = true;
	const void *block;
	size_t size;
	la_int64_t offset;
	int r;

	sha256_begin(&reader->sha);
	for (;;) {
		uint64_t hole;

		r = archive_read_data_block(reader->archive, &block, &size, &offset);
		if (r == ARCHIVE_EOF) {
			size = 0;
			offset = (la_int64_t)entry->size;
		} else if (r < ARCHIVE_WARN) {
			return fail_archive(reader, path);
		}
		if (offset < 0 || (uint64_t)offset < at || (uint64_t)offset + size > entry->size)
			return fail(reader, "damaged", path, "a file's data is out of order");
		hole = (uint64_t)offset - at;
		if (hashing && hole > 0 && entry->size - data_bytes > MANIFEST_HOLES_MAX) {
			manifest_complain(reader->manifest, "size", path,
				"a sparse file of %llu GiB",
				(unsigned long long)(entry->size >> 30));
			hashing = false;
		}
		for (uint64_t part; hashing && hole > 0; hole -= part) {
			part = hole < GIB(1) ? hole : GIB(1);
			sha256_add_zeros(&reader->sha, (size_t)part);
		}
		if (hashing)
			sha256_add(&reader->sha, block, size);
		at = (uint64_t)offset + size;
		data_bytes += size;
		if (r == ARCHIVE_EOF)
			break;
	}
	manifest_edit_totals(reader->manifest)->block_bytes +=
		(data_bytes + KIB(4) - 1) / KIB(4) * KIB(4);
	return sha256_end(&reader->sha, entry->digest);
}

/* Appends the ACLs of @from to @list; the caller frees @values. Returns their number, or -errno. */
static int read_acls(struct archive_entry *from, struct xattr *list, void *values[2])
{
	static const char *const names[] = {
		[ACL_ACCESS] = XATTR_ACL_ACCESS, [ACL_DEFAULT] = XATTR_ACL_DEFAULT};
	int count = 0;

	for (unsigned kind = ACL_ACCESS; kind <= ACL_DEFAULT; kind++) {
		int size = acl_value(from, kind, &values[kind]);

		if (size < 0)
			return size;
		if (size > 0)
			list[count++] = (struct xattr){names[kind], values[kind], (size_t)size};
	}
	return count;
}

static int read_xattrs(struct reader *reader, struct archive_entry *from, const char *path,
	struct manifest_entry *entry)
{
	size_t count = (size_t)archive_entry_xattr_reset(from), n = 0;
	bool acls = archive_entry_acl_types(from) != 0;
	struct xattr *list = reader->xattrs;
	void *values[2] = {NULL, NULL};
	int acl_count, used;

	if (count == 0 && !acls)
		return 0;
	if (count + 2 > reader->xattr_capacity) {
		list = reallocarray(list, count + 2, sizeof(*list));
		if (!list)
			return -ENOMEM;
		reader->xattrs = list;
		reader->xattr_capacity = count + 2;
	}
	while (n < count && archive_entry_xattr_next(from, &list[n].name, &list[n].value,
				    &list[n].size) == ARCHIVE_OK)
		n++;
	used = acl_count = acls ? read_acls(from, list + n, values) : 0;
	if (used == -ENOENT) {
		manifest_complain(reader->manifest, "type", path,
			"an ACL with a user or group name that is unknown on this machine; pack "
			"the archive with --numeric-owner");
		used = acl_count = 0;
	}
	if (used >= 0) {
		n += (size_t)used;
		entry->xattr_labels = xattrs_labels(list, n);
		used = xattrs_digest(
			&reader->sha, list, n, entry->xattr_labels, entry->xattr_digest);
	}
	free(values[ACL_ACCESS]);
	free(values[ACL_DEFAULT]);
	if (used < 0)
		return used;
	entry->xattr_count = (uint32_t)(used - acl_count);
	return 0;
}

static enum manifest_type entry_type(struct archive_entry *from)
{
	static const struct {
		mode_t format;
		enum manifest_type type;
	} types[] = {
		{S_IFREG, MANIFEST_FILE},
		{S_IFDIR, MANIFEST_DIR},
		{S_IFLNK, MANIFEST_SYMLINK},
		{S_IFCHR, MANIFEST_CHAR},
		{S_IFBLK, MANIFEST_BLOCK},
		{S_IFIFO, MANIFEST_FIFO},
	};

	if (archive_entry_hardlink(from))
		return MANIFEST_HARDLINK;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (archive_entry_filetype(from) == types[i].format)
			return types[i].type;
	return MANIFEST_TYPE_COUNT;
}

static int read_entry(struct reader *reader, struct archive_entry *from)
{
	struct manifest_totals *totals = manifest_edit_totals(reader->manifest);
	const char *path = archive_entry_pathname(from);
	struct manifest_entry entry = {
		.link = "",
		.type = entry_type(from),
		.mode = acl_mode(from, archive_entry_perm(from)),
		.uid = (uint32_t)archive_entry_uid(from),
		.gid = (uint32_t)archive_entry_gid(from),
		.mtime_s = archive_entry_mtime(from),
		.mtime_ns = (uint32_t)archive_entry_mtime_nsec(from),
		.size = (uint64_t)archive_entry_size(from),
	};
	int r = 0;

	if (!path)
		return fail(reader, "damaged", "", "a name cannot be read");
	if (entry.type == MANIFEST_TYPE_COUNT) {
		manifest_complain(
			reader->manifest, "type", path, "an entry of an unsupported type");
		return 0;
	}
	if (entry.uid != archive_entry_uid(from) || entry.gid != archive_entry_gid(from))
		manifest_complain(
			reader->manifest, "type", path, "a user or group ID that is out of range");

	if (entry.type == MANIFEST_HARDLINK)
		entry.link = archive_entry_hardlink(from);
	else if (entry.type == MANIFEST_SYMLINK)
		entry.link = archive_entry_symlink(from);
	if (!entry.link)
		return fail(reader, "damaged", path, "a link's target cannot be read");
	if (entry.type == MANIFEST_HARDLINK && entry.size > 0)
		manifest_complain(
			reader->manifest, "type", path, "a hard link with its own content");
	if (entry.type != MANIFEST_FILE)
		entry.size = 0;
	if (entry.type == MANIFEST_CHAR || entry.type == MANIFEST_BLOCK) {
		entry.major = (uint32_t)archive_entry_rdevmajor(from);
		entry.minor = (uint32_t)archive_entry_rdevminor(from);
	}

	if (entry.type == MANIFEST_FILE) {
		if (archive_entry_sparse_count(from) > 0)
			totals->sparse++;
		r = read_content(reader, path, &entry);
	}
	if (r == 0 && entry.type != MANIFEST_HARDLINK)
		r = read_xattrs(reader, from, path, &entry);
	if (r < 0)
		return r;
	if (archive_entry_acl_types(from) != 0)
		totals->acls++;
	return manifest_add(reader->manifest, path, &entry);
}

/* Checks the end of the archive: two blocks of zeros, and nothing but zeros after them. libarchive
 * accepts a stream that ends between two entries. 0 or -errno. */
static int judge_end(struct reader *reader)
{
	struct manifest_totals *totals = manifest_edit_totals(reader->manifest);
	uint64_t mark = (uint64_t)archive_read_header_position(reader->archive);
	ssize_t length;

	do
		length = read_part(reader);
	while (length > 0);
	if (length < 0)
		return fail_archive(reader, "");
	totals->stream_bytes = (mark + END_MARK + TAR_RECORD - 1) / TAR_RECORD * TAR_RECORD;
	if (reader->nonzero_end > mark)
		return fail(reader, "trailing", "", "there is data after the end of the archive");
	if (reader->bytes < mark + END_MARK)
		return fail(reader, "truncated", "", "the tar archive is truncated (no end mark)");
	if (totals->entries == 0)
		return fail(reader, "empty", "", "the tar archive has no entries");
	return 0;
}

static int read_entries(struct reader *reader)
{
	struct archive *archive = reader->archive;
	struct archive_entry *from;
	int r;

	r = archive_read_open(archive, reader, NULL, on_read, NULL);
	while (r == ARCHIVE_OK) {
		r = archive_read_next_header(archive, &from);
		if (r == ARCHIVE_EOF)
			return judge_end(reader);
		/* After a damaged header libarchive would search for the next valid one. */
		if (r < ARCHIVE_WARN || r == ARCHIVE_RETRY)
			break;
		if (r == ARCHIVE_WARN) {
			/* A name that cannot be converted is no error: its bytes are used. */
			const char *said = archive_error_string(archive);
			const char *path = archive_entry_pathname(from);

			if (!said || !strstr(said, "can't be converted"))
				manifest_complain(reader->manifest, "damaged", path ? path : "",
					"%s", said ? said : "a header is malformed");
		}
		r = read_entry(reader, from);
		if (r < 0)
			return r;
	}
	return fail_archive(reader, "");
}

int manifest_read(struct manifest *manifest, int fd, int (*progress)(void *arg, uint64_t bytes),
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
	reader->archive = archive_read_new();
	r = sha256_init(&reader->sha);
	if (!reader->archive || archive_read_support_format_tar(reader->archive) != ARCHIVE_OK)
		r = -ENOMEM;
	if (r == 0)
		r = read_entries(reader);
	if (r == 0)
		r = manifest_seal(manifest);
	archive_read_free(reader->archive);
	sha256_finish(&reader->sha);
	free(reader->xattrs);
	free(reader);
	return r;
}
