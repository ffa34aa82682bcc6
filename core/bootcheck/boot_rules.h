/* SPDX-License-Identifier: MIT */
/*
 * boot_rules - the rules by which one entry of a boot loader is judged: are the files there that it
 * names, where the loader looks for them; does its command line name the root filesystem of the
 * layout; can the kernel run the archive's init. Pure.
 *
 * Codes of findings, with what they prove true or the reason why nothing can (tests/vm/boot-rom.sh):
 * "kernel-missing", "kernel-empty", "initrd-missing", "fdt-missing", "overlay-missing",
 * "fdt-folder", "root-id", "root-type", "root-options", "root-driver", "root-initrd",
 * "init-missing", "machine".
 */
#ifndef CORE_BOOTCHECK_BOOT_RULES_H
#define CORE_BOOTCHECK_BOOT_RULES_H

#include "core/bootcheck/boot_entry.h"
#include "core/bootcheck/boot_finding.h"
#include "core/bootcheck/boot_loaders.h"

/* The fate of an entry; the later ones decide over the earlier. */
enum boot_state {
	BOOT_STARTS,
	BOOT_UNSURE,  /* a part of it is not known */
	BOOT_DARK,    /* the loader starts it, and the board does not come up */
	BOOT_SKIPPED, /* the loader fails to load it */
};

struct boot_judgement {
	enum boot_state state;
	struct boot_findings findings;
	char kernel[64];      /* the name of the kernel's file, or "" */
	enum machine machine; /* of the kernel */
};

/* Judges @entry of @menu. */
void boot_rules_judge(
	const struct boot_menu *menu, const struct boot_entry *entry, struct boot_judgement *ret);
/* True if the kernel that @entry of @menu names is there, or is not known. */
bool boot_rules_has_kernel(const struct boot_menu *menu, const struct boot_entry *entry);

/* Finds the archive's init, through its links: the first of those that the kernel tries and that the archive
 * has. False if it has none. */
bool boot_init_find(
	const struct manifest *manifest, const struct layout *layout, struct manifest_entry *ret);

#endif
