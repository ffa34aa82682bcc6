/* SPDX-License-Identifier: MIT */
/*
 * source - opens an archive, recognises its compression by content, and provides it as a tar stream
 * through a decompressor. Also reports how far it has been read. Independent of an install, since
 * several installs may share one source.
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
 * Pure: recognises a tar archive by the first @size bytes of a file: 512 are enough for that, and
 * SOURCE_HEAD_BYTES to name another format. 0 with the compression (whose content is not checked),
 * or -EINVAL with the format in @ret_what ("a zip archive"), NULL if that is unknown.
 */
_must_check_ int source_sniff(const unsigned char *head, size_t size,
	enum compression *ret_compression, const char **ret_what);
#define SOURCE_HEAD_BYTES 2048

struct source {
	char path[512]; /* absolute */
	int fd;		/* shares its offset with the decompressor, so it shows the progress */
	struct file_id id;
	enum compression compression;
	char program[64];	   /* the decompressor; "" for a plain tar */
	struct child decompressor; /* while it runs, the source must not move in memory */
	const char *argv[4];	   /* of the decompressor */
	char said[160];		   /* its first line on stderr, sanitised; or "" */
	bool let_go;		   /* see source_let_go */
};

/*
 * Opens @path and determines its compression. 0, or -errno with a message in @diag: the file is
 * missing, not readable, a directory (-EISDIR), empty or not a tar archive (-EINVAL), or the
 * decompressor is missing (-ENOPKG; the message names its Debian package). Call source_close only
 * after success; it may be called twice, and kills a running decompressor.
 */
_must_check_ int source_open(struct source *source, const char *path, struct diag *diag);
void source_close(struct source *source);

/*
 * Starts the stream from the beginning. *ret_fd is the read end of a pipe from the decompressor,
 * or for a plain tar the archive itself; close-on-exec, owned by the caller. Pass it to the child
 * that reads it and close it before any other child is started; otherwise the decompressor gets no
 * SIGPIPE when its reader dies. 0 or -errno; -EBUSY while a decompressor runs. @on_exit (may be
 * NULL) is called at the end of the decompressor, with child->spec.owner set to @owner; never for
 * a plain tar. Check the result with source_ok.
 */
_must_check_ int source_stream(struct source *source, int reactor,
	void (*on_exit)(struct child *child), void *owner, int *ret_fd);
/*
 * True if the decompressor succeeded, or none was needed. Its warnings count, too: bzip2 ignores
 * data after the compressed data with no more than a warning. @diag (may be NULL) receives the
 * reason.
 */
bool source_ok(const struct source *source, struct diag *diag);
/*
 * Kills a decompressor that has output the whole stream but does not exit; source_ok then still
 * returns true. Does nothing if none is running.
 */
void source_let_go(struct source *source);
/* Compressed bytes read so far: the file offset that is shared with the decompressor. */
uint64_t source_position(const struct source *source);
/* False if the path names another file than the one opened, or the file has changed. */
bool source_unchanged(const struct source *source);

#endif
