/* SPDX-License-Identifier: MIT */
/*
 * child - starts and watches the child processes of boardstrap: programs (an argv array, never a
 * shell) and slow work in a forked copy of the parent. A child has its own session, default
 * signals (SIGUSR1 ignored), an empty signal mask, and /dev/null for a descriptor that is not
 * given. It dies with its parent (PR_SET_PDEATHSIG). Nothing but child_finish blocks: the reactor
 * calls the callbacks. A work child shares the mount namespace of its parent, which sees its
 * mounts.
 *
 * Descriptors: a program gets 0, 1 and 2, whatever else is open. A work child inherits all of its
 * parent's (see keep_fds), including both ends of every pipe. To connect two children by a pipe,
 * close each end in the parent right after the start of the child that uses it, and before any
 * other child is started; otherwise the reader never sees the end of file.
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
	int exec_error;		   /* errno of a failed exec or waitpid, else 0 */
	struct child_report last;  /* the last report of a work child */
	char tail[CHILD_LINE_MAX]; /* the last line of stderr, sanitised: the likely reason */
	/* private */
	int reactor;
	struct watch exit_watch, report_watch, err_watch; /* their descriptors are owned */
	char line[CHILD_LINE_MAX];
	size_t line_length;
};

/* Initialises a child that is not running. child_finish may be called on it. */
void child_init(struct child *child);

/*
 * Starts a child that @reactor watches. @spec is copied; the data it points to must live until
 * on_exit. 0, or -errno if a pipe or the fork failed, -E2BIG for too large an environment. A failed
 * exec calls on_exit with exec_error set.
 */
_must_check_ int child_start(struct child *child, int reactor, const struct child_spec *spec);

bool child_is_running(const struct child *child);
/* True if it exited with status 0 and, for work, reported no error. */
bool child_ok(const struct child *child);
/* Why it is not ok: "exit status 2: tar: short read", "killed by signal 9", "not found", ...; "" if
 * it is. */
void child_why(const struct child *child, char *ret, size_t size);

/* Checks whether the child has exited. Call it on a timer: a kernel without pidfd (before 5.3)
 * gives no event; on others it does no harm. Kills the processes that the child leaves in its
 * group. May call any callback, so the child may be freed on return. */
void child_poll(struct child *child);

/* Signals the child's whole process group (SIGTERM, SIGKILL). For SIGUSR1 use child_signal_one. */
void child_kill(struct child *child, int signal);
/* Signals only the child's own process, by pidfd if there is one. 0; -ESRCH if it is not
 * running; or -errno. */
_must_check_ int child_signal_one(struct child *child, int signal);

/*
 * Kills a running child with SIGKILL, reaps it and closes its descriptors; no callback follows.
 * Allowed in every state and in every callback. Waits at most one second: a process that is stuck
 * in the kernel on a bad device is reaped when another child is started or finished.
 */
void child_finish(struct child *child);

/* Finds the executable @program in CHILD_PATH, or as it is if it contains a slash. 0 or -ENOENT. */
_must_check_ int child_find_program(const char *program, char *ret, size_t size);

#endif
