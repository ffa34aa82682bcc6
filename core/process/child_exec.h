/* SPDX-License-Identifier: MIT */
/*
 * child_exec - the child's side of child: what happens between fork and exec, where only calls that are
 * async-signal-safe are allowed, so that all it needs is made ready before. Only child.c includes it.
 */
#ifndef CORE_PROCESS_CHILD_EXEC_H
#define CORE_PROCESS_CHILD_EXEC_H

#include "core/process/child_spec.h"
#include "device/base/util.h"

#include <limits.h>
#include <sys/types.h>

struct child_exec {
	const struct child_spec *spec;
	char path[PATH_MAX]; /* of the program; "" fails with ENOENT */
	const char *env[CHILD_ENV_MAX + 3];
	int in, out, err, report;
	pid_t parent; /* who forks */
};

/* Makes the whole environment: the two defaults, and what the spec adds or replaces. 0 or -E2BIG. */
_must_check_ int child_exec_env(struct child_exec *launch);

/*
 * Forks; the child becomes what the spec says and never returns. Of a program @report gets the errno
 * of a failed exec, and is closed by one that succeeds; of work it gets the reports. 0 or -errno.
 */
_must_check_ int child_exec_fork(const struct child_exec *launch, pid_t *ret_pid);

#endif
