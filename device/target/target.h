/* SPDX-License-Identifier: MIT */
/*
 * target - the disk of one job, opened and locked, held until the job ends. Holding a descriptor
 * keeps the kernel from giving its major:minor to another card, and every child is given a private
 * node made from that number, never a /dev name (device.md 3.4). An image is attached to a loop
 * device here.
 */
#ifndef DEVICE_TARGET_TARGET_H
#define DEVICE_TARGET_TARGET_H

#include "device/base/util.h"
#include "device/disk/disk.h"
#include "device/layout/layout.h"

struct target {
	struct disk disk; /* as picked; for an image, name and id of its loop device */
	char dir[128];	  /* the job's private directory: nodes "disk", "p1", ... */
	int root;	  /* borrowed: sysfs root */
	int id_fd;	  /* O_RDONLY on the whole disk, flock()ed, for the whole job */
	int excl_fd;	  /* O_RDWR|O_EXCL, or -1 while released for mkfs and mount */
	int loop_fd;	  /* of an image, else -1 */
	int image_fd;	  /* of an image, or the file behind a loop device, for its lock; or -1 */
	int partition_fds[LAYOUT_PARTITIONS_MAX]; /* O_RDONLY, held until the commit, or -1 */
	bool taken;				  /* it was open for writing at some time */
	int boot_fds[2]; /* O_RDWR|O_EXCL on an eMMC's boot areas while they are written, or -1 */
};

/* An empty target: every descriptor -1. */
void target_init(struct target *target);

/*
 * Opens the disk that was picked: attaches an image, opens the identity fd, makes the private node
 * in @dir. Compares identities: -ESTALE where it is not the disk that was picked any more, with
 * the phrase in @diag. Nothing is written; an image that can only be read is attached read-only.
 * 0 or -errno with @diag.
 */
_must_check_ int target_open(struct target *target, int root, const struct disk *picked,
	const char *dir, struct diag *diag);
/*
 * flock(LOCK_EX|LOCK_NB) on the disk (and the image). -EWOULDBLOCK where another holds it; udev does
 * for a moment, so try again for some seconds. The lock is taken on the /dev node that everybody
 * locks: flock is the node's, not the device's, and a private node would lock out nobody.
 */
_must_check_ int target_try_lock(struct target *target);
/* Takes or gives back O_RDWR|O_EXCL. -EBUSY where somebody uses the disk, -EROFS where it cannot
 * be written; compares the identity again (-ESTALE), which is all where it is held already: a card
 * may be another one in the same reader. */
_must_check_ int target_take_exclusive(struct target *target, struct diag *diag);
void target_release_exclusive(struct target *target);

/* After ptable_announce: opens partition @number (1..) read-only and makes its node. */
_must_check_ int target_open_partition(struct target *target, unsigned number, struct diag *diag);
/* Closes all of them: while one is open, the kernel cannot read the table again. */
void target_close_partitions(struct target *target);
#define TARGET_NODE_MAX 160
/* Path of the private node of the disk (0) or a partition. */
void target_node(const struct target *target, unsigned number, char ret[TARGET_NODE_MAX]);

/*
 * Opens boot area @index (0, 1) as target->boot_fds[index] and makes its private node: O_EXCL on the
 * disk does not cover its areas, they are disks of their own. Lift its write protection first
 * (bootarea.h). Compares the disk's identity again. -ENOENT where the disk has none, -EROFS where it
 * cannot be written, -EBUSY, -ESTALE, with @diag. Nothing happens where it is open already.
 */
_must_check_ int target_open_boot(struct target *target, unsigned index, struct diag *diag);
/* Closes both. */
void target_close_boot(struct target *target);

/* True where the disk has gone: its held descriptor says BLKGETSIZE64 0. One that was never opened
 * has not gone. */
bool target_is_gone(const struct target *target);

/*
 * Lets go of everything. With @forget the kernel's partitions are removed first (a failed job), as
 * they always are of an image: a loop device would hand them to the next one. A disk that was open
 * for writing is then looked at again by udev (partitions_trigger). Safe on a half-opened target.
 */
void target_close(struct target *target, bool forget);

#endif
