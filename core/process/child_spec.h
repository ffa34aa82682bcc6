/* SPDX-License-Identifier: MIT */
/* child_spec - describes a child process: its program or work, its descriptors and its
 * callbacks. */
#ifndef CORE_PROCESS_CHILD_SPEC_H
#define CORE_PROCESS_CHILD_SPEC_H

#include <stdbool.h>

#define CHILD_PATH    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define CHILD_ENV_MAX 16

struct child;
struct child_report;

struct child_spec {
	const char *name; /* for messages: "mkfs.ext4" */
	/* The program, searched in CHILD_PATH unless it contains a slash. argv[0] may differ. */
	const char *program;
	const char *const *argv;
	/* "NAME=value" strings, at most CHILD_ENV_MAX; may be NULL. They are added to the defaults
	 * PATH=CHILD_PATH and LC_ALL=C, and may replace these. Nothing else is inherited. */
	const char *const *env;
	/* Instead of a program: a function that runs in a forked child, reports with
	 * child_report_send, and returns 0 or -errno. An error that it returns without having
	 * reported one is reported for it. */
	int (*work)(void *arg, int report_fd);
	void *arg;
	/* Work only: the descriptors from 3 up that stay open, ended by -1. NULL keeps all. */
	const int *keep_fds;
	int in, out;	    /* descriptors for stdin and stdout, borrowed; -1: /dev/null */
	bool out_lines;	    /* stdout goes to on_line together with stderr */
	bool no_safety_net; /* for tests: SIGUSR1 keeps its default action, which kills */
	void (*on_started)(struct child *child); /* exec succeeded (program only) */
	/* A line of stderr that is not empty, without its \n or \r. Raw bytes, except that NUL is
	 * replaced by '?'; cut after CHILD_LINE_MAX - 1 bytes. A line that the callback leaves empty
	 * does not become child->tail, the reason of a failure. */
	void (*on_line)(struct child *child, char *line);
	void (*on_report)(struct child *child, const struct child_report *report);
	/* The child has exited and is reaped, and its output is read. See child_ok and child_why.
	 * The callback may free the child. */
	void (*on_exit)(struct child *child);
	void *owner; /* for the callbacks */
};

#endif
