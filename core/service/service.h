/* SPDX-License-Identifier: MIT */
/*
 * service - the engine as a process of its own, in its own session and mount namespace, and the
 * socket by which front ends view and command it. The engine lives on when its viewers die; it
 * holds the locks. Messages are one struct snapshot each (engine to viewer) and one byte (viewer
 * to engine). A slow viewer gets the latest snapshot, never a queue.
 */
#ifndef CORE_SERVICE_SERVICE_H
#define CORE_SERVICE_SERVICE_H

#include "core/install/install.h"
#include "device/base/util.h"

#define SERVICE_DIR    "/run/boardstrap"
#define SERVICE_SOCKET ".sock" /* of the file where an engine listens, see run_state_path */
#define SERVICE_KNOBS  SERVICE_DIR "/knobs" /* the journal of all our processes (settings.h) */

enum service_command { SERVICE_CANCEL = 'c' };

/*
 * Forks an engine for @plan and starts it. The caller becomes its first viewer and the one that may
 * command: *ret_fd is a SOCK_SEQPACKET descriptor, non-blocking, close-on-exec. 0 or -errno.
 */
_must_check_ int service_start(
	const struct plan *plan, const struct manifest *manifest, int *ret_fd);

/* Connects to a running engine: of target @name ("mmcblk1"), or with NULL to the only one.
 * fd; -ENOENT where none runs, -E2BIG where several do and @name is NULL, or -errno. The first
 * viewer that connects while no other may command may; the others watch. */
_must_check_ int service_connect(const char *name);

/* Takes the latest snapshot that has arrived. 1: @ret is new, 0: nothing new, -EPIPE: the engine
 * has gone, -EPROTO: an engine of another version. */
_must_check_ int service_receive(int fd, struct snapshot *ret);
/* Asks. 0 or -errno; a viewer that may only watch is ignored. */
_must_check_ int service_send(int fd, enum service_command command);

/* Puts back the settings of the machine that processes of ours have left changed when they were killed:
 * for the start of a program of ours, and done here wherever an engine starts or is seen to have died. Needs
 * root; without it, or where there is nothing to do, nothing happens. */
void service_put_back(void);

/*
 * What the last engine of target @name, or with NULL the last of all, has left behind. Always one that
 * has ended: an engine that was killed leaves one that says so. Ask service_connect first, since one
 * that runs is told as killed here. 0, -ENOENT, or -errno.
 */
_must_check_ int service_last(const char *name, struct snapshot *ret);
/* How the install that @seen is of has ended, once its engine has gone: for a viewer that was too slow
 * for the last word, or that the engine left without one. @ret may be @seen. */
void service_result(const struct snapshot *seen, struct snapshot *ret);

#endif
