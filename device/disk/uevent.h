/* SPDX-License-Identifier: MIT */
/*
 * uevent - when to look at the disks again: the kernel's uevents as a hint that something has been
 * plugged, a look once a second as the truth. Events may be lost, and a container gets none; so they
 * only make the next look come sooner, and tell whose content may be another now.
 */
#ifndef DEVICE_DISK_UEVENT_H
#define DEVICE_DISK_UEVENT_H

#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct settings_journal;

#define UEVENT_QUIET_MS 200  /* a card comes as a dozen events: wait for their end, */
#define UEVENT_MOST_MS	1000 /* but not for ever, */
#define UEVENT_POLL_MS	1000 /* and look that often without any */

enum uevent_action {
	UEVENT_ADD,
	UEVENT_REMOVE,
	UEVENT_CHANGE,
	UEVENT_OTHER, /* move, bind, online, ... */
};

/* One uevent of a block device. */
struct uevent {
	enum uevent_action action;
	char disk[32]; /* kernel name of the whole disk, also of a partition's event */
	bool partition;
};

/*
 * Reads one message of the kernel, "add@/devices/..." and then "KEY=value" strings, each ended by a
 * NUL. True where it is whole and about a block device. Pure; @message need not end in a NUL.
 */
bool uevent_parse(const char *message, size_t size, struct uevent *ret);

#define UEVENT_DISKS_MAX 16

struct uevent_watch {
	int fd;			    /* borrowed: of uevent_open, or -1: only once a second */
	uint64_t first_ms, last_ms; /* of the events since the last look; 0: there were none */
	uint64_t looked_ms;
	/* Disks whose content may be another now. */
	bool all; /* more than there is room for, or events were lost */
	size_t count;
	char disks[UEVENT_DISKS_MAX][32];
};

/* The kernel's uevents as a socket: fd, non-blocking and close-on-exec, or -errno. */
_must_check_ int uevent_open(void);

void uevent_watch_init(struct uevent_watch *watch, int fd, uint64_t now_ms);

/*
 * Takes all datagrams that have come. What another process has sent is thrown away: only the kernel
 * has the netlink address 0. (A socket of another family has no such addresses; tests use that.)
 * 0; -EPIPE where the socket has ended and must not be polled any more, or another -errno.
 */
_must_check_ int uevent_watch_receive(struct uevent_watch *watch, uint64_t now_ms);
/* Takes one event; for uevent_watch_receive. */
void uevent_watch_note(struct uevent_watch *watch, const struct uevent *event, uint64_t now_ms);

/* Milliseconds until the next look is due, 0: now. */
unsigned uevent_watch_wait_ms(const struct uevent_watch *watch, uint64_t now_ms);
/* Whether the content of @disk is to be read again with the look that is made now. */
bool uevent_watch_has_changed(const struct uevent_watch *watch, const char *disk);
/* Call it after each look, whatever made it. */
void uevent_watch_scanned(struct uevent_watch *watch, uint64_t now_ms);

/*
 * Has the kernel look for cards in USB readers, which tell nothing by themselves, every two seconds:
 * udev asks for that, and without udev nobody does. Nothing happens where somebody has asked already.
 * Undone by settings_restore. 0, -ENOENT on a kernel without the setting, or -errno.
 */
_must_check_ int uevent_poll_media(struct settings_journal *journal);

#endif
