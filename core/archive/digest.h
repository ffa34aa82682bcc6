/* SPDX-License-Identifier: MIT */
/* digest - the kinds of digests that are published next to archives, and their computation. An error
 * on the way is reported by digest_end. For the entries of an archive see sha256.h. */
#ifndef CORE_ARCHIVE_DIGEST_H
#define CORE_ARCHIVE_DIGEST_H

#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>

enum digest_kind { DIGEST_SHA256, DIGEST_SHA512, DIGEST_SHA1, DIGEST_MD5, DIGEST_COUNT };

#define DIGEST_HEX_MAX (2 * 64 + 1) /* size of the longest hex form, with its NUL */

const char *digest_name(enum digest_kind kind); /* "SHA-256" */
size_t digest_hex_digits(enum digest_kind kind);
/* True if others can make a file with a wanted digest: it finds accidents, but no tampering. */
bool digest_is_weak(enum digest_kind kind);

struct digest {
	void *context; /* owned */
	bool failed;
};

/* Starts a digest. 0, or -ENOTSUP if libcrypto does not provide this kind. */
_must_check_ int digest_begin(struct digest *digest, enum digest_kind kind);
void digest_add(struct digest *digest, const void *data, size_t size);
/* Returns the digest as lower-case hex, and frees the context. 0 or -EIO. */
_must_check_ int digest_end(struct digest *digest, char ret[DIGEST_HEX_MAX]);
/* Frees the context. May be called on a zeroed struct, and after digest_end. */
void digest_finish(struct digest *digest);

#endif
