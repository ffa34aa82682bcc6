/* SPDX-License-Identifier: MIT */
/*
 * source - opens an archive, recognises its compression by content, and provides it as a tar stream
 * through a decompressor. Also reports how far it has been read. Independent of an install, since
 * several installs may share one source.
 */
#ifndef CORE_ARCHIVE_SOURCE_H
#define CORE_ARCHIVE_SOURCE_H

#include "core/archive/compression.h"
#include "core/process/child.h"
#include "device/base/diag.h"
#include "device/base/file_id.h"
#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How to read an archive. All zero is the usual way, and so is a NULL pointer. */
struct archive_options {
	uint64_t memory_bytes; /* for the decompressor; 0: a quarter of the machine's memory */
	unsigned strip;	       /* parts of each name to leave out (manifest_strip) */
};

struct source {
	char path[512]; /* absolute */
	int fd;		/* shares its offset with the decompressor, so it shows the progress */
	struct file_id id;
	enum compression compression;
	const struct decompressor *program; /* NULL for a plain tar */
	uint64_t memory_bytes;		    /* that the decompressor may use */
	struct child decompressor;	    /* while it runs, the source must not move in memory */
	const char *argv[COMPRESSION_ARGS_MAX + 3]; /* of the decompressor */
	char memory_arg[40];
	char said[160]; /* its first line on stderr, sanitised; or "" */
	bool let_go;	/* see source_let_go */
};

/*
 * Opens @path and determines its compression. 0, or -errno with a message in @diag: the file is
 * missing, not readable, a directory (-EISDIR), empty or not a tar archive (-EINVAL), the
 * decompressor is missing (-ENOPKG; the message names its Debian package) or would need more memory
 * than @options (may be NULL) allow (-ENOMEM). Call source_close only after success; it may be
 * called twice, and kills a running decompressor.
 */
_must_check_ int source_open(struct source *source, const char *path,
	const struct archive_options *options, struct diag *diag);
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
 * True if the decompressor succeeded, or none was needed. Padding or other data after the compressed
 * data is no failure where the program ignores it, as gzip and bzip2 do: the tar archive inside must
 * be complete anyway. @diag (may be NULL) receives the reason: a clause with the format and the
 * place in the archive.
 */
bool source_ok(const struct source *source, struct diag *diag);
/* True if the decompressor has reported data after the end that it ignored. */
bool source_has_padding(const struct source *source);
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
