/* SPDX-License-Identifier: MIT */
/* inuse - the facts: which disks are in use, and by what. inuse_load collects them; rules_judge
 * uses them. They explain a refusal; the exclusive open of the target decides (device/target). */
#ifndef DEVICE_USAGE_INUSE_H
#define DEVICE_USAGE_INUSE_H

#include "device/base/util.h"
#include "device/disk/disk.h"
#include "device/usage/cmdline.h"
#include "device/usage/multipath.h"

struct inuse_fact {
	char disk[32]; /* kernel name of the whole disk; "" if the fact is about a file */
	uint64_t file_dev, file_ino; /* of a file that cannot be used as an image; else 0 */
	enum reason_code code;
	char text[96]; /* phrase for the operator, sanitised */
};

struct inuse_boot {
	struct cmdline_device name;
	bool found; /* on a disk whose content is known */
};

struct inuse {
	struct inuse_fact *facts; /* owned; without duplicates */
	size_t count;
	/* A critical mount (/, /usr, /boot, ...) could not be resolved to its disks: an overlay
	 * whose layers are not visible (in a container), or an unknown filesystem. Mounts in
	 * memory or on the network do not count: they have no disk. */
	bool unresolved;
	/* No mount of "/" is visible, as in a chroot with its own processes: nothing is known about the
	 * running system, not even that its disk could not be determined. */
	bool blind;
	/* A fact is missing for lack of memory or because a file of the job could not be followed to its
	 * disks: every disk may be the one in question, whatever its kind. */
	bool incomplete;
	/*
	 * No disk was found below "/": it is in memory (including zram, and a loop device on a
	 * file in tmpfs), on the network or not visible. Only then is the kernel command line
	 * read, as nothing else shows which medium the machine was started from. Otherwise it
	 * could match a cloned disk, which has the same UUIDs.
	 */
	bool rootless;
	/* Names in the kernel command line that were not found on a disk at once: UUIDs and
	 * labels, for inuse_add_content to find, missing nodes, and unknown forms. Empty unless
	 * rootless; owned. */
	struct inuse_boot *boot;
	size_t boot_count;
	struct multipath multipath; /* a fact about one path is a fact about the other */
};

/* Frees what @inuse owns and clears it. */
void inuse_finish(struct inuse *inuse);

/* Adds a fact unless it exists. 0 or -ENOMEM. */
_must_check_ int inuse_add(struct inuse *inuse, const struct inuse_fact *fact);
/* The same for a disk, with a formatted phrase, which is sanitised. */
_must_check_ int inuse_add_fact(struct inuse *inuse, const char *disk, enum reason_code code,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
/* True if there is any fact about the disk. */
bool inuse_knows(const struct inuse *inuse, const char *disk);

/* Adds a REASON_ROOT_NAMED fact for every name of the kernel command line that the content of @disk
 * has. Call it for every disk, and again when its content becomes known. 0 or -errno. */
_must_check_ int inuse_add_content(struct inuse *inuse, const struct disk *disk);

#endif
