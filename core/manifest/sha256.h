/* SPDX-License-Identifier: MIT */
/* sha256 - computes digests, one after the other with the same libcrypto context. An error on
 * the way is reported by sha256_end. */
#ifndef CORE_MANIFEST_SHA256_H
#define CORE_MANIFEST_SHA256_H

#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>

#define SHA256_BYTES 32
#define SHA256_HEX   (2 * SHA256_BYTES + 1) /* size of the hex form, with its NUL */

struct sha256 {
	void *context; /* owned; NULL before sha256_init and after sha256_finish */
	bool failed;
};

/* Allocates the context. 0 or -ENOMEM. */
_must_check_ int sha256_init(struct sha256 *sha);
/* Frees the context. May be called on a zeroed struct. */
void sha256_finish(struct sha256 *sha);

/* Starts a digest and drops the one before. */
void sha256_begin(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *data, size_t size);
/* Adds @count zero bytes, for a hole. */
void sha256_add_zeros(struct sha256 *sha, size_t count);
/* Returns the digest in @ret. 0, or -EIO if libcrypto failed since sha256_begin. */
_must_check_ int sha256_end(struct sha256 *sha, unsigned char ret[SHA256_BYTES]);

/* Writes the digest as lower-case hex. */
void sha256_hex(const unsigned char digest[SHA256_BYTES], char ret[SHA256_HEX]);

#endif
