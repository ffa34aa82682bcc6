/* SPDX-License-Identifier: MIT */
/*
 * tar - runs the system's tar as a child and asks it for its byte count without ever killing it:
 * SIGUSR1 is sent only after its handler is confirmed (sigcgt.h), only to tar's own process, and
 * only while no answer is outstanding. A tar that is never confirmed is never signalled.
 */
#ifndef CORE_TAR_TAR_H
#define CORE_TAR_TAR_H

#include "core/format/tar_need.h"
#include "core/process/child.h"
#include "device/base/util.h"

#include <stdbool.h>
#include <stdint.h>

enum tar_flavour { TAR_UNKNOWN, TAR_GNU, TAR_BSD, TAR_BUSYBOX, TAR_TOYBOX, TAR_FLAVOUR_COUNT };

/* Pure: recognises the flavour by the first line of `tar --version`. */
enum tar_flavour tar_flavour_parse(const char *version_line);
const char *tar_flavour_name(enum tar_flavour flavour); /* "GNU tar" */
/* Pure: returns those of @needs (TAR_NEED_BIT) that the flavour lacks; 0 if it extracts the archive
 * faithfully. */
uint64_t tar_lacks(enum tar_flavour flavour, uint64_t needs);
/* Pure: what an entry with the need does, a phrase that follows its path: "has an ACL". */
const char *tar_need_phrase(enum tar_need need);
/* Pure: a sentence that names a tar without lacks, or explains how to pack the archive again. */
const char *tar_advice(uint64_t needs);
/* Returns those of @needs that the flavour has, but that this program was built without: GNU tar's
 * SELinux labels. Reads the program's file. */
uint64_t tar_built_without(const char *program, enum tar_flavour flavour, uint64_t needs);
/* True if the flavour answers SIGUSR1 with its byte count. */
bool tar_answers(enum tar_flavour flavour);
/* Runs `program --version` with argv[0] "tar", and returns the flavour and, in @version, the first
 * line, sanitised. Blocks for at most 10 s. 0, -ENOENT, -ETIMEDOUT or another -errno. */
_must_check_ int tar_identify(
	const char *program, enum tar_flavour *ret, char *version, size_t size);

#define TAR_ARGS_MAX 24

/* Pure: fills in the argv that extracts standard input into @dir, and a final NULL. @strip is
 * "--strip-components=N", or NULL. Both are borrowed. Returns the number of arguments. */
size_t tar_argv(enum tar_flavour flavour, uint64_t needs, const char *strip, const char *dir,
	const char *ret_argv[TAR_ARGS_MAX]);

/* Pure: true if the message reports an error, and is neither a warning nor the sum at the end. */
bool tar_message_is_error(const char *text);

#define TAR_LATE_MS	2000 /* an answer later than this may be asked for again */
#define TAR_MESSAGE_MAX 200  /* messages passed to on_message */
#define TAR_REPEAT_MAX	3    /* equal ones of them in a row */

struct tar_counts {
	int32_t pid;
	bool confirmed;	  /* its handler is installed, as of the last check */
	uint32_t signals; /* sent */
	uint32_t replies; /* parsed, to our signals: never more than those */
	uint64_t bytes;	  /* of the tar stream, never decreases; includes the final total */
};

struct tar {
	struct child child;
	int proc_root; /* descriptor of the directory that contains proc/, borrowed */
	struct tar_counts counts;
	uint64_t asked_ms; /* when the unanswered signal was sent; 0: none */
	bool no_space;	   /* reported "No space left"; tar still reads the whole archive */
	char first_error[CHILD_LINE_MAX]; /* its first message of an error, sanitised; or "" */
	void (*on_message)(struct tar *tar, const char *text);
	void (*on_exit)(struct tar *tar);
	void *owner;
	/* private */
	const char *argv[TAR_ARGS_MAX];
	char dir[256];
	char strip[32];
	char held[CHILD_LINE_MAX]; /* beginning of a message that a reply interrupted */
	char previous[CHILD_LINE_MAX];
	unsigned repeats, passed, suppressed;
	bool replied; /* the previous line was a reply */
};

struct tar_spec {
	const char *program; /* path of the tar */
	enum tar_flavour flavour;
	uint64_t needs;
	unsigned strip;		/* parts of each name to leave out */
	const char *dir;	/* where to extract */
	int archive;		/* descriptor of the tar stream, borrowed until tar_start returns */
	bool no_safety_net;	/* for tests: SIGUSR1 keeps its default action before exec, so that
				   only the confirmation protects tar */
	const char *const *env; /* for tests: more environment, up to CHILD_ENV_MAX - 1; or NULL */
	/* A complete, sanitised line that is not a reply. Lines beyond TAR_MESSAGE_MAX or
	 * TAR_REPEAT_MAX are only counted, and their number is the last message. May be NULL. Must
	 * not call tar_finish. */
	void (*on_message)(struct tar *tar, const char *text);
	void (*on_exit)(struct tar *tar);
	void *owner;
};

/* Initialises a tar that is not running. tar_finish may be called on it. */
void tar_init(struct tar *tar);

/* Starts tar. 0 or -errno; -ENAMETOOLONG if the path of the directory is too long. on_exit is
 * called at its end; check child_ok(&tar->child) there. */
_must_check_ int tar_start(
	struct tar *tar, int reactor, int proc_root, const struct tar_spec *spec);

/* Call it 1 to 5 times a second (the engine does it at 4 Hz: ENGINE_TICK_MS in install.c). Checks
 * the handler, and signals tar if that is safe and no answer is outstanding for less than
 * TAR_LATE_MS. Never blocks. May call on_exit (see child_poll). */
void tar_tick(struct tar *tar, uint64_t now_ms);
/* Why it is not ok (child_ok): its first error, which names the path; or else as child_why. "" if it
 * is ok. */
void tar_why(const struct tar *tar, char *ret, size_t size);
/* Kills a running tar (child_finish); no callback follows. */
void tar_finish(struct tar *tar);

#endif
