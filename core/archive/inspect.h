/* SPDX-License-Identifier: MIT */
/*
 * inspect - reads a whole archive once, in child processes, while the caller goes on: checks its
 * integrity, its paths and its sidecar (see sidecar.h), computes the totals and the
 * digest of the file, and builds the manifest. It is the scan of an install and all of `boardstrap
 * inspect`. It ends in INSPECT_OK only if the file was read to its end and did not change, the
 * decompressor and the tar reader found no error, no entry is a problem, and the sidecar, if there
 * is one, has the same digest. An archive that is cut short is never INSPECT_OK, except for a
 * plain tar that has lost only padding after its end mark.
 */
#ifndef CORE_ARCHIVE_INSPECT_H
#define CORE_ARCHIVE_INSPECT_H

#include "core/archive/digest.h"
#include "core/archive/source.h"
#include "core/archive/warnings.h"
#include "core/manifest/manifest.h"

enum inspect_state { INSPECT_RUNNING, INSPECT_OK, INSPECT_BAD };
enum sidecar_state { SIDECAR_NONE, SIDECAR_OK, SIDECAR_WRONG };

/* The state so far, as a flat value. */
struct inspect_result {
	enum inspect_state state;
	char path[512]; /* absolute */
	struct file_id id;
	enum compression compression;
	uint64_t archive_done, archive_total; /* compressed bytes; done by the slower reader */
	char sha256[SHA256_HEX];	      /* "" until known, or if the file could not be read */
	enum sidecar_state sidecar;
	enum digest_kind sidecar_kind;	  /* of its digest */
	char sidecar_name[256];		  /* its file name, or "" */
	struct manifest_totals totals;	  /* grow while running */
	struct archive_warnings warnings; /* from INSPECT_OK on */
	uint64_t elapsed_ms;
	char error[240]; /* the message of INSPECT_BAD */
};

struct inspect;

/* Starts reading @path by @options (may be NULL). NULL with a message in @diag if that fails: see
 * source_open and sidecar_find. */
struct inspect *inspect_new(
	int reactor, const char *path, const struct archive_options *options, struct diag *diag);
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
