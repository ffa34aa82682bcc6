/* SPDX-License-Identifier: MIT */
/*
 * prober - one look at what is on one device (device/disk/probe), in a child with a deadline: reading a bad
 * card may take minutes in the kernel, where nothing can kill it. Then nobody waits for it any more.
 */
#ifndef CORE_DISKS_PROBER_H
#define CORE_DISKS_PROBER_H

#include "device/disk/disk.h"

#include <stdbool.h>

#define PROBER_MS 3000 /* after this a device is "not answering" */

struct prober;

/*
 * Starts a look at the device at @path. @answered is called once, from the reactor: with what is
 * there, with CONTENT_UNREADABLE where the child died, or at the deadline with CONTENT_SILENT. It
 * must not free the prober. NULL where no child can be made.
 */
struct prober *prober_start(int reactor, const char *path,
	void (*answered)(void *owner, struct prober *prober, const struct disk_content *content),
	void *owner);
/* True once it has answered and its child has ended, which may be long after that: free it then. */
bool prober_is_done(struct prober *prober);
/* Has the child killed without waiting for its end; the answer will be that it died. */
void prober_kill(struct prober *prober);
void prober_free(struct prober *prober);

/* Seams for tests: the deadline, and the call that is made in the child. */
extern unsigned prober_ms;
extern void (*prober_call)(const char *path, struct disk_content *ret);

#endif
