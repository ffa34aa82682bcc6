/* SPDX-License-Identifier: MIT */
/*
 * extract - one archive extracted into one directory: the source, the tar, and the stream between
 * them. It knows no install: several can run in one process, each with an owner of its own.
 *
 * It has ended well when tar has ended well, the stream is read to its end and the decompressor has
 * ended well too: every exit status counts, never a gauge at 100 %.
 */
#ifndef CORE_INSTALL_EXTRACT_H
#define CORE_INSTALL_EXTRACT_H

#include "core/archive/source.h"
#include "core/tar/tar.h"

/* All strings are borrowed until the end is reported, except dir, which is copied. */
struct extract_spec {
	const char *archive; /* as the operator named it, for sentences */
	const char *target;  /* what dir is on, for sentences: "mmcblk1" */
	const char *dir;
	const char *tar_program;
	enum tar_flavour flavour;
	unsigned needs;	       /* enum tar_need */
	uint64_t stream_bytes; /* what the archive holds, in tar's records */
	/* A line of tar, or of the extraction itself. Not the place for extract_finish. */
	void (*on_message)(void *owner, const char *text);
	/* The end, once: @why is NULL where all went well, else a sentence. Children may still run
	 * after a failure: the owner calls extract_stop. Not the place for extract_finish. */
	void (*on_end)(void *owner, const char *why);
	void *owner;
};

struct extract {
	struct source source;
	struct tar tar;
	/* How far it is, as of the last tick. */
	uint64_t archive_bytes;	  /* read from the archive file */
	uint64_t extracted_bytes; /* tar's own count */
	bool tar_answers;	  /* it has answered, or may still do so */
	/* inside */
	struct extract_spec spec;
	int reactor;
	struct watch stream; /* the reading end of the tar stream; watched to drain it */
	bool running;	     /* on_end is still to be called */
	bool tar_done;	     /* tar has ended well */
	uint64_t start_ms;
	uint64_t moved_ms; /* when the counts last changed; 0: at the next tick */
};

/* Nothing is open and nothing runs; all functions below may be called. */
void extract_init(struct extract *extract);

/* Opens the archive (source_open): extract->source is valid after it. 0 or -errno with a sentence. */
_must_check_ int extract_open(struct extract *extract, const char *path, struct diag *diag);

/*
 * Starts to extract what extract_open opened. @proc_root is a descriptor of the root that has proc/.
 * 0: the end comes as on_end. Or -errno with a sentence in @diag: then what has started is for
 * extract_stop or extract_finish, and on_end is not called.
 */
_must_check_ int extract_start(struct extract *extract, int reactor, int proc_root,
	const struct extract_spec *spec, struct diag *diag);

/* Call it 1 to 5 times a second, in every state: asks tar for its count, looks for ended children,
 * and kills a decompressor that has output everything and then hangs for 30 s. */
void extract_tick(struct extract *extract, uint64_t now_ms);

/* Sends @signal (TERM, KILL) to what runs and closes the stream. on_end is not called any more. */
void extract_stop(struct extract *extract, int signal);
/* Is tar or the decompressor running? */
bool extract_has_children(const struct extract *extract);

/* Kills and reaps what runs and closes everything; no callback comes after. */
void extract_finish(struct extract *extract);

#endif
