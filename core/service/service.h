/* SPDX-License-Identifier: MIT */
/*
 * service - runs the engine as a process in its own session and mount namespace, with a socket
 * through which front ends view and control it. The engine survives its viewers and holds the
 * locks. It sends viewers one struct snapshot per message, and viewers send commands of one byte. A
 * slow viewer skips snapshots and gets the latest.
 */
#ifndef CORE_SERVICE_SERVICE_H
#define CORE_SERVICE_SERVICE_H

#include "core/install/install.h"
#include "device/base/util.h"

#define SERVICE_DIR	"/run/boardstrap"
#define SERVICE_SOCKET	".sock" /* suffix of an engine's socket, see run_state_path */
#define SERVICE_JOURNAL SERVICE_DIR "/settings" /* the settings journal of all processes */
#define SERVICE_PROCESS "boardstrap-eng"	/* the name of an engine's process */

enum service_command { SERVICE_CANCEL = 'c' };

/*
 * Forks an engine for @plan and starts it; if the plan is not complete, @manifest is NULL, and the
 * engine scans the archive. The caller becomes its first viewer and may send commands. *ret_fd is a
 * SOCK_SEQPACKET descriptor, non-blocking, close-on-exec, owned by the caller. @plan and @manifest
 * are needed only for the call: the engine is a fork. Returns 0 or
 * -errno; -EAGAIN if the engine cannot be forked.
 */
_must_check_ int service_start(
	const struct plan *plan, const struct manifest *manifest, int *ret_fd);

/* Connects to the running engine of target @name ("mmcblk1"), or with NULL to the only one. Returns
 * a descriptor that the caller owns; -ENOENT if no engine runs, -E2BIG if several match, -EACCES
 * without the rights for SERVICE_DIR, or -errno. The viewer may send commands if no other connected
 * viewer may. */
_must_check_ int service_connect(const char *name);

/* Reads the latest snapshot. Returns 1 with @ret set, 0 if there is no new one, -EPIPE if the
 * engine is gone, -EPROTO if it is of another version. */
_must_check_ int service_receive(int fd, struct snapshot *ret);
/* Reads the plan of the install that @seen belongs to, once it is planned. Returns 0, -ENOENT if it
 * is not there any more, or -errno. */
_must_check_ int service_plan(const struct snapshot *seen, struct plan_report *ret);
/* Returns the sentence for EXIT_DETACHED: why the install cannot be shown if @error is -EPROTO,
 * else how to show it again. The string is static. */
const char *service_detached_text(int error);
/* Sends @command. Returns 0 or -errno. The engine ignores viewers that may not send commands. */
_must_check_ int service_send(int fd, enum service_command command);

/* Restores settings that a killed boardstrap left changed. Call it at program start; the service
 * calls it when an engine starts or is found dead. Needs root; without it, or with nothing to
 * restore, it does nothing. */
void service_put_back(void);

/* Fills in owner->step if the process is an engine; for the owner of a target's lock. */
void service_describe_owner(struct lock_owner *owner);

/*
 * Reads the run state of the last engine of target @name, or with NULL of the last of all. Try
 * service_connect first: a state without an end is returned as that of a killed engine. Returns 0,
 * -ENOENT, -EPROTO if another version wrote it, or -errno.
 */
_must_check_ int service_last(const char *name, struct snapshot *ret);
/* Determines the end of the install that @seen belongs to, once its engine is gone: for a viewer
 * that missed the final snapshot, or whose engine was killed. @ret may be @seen. */
void service_result(const struct snapshot *seen, struct snapshot *ret);

#endif
