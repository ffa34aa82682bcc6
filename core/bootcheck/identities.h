/* SPDX-License-Identifier: MIT */
/*
 * identities - the UUIDs and labels by which the files of an archive name the filesystems that it is
 * extracted to: an install gives them these, so that the archive boots as it is. Pure.
 */
#ifndef CORE_BOOTCHECK_IDENTITIES_H
#define CORE_BOOTCHECK_IDENTITIES_H

#include "core/manifest/manifest.h"
#include "device/layout/layout.h"

struct identity_sources {
	/* Parallel to the partitions of the layout: the files that named an ID of it, "etc/fstab"; "" if
	 * none did. */
	char files[LAYOUT_PARTITIONS_MAX][64];
};

/*
 * Sets in the placed @layout the IDs that the archive names, before layout_assign_ids makes the others.
 * Command lines of boot entries whose kernel is there count first, then the fstab; an ID that the layout file has is kept.
 * Does nothing if the layout asks for new IDs.
 */
void identities_take(
	const struct manifest *manifest, struct layout *layout, struct identity_sources *ret);

#endif
