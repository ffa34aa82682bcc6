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

#include "core/process/reactor.h"
#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct child;

/* One message of a work child; smaller than PIPE_BUF, so it arrives whole. */
struct child_report {
	uint64_t done, total; /* bytes or entries, as the work defines */
	int32_t error;	      /* -errno of a failure, else 0 */
	char text[236];	      /* the sentence of a failure, or a note */
};

struct child_spec {
	const char *name; /* for messages: "mkfs.ext4" */
	/* A program: searched in CHILD_PATH where it has no slash. argv[0] need not be its name. */
	const char *program;
	const char *const *argv;
	/* More "NAME=value"s on top of PATH and LC_ALL=C; may be NULL. A NAME given here replaces
	 * the default. Nothing else is inherited. Up to CHILD_ENV_MAX. */
	const char *const *env;
	/* Or work of our own: runs in a forked child, returns 0 or -errno; reports with
	 * child_report_send. Its return value is the last report's error where it sent none. */
	int (*work)(void *arg, int report_fd);
	void *arg;
	/* Of a work child: the only descriptors (3 and up) that it keeps, ended by -1. NULL: all. */
	const int *keep_fds;
	int in, out;	    /* descriptors for stdin and stdout, borrowed; -1: /dev/null */
	bool out_lines;	    /* stdout goes to on_line together with stderr */
	bool no_safety_net; /* for tests: SIGUSR1 is not ignored but at its default, which kills */
	void (*on_started)(struct child *child); /* exec has happened (program only) */
	/* A line of its stderr, not empty: ended by \n or \r, which is cut off; raw bytes (NUL is
	 * given as '?'), what is beyond CHILD_LINE_MAX - 1 is dropped. */
	void (*on_line)(struct child *child, char *line);
	void (*on_report)(struct child *child, const struct child_report *report);
	/* Ended, reaped, its output drained. See child_ok and child_why. May free the child. */
	void (*on_exit)(struct child *child);
	void *owner; /* for the callbacks */
};

#define CHILD_PATH     "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define CHILD_LINE_MAX 512
#define CHILD_ENV_MAX  16

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

/* In a work child: sends one report to the parent. */
void child_report_send(int report_fd, uint64_t done, uint64_t total);
/* In a work child: sends the sentence of a failure and returns @error, for `return`. */
int child_report_fail(int report_fd, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Path of @program in CHILD_PATH (or itself where it has a slash), executable. 0 or -ENOENT. */
_must_check_ int child_find_program(const char *program, char *ret, size_t size);

#endif
