/* SPDX-License-Identifier: MIT */
/*
 * launch - the child's side of child: what happens between fork and exec, where only calls that are
 * async-signal-safe are allowed, so that all it needs is made ready before. Only child.c includes it.
 */
#ifndef CORE_LAUNCH_H
#define CORE_LAUNCH_H

#include "core/child.h"

#include <limits.h>
#include <sys/types.h>

struct launch {
	const struct child_spec *spec;
	char path[PATH_MAX]; /* of the program; "" fails with ENOENT */
	const char *env[CHILD_ENV_MAX + 3];
	int in, out, err, report;
	pid_t parent; /* who forks */
};

/* Makes the whole environment: the two defaults, and what the spec adds or replaces. 0 or -E2BIG. */
int launch_env(struct launch *launch);

/*
 * Forks; the child becomes what the spec says and never returns. Of a program @report gets the errno
 * of a failed exec, and is closed by one that succeeds; of work it gets the reports. 0 or -errno.
 */
int launch_fork(const struct launch *launch, pid_t *ret_pid);

#endif
