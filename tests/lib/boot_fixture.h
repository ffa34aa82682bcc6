/* SPDX-License-Identifier: MIT */
/* boot_fixture - archives with the content of their boot files, and placed layouts. */
#ifndef TESTS_BOOT_FIXTURE_H
#define TESTS_BOOT_FIXTURE_H

#include "core/bootcheck/boot_files.h"
#include "device/layout/layout.h"
#include "tests/lib/manifest_fixture.h"

static inline struct manifest *read_kept(const struct member *members, size_t count)
{
	struct manifest *manifest = manifest_new();
	struct diag diag;

	manifest_keep(manifest, boot_files_keep);
	if (read_fd(manifest, craft(members, count, 1024), &diag) < 0)
		fail_msg("%s", diag.text);
	return manifest;
}

/* The built-in layout @name (NULL: single-gpt), changed by @change (may be NULL), on a disk of 1 GiB. */
static inline struct layout place(const char *name, void (*change)(struct layout *layout))
{
	struct layout spec = *layout_find(name ? name : "single-gpt"), placed;
	struct diag diag;

	if (change)
		change(&spec);
	if (layout_place(&spec, GIB(1), 0, &placed, &diag) < 0)
		fail_msg("%s", diag.text);
	return placed;
}

#endif
