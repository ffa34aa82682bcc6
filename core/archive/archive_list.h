/* SPDX-License-Identifier: MIT */
/*
 * archive_list - the archives of one install, in the order in which they are read and extracted, and what is
 * known of each of them. The first is the main one, which fills the whole tree but for the partitions of
 * the others.
 */
#ifndef CORE_ARCHIVE_ARCHIVE_LIST_H
#define CORE_ARCHIVE_ARCHIVE_LIST_H

#include "core/archive/compression.h"
#include "core/archive/digest.h"
#include "core/manifest/sha256.h"
#include "device/base/file_id.h"
#include "device/layout/layout.h"

#include <stdint.h>

#define ARCHIVES_MAX (1 + LAYOUT_ARCHIVES_MAX)

enum sidecar_state { SIDECAR_NONE, SIDECAR_OK, SIDECAR_WRONG };

/* One archive. Known from the request on: its place; once it is opened: the file; after the scan: the
 * rest. */
struct archive {
	char path[512];	    /* absolute once it is opened */
	char partition[36]; /* name of the one that it fills; "" for the main one */
	char folder[32];    /* in the tree, of its entries: "data"; "" for the main one */
	struct file_id id;
	enum compression compression;
	char sha256[SHA256_HEX]; /* "" until known, or if the file could not be read */
	enum sidecar_state sidecar;
	enum digest_kind sidecar_kind; /* of its digest */
	char sidecar_name[256];	       /* its file name, or "" */
	/* Of the archive alone: as in manifest_totals. */
	uint64_t stream_bytes, block_bytes, entries, inodes;
};

struct archive_list {
	uint32_t count;
	struct archive list[ARCHIVES_MAX];
};

/* Lists the archives for @layout (may be NULL: one archive) with their places, and clears the rest. @main
 * is the path of the main one; NULL: that of the layout, or "". */
void archive_list_make(struct archive_list *ret, const char *main, const struct layout *layout);
/* True if both have the same paths at the same places. */
bool archive_list_equal(const struct archive_list *a, const struct archive_list *b);
/* The number of the archive that fills the partition with that mount point: 0 unless it has one of its
 * own. */
uint32_t archive_list_of(const struct archive_list *archives, const char *mount);
/* The size of all files. */
uint64_t archive_list_bytes(const struct archive_list *archives);
/* The file name of an archive, without its folder; borrowed. */
const char *archive_name(const struct archive *archive);

#endif
