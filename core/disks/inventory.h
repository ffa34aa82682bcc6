/* SPDX-License-Identifier: MIT */
/*
 * inventory - the live list of disks: scan and rules at once, contents as the probes answer, each in a
 * child of its own with a deadline (prober.h), so that one bad card never holds up the list. It may
 * follow what is plugged in and out by itself.
 */
#ifndef CORE_DISKS_INVENTORY_H
#define CORE_DISKS_INVENTORY_H

#include "core/disks/judge.h"
#include "core/disks/prober.h"
#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>

struct inventory;

/* For tests; what is 0 is as usual. */
struct inventory_options {
	struct prober_options prober;
	int (*uevents)(void); /* the socket of the kernel's events, or -errno: uevent_open */
};

/* @root: sysfs root fd, borrowed. With @probe false (a recorded machine) no device is opened and the
 * content stays CONTENT_PENDING. @options is borrowed; NULL: as usual. NULL and errno on failure. */
struct inventory *inventory_new(
	int reactor, int root, bool probe, const struct inventory_options *options);
void inventory_free(struct inventory *inventory);

/* The job that the disks are judged for from now on; paths are copied, their "what" is borrowed.
 * Judges the list again at once. */
void inventory_set_job(struct inventory *inventory, const struct judge_job *job);

/* Reads sysfs again. Disks that are the same as before keep their content unless @reprobe; new ones
 * are probed. 0 or -errno. */
_must_check_ int inventory_refresh(struct inventory *inventory, bool reprobe);

/*
 * From now on the list is refreshed by the reactor: at once, then when the kernel tells of a disk, and
 * once a second in any case. Only what the kernel tells of is probed again. 0 or -errno; without
 * the kernel's events it works all the same.
 */
_must_check_ int inventory_watch(struct inventory *inventory);
/* Until now. Nothing happens where it is not watched. */
void inventory_unwatch(struct inventory *inventory);

size_t inventory_count(const struct inventory *inventory);
/* Borrowed: valid until the next refresh or dispatch. NULL beyond the end. */
const struct disk *inventory_disk(const struct inventory *inventory, size_t index);
/* True once every probe has answered or passed its deadline. */
bool inventory_is_settled(const struct inventory *inventory);
/* Grows with every change of the list or of a row: redraw when it has. */
unsigned inventory_generation(const struct inventory *inventory);

#endif
