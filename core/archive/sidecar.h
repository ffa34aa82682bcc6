/* SPDX-License-Identifier: MIT */
/*
 * sidecar - finds the digest that was published next to an archive: in a file of its own, such as
 * ARCHIVE.sha256 or ARCHIVE.sha, or in a list such as SHA256SUMS in the same directory. Reads the
 * forms of sha256sum(1) with and without --tag and of openssl-dgst(1), with a path, with one blank
 * or a tab, with escaped names, and with a byte order mark.
 */
#ifndef CORE_ARCHIVE_SIDECAR_H
#define CORE_ARCHIVE_SIDECAR_H

#include "core/archive/digest.h"
#include "device/base/util.h"

#include <limits.h>

struct sidecar {
	enum digest_kind kind;
	char hex[DIGEST_HEX_MAX]; /* lower case */
	char name[NAME_MAX + 1];  /* file name of the sidecar */
};

#define SIDECAR_KIND(kind) (1u << DIGEST_##kind)

/*
 * Pure: finds a digest of one of the @kinds (bits of SIDECAR_KIND) for the archive at @path in
 * @text. A line counts for the archive if its name is that of the archive, or ends in it after a
 * slash; the longest match with @path wins. With @lone, a single digest with another name or without
 * a name is accepted too. Returns 1; 0 if there is no digest, or lines for archives in other folders
 * differ; or -ENOTUNIQ if two lines for the archive differ. Unless it returns 1, @ret is unchanged.
 */
_must_check_ int sidecar_parse(
	const char *text, const char *path, unsigned kinds, bool lone, struct sidecar *ret);

/*
 * Finds the digest for an archive. Returns 1 with the digest; 0 if the archive has no digest file of
 * its own and no list has a digest for it; -EINVAL if its own file has none, or a sidecar is not a
 * regular file or larger than 1 MiB; -ENOTUNIQ if it has two; -ENOLINK for a dangling link; or -errno
 * if it cannot be read. After an error only the name in
 * @ret is set; after 0 @ret is unchanged.
 */
_must_check_ int sidecar_find(const char *archive_path, struct sidecar *ret);

#endif
