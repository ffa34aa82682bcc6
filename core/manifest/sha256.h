/* SPDX-License-Identifier: MIT */
/* sha256 - one digest after the other with one context (libcrypto). Errors are kept until the end. */
#ifndef CORE_MANIFEST_SHA256_H
#define CORE_MANIFEST_SHA256_H

#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>

#define SHA256_BYTES 32
#define SHA256_HEX   (2 * SHA256_BYTES + 1) /* room for the text form */

struct sha256 {
	void *context; /* owned; NULL before sha256_init and after sha256_finish */
	bool failed;
};

/* 0 or -ENOMEM. sha256_finish may be called on a zeroed one. */
_must_check_ int sha256_init(struct sha256 *sha);
void sha256_finish(struct sha256 *sha);

void sha256_begin(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *data, size_t size);
/* Adds @count zero bytes: a hole. */
void sha256_add_zeros(struct sha256 *sha, size_t count);
/* 0, or -EIO where the library failed on the way. */
_must_check_ int sha256_end(struct sha256 *sha, unsigned char ret[SHA256_BYTES]);

void sha256_hex(const unsigned char digest[SHA256_BYTES], char ret[SHA256_HEX]);

#endif
