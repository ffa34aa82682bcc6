/* SPDX-License-Identifier: MIT */
/*
 * boot_draft - a boot_entry while a parser fills it, with the memory of its strings. A string
 * that does not fit makes its part unknown. Pure.
 */
#ifndef CORE_BOOTCHECK_BOOT_DRAFT_H
#define CORE_BOOTCHECK_BOOT_DRAFT_H

#include "core/bootcheck/boot_entry.h"

#define BOOT_DRAFT_BYTES 16384

struct boot_draft {
	struct boot_entry entry; /* its strings are in text */
	char text[BOOT_DRAFT_BYTES];
	size_t used;
};

/* Begins an entry without title and parts. */
void boot_draft_begin(struct boot_draft *draft, unsigned line);
/* Sets *field, a string of @draft's entry, to a copy of @value; @part becomes unknown if it does
 * not fit (0: no part). */
void boot_draft_set(struct boot_draft *draft, unsigned part, const char **field, const char *value);
/* Add a file to the initrds, or to the overlays. */
void boot_draft_add_initrd(struct boot_draft *draft, const char *path);
void boot_draft_add_overlay(struct boot_draft *draft, const char *path);
/* Adds @words to the command line, behind a blank. */
void boot_draft_add_options(struct boot_draft *draft, const char *words);
/* True if only the loader knows the file @path: it has a variable ("$") or is on the network
 * ("http://"). */
bool boot_path_is_elsewhere(const char *path);

#endif
