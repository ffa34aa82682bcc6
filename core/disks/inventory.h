/* SPDX-License-Identifier: MIT */
/*
 * inventory - the live list of disks. Scan and rules give results at once; contents follow as the
 * probes answer, each in its own child with a deadline (prober.h), so that one bad card never
 * delays the list. The inventory can follow hotplug events by itself.
 */
#ifndef CORE_DISKS_INVENTORY_H
#define CORE_DISKS_INVENTORY_H

#include "core/disks/judge.h"
#include "core/disks/prober.h"
#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>

struct inventory;

/* For tests; 0 or NULL selects the default. */
struct inventory_options {
	struct prober_options prober;
	/* Opens the uevent socket: a descriptor or -errno. Default: uevent_open. */
	int (*uevents)(void);
};

/* Makes an empty inventory. @reactor and @root, a directory descriptor of the root for sysfs, are
 * borrowed. With @probe false (a recorded machine) no device is opened and contents stay
 * CONTENT_PENDING. @options is borrowed until inventory_free; NULL: defaults.
 * Returns NULL with errno on failure. */
struct inventory *inventory_new(
	int reactor, int root, bool probe, const struct inventory_options *options);
void inventory_free(struct inventory *inventory);

/* Sets the job that disks are judged for and judges the list again. Paths are copied; the "what" of
 * each file is borrowed. */
void inventory_set_job(struct inventory *inventory, const struct judge_job *job);

/* Reads sysfs again. Known disks keep their content unless @reprobe; new ones are probed. Returns
 * 0, or -errno with the list unchanged. */
_must_check_ int inventory_refresh(struct inventory *inventory, bool reprobe);

/*
 * Lets the reactor refresh the list: at once, after each uevent of a disk, and otherwise
 * once a second. Only disks with a uevent are probed again. Returns 0 or -errno; without uevents
 * the refresh once a second remains. Calling it twice is harmless.
 */
_must_check_ int inventory_watch(struct inventory *inventory);
/* Ends inventory_watch. Harmless if the list is not watched. */
void inventory_unwatch(struct inventory *inventory);

size_t inventory_count(const struct inventory *inventory);
/* Borrowed, valid until the next refresh or dispatch. NULL if @index is too large. */
const struct disk *inventory_disk(const struct inventory *inventory, size_t index);
/* Returns true once every probe has answered or passed its deadline. */
bool inventory_is_settled(const struct inventory *inventory);
/* Returns a number that grows with every change of the list or of a row; redraw after a change. */
unsigned inventory_generation(const struct inventory *inventory);

#endif
