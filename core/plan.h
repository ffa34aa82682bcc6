/* SPDX-License-Identifier: MIT */
/*
 * plan - what will happen, as a value: the target, the archive, the layout placed on it, the tar.
 * plan_check is the single gate before anything is written: a front end asks it for the Review screen
 * and the dry run, and the engine asks it again right before the first write.
 */
#ifndef CORE_PLAN_H
#define CORE_PLAN_H

#include "core/inspect.h"
#include "core/tar.h"
#include "device/disk.h"
#include "device/layout.h"

struct plan {
	struct disk target;            /* as the operator saw it */
	char archive[512];             /* absolute path */
	struct source_id archive_id;
	enum compression compression;
	char sha256[65];
	enum sidecar_state sidecar;
	struct manifest_totals totals;
	struct layout layout;          /* placed, with its UUIDs; count 0 where it could not be */
	char layout_error[160];        /* then why */
	char tar_program[256];         /* "" where there is none */
	enum tar_flavour tar;
	char tar_version[80];
	unsigned tar_needs;
	unsigned allow;                /* bits of enum disk_kind */
	char expect_id[64];            /* --expect-id: CID or serial that the target must have; or "" */
	bool verify;
};

/* What the operator asked for. Strings are borrowed for the call. */
struct plan_request {
	const struct disk *target;
	const struct inspect_result *archive; /* ended INSPECT_OK */
	const struct layout *layout;          /* a description (layout_find) */
	const char *tar_program;              /* NULL: tar from the path */
	const char *expect_id;                /* NULL: none */
	unsigned allow;
	bool verify;
};

/* Fills @ret from the request: places the layout, identifies the tar (runs it once, at most 2 s).
 * Never fails: what is wrong is told by plan_check. */
void plan_make(struct plan *ret, const struct plan_request *request);

struct plan_problem {
	char code[24];  /* "too-small", "mkfs-missing", ...: stable words */
	char text[280]; /* the sentence: what, on what, why, what to do */
};
#define PLAN_PROBLEMS_MAX 12

struct plan_verdict {
	uint32_t count; /* 0: go */
	struct plan_problem problems[PLAN_PROBLEMS_MAX];
};

/* Facts about the machine that the check needs, gathered by plan_look so that plan_check is pure. */
struct plan_facts {
	bool is_root;
	bool fs_supported[FS_KIND_COUNT]; /* by the kernel */
	bool mkfs_found[FS_KIND_COUNT];
	bool utf8_locale;                 /* C.UTF-8 is there: bsdtar needs it */
	bool archive_unchanged;
	struct disk target;               /* as it is now, with the reasons of rules; kind DISK_OTHER
					     and an empty name where it is gone */
	char target_error[160];           /* then why */
};
void plan_look(struct plan_facts *ret, const struct plan *plan, int root);
void plan_check(const struct plan *plan, const struct plan_facts *facts, struct plan_verdict *ret);

/* Bytes that must fit on the root filesystem, with its own overhead: need_bytes for the rules. */
uint64_t plan_need_bytes(const struct manifest_totals *totals, const struct layout *layout);

#endif
