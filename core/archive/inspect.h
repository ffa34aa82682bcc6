/* SPDX-License-Identifier: MIT */
/*
 * inspect - reads whole archives once, in child processes, while the caller goes on: checks their
 * integrity, their paths and their sidecars (see sidecar.h), computes the totals and the digest of each
 * file, and builds one manifest of all, with the files that a layout copies (copies.h). It is the scan of an install and all of `boardstrap inspect`. It
 * ends in INSPECT_OK only if each file was read to its end and did not change, the decompressors and the
 * tar reader found no error, no entry is a problem, and each sidecar has the digest of its archive. An
 * archive that is cut short is never INSPECT_OK, except for a plain tar that has lost only padding after
 * its end mark.
 */
#ifndef CORE_ARCHIVE_INSPECT_H
#define CORE_ARCHIVE_INSPECT_H

#include "core/archive/archive_list.h"
#include "core/archive/source.h"
#include "core/archive/warnings.h"
#include "core/manifest/manifest.h"

enum inspect_state { INSPECT_RUNNING, INSPECT_OK, INSPECT_BAD };

/* The state so far, as a flat value. */
struct inspect_result {
	enum inspect_state state;
	struct archive_list archives;
	/* Compressed bytes of all archives, and those of the copies; done by the slower reader. */
	uint64_t archive_done, archive_total;
	struct manifest_totals totals;	  /* of all archives and copies; grow while running */
	uint64_t copy_bytes;		  /* size of all copies */
	struct archive_warnings warnings; /* from INSPECT_OK on */
	uint64_t elapsed_ms;
	char error[240]; /* the message of INSPECT_BAD */
};

struct inspect;

/* Starts reading @archives by @options (may be NULL), and then the copies of @layout (may be NULL; borrowed
 * for the call). One of them must not be empty. NULL with a message in @diag if that fails: see source_open,
 * sidecar_find and copies_each. */
struct inspect *inspect_new(int reactor, const struct archive_list *archives,
	const struct layout *layout, const struct archive_options *options, struct diag *diag);
/* Kills its children and frees it; NULL is allowed. */
void inspect_free(struct inspect *inspect);
/* Copies the current state; cheap. */
void inspect_result(struct inspect *inspect, struct inspect_result *ret);
/* The manifest, borrowed: its entries are valid from INSPECT_OK until inspect_free. */
struct manifest *inspect_manifest(struct inspect *inspect);
/* Sets the callback for the end: the reactor calls @ended once, when the state leaves
 * INSPECT_RUNNING. It may call inspect_free. */
void inspect_on_end(struct inspect *inspect, void (*ended)(void *arg), void *arg);

#endif
