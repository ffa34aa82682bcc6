/* SPDX-License-Identifier: MIT */
/*
 * tar_stream - reads a tar archive as a stream: bytes in, entries out, with all headers that belong
 * to an entry applied. It knows v7, ustar, pax (x and g headers), GNU's long names, and GNU's sparse
 * files in all versions. Names and attributes are bytes, in every locale. It leaves nothing to
 * guess: an archive that tars read in different ways is a fault of the entry (tar_entry.fault), or a
 * need (tar_need.h). Where tars agree in part, an entry is what GNU tar makes of it. Memory is
 * bounded: TAR_STREAM_HEADER_MAX for the extended headers of one entry, and TAR_STREAM_EXTENTS_MAX.
 */
#ifndef CORE_MANIFEST_TAR_STREAM_H
#define CORE_MANIFEST_TAR_STREAM_H

#include "core/manifest/tar_need.h"
#include "core/manifest/xattrs.h"
#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TAR_STREAM_HEADER_MAX  MIB(4)
#define TAR_STREAM_GLOBAL_MAX  KIB(64)
#define TAR_STREAM_EXTENTS_MAX (1u << 20)

/* One entry. Its strings are valid until the next one is read. */
struct tar_entry {
	const char *path, *link; /* as in the archive; "" if there is none */
	/* '0' file, '1' hard link, '2' symlink, '3' and '4' device node, '5' folder, '6' FIFO; all
	 * others are as in the archive, and unknown. */
	char type;
	uint32_t mode; /* 07777 */
	int64_t uid, gid;
	int64_t mtime_s;
	uint32_t mtime_ns;
	uint64_t size; /* of a file, with its holes; else 0 */
	int64_t major, minor;
	struct xattr *xattrs; /* borrowed; no name occurs twice */
	size_t xattr_count;
	const char *acls[2]; /* the text of an ACL, by enum acl_kind; or NULL */
	bool sparse;
	uint64_t needs; /* TAR_NEED_BIT of each need that the headers have */
	/* Why its headers cannot be trusted: a phrase; or NULL. */
	const char *fault;
};

struct tar_stream; /* opaque */

/* Reads up to @size bytes. Returns their number, 0 at the end, or -errno. */
typedef ssize_t tar_stream_read(void *arg, void *buffer, size_t size);

/* NULL if there is no memory. */
struct tar_stream *tar_stream_new(tar_stream_read *read, void *arg);
void tar_stream_free(struct tar_stream *stream); /* NULL is allowed */

/*
 * Reads the next entry, after the rest of the content of the last one. Returns 1 and the entry; 0 at
 * the first block of the end mark, or where the stream ends between two entries; -EBADMSG, with the
 * code of a manifest_problem and a phrase (see tar_stream_fault); -ENOMEM; or the error of @read.
 */
_must_check_ int tar_stream_next(struct tar_stream *stream, struct tar_entry *ret);
/*
 * Reads the next piece of the content of a file: its place, and data in the stream's buffer, valid
 * until the next call. What lies between two pieces is a hole. Returns 1, 0 at the end of the
 * content, or an error as above.
 */
_must_check_ int tar_stream_content(
	struct tar_stream *stream, uint64_t *ret_offset, const void **ret_data, size_t *ret_size);
/* The reason of the last -EBADMSG: "format", "truncated", "damaged" or "size", and a phrase. */
const char *tar_stream_fault(const struct tar_stream *stream, const char **ret_phrase);
/* The offset of the last header block: of the end mark after tar_stream_next has returned 0. */
uint64_t tar_stream_mark(const struct tar_stream *stream);
/* Reads the rest of the stream, which has no entries. 0 or the error of @read. */
_must_check_ int tar_stream_drain(struct tar_stream *stream);

#endif
