/* SPDX-License-Identifier: MIT */
/*
 * tar_stream - reads a tar archive as a stream: bytes in, entries out, with all headers that belong
 * to an entry applied. It knows v7, ustar, pax (x and g headers), GNU's long names, and GNU's sparse
 * files in all versions. Names and attributes are bytes, in every locale. It leaves nothing to
 * guess: an archive that tars read in different ways is a fault of the entry (tar_entry.fault), or a
 * need (tar_need.h). An entry on which tars agree in part is what GNU tar makes of it. Memory is
 * bounded: TAR_STORE_MAX for each extended header of an entry, and TAR_MAP_EXTENTS_MAX.
 */
#ifndef CORE_FORMAT_TAR_STREAM_H
#define CORE_FORMAT_TAR_STREAM_H

#include "core/format/tar_entry.h"
#include "core/format/tar_input.h"
#include "device/base/util.h"

#include <stddef.h>
#include <stdint.h>

struct tar_stream; /* opaque */

/* NULL if there is no memory. */
struct tar_stream *tar_stream_new(tar_input_read *read, void *arg);
void tar_stream_free(struct tar_stream *stream); /* NULL is allowed */

/*
 * Reads the next entry, after the rest of the content of the last one. Returns 1 and the entry; 0 at
 * the first block of the end mark, or where the stream ends between two entries; -EBADMSG, with the
 * code of a manifest_problem and a phrase (see tar_stream_fault); -ENOMEM; or the error of @read.
 */
_must_check_ int tar_stream_next(struct tar_stream *stream, struct tar_entry *ret);
/*
 * Reads the next piece of the content of a file: its place, and data in the stream's buffer, valid
 * until the next call. The space between two pieces is a hole. Returns 1, 0 at the end of the
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
