/* SPDX-License-Identifier: MIT */
/* kernel_config - how a kernel of the archive was built, from its file config-VERSION. Pure. */
#ifndef CORE_BOOTCHECK_KERNEL_CONFIG_H
#define CORE_BOOTCHECK_KERNEL_CONFIG_H

#include "core/manifest/manifest.h"
#include "device/layout/fs.h"

enum kernel_driver { KERNEL_LACKS, KERNEL_MODULE, KERNEL_HAS };

struct kernel_config {
	bool found;
	bool has_initrd; /* an initial RAM disk is part of the kernel */
	enum kernel_driver fs[FS_KIND_COUNT];
};

/* Reads the configuration next to the kernel /boot/vmlinuz-VERSION: /boot/config-VERSION. @path is
 * that of the kernel in the archive. */
void kernel_config_find(
	const struct manifest *manifest, const char *path, struct kernel_config *ret);

#endif
