/* SPDX-License-Identifier: MIT */
/*
 * warnings - signs that an archive is no root filesystem, or not as its packer meant it: the output of
 * docker save, a layer with whiteouts, everything below one folder, a root folder that only root may
 * enter. It can be installed nevertheless. Pure.
 */
#ifndef CORE_ARCHIVE_WARNINGS_H
#define CORE_ARCHIVE_WARNINGS_H

#include "core/archive/sidecar.h"
#include "core/manifest/manifest.h"

/* Stable words: "docker-save", "oci-image", "whiteouts", "one-folder", "no-rootfs", "root-mode",
 * "root-owner", "stripped", "rootfs-folder", "lost-xattrs"; and of inspect: "weak-digest",
 * "padding". */
struct archive_warning {
	char code[16];
	char text[200]; /* a sentence without its full stop, with the advice */
};

#define ARCHIVE_WARNINGS_MAX 6

struct archive_warnings {
	uint32_t count;
	struct archive_warning list[ARCHIVE_WARNINGS_MAX];
};

/* Fills @ret from the entries of @manifest, which were read with @strip parts left out. */
void archive_warnings_find(
	const struct manifest *manifest, unsigned strip, struct archive_warnings *ret);
/* Adds one, unless the list is full. */
void archive_warnings_add(struct archive_warnings *warnings, const char *code, const char *format,
	...) __attribute__((format(printf, 3, 4)));

#endif
