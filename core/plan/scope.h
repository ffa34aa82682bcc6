/* SPDX-License-Identifier: MIT */
/*
 * scope - how much of a target an install writes: all of it, or with --only a part that leaves the rest
 * as it is. Engine and front ends use its words.
 */
#ifndef CORE_PLAN_SCOPE_H
#define CORE_PLAN_SCOPE_H

#include "device/layout/layout.h"

enum scope {
	SCOPE_ALL,
	/* The blobs outside of partitions, those in the boot areas, and the boot settings of an eMMC.
	 * No byte of a partition or of the partition table changes. */
	SCOPE_BOOT,
	/* All of the target, but from a layout that has images as its content, and no place for the
	 * files of an archive. */
	SCOPE_IMAGES,
	/* The same from a layout that also copies files into its partitions. */
	SCOPE_FILES,
	SCOPE_COUNT
};

/* Sentences end with a full stop; phrases do not. The name of the target goes between the two of a pair. */
struct scope_words {
	const char *name;	   /* the word of --only; NULL */
	const char *subject;	   /* the installed thing, if it is no archive; "" */
	const char *loss[2];	   /* before an install: "Everything on ", " will be erased" */
	const char *unfinished[2]; /* after writing began: "", " will not boot" */
	const char *state;	   /* the same: "It will not boot. ..." */
	const char *brief;	   /* the same: "The device will not boot." */
	const char *again;	   /* advice after a cancel that comes after writing began */
	const char *verified;	   /* without an archive: "images verified" */
	const char *passed;	   /* "installed and verified" */
	const char *joint;	   /* between the name of the target and @passed: " is " */
};

/* The words of @scope; static. */
const struct scope_words *scope_words(enum scope scope);

/* Finds the scope that --only @name stands for. Returns 0, or -EINVAL with @ret unchanged. */
_must_check_ int scope_parse(const char *name, enum scope *ret);

/* True if an install of @scope extracts an archive. */
bool scope_has_archive(enum scope scope);
/* True if an install of @scope puts files into filesystems: those of an archive, or of the layout. */
bool scope_has_files(enum scope scope);
/* True if an install of @scope makes the partition table. */
bool scope_makes_table(enum scope scope);
/* The scope of a whole install with @layout. */
enum scope scope_of_layout(const struct layout *layout);

/* True if an install of @scope writes @blob. */
bool scope_writes_blob(enum scope scope, const struct layout_blob *blob);

#endif
