/* SPDX-License-Identifier: MIT */
/*
 * inuse - the facts: which disks are in use, and by what. inuse_load.h collects them, rules.h judges by
 * them. They explain a refusal; O_EXCL has the last word (target.h).
 */
#ifndef DEVICE_USAGE_INUSE_H
#define DEVICE_USAGE_INUSE_H

#include "device/base/util.h"
#include "device/disk/disk.h"
#include "device/usage/cmdline.h"
#include "device/usage/multipath.h"

struct inuse_fact {
	char disk[32]; /* kernel name of the whole disk; "" where it is about a file */
	uint64_t file_dev, file_ino; /* that an image must not be, else 0 */
	enum reason_code code;
	char text[96]; /* the phrase for the operator, sanitised */
};

struct inuse_boot {
	struct cmdline_device name;
	bool found; /* on a disk whose content is known by now */
};

struct inuse {
	struct inuse_fact *facts; /* owned; each says something that no other says */
	size_t count;
	/* A critical mount (/, /usr, /boot, ...) could not be followed to its disks: an overlay whose
	 * layers are out of sight (a container), a filesystem that nobody here knows. What lies in
	 * memory or on the network is no such case: it is on no disk. */
	bool unresolved;
	/* No disk was found below "/": it lies in memory (a loop over a file in tmpfs and zram among
	 * it), on the network or out of sight. Then the kernel command line is all that tells which
	 * medium the machine was started from. (Else it is not asked: a disk that was cloned has
	 * the same UUIDs.) */
	bool rootless;
	/* What it names beside the disks that were found: UUIDs and labels, which inuse_add_content
	 * has to find, nodes that are not there, and what nobody can tell. Empty unless rootless;
	 * owned. */
	struct inuse_boot *boot;
	size_t boot_count;
	struct multipath multipath; /* a fact about one is a fact about the other */
};

/* Releases what it holds, and leaves it empty. */
void inuse_finish(struct inuse *inuse);

/* Adds a fact unless it is there. 0 or -ENOMEM. */
_must_check_ int inuse_add(struct inuse *inuse, const struct inuse_fact *fact);
/* The same for a disk, with a formatted phrase, which is sanitised. */
_must_check_ int inuse_add_fact(struct inuse *inuse, const char *disk, enum reason_code code,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
/* True where there is any fact about the disk. */
bool inuse_knows(const struct inuse *inuse, const char *disk);

/* Looks for what the kernel command line names in what is known of @disk's content: a match is a
 * REASON_SYSTEM. Call it for every disk, and again when its content becomes known. 0 or -errno. */
_must_check_ int inuse_add_content(struct inuse *inuse, const struct disk *disk);

#endif
