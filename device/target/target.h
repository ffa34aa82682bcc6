/* SPDX-License-Identifier: MIT */
/*
 * target - opens and locks the disk of one job and holds it until the job ends. While a descriptor
 * is open, the kernel gives its major:minor to no other device; every child gets a private node
 * made from that number, never a /dev name. Images are attached to a loop device here.
 */
#ifndef DEVICE_TARGET_TARGET_H
#define DEVICE_TARGET_TARGET_H

#include "device/base/util.h"
#include "device/disk/disk.h"
#include "device/disk/lock.h"
#include "device/layout/layout.h"

struct target {
	struct disk disk; /* as picked; for an image: name and ID of its loop device */
	char dir[128];	  /* private directory of the job, with the nodes "disk", "p1", ... */
	int root;	  /* borrowed: sysfs root */
	int id_fd;	  /* O_RDONLY on the whole disk, flock()ed, open during the whole job */
	int excl_fd;	  /* O_RDWR|O_EXCL, or -1 while released for mkfs and mount */
	int loop_fd;	  /* of an image; or -1 */
	int image_fd;	  /* the image, or the file behind a loop device, for its lock; or -1 */
	int partition_fds
		[LAYOUT_PARTITIONS_MAX]; /* by number from 1; O_RDONLY, open until the commit; or -1 */
	bool taken;			 /* it was opened for writing */
	struct lock_owner owner;	 /* of its lock, after -EWOULDBLOCK */
	int boot_fds[2];		 /* O_RDWR|O_EXCL on the boot areas, or -1 while closed */
};

/* Initialises an empty target: all descriptors are -1. */
void target_init(struct target *target);

/* Returns true if a process has locked the disk, or the file behind it, exclusively, and finds the
 * process. Readers do not count: they hold a lock only for a moment. */
bool target_locked_by(int root, const struct disk *disk, struct lock_owner *ret);

/*
 * Opens the picked disk: locks and attaches an image, creates the private node in @dir, opens the
 * identity descriptor, and compares the identity. An image without write permission is attached
 * read-only. Nothing is written. Returns 0, or -errno with the reason in @diag; -ESTALE if it was
 * removed or is no longer the picked disk, -EWOULDBLOCK if another program has locked the image
 * (target->owner). On failure the target is closed.
 */
_must_check_ int target_open(struct target *target, int root, const struct disk *picked,
	const char *dir, struct diag *diag);
/*
 * Locks the disk, and the image, with flock(LOCK_EX|LOCK_NB). The lock is on the node in /dev,
 * since flock belongs to the node and not to the device: nobody else would see a lock on a private
 * node. Returns 0 or -errno; -EWOULDBLOCK if another program holds a lock (target->owner), as udev
 * does for a moment.
 */
_must_check_ int target_try_lock(struct target *target);
/* Opens the disk with O_RDWR|O_EXCL. Compares the identity again, even if the descriptor is open
 * already, because a reader may hold another card by now. Returns 0, or with the reason in @diag
 * -EBUSY if the disk is in use, -EROFS if it is write-protected, -ESTALE, or -errno. */
_must_check_ int target_take_exclusive(struct target *target, struct diag *diag);
/* Closes that descriptor. Does nothing if it is closed. */
void target_release_exclusive(struct target *target);

/* Opens partition @number (from 1) read-only and creates its node. Call ptable_announce first.
 * Returns 0, or -errno with the reason in @diag. */
_must_check_ int target_open_partition(struct target *target, unsigned number, struct diag *diag);
/* Closes all partitions: the kernel cannot read the table again while one is open. */
void target_close_partitions(struct target *target);
#define TARGET_NODE_MAX 160
/* Path of the private node of the disk (0) or of a partition (from 1). */
void target_node(const struct target *target, unsigned number, char ret[TARGET_NODE_MAX]);

/*
 * Opens boot area @index (0, 1) as target->boot_fds[index] and creates its private node. O_EXCL on
 * the disk does not cover its boot areas, which are disks of their own. Clear the write protection
 * first (emmc_unlock_boot_area). Compares the identity of the disk again. Does nothing if the area
 * is open already. Returns 0, or with the reason in @diag -ENOENT if the disk has no such area,
 * -EROFS if it is write-protected, -EBUSY, -ESTALE, or -errno.
 */
_must_check_ int target_open_boot(struct target *target, unsigned index, struct diag *diag);
/* Closes both boot areas and removes their nodes. */
void target_close_boot(struct target *target);

/* True if the disk was removed: BLKGETSIZE64 on the open descriptor returns 0. False if the disk
 * was never opened. */
bool target_is_gone(const struct target *target);

/*
 * Closes and unlocks everything. Removes the partitions from the kernel if @forget (a failed job),
 * and always for an image, whose loop device would pass them on to its next user. Then triggers
 * udev if a disk, not an image, was open for writing (partitions_trigger). Safe on a partly opened
 * target.
 */
void target_close(struct target *target, bool forget);

#endif
