/* SPDX-License-Identifier: MIT */
/*
 * child_exec - the code that a child runs between fork and exec. Only async-signal-safe calls are
 * allowed there, so everything is prepared before the fork. Only child.c includes this header.
 */
#ifndef CORE_PROCESS_CHILD_EXEC_H
#define CORE_PROCESS_CHILD_EXEC_H

#include "core/process/child_spec.h"
#include "device/base/util.h"

#include <limits.h>
#include <sys/types.h>

struct child_exec {
	const struct child_spec *spec;
	char path[PATH_MAX]; /* the program; "" makes exec fail with ENOENT */
	const char *env[CHILD_ENV_MAX + 3];
	int in, out, err, report;
	pid_t parent; /* the forking process */
};

/* Fills env with the two defaults and the strings of the spec, which may replace them. 0, or -E2BIG
 * if the spec has more than CHILD_ENV_MAX. */
_must_check_ int child_exec_env(struct child_exec *exec);

/*
 * Forks. The child runs the program or work of the spec and never returns. For a program, the
 * report pipe receives the errno (int) of a failed exec and is closed by a successful one; for
 * work, it carries the reports. 0 or -errno.
 */
_must_check_ int child_exec_fork(const struct child_exec *exec, pid_t *ret_pid);

#endif
