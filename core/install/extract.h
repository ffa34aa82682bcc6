/* SPDX-License-Identifier: MIT */
/*
 * extract - extracts one archive into one directory: the archive source, tar, and the pipe between
 * them. It does not depend on an install: several can run in one process, each with its own owner.
 *
 * An extraction has succeeded when tar and the decompressor have both exited with success and the
 * stream has been read to its end. Exit statuses decide, never a gauge at 100 %.
 */
#ifndef CORE_INSTALL_EXTRACT_H
#define CORE_INSTALL_EXTRACT_H

#include "core/archive/source.h"
#include "core/tar/tar.h"

/* All strings are borrowed until on_end is called, except dir, which is copied. */
struct extract_spec {
	const char *archive; /* as the operator named it, for messages */
	const char *target;  /* name of the disk that holds dir, for messages: "mmcblk1" */
	const char *dir;
	const char *tar_program;
	enum tar_flavour flavour;
	uint64_t needs;	       /* TAR_NEED_BIT */
	unsigned strip;	       /* parts of each name to leave out */
	uint64_t stream_bytes; /* of the decompressed archive, in tar's records */
	/* A message from tar or from the extraction itself. Must not call extract_finish. */
	void (*on_message)(void *owner, const char *text);
	/* Called once at the end: @why is NULL on success, else a sentence. Children may still run
	 * after a failure: the owner then calls extract_stop. Must not call extract_finish. */
	void (*on_end)(void *owner, const char *why);
	void *owner;
};

struct extract {
	struct source source;
	struct tar tar;
	/* Progress as of the last tick. */
	uint64_t archive_bytes;	  /* read from the archive file */
	uint64_t extracted_bytes; /* tar's own count */
	bool tar_answers;	  /* tar has reported its count, or may still do so */
	/* private */
	struct extract_spec spec;
	int reactor;
	struct watch stream; /* read end of the tar stream; watched only to drain it */
	bool running;	     /* on_end has not been called yet */
	bool tar_done;	     /* tar has exited with success */
	uint64_t start_ms;
	uint64_t moved_ms; /* time of the last change of the counts; 0: set by the next tick */
};

/* Initialises an idle extraction; all functions below are then safe to call. */
void extract_init(struct extract *extract);

/* Opens the archive (source_open); extract->source is valid afterwards. Returns 0, or -errno with a
 * sentence in @diag. */
_must_check_ int extract_open(struct extract *extract, const char *path,
	const struct archive_options *options, struct diag *diag);

/*
 * Starts extracting the archive opened by extract_open. @proc_root is a directory descriptor that
 * contains proc/; it and @reactor are borrowed. Returns 0, and on_end reports the end; or -errno
 * with a sentence in @diag: on_end is then not called, and extract_stop or extract_finish must
 * clean up.
 */
_must_check_ int extract_start(struct extract *extract, int reactor, int proc_root,
	const struct extract_spec *spec, struct diag *diag);

/* Call it 1 to 5 times a second, in every state. Asks tar for its count, polls the children, and
 * kills a decompressor that hangs for 30 s after its last output. */
void extract_tick(struct extract *extract, uint64_t now_ms);

/* Sends @signal (SIGTERM, SIGKILL) to the running children and closes the stream. on_end is not
 * called any more. */
void extract_stop(struct extract *extract, int signal);
/* Returns true while tar or the decompressor runs, or the rest of the stream is read. */
bool extract_has_children(const struct extract *extract);

/* Kills and reaps the children and closes all descriptors. No callback is called afterwards. */
void extract_finish(struct extract *extract);

#endif
