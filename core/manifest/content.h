/* SPDX-License-Identifier: MIT */
/*
 * content - the digest of a file's content, for which zeros cost nothing: an archive and a medium
 * may keep them as a hole or as data. The file is cut into units of 4 KiB; units of zeros are left
 * out, and the others are hashed, followed by the list of their places. So a file without zeros
 * costs no more than its SHA-256.
 *
 * The hashed bytes are: units; the list of their runs, of at most CONTENT_RUNS_MAX; its length; the
 * same again for more runs; at last the size of the file. They can be read from the end, so no two
 * contents give the same bytes.
 */
#ifndef CORE_MANIFEST_CONTENT_H
#define CORE_MANIFEST_CONTENT_H

#include "core/manifest/sha256.h"
#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONTENT_UNIT	 4096u
#define CONTENT_RUNS_MAX 64

struct content {
	struct sha256 *sha; /* borrowed */
	uint64_t at;	    /* in the file */
	/* private */
	uint64_t zeros; /* at the start of the unit, not hashed yet */
	bool dirty;	/* the unit is hashed */
	unsigned run_count;
	struct {
		uint64_t first, units;
	} runs[CONTENT_RUNS_MAX];
};

/* Starts a digest. @sha must be initialised (sha256_init), and serves no other digest meanwhile. */
void content_begin(struct content *content, struct sha256 *sha);
/* Adds the next bytes of the file. */
void content_add(struct content *content, const void *data, size_t size);
/* Adds @size zeros, in constant time but for the units at both ends. */
void content_add_hole(struct content *content, uint64_t size);
/* Returns the digest in @ret. 0, or -EIO if libcrypto failed. */
_must_check_ int content_end(struct content *content, unsigned char ret[SHA256_BYTES]);

#endif
