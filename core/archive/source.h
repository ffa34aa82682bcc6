/* SPDX-License-Identifier: MIT */
/*
 * source - the archive as a stream: its descriptor, its format and compression told by content, the
 * decompressor that turns it into a tar stream, and how far it has been read. An object of its own
 * beside the install, since several installs will share one.
 */
#ifndef CORE_ARCHIVE_SOURCE_H
#define CORE_ARCHIVE_SOURCE_H

#include "core/process/child.h"
#include "device/base/diag.h"
#include "device/base/file_id.h"
#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum compression {
	COMPRESSION_NONE,
	COMPRESSION_GZIP,
	COMPRESSION_XZ,
	COMPRESSION_ZSTD,
	COMPRESSION_BZIP2,
	COMPRESSION_LZ4,
	COMPRESSION_LZIP,
	COMPRESSION_COUNT
};
const char *compression_name(enum compression compression); /* "zstd", "none" */

/*
 * Pure: recognises a tar archive by the first @size bytes of a file, never by its name: 512 are
 * enough for that, SOURCE_HEAD_BYTES to name a stranger. 0 with the compression (what is inside is
 * not checked), or -EINVAL with @ret_what: what it is instead, as a phrase ("a zip archive"), or NULL
 * where that is unknown.
 */
_must_check_ int source_sniff(const unsigned char *head, size_t size,
	enum compression *ret_compression, const char **ret_what);
#define SOURCE_HEAD_BYTES 2048

struct source {
	char path[512]; /* absolute */
	int fd;		/* its offset is shared with the decompressor: the gauge */
	struct file_id id;
	enum compression compression;
	char program[64];	   /* decompressor found on this machine, "" for none needed */
	struct child decompressor; /* running while a stream is open: the source must not move */
	const char *argv[4];	   /* of it */
	char said[160];		   /* the first line it wrote to stderr, sanitised, or "" */
	bool let_go;		   /* see source_let_go */
};

/*
 * Opens @path and tells what it is. 0, or -errno with a sentence in @diag: missing, a directory, not
 * readable, empty, not an archive (-EINVAL), decompressor missing (-ENOPKG, with the Debian package
 * that has it). Only after success there is something to close; a closed one may be closed again.
 */
_must_check_ int source_open(struct source *source, const char *path, struct diag *diag);
void source_close(struct source *source);

/*
 * Starts the stream from the beginning: the decompressor writes it into a pipe, or of a plain tar
 * the archive itself is given. *ret_fd is the caller's, close-on-exec: hand it to the reader's child
 * and close it before any other child is started, or the decompressor never learns that its reader
 * has died. 0 or -errno; -EBUSY while a decompressor runs.
 * @on_exit (may be NULL) tells the decompressor's end; child->spec.owner is @owner. Of a plain tar
 * there is no such end. Judge it with source_ok.
 */
_must_check_ int source_stream(struct source *source, int reactor,
	void (*on_exit)(struct child *child), void *owner, int *ret_fd);
/*
 * True where the decompressor, if there was one, ended well: not only by its exit status, for bzip2
 * ignores data behind the compressed data with a warning. @diag (may be NULL) gets the reason.
 */
bool source_ok(const struct source *source, struct diag *diag);
/*
 * Ends a decompressor that has given the whole stream, as the caller knows, but does not end: it is
 * killed, and source_ok does not hold that against it. Nothing happens where none runs.
 */
void source_let_go(struct source *source);
/* Compressed bytes read so far: lseek(fd, 0, SEEK_CUR) on the shared offset. */
uint64_t source_position(const struct source *source);
/* False where the file at the path is not the one that was opened, or has been changed. */
bool source_unchanged(const struct source *source);

#endif
