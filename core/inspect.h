/* SPDX-License-Identifier: MIT */
/*
 * inspect - reads a whole archive once, in children, beside whatever else goes on: its integrity,
 * exact totals, path safety, the digest of the file itself, sidecar digests (ARCHIVE.sha256,
 * SHA256SUMS), and the manifest. The first thing an install needs, and all of `boardstrap inspect`.
 */
#ifndef CORE_INSPECT_H
#define CORE_INSPECT_H

#include "core/manifest.h"
#include "core/source.h"

enum inspect_state { INSPECT_RUNNING, INSPECT_OK, INSPECT_BAD };
enum sidecar_state { SIDECAR_NONE, SIDECAR_OK, SIDECAR_WRONG };

/* A flat value: what is known so far. */
struct inspect_result {
	enum inspect_state state;
	char path[512];
	struct source_id id;
	enum compression compression;
	uint64_t archive_done, archive_total; /* compressed bytes */
	char sha256[65];        /* hex, "" until known */
	enum sidecar_state sidecar;
	struct manifest_totals totals; /* final unless running */
	uint64_t elapsed_ms;
	char error[240];        /* of INSPECT_BAD: the sentence */
};

struct inspect;

/* Starts reading @path. NULL and a sentence in @why where it cannot begin (see source_open). */
struct inspect *inspect_new(int reactor, const char *path, char *why, size_t why_size);
/* Stops its children and frees it; NULL is fine. */
void inspect_free(struct inspect *inspect);
/* The state now; cheap. */
void inspect_result(struct inspect *inspect, struct inspect_result *ret);
/* The manifest, borrowed: valid once the state is INSPECT_OK and until inspect_free. */
struct manifest *inspect_manifest(struct inspect *inspect);
/* Calls @changed once when the state leaves INSPECT_RUNNING. */
void inspect_on_end(struct inspect *inspect, void (*ended)(void *arg), void *arg);

#endif
