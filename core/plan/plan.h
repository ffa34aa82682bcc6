/* SPDX-License-Identifier: MIT */
/*
 * plan - everything that an install needs to know, as one value: the target, the archives, the
 * layout placed on it, the tar. A plan begins as the operator's request and is completed once the
 * archives have been scanned: by a front end that asks questions, or else by the engine. plan_check
 * finds the problems of a complete plan: front ends call it for the Review screen and before they
 * start the engine, and the engine calls it again before it opens the target, and once more under
 * the lock of a device. Front ends also refuse some targets earlier, before the scan. plan.c makes
 * the plan (it may run tar once), plan_facts.c reads the state of the machine, plan_check.c judges
 * and has no side effects.
 */
#ifndef CORE_PLAN_PLAN_H
#define CORE_PLAN_PLAN_H

#include "core/archive/inspect.h"
#include "core/bootcheck/bootcheck.h"
#include "core/bootcheck/identities.h"
#include "core/plan/scope.h"
#include "core/tar/tar.h"
#include "device/disk/disk.h"
#include "device/disk/lock.h"
#include "device/disk/occupied.h"
#include "device/layout/layout.h"
#include "device/usage/inuse_load.h"

/* The part of the archives that goes to one partition of the layout. */
struct plan_share {
	uint32_t archive;     /* number of the one that fills it */
	uint64_t block_bytes; /* content in 4 KiB blocks, including folders */
	uint64_t inodes;
	uint64_t unfit;	     /* entries that its filesystem cannot hold */
	char unfit_path[96]; /* path of the first of them, sanitised */
	char unfit_why[80];  /* "is a symbolic link" */
	/* Entries of archives that do not fill it, but for the folder that it is mounted on. */
	uint64_t stray;
	uint32_t stray_archive; /* of the first of them */
	char stray_path[96];	/* in the tree, sanitised */
	/* The entry of the archive in place of the mount point, or of a parent of it, and of the
	 * folder that is needed there; "" if nothing. */
	uint32_t blocked_archive;
	char blocked_path[32]; /* "home", sanitised */
	char blocked_why[64];  /* "is a symbolic link to var/home", sanitised */
};

struct plan {
	enum scope scope;
	struct disk target;	      /* as the operator saw it */
	struct archive_list archives; /* empty without an archive: scope_has_archive */
	struct archive_options archive_options;
	bool complete; /* else only the places of the archives are known, nothing of the tar's
			       version, and the layout is not placed */
	bool unread;   /* the archives could not be read */
	struct archive_warnings warnings;
	struct manifest_totals totals;
	uint64_t copy_bytes;	/* size of the files that the layout copies */
	struct layout layout;	/* placed, with its UUIDs; count is 0 if that failed */
	char layout_error[160]; /* the reason, if count is 0 */
	struct plan_share shares[LAYOUT_PARTITIONS_MAX]; /* parallel to layout.partitions */
	struct identity_sources identities;
	struct boot_report boot;
	/* loader_is_firmware of an entry; true if that is not known */
	bool has_firmware;
	bool plain_names;      /* all paths in the archive are known to be ASCII */
	char tar_program[256]; /* "" if no tar was found */
	enum tar_flavour tar;
	char tar_version[80];	    /* "" if it did not answer --version */
	uint64_t tar_needs;	    /* TAR_NEED_BIT of what the archive needs */
	uint64_t tar_built_without; /* of them */
	unsigned allow;		    /* of disk_allow_parse */
	char expect_id[64];	    /* --expect-id: required CID or serial; or "" */
	bool verify;
};

/* The operator's choices. All pointers are borrowed for the call. */
struct plan_request {
	enum scope scope;
	const struct disk *target;
	const char *archive; /* path of the main one, NULL without; the layout has the others */
	struct archive_options archive_options;
	const struct layout *layout; /* not yet placed (layout_find) */
	const char *tar_program;     /* NULL: tar from $PATH */
	const char *expect_id;	     /* NULL: none */
	unsigned allow;
	bool verify;
};

/* Fills @ret from the request. Paths become absolute, since the engine has another working
 * directory. */
