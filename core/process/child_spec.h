/* SPDX-License-Identifier: MIT */
/* child_spec - what a child process is to run, with which descriptors, and who hears of it. */
#ifndef CORE_PROCESS_CHILD_SPEC_H
#define CORE_PROCESS_CHILD_SPEC_H

#include <stdbool.h>

#define CHILD_PATH    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define CHILD_ENV_MAX 16

struct child;
struct child_report;

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

#endif
