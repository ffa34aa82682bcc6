/* SPDX-License-Identifier: MIT */
/* sidecar - finds the SHA-256 that was published next to an archive: in ARCHIVE.sha256, else in
 * SHA256SUMS in the same directory, in the formats of sha256sum(1) with and without --tag. */
#ifndef CORE_ARCHIVE_SIDECAR_H
#define CORE_ARCHIVE_SIDECAR_H

#include "core/manifest/sha256.h"
#include "device/base/util.h"

/* Pure: finds the digest of @name in @text, as lower-case hex. With @lone, a single digest with
 * another name or without a name is accepted too. False if there is no digest. */
bool sidecar_parse(const char *text, const char *name, bool lone, char ret[SHA256_HEX]);

/*
 * Finds the digest for an archive. Returns 1 with the digest in @ret and the file name of the
 * sidecar in @ret_name (NAME_MAX + 1 bytes); 0 if there is no ARCHIVE.sha256 and SHA256SUMS has no
 * digest for the archive; -EINVAL if ARCHIVE.sha256 has none, or a sidecar is not a regular file or
 * larger than 1 MiB; or -errno if it cannot be read. Both are unchanged unless it returns 1.
 */
_must_check_ int sidecar_find(const char *archive_path, char ret[SHA256_HEX], char *ret_name);

#endif