void plan_begin(struct plan *ret, const struct plan_request *request);
/* Completes @plan with its scanned archive (INSPECT_OK): places the layout and identifies the tar,
 * which it runs once. @manifest is of inspect_manifest; NULL: each archive is counted for its own partition.
 * Blocks, for at most 10 s. Never fails: plan_check reports the problems. A dry run plans what it
 * can: with @archive NULL (it could not be read) the plan stays incomplete, and so it does if the
 * request had a target or a layout without a name. A plan of a scope without files (scope_has_files) has no scan:
 * @archive and @manifest are NULL; and without an archive no tar is run. */
void plan_complete(
	struct plan *plan, const struct inspect_result *archive, const struct manifest *manifest);

/* Stable words: "target-locked", "not-root", "target-gone", "target-changed",
 * "target-<reason_name>", "expect-id", "archive-changed", "archive-digest", "archive-<code of a
 * manifest_problem>", "blob-changed", "layout", "boot-area",
 * "nothing-to-write", "table", "blob-overlap", "too-small", "image-room", "inodes",
 * "unfit", "mount-point", "two-archives", "fs-unsupported", "mkfs-missing", "mkfs-trial", "tar-missing",
 * "tar-silent", "tar-lacks", "foreign-attributes", "unbootable", "locale", "verify-needed", "more". */
struct plan_problem {
	char code[32];
	char text[360]; /* for the operator, with the advice */
};
#define PLAN_PROBLEMS_MAX 12

struct plan_verdict {
	uint32_t count;					 /* 0: the install may start */
	struct plan_problem problems[PLAN_PROBLEMS_MAX]; /* most serious first; see "more" */
};

/* Facts about the machine for plan_check, gathered by plan_look so that the check is pure. */
struct plan_facts {
	bool is_root;
	/* False for kinds that the layout does not use. */
	bool fs_supported[FS_KIND_COUNT]; /* by the kernel */
	bool mkfs_found[FS_KIND_COUNT];
	bool tar_found;			     /* still there and executable */
	bool utf8_locale;		     /* C.UTF-8 exists; bsdtar needs it */
	bool syncfs_reports;		     /* syncfs(2) reports lost writes (Linux >= 5.8) */
	bool archive_changed[ARCHIVES_MAX];  /* since it was read */
	bool blob_changed[LAYOUT_BLOBS_MAX]; /* since the layout was read */
	uint64_t image_room_bytes;	     /* image: allocated plus free below; else UINT64_MAX */
	/* The ranges that the target's table takes now, for a plan of SCOPE_BOOT that writes beside it. */
	struct occupied occupied;
	char occupied_error[160]; /* the reason, if that could not be read */
	/* Current state, with reasons; if it is gone, kind DISK_OTHER and an empty name. */
	struct disk target;
	char target_error[160]; /* the reason, if it is gone */
	bool locked;		/* exclusively, by @owner: an install or a partitioner */
	struct lock_owner owner;
};
/* Fills @ret with the current facts for @plan. @root is a directory descriptor of the root, for
 * sysfs and proc; borrowed. */
void plan_look(struct plan_facts *ret, const struct plan *plan, int root);
/* Lists the files that the install reads, which must not be on the target: the archives, the
 * layout's file, its blobs and copies. @archives and @layout may be NULL. The paths are borrowed. Returns the
 * number of files. */
#define PLAN_FILES_MAX (1 + ARCHIVES_MAX + LAYOUT_BLOBS_MAX + LAYOUT_COPIES_MAX)
size_t plan_files(const struct archive_list *archives, const struct layout *layout,
	struct inuse_file ret[PLAN_FILES_MAX]);

/* Lists in @ret all problems that prevent an install of @plan. Parts that an incomplete plan lacks
 * are not checked: the caller has reported them. Pure: no side effects. */
void plan_check(const struct plan *plan, const struct plan_facts *facts, struct plan_verdict *ret);

/* Returns the smallest target size in bytes that holds the scanned @archives with @layout, placed or not,
 * including the filesystem's overhead: need_bytes of the rules. */
uint64_t plan_need_bytes(const struct archive_list *archives, const struct layout *layout);

#endif
