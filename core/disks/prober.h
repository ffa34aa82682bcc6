/* SPDX-License-Identifier: MIT */
/*
 * prober - one look at what is on one device (device/disk/probe), in a child with a deadline: reading a bad
 * card may take minutes in the kernel, where nothing can kill it. Then nobody waits for it any more.
 */
#ifndef CORE_DISKS_PROBER_H
#define CORE_DISKS_PROBER_H

#include "device/disk/disk.h"

#include <stdbool.h>

struct prober;

/* For tests; what is 0 is as usual. */
struct prober_options {
	unsigned deadline_ms; /* after this a device is "not answering": 3000 */
	void (*probe)(const char *path, struct disk_content *ret); /* in the child: probe_content */
};

/*
 * Starts a look at the device at @path. @answered is called once, from the reactor: with what is
 * there, with CONTENT_UNREADABLE where the child died, or at the deadline with CONTENT_SILENT. It
 * must not free the prober. @options is copied, NULL: as usual. NULL where no child can be made.
 */
struct prober *prober_start(int reactor, const char *path, const struct prober_options *options,
	void (*answered)(void *owner, struct prober *prober, const struct disk_content *content),
	void *owner);
/* True once it has answered and its child has ended, which may be long after that: free it then. */
bool prober_is_done(struct prober *prober);
/* Has the child killed without waiting for its end; the answer will be that it died. */
void prober_kill(struct prober *prober);
void prober_free(struct prober *prober);

#endif
