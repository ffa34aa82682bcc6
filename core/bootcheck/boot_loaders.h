/* SPDX-License-Identifier: MIT */
/*
 * boot_loaders - the boot loaders whose files are known: where each looks for them, on which
 * filesystems, and what it does if an entry fails. Pure.
 */
#ifndef CORE_BOOTCHECK_BOOT_LOADERS_H
#define CORE_BOOTCHECK_BOOT_LOADERS_H

#include "core/bootcheck/boot_entry.h"
#include "core/bootcheck/boot_tree.h"
#include "device/base/util.h"

/* Its action if an entry cannot be loaded. */
enum boot_fallback {
	BOOT_FALLBACK_NEXT, /* it tries the next one; the first that it loads decides */
	BOOT_FALLBACK_ANY,  /* it may take any: a script, a menu that remembers the choice */
};

/* A boot file of the archive, and the filesystem that it is on. */
struct boot_menu {
	const struct boot_loader *loader;
	struct boot_tree tree; /* as the loader sees it */
	char file[256];	       /* path in the archive; of a folder of files that of the folder */
	char folder[256];      /* of that file, from the root of the filesystem */
	const char *text;      /* NULL if it is too large to be read */
	size_t size;
};

#define BOOT_FILES_MAX 16

struct boot_loader {
	const char *name;		   /* for people: "extlinux" */
	const char *program;		   /* that reads its files: "U-Boot" */
	const char *files[BOOT_FILES_MAX]; /* where it looks, from the root of a filesystem */
	const char *folder;		   /* or a folder of files, one for each entry */
	/* Files of it that are of no use there: an archive for another layout has them, and
	 * @companion beside them. */
	const char *elsewhere[BOOT_FILES_MAX];
	const char *companion;
	unsigned reads; /* the filesystems that it can read, a bit each */
	enum boot_fallback fallback;
	bool by_bootable; /* it looks at partitions that are marked bootable, or else at the first one */
	unsigned needs; /* mask of enum boot_part: without one of these files an entry fails */
	/* Its file is not read. It counts unless there is a file of a loader that has this one as
	 * its reader. */
	bool is_opaque;
	const char *reader; /* the name of the opaque one that reads this one's files, or NULL */
	/* Why it refuses the file, a phrase; NULL if it does not. The function may be NULL. */
	const char *(*fault)(const struct boot_menu *menu);
	/* Passes on the entries of the menu. */
	int (*each)(const struct boot_menu *menu, boot_entry_fn each, void *arg);
};

/* All of them, terminated by one without a name. */
extern const struct boot_loader boot_loaders[];

/* Calls @each for every boot file in the archive, opaque ones last; @reason is NULL, or why its loader cannot
 * use it: a phrase that follows "but". Returns 0, or the first other result of @each. */
_must_check_ int boot_menus_each(const struct manifest *manifest, const struct layout *layout,
	int (*each)(void *arg, const struct boot_menu *menu, const char *reason), void *arg);

#endif
