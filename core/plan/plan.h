/* SPDX-License-Identifier: MIT */
/*
 * plan - what will happen, as a value: the target, the archive, the layout placed on it, the tar.
 * plan_check is the single gate before anything is written: a front end asks it for the Review screen
 * and the dry run, and the engine asks it again right before the first write. plan.c makes the plan
 * (it may run tar once), plan_facts.c reads the machine, plan_check.c judges and touches nothing.
 */
#ifndef CORE_PLAN_PLAN_H
#define CORE_PLAN_PLAN_H

#include "core/archive/inspect.h"
#include "core/tar/tar.h"
#include "device/disk/disk.h"
#include "device/layout/layout.h"
#include "device/usage/inuse_load.h"

/* What of the archive goes to one partition of the layout. */
struct plan_share {
	uint64_t block_bytes; /* content in 4 KiB blocks, folders among them */
	uint64_t inodes;
	uint64_t unfit;	     /* entries that its filesystem cannot hold */
	char unfit_path[96]; /* the first of them, sanitised */
	char unfit_why[48];  /* "a symbolic link" */
};

struct plan {
	struct disk target; /* as the operator saw it */
	char archive[512];  /* absolute path */
	struct file_id archive_id;
	enum compression compression;
	char sha256[65];
	enum sidecar_state sidecar;
	struct manifest_totals totals;
	struct layout layout;	/* placed, with its UUIDs; count 0 where it could not be */
	char layout_error[160]; /* then why */
	struct plan_share shares[LAYOUT_PARTITIONS_MAX]; /* as layout.partitions */
	bool plain_names;      /* every path of the archive is known to be ASCII */
	char tar_program[256]; /* "" where there is none */
	enum tar_flavour tar;
	char tar_version[80]; /* "" where it did not answer --version */
	unsigned tar_needs;
	unsigned allow;	    /* of disk_allow_parse */
	char expect_id[64]; /* --expect-id: CID or serial that the target must have; or "" */
	bool verify;
};

/* What the operator asked for. Strings are borrowed for the call. */
struct plan_request {
	const struct disk *target;
	const struct inspect_result *archive; /* ended INSPECT_OK */
	const struct manifest *manifest;      /* of inspect_manifest. NULL: from the totals alone;
						 everything is then taken to go to "/" */
	const struct layout *layout;	      /* a description (layout_find) */
	const char *tar_program;	      /* NULL: tar from the path */
	const char *expect_id;		      /* NULL: none */
	unsigned allow;
	bool verify;
};

/* Fills @ret from the request: places the layout, identifies the tar (runs it once, at most 2 s).
 * Never fails: what is wrong is told by plan_check. */
void plan_make(struct plan *ret, const struct plan_request *request);

/* Stable words: "not-root", "target-gone", "target-changed", "target-<reason_name>", "expect-id",
 * "archive-changed", "archive-digest", "archive-<code of a manifest_problem>", "blob-changed",
 * "layout", "boot-area", "too-small", "image-room", "inodes", "unfit", "fs-unsupported",
 * "mkfs-missing", "tar-missing", "tar-silent", "tar-lacks", "locale", "verify-needed", "more". */
struct plan_problem {
	char code[32];
	char text[280]; /* the sentence: what, on what, why, what to do */
};
#define PLAN_PROBLEMS_MAX 12

struct plan_verdict {
	uint32_t count;					 /* 0: go */
	struct plan_problem problems[PLAN_PROBLEMS_MAX]; /* the gravest first; where there are more,
							    the last one says so */
};

/* Facts about the machine that the check needs, gathered by plan_look so that plan_check is pure. */
struct plan_facts {
	bool is_root;
	bool fs_supported[FS_KIND_COUNT]; /* by the kernel; false where not asked for */
	bool mkfs_found[FS_KIND_COUNT];
	bool tar_found;	     /* and can be run, still */
	bool utf8_locale;    /* C.UTF-8 is there: bsdtar needs it */
	bool syncfs_reports; /* the kernel tells lost writes (>= 5.8): without that only
					     verification can */
	bool archive_unchanged;
	bool blob_changed[LAYOUT_BLOBS_MAX]; /* of the layout: its file, since it was read */
	uint64_t image_room_bytes; /* of an image: what it has, and what is free where it lies;
					UINT64_MAX of other targets */
	struct disk target;	   /* as it is now, with the reasons of rules; kind DISK_OTHER
					     and an empty name where it is gone */
	char target_error[160];	   /* then why */
};
/* @root: sysfs root fd. */
void plan_look(struct plan_facts *ret, const struct plan *plan, int root);
/* What the job reads and must not be on the target: the archive, the layout's file, its blobs.
 * Either may be NULL. The paths are borrowed. Returns how many. */
#define PLAN_FILES_MAX (2 + LAYOUT_BLOBS_MAX)
size_t plan_files(
	const char *archive, const struct layout *layout, struct inuse_file ret[PLAN_FILES_MAX]);

/* Pure. */
void plan_check(const struct plan *plan, const struct plan_facts *facts, struct plan_verdict *ret);

/* Least size of a target that holds the archive with @layout (a description or placed), the
 * filesystem's own overhead counted: need_bytes of the rules. */
uint64_t plan_need_bytes(const struct manifest_totals *totals, const struct layout *layout);

#endif
