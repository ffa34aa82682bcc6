/* SPDX-License-Identifier: MIT */
/* sidecar - the SHA-256 that somebody published beside an archive: ARCHIVE.sha256, else a line of
 * SHA256SUMS in the same directory, as sha256sum (with and without --tag) writes them. */
#ifndef CORE_ARCHIVE_SIDECAR_H
#define CORE_ARCHIVE_SIDECAR_H

#include "core/manifest/sha256.h"
#include "device/base/util.h"

/* Pure: finds the digest of @name in the text of such a file, as lower-case hex. With @lone a single
 * digest under another name, or none, counts as well. False where there is no such line. */
bool sidecar_parse(const char *text, const char *name, bool lone, char ret[SHA256_HEX]);

/*
 * Looks beside the archive. 1 with the digest, and the sidecar's file name in @name (NAME_MAX + 1
 * bytes); 0 where there is none; -EINVAL where ARCHIVE.sha256 holds no digest for it, or -errno
 * where it cannot be read.
 */
_must_check_ int sidecar_find(const char *archive_path, char ret[SHA256_HEX], char *name);

#endif
