/* SPDX-License-Identifier: MIT */
/*
 * inspect - reads a whole archive once, in children, beside whatever else goes on: its integrity,
 * exact totals, path safety, the digest of the file itself, sidecar digests (ARCHIVE.sha256,
 * SHA256SUMS), and the manifest. The first thing an install needs, and all of `boardstrap inspect`.
 * It ends INSPECT_OK only where everything agrees: the file was read to its end and did not change,
 * the decompressor and the tar reader found nothing wrong, no entry is a problem, and a sidecar, if
 * there is one, has the same digest. An archive that is cut anywhere never ends so, but for a plain
 * tar that has lost nothing else than padding behind its end mark.
 */
#ifndef CORE_ARCHIVE_INSPECT_H
#define CORE_ARCHIVE_INSPECT_H

#include "core/archive/source.h"
#include "core/manifest/manifest.h"

enum inspect_state { INSPECT_RUNNING, INSPECT_OK, INSPECT_BAD };
enum sidecar_state { SIDECAR_NONE, SIDECAR_OK, SIDECAR_WRONG };

/* A flat value: what is known so far. */
struct inspect_result {
	enum inspect_state state;
	char path[512]; /* absolute */
	struct file_id id;
	enum compression compression;
	uint64_t archive_done, archive_total; /* compressed bytes; done is the slower reader's */
	char sha256[SHA256_HEX]; /* "" until known, and where the file could not be read */
	enum sidecar_state sidecar;
	char sidecar_name[256];	       /* its file name, "" for none */
	struct manifest_totals totals; /* grow while running */
	uint64_t elapsed_ms;
	char error[240]; /* of INSPECT_BAD: the sentence */
};

struct inspect;

/* Starts reading @path. NULL and a sentence in @diag where it cannot begin (see source_open). */
struct inspect *inspect_new(int reactor, const char *path, struct diag *diag);
/* Stops its children and frees it; NULL is fine. */
void inspect_free(struct inspect *inspect);
/* The state now; cheap. */
void inspect_result(struct inspect *inspect, struct inspect_result *ret);
/* The manifest, borrowed: its entries are valid once the state is INSPECT_OK, until inspect_free. */
struct manifest *inspect_manifest(struct inspect *inspect);
/* Calls @ended once, from the reactor, when the state leaves INSPECT_RUNNING;
 * inspect_free is allowed in it. */
void inspect_on_end(struct inspect *inspect, void (*ended)(void *arg), void *arg);

#endif
