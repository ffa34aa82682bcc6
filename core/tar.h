/* SPDX-License-Identifier: MIT */
/*
 * tar - the system's tar in a session of its own, and the protocol that asks it for its byte count
 * without ever killing it: SIGUSR1 is sent only once the handler is confirmed (sigcgt.h), to tar's
 * own process only, one outstanding at a time. A tar that never confirms is never signalled.
 */
#ifndef CORE_TAR_H
#define CORE_TAR_H

#include "core/child.h"

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
/* Runs `program --version` (blocking, at most 2 s; with argv[0] "tar" so that a multi-call binary
 * knows its name) and tells the flavour; @version gets the line. 0 or -errno. */
int tar_identify(const char *program, enum tar_flavour *ret, char *version, size_t size);

#define TAR_ARGS_MAX 24

/* Pure: the argv that extracts standard input below @dir. Returns the count; NULL-terminated. */
size_t tar_argv(enum tar_flavour flavour, unsigned needs, const char *dir,
	const char *ret_argv[TAR_ARGS_MAX]);

struct tar_counts {
	int32_t pid;
	bool confirmed;      /* its handler was seen, and is caught */
	uint32_t signals;    /* sent */
	uint32_t replies;    /* parsed */
	uint64_t bytes;      /* of the tar stream, monotone */
};

struct tar {
	struct child child;
	int proc_root;             /* fd on the root that has proc/, borrowed */
	struct tar_counts counts;
	uint64_t asked_ms;         /* when the outstanding signal was sent, 0: none */
	void (*on_message)(struct tar *tar, const char *text); /* any other line, sanitised */
	void (*on_exit)(struct tar *tar);
	void *owner;
};

struct tar_spec {
	const char *program;       /* path of the tar */
	enum tar_flavour flavour;
	unsigned needs;
	const char *dir;           /* where to extract */
	int archive;               /* descriptor of the tar stream */
	bool no_safety_net;        /* for tests: leave SIGUSR1 at its default before exec, so that
				      only the confirmation protects */
	void (*on_message)(struct tar *tar, const char *text);
	void (*on_exit)(struct tar *tar);
	void *owner;
};

/* Starts it. 0 or -errno. Its end comes as on_exit; judge it with child_ok(&tar->child). */
int tar_start(struct tar *tar, int reactor, int proc_root, const struct tar_spec *spec);

/* Once a tick (1 to 5 Hz): confirms, and asks where that is safe and no answer is outstanding (or
 * the last one is 2 s late). Never blocks. */
void tar_tick(struct tar *tar, uint64_t now_ms);
void tar_finish(struct tar *tar);

#endif
