/* SPDX-License-Identifier: MIT */
/*
 * snapshot - an install at one moment, as one flat value: what the engine sends to every viewer,
 * and all that a screen, a --plain line, a --json object or `status` is made from.
 */
#ifndef CORE_INSTALL_SNAPSHOT_H
#define CORE_INSTALL_SNAPSHOT_H

#include "core/install/err.h"
#include "core/install/progress.h"
#include "core/install/steps.h"
#include "core/tar/tar.h"
#include "device/disk/disk.h"

#define SNAPSHOT_MAGIC	  0x62737470u /* "bstp" */
#define SNAPSHOT_VERSION  2u
#define SNAPSHOT_MESSAGES 8

enum install_state {
	INSTALL_RUNNING,
	INSTALL_CANCELLING, /* children are being ended */
	INSTALL_PASSED,	    /* verified, or not verified as was asked for: see exit_code */
	INSTALL_FAILED,
	INSTALL_CANCELLED,
};

struct snapshot_step {
	enum step_state state;
	uint64_t ms; /* how long it took, or takes so far */
};

struct snapshot_message {
	uint64_t number; /* 1, 2, ...: a viewer finds the messages it has not shown yet */
	char text[160];	 /* sanitised: "tar: usr/share/x: time stamp ... in the future" */
};

struct snapshot {
	uint32_t magic, version, size; /* a viewer of another build is refused, not misread */
	uint64_t sequence;
	uint64_t job;  /* a random number: no two installs have the same; 0: not of an engine */
	int engine;    /* pid of its engine */
	bool commands; /* the viewer that this is sent to may cancel */
	enum install_state state;
	enum step_id step; /* the active or failed one; STEP_COUNT once passed */
	struct snapshot_step steps[STEP_COUNT];
	struct progress_view progress;
	struct tar_counts tar;
	char tar_name[16]; /* "GNU tar" */
	uint64_t elapsed_ms;
	char stall[96]; /* "" while it moves */
	struct {
		uint64_t entries, bytes, mismatches;
		char first[160];
	} verify;
	char target_name[32]; /* as picked: "mmcblk1", "board.img" */
	char target_path[256];
	enum disk_kind target_kind;
	char target_model[48];
	char target_short[32]; /* "..9f31" */
	struct disk_identity target_id;
	char archive_name[128]; /* without its folder */
	char archive_sha256[65];
	char layout_name[32];
	uint64_t entries; /* of the archive */
	bool written;	  /* writing to the target has begun */
	int exit_code;	  /* once ended: enum exit_code */
	struct err err;
	uint64_t message_count; /* all there were; the last ones are in messages[] */
	struct snapshot_message messages[SNAPSHOT_MESSAGES]; /* oldest first, number 0: empty */
};

/* The names of target, archive (a path) and layout; all else is empty. */
void snapshot_init(
	struct snapshot *ret, const struct disk *target, const char *archive, const char *layout);
/* Appends a message, sanitised; the oldest one goes. */
void snapshot_message(struct snapshot *snapshot, const char *text);

/* Is what has @size bytes a snapshot of this version? */
static inline bool snapshot_is_ours(const struct snapshot *s, size_t size)
{
	return size == sizeof(*s) && s->magic == SNAPSHOT_MAGIC && s->version == SNAPSHOT_VERSION &&
	       s->size == sizeof(*s);
}

static inline bool snapshot_ended(const struct snapshot *s)
{
	return s->state != INSTALL_RUNNING && s->state != INSTALL_CANCELLING;
}

#endif
