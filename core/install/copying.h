/* SPDX-License-Identifier: MIT */
/*
 * copying - copies the files of a layout (core/archive/copies.h) into the mounted tree, after the archives:
 * content, mode and owner; tar_fixup sets the mtimes. Blocking code for a work child.
 */
#ifndef CORE_INSTALL_COPYING_H
#define CORE_INSTALL_COPYING_H

#include "core/manifest/manifest.h"
#include "device/base/diag.h"
#include "device/layout/layout.h"

struct copying {
	int root_fd; /* the mounted tree */
	const struct layout *layout;
	const struct manifest *manifest; /* that has the copies */
	/* Called after each part with the bytes that were copied so far. May be NULL. */
	void (*progress)(void *arg, uint64_t bytes);
	void *arg;
};

/*
 * Makes all copies. A file or link of an archive in their place is replaced; no symlink is followed.
 * Returns 0; or -errno with the reason in @diag: as copies_each and copies_check, or the target could not
 * be written (*ret_target is then true, and @diag has only the path there).
 */
_must_check_ int copying_run(const struct copying *copying, bool *ret_target, struct diag *diag);

/* Checks that all copies can still be made as @manifest has them. Returns as copies_each and copies_check. */
_must_check_ int copying_check(
	const struct layout *layout, const struct manifest *manifest, struct diag *diag);

#endif
