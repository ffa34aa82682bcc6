/* SPDX-License-Identifier: MIT */
/*
 * tar - the system's tar in a session of its own, and the protocol that asks it for its byte count
 * without ever killing it: SIGUSR1 is sent only once the handler is confirmed (sigcgt.h), to tar's
 * own process only, one outstanding at a time. A tar that never confirms is never signalled.
 */
#ifndef CORE_TAR_TAR_H
#define CORE_TAR_TAR_H

#include "core/process/child.h"
#include "device/base/util.h"

#include <stdbool.h>
#include <stdint.h>

enum tar_flavour { TAR_UNKNOWN, TAR_GNU, TAR_BSD, TAR_BUSYBOX, TAR_TOYBOX, TAR_FLAVOUR_COUNT };

/* What an archive needs of the tar that extracts it. */
enum tar_need { TAR_NEED_XATTRS = 1, TAR_NEED_ACLS = 2, TAR_NEED_SPARSE = 4 };

/* Pure: the flavour, from the first line that `tar --version` prints. */
enum tar_flavour tar_flavour_parse(const char *version_line);
const char *tar_flavour_name(enum tar_flavour flavour); /* "GNU tar" */
/* The needs that a flavour cannot meet; 0: it can extract the archive faithfully. */
unsigned tar_lacks(enum tar_flavour flavour, unsigned needs);
/* True where the flavour tells its count when it is asked. */
bool tar_answers(enum tar_flavour flavour);
/* Runs `program --version` (blocking, at most 2 s; with argv[0] "tar" so that a multi-call binary
 * knows its name) and tells the flavour; @version gets the line. 0, -ENOENT, -ETIMEDOUT or another
 * -errno. */
_must_check_ int tar_identify(
	const char *program, enum tar_flavour *ret, char *version, size_t size);

#define TAR_ARGS_MAX 24

/* Pure: the argv that extracts standard input below @dir. Returns the count; NULL-terminated. */
size_t tar_argv(enum tar_flavour flavour, unsigned needs, const char *dir,
	const char *ret_argv[TAR_ARGS_MAX]);

#define TAR_LATE_MS	2000 /* after this an unanswered question may be asked again */
#define TAR_MESSAGE_MAX 200  /* messages that are passed on ... */
#define TAR_REPEAT_MAX	3    /* ... and of equal ones in a row */

struct tar_counts {
	int32_t pid;
	bool confirmed;	  /* its handler was seen, and is still there */
	uint32_t signals; /* sent */
	uint32_t replies; /* parsed, to questions of ours: never more than signals */
	uint64_t bytes; /* of the tar stream, monotone; the total that tar prints last counts too */
};

struct tar {
	struct child child;
	int proc_root; /* fd on the root that has proc/, borrowed */
	struct tar_counts counts;
	uint64_t asked_ms; /* when the outstanding signal was sent, 0: none */
	bool no_space;	   /* it has said so: it would go on through the whole archive */
	void (*on_message)(struct tar *tar, const char *text);
	void (*on_exit)(struct tar *tar);
	void *owner;
	/* inside */
	const char *argv[TAR_ARGS_MAX];
	char dir[256];
	char held[CHILD_LINE_MAX]; /* beginning of a message that a reply was written into */
	char previous[CHILD_LINE_MAX];
	unsigned repeats, passed, suppressed;
	bool replied; /* the line before was a reply */
};

struct tar_spec {
	const char *program; /* path of the tar */
	enum tar_flavour flavour;
	unsigned needs;
	const char *dir;	/* where to extract */
	int archive;		/* descriptor of the tar stream, borrowed until tar_start returns */
	bool no_safety_net;	/* for tests: leave SIGUSR1 at its default before exec, so that
			       only the confirmation protects */
	const char *const *env; /* for tests: more environment, up to CHILD_ENV_MAX - 1; NULL */
	/* What else it says, whole and sanitised. Beyond TAR_MESSAGE_MAX messages, or where it repeats
	 * itself, they are only counted, and the number is told with its end. May be NULL. Not the
	 * place for tar_finish. */
	void (*on_message)(struct tar *tar, const char *text);
	void (*on_exit)(struct tar *tar);
	void *owner;
};

/* A tar that is not running; tar_finish may be called on it. */
void tar_init(struct tar *tar);

/* Starts it. 0 or -errno. Its end comes as on_exit; judge it with child_ok(&tar->child). */
_must_check_ int tar_start(
	struct tar *tar, int reactor, int proc_root, const struct tar_spec *spec);

/* Once a tick (1 to 5 Hz): confirms, and asks where that is safe and no answer is outstanding (or
 * the last one is TAR_LATE_MS late). Never blocks. May call on_exit (see child_poll). */
void tar_tick(struct tar *tar, uint64_t now_ms);
/* Kills what runs (child_finish): no callback comes after. */
void tar_finish(struct tar *tar);

#endif
