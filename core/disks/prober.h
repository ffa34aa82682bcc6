/* SPDX-License-Identifier: MIT */
/*
 * prober - one probe of a device (device/disk/probe), in a child with a deadline: reading a bad
 * card may block in the kernel for minutes, where the child cannot be killed. After the deadline it
 * is no longer waited for.
 */
#ifndef CORE_DISKS_PROBER_H
#define CORE_DISKS_PROBER_H

#include "device/disk/disk.h"

#include <stdbool.h>

struct prober;

/* For tests; 0 or NULL selects the default. */
struct prober_options {
	unsigned deadline_ms; /* after this the device is "not answering"; default: 3000 */
	/* Runs in the child. Default: probe_content. */
	void (*probe)(const char *path, struct disk_content *ret);
};

/*
 * Starts a probe of the device at @path. @answered is called once, from the reactor: with the
 * content, with CONTENT_UNREADABLE if the child died, or with CONTENT_SILENT at the deadline. It
 * must not free the prober. @options is copied; NULL: defaults. Returns NULL if no child can be
 * started.
 */
struct prober *prober_start(int reactor, const char *path, const struct prober_options *options,
	void (*answered)(void *owner, struct prober *prober, const struct disk_content *content),
	void *owner);
/* Returns true once the prober has answered and its child has exited, which may be much later.
 * Free it then. */
bool prober_is_done(struct prober *prober);
/* Kills the child without waiting for its exit; the answer is then CONTENT_UNREADABLE. */
void prober_kill(struct prober *prober);
void prober_free(struct prober *prober);

#endif
