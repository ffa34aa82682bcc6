/* SPDX-License-Identifier: MIT */
/*
 * child - every process boardstrap starts, by one function: a program (argv array, never a shell)
 * or a piece of slow work of our own in a forked copy. Each has a session of its own, default
 * signals (SIGUSR1 ignored), an empty signal mask, /dev/null where no descriptor is given, and dies
 * with its parent (PR_SET_PDEATHSIG). Nothing here blocks: what happens is told by callbacks from
 * the reactor. Mounts made by a work child are seen by the parent: they share a namespace.
 *
 * Descriptors: a program gets 0, 1 and 2, whatever else is open. A work child has all of its
 * parent's (see keep_fds), and those include both ends of every pipe the parent holds: who makes a
 * pipe between two children closes his copies of its ends right after the start of the child they
 * are for, before any other child is started, or its reader never sees the end.
 */
#ifndef CORE_PROCESS_CHILD_H
#define CORE_PROCESS_CHILD_H

#include "core/process/child_report.h"
#include "core/process/child_spec.h"
#include "core/process/reactor.h"
#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CHILD_LINE_MAX 512

enum child_state { CHILD_NONE, CHILD_STARTING, CHILD_RUNNING, CHILD_ENDED };

struct child {
	struct child_spec spec;
	enum child_state state;
	pid_t pid;
	int status;		   /* of waitpid, once CHILD_ENDED */
	int exec_error;		   /* errno of exec, else 0 */
	struct child_report last;  /* the last report of a work child */
	char tail[CHILD_LINE_MAX]; /* its last line on stderr, sanitised: the likely reason */
	/* inside */
	int reactor;
	struct watch exit_watch, report_watch, err_watch; /* their descriptors are owned */
	char line[CHILD_LINE_MAX];
	size_t line_length;
};

/* A child that is not running; child_finish may be called on it. */
void child_init(struct child *child);

/*
 * Starts it, watched by @reactor. 0, or -errno (fork, pipe); a failed exec comes as on_exit with
 * exec_error set. @spec is copied, what it points to must live until on_exit.
 */
_must_check_ int child_start(struct child *child, int reactor, const struct child_spec *spec);

bool child_is_running(const struct child *child);
/* Ended by itself with exit status 0 and, of a work child, without an error. */
bool child_ok(const struct child *child);
/* Why it is not ok: "exit status 2: tar: short read", "killed by signal 9", "not found", ... */
void child_why(const struct child *child, char *ret, size_t size);

/* Looks for the end with waitpid where there is no pidfd (kernel < 5.3); harmless elsewhere. Call
 * it on a tick. What the child leaves behind in its group is killed with its end. */
void child_poll(struct child *child);

/* Signals the child's whole group (TERM, KILL). Never used for SIGUSR1: see child_signal_one. */
void child_kill(struct child *child, int signal);
/* Signals the child's own process only, by pidfd where there is one. 0 or -errno. */
_must_check_ int child_signal_one(struct child *child, int signal);

/*
 * Kills with SIGKILL what still runs, reaps it, closes everything; no callback comes after. Allowed
 * in every state and in every callback. Waits at most a second: a process that hangs in the kernel
 * on a bad device is left to die later, and reaped when other children start or finish.
 */
void child_finish(struct child *child);

/* Path of @program in CHILD_PATH (or itself where it has a slash), executable. 0 or -ENOENT. */
_must_check_ int child_find_program(const char *program, char *ret, size_t size);

#endif
