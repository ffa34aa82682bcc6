/* SPDX-License-Identifier: MIT */
/* uevent - decides when to scan the disks again: once a second, or sooner if a uevent of the
 * kernel reports a change. Events may be lost, and a container gets none, so they only bring the
 * next scan forward and mark the disks whose content may have changed. */
#ifndef DEVICE_DISK_UEVENT_H
#define DEVICE_DISK_UEVENT_H

#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct settings_journal;

#define UEVENT_QUIET_MS 200  /* a card causes a dozen events: wait until they end, */
#define UEVENT_MOST_MS	1000 /* but at most this long */
#define UEVENT_POLL_MS	1000 /* scan interval without events */

enum uevent_action {
	UEVENT_ADD,
	UEVENT_REMOVE,
	UEVENT_CHANGE,
	UEVENT_OTHER, /* move, bind, online, ... */
};

/* One uevent of a block device. */
struct uevent {
	enum uevent_action action;
	char disk[32]; /* kernel name of the whole disk, also for a partition */
	bool partition;
};

/* Parses one message of the kernel: "add@/devices/...", then "KEY=value" strings, each terminated
 * by a NUL. True if it is complete and about a block device. Pure; @message need not end in a
 * NUL. */
bool uevent_parse(const char *message, size_t size, struct uevent *ret);

#define UEVENT_DISKS_MAX 16

struct uevent_watch {
	int fd; /* borrowed, from uevent_open; -1: no events, only the interval */
	uint64_t first_ms, last_ms; /* of the events since the last scan; 0: none */
	uint64_t scanned_ms;
	/* Disks whose content may have changed. */
	bool all; /* every disk: disks[] is full, or events were lost */
	size_t count;
	char disks[UEVENT_DISKS_MAX][32];
};

/* Opens a socket for the kernel's uevents: fd, non-blocking and close-on-exec, or -errno. */
_must_check_ int uevent_open(void);

/* Initialises @watch as after a scan at @now_ms, with @fd of uevent_open or -1. */
void uevent_watch_init(struct uevent_watch *watch, int fd, uint64_t now_ms);

/* Receives all pending datagrams. Drops those of other processes: only the kernel has the netlink
 * address 0. (Sockets of another family, as in tests, have no such addresses.) 0, -EPIPE if the
 * socket has ended and must not be polled any more, or another -errno. */
_must_check_ int uevent_watch_receive(struct uevent_watch *watch, uint64_t now_ms);
/* Records one event; for uevent_watch_receive. */
void uevent_watch_note(struct uevent_watch *watch, const struct uevent *event, uint64_t now_ms);

/* Milliseconds until the next scan is due; 0: now. */
unsigned uevent_watch_wait_ms(const struct uevent_watch *watch, uint64_t now_ms);
/* True if the current scan should probe the content of @disk again. */
bool uevent_watch_has_changed(const struct uevent_watch *watch, const char *disk);
/* Call it after each scan, whatever the cause. Clears the recorded events. */
void uevent_watch_scanned(struct uevent_watch *watch, uint64_t now_ms);

/* Makes the kernel poll USB card readers, which do not report cards by themselves, every two
 * seconds. udev sets that; without udev nobody does. Does nothing if polling is already on.
 * Undone by settings_restore. 0, -ENOENT if the kernel does not have the setting, or -errno. */
_must_check_ int uevent_poll_media(struct settings_journal *journal);

#endif
