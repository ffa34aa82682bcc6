/* SPDX-License-Identifier: MIT */
/*
 * boot_entry - one choice that a boot loader offers: the kernel that it starts, and what it passes
 * on to it. All parsers of boot files give their result as such entries. Paths are as the file has
 * them: what they are relative to depends on the loader.
 */
#ifndef CORE_BOOTCHECK_BOOT_ENTRY_H
#define CORE_BOOTCHECK_BOOT_ENTRY_H

#include <stdbool.h>
#include <stddef.h>

#define BOOT_INITRDS_MAX  8
#define BOOT_OVERLAYS_MAX 16

/* Parts of an entry, for a mask. */
enum boot_part {
	BOOT_KERNEL = 1,
	BOOT_INITRD = 2,
	BOOT_FDT = 4,
	BOOT_OVERLAY = 8,
	BOOT_COMMAND_LINE = 16,
	BOOT_ALL = 31,
};

/* Strings are borrowed: they are valid during the call that passes the entry on. NULL: the entry
 * does not name it. */
struct boot_entry {
	const char *title; /* never NULL; "" if it has none */
	unsigned line;	   /* of the file, where the entry begins */
	bool is_default;   /* the loader takes it first, as far as the file says */
	/* The filesystem that paths are in: "UUID=...", "LABEL=...", "PARTLABEL=...", or
	 * "PARTITION=2", its number on the disk; NULL: that of the file. */
	const char *root;
	const char *kernel;
	const char *initrds[BOOT_INITRDS_MAX];
	size_t initrd_count;
	const char *fdt;     /* the device tree */
	const char *fdt_dir; /* a folder, in which the loader chooses the device tree */
	const char *overlays[BOOT_OVERLAYS_MAX];
	size_t overlay_count;
	const char *command_line; /* of the kernel */
	/* Mask of enum boot_part: named, but only the loader knows what (a variable, a condition),
	 * or too long, or too many. Such a part is NULL or incomplete, and no error can be found in
	 * it. */
	unsigned unknown;
};

/* Called for each entry in the order of the file; a result other than 0 ends the parsing. */
typedef int (*boot_entry_fn)(void *arg, const struct boot_entry *entry);

#endif
