/* SPDX-License-Identifier: MIT */
/*
 * lock - finds the process that holds a file or a device with flock(2). Installers, partitioners and
 * boardstrap lock a disk exclusively while they write to it; udev and blkid share a lock while they
 * read it.
 */
#ifndef DEVICE_DISK_LOCK_H
#define DEVICE_DISK_LOCK_H

#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lock_owner {
	bool shared;	 /* by a reader: for a moment */
	int pid;	 /* 0: not visible from this PID namespace */
	char name[16];	 /* of the process, sanitised; "" if unknown */
	int64_t since_s; /* start of the process, in seconds since 1970; 0 if unknown */
	char step[16];	 /* of an install, if the caller of lock_find knows; else "" */
};

/* Finds who has locked the file open at @fd, on which the caller has no lock: reads proc below
 * @root, where an exclusive lock counts before a shared one. */
void lock_find(int root, int fd, struct lock_owner *ret);

#define LOCK_TEXT_MAX 128
/* Writes who it is, for "is read by ...": "another install (process 812, since 14:02:10, now at
 * extract)". */
void lock_text(const struct lock_owner *owner, char ret[LOCK_TEXT_MAX]);
/* Writes that @target is locked, by whom, and what to do: two sentences, without the last full stop. */
void lock_sentence(const char *target, const struct lock_owner *owner, char *ret, size_t size);

#endif
