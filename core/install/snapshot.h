/* SPDX-License-Identifier: MIT */
/*
 * snapshot - the state of an install at one moment, as one flat value. The engine sends it to every
 * viewer; screens, lines, JSON and `status` are made from it alone.
 */
#ifndef CORE_INSTALL_SNAPSHOT_H
#define CORE_INSTALL_SNAPSHOT_H

#include "core/bootcheck/boot_finding.h"
#include "core/install/err.h"
#include "core/install/progress.h"
#include "core/install/steps.h"
#include "core/tar/tar.h"
#include "device/disk/disk.h"

#define SNAPSHOT_MAGIC	  0x62737470u /* "bstp" */
#define SNAPSHOT_VERSION  7u
#define SNAPSHOT_MESSAGES 8
#define SNAPSHOT_ARCHIVES 7

enum install_state {
	INSTALL_RUNNING,
	INSTALL_CANCELLING, /* children are being stopped */
	INSTALL_PASSED,	    /* verified, or not verified as requested: see exit_code */
	INSTALL_FAILED,
	INSTALL_CANCELLED,
};

struct snapshot_step {
	enum step_state state;
	uint64_t ms; /* duration, so far if it is active */
};

struct snapshot_message {
	uint64_t number;   /* 1, 2, ...: lets a viewer find the messages it has not shown yet */
	enum step_id step; /* the active one when it came */
	char text[160];	   /* sanitised: "tar: usr/share/x: time stamp ... in the future" */
};

/* The archive of one partition. */
struct snapshot_archive {
	char partition[36], name[128], sha256[65];
};

struct snapshot {
	uint32_t magic, version, size; /* a viewer of another version is refused */
	uint64_t sequence;
	uint64_t job;  /* random number that identifies the install; 0: not from an engine */
	int engine;    /* pid of its engine */
	bool commands; /* the receiving viewer may cancel */
	bool planned;  /* the plan is complete, and can be read */
	enum install_state state;
	enum scope scope;
	enum step_id step; /* the active or failed one; STEP_COUNT once passed */
	struct snapshot_step steps[STEP_COUNT];
	struct progress_view progress;
	struct tar_counts tar;
	char tar_name[16]; /* "GNU tar" */
	uint64_t elapsed_ms;
	char stall[96]; /* progress_stall_text; "" if there is no stall */
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
	/* Of the main one: file name without its folder; "" without an archive. */
	char archive_name[128];
	char archive_sha256[65];
	uint32_t further_count; /* archives beside that one */
	struct snapshot_archive further[SNAPSHOT_ARCHIVES];
	char layout_name[32];
	struct boot_findings boot; /* of the boot check */
	uint64_t entries;	   /* in the archive */
	bool written;		   /* writing to the target has begun */
	int exit_code;		   /* valid after the end: enum exit_code */
	struct err err;
	uint64_t message_count; /* of the whole install; the last ones are in messages[] */
	struct snapshot_message messages[SNAPSHOT_MESSAGES]; /* oldest first, number 0: empty */
};

/* Sets the scope and the names of target, archive (a path, or "") and layout, and clears the rest. */
void snapshot_init(struct snapshot *ret, enum scope scope, const struct disk *target,
	const char *archive, const char *layout);
/* Returns the name of the archive, or "boot loader" for an install without one. Borrowed. */
const char *snapshot_subject(const struct snapshot *snapshot);
/* Appends a message, sanitised; drops the oldest. */
void snapshot_message(struct snapshot *snapshot, const char *text);

/* Returns true if @s, received as @size bytes, is a snapshot of this version. */
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
