/* SPDX-License-Identifier: MIT */
/* child_run - runs one child and waits for it, for code that may block: a work child, or a short
 * question. */
#ifndef CORE_PROCESS_CHILD_RUN_H
#define CORE_PROCESS_CHILD_RUN_H

#include "core/process/child.h"

/*
 * Starts @spec, whose on_exit is not used, and waits until it has ended, at most @limit_ms; then it
 * is killed. Returns 0 if it succeeded. Otherwise @why (of @size, may be NULL) has the reason, as
 * child_why has it, and the value is -errno of a failed exec, -ETIMEDOUT, -ECHILD if it ended with a
 * failure, or -errno if it could not be started.
 */
_must_check_ int child_run(
	const struct child_spec *spec, uint64_t limit_ms, char *why, size_t size);
/* The same, but asks @stops(@arg) about every 20 ms: if it returns true, the child is killed, and the
 * value is -ECANCELED. */
_must_check_ int child_run_until(const struct child_spec *spec, uint64_t limit_ms,
	bool (*stops)(void *arg), void *arg, char *why, size_t size);

#endif
