/* SPDX-License-Identifier: MIT */
/* boot_fstab - does the fstab of the archive mount what the layout makes? Pure. */
#ifndef CORE_BOOTCHECK_BOOT_FSTAB_H
#define CORE_BOOTCHECK_BOOT_FSTAB_H

#include "core/bootcheck/boot_finding.h"
#include "core/manifest/manifest.h"
#include "device/layout/layout.h"

/* Adds what is wrong in the fstab of @manifest on the placed @layout: "fstab-id", "fstab-type", "fstab-other",
 * "fstab-unread". @has_systemd: as init, which stops if a mount fails. */
void boot_fstab_check(const struct manifest *manifest, const struct layout *layout,
	bool has_systemd, struct boot_findings *findings);

#endif
