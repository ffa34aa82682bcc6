/* SPDX-License-Identifier: MIT */
/*
 * bootcheck - would a board start what an install of this archive with this layout writes? It reads
 * the boot files of the archive (boot_files.h) as their boot loaders do, and judges what these
 * would start. It finds only what is certain: an archive that boots is never an error. Pure.
 *
 * Codes of findings, with those of boot_rules.h and boot_fstab.h: "loader-file" its loader cannot use a boot
 * file, "no-loader", "not-bootable", "machine".
 */
#ifndef CORE_BOOTCHECK_BOOTCHECK_H
#define CORE_BOOTCHECK_BOOTCHECK_H

#include "core/bootcheck/boot_finding.h"
#include "core/manifest/manifest.h"
#include "device/layout/layout.h"

/* The system in the archive, for people; "" if not known. */
struct boot_description {
	char system[48];  /* "Debian 12" */
	char machine[16]; /* "arm64" */
	char kernel[48];  /* the version: "6.1.0-18-arm64" */
	char loaders[64]; /* "extlinux, GRUB" */
};

struct boot_report {
	struct boot_description description;
	struct boot_findings findings;
};

/* Checks @manifest with the placed @layout, which has its IDs. @layout may be NULL: the report then has
 * the description alone. */
void bootcheck(
	const struct manifest *manifest, const struct layout *layout, struct boot_report *ret);

#define BOOT_DESCRIPTION_MAX 240

/* Writes "Debian 12, arm64, kernel 6.1.0-18-arm64, boots by extlinux". */
void boot_describe(const struct boot_description *description, char ret[BOOT_DESCRIPTION_MAX]);

#endif
