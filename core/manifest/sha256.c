/* SPDX-License-Identifier: MIT */
#include "core/manifest/sha256.h"

#include "device/base/util.h"

#include <errno.h>
#include <openssl/evp.h>

int sha256_init(struct sha256 *sha)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (!context)
		return -ENOMEM;
	*sha = (struct sha256){.context = context};
	if (EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1)
		return 0;
	sha256_finish(sha);
	return -ENOMEM;
}

void sha256_finish(struct sha256 *sha)
{
	EVP_MD_CTX_free(sha->context);
	sha->context = NULL;
}

void sha256_begin(struct sha256 *sha)
{
	/* A NULL type reuses the algorithm of the context: fetching it again is slow. */
	sha->failed = EVP_DigestInit_ex(sha->context, NULL, NULL) != 1;
}

void sha256_add(struct sha256 *sha, const void *data, size_t size)
{
	if (EVP_DigestUpdate(sha->context, data, size) != 1)
		sha->failed = true;
}

void sha256_add_zeros(struct sha256 *sha, size_t count)
{
	static const unsigned char zeros[16384];

	while (count > 0) {
		size_t part = count < sizeof(zeros) ? count : sizeof(zeros);

		sha256_add(sha, zeros, part);
		count -= part;
	}
}

int sha256_end(struct sha256 *sha, unsigned char ret[SHA256_BYTES])
{
	if (EVP_DigestFinal_ex(sha->context, ret, NULL) != 1)
		sha->failed = true;
	return sha->failed ? -EIO : 0;
}

void sha256_hex(const unsigned char digest[SHA256_BYTES], char ret[SHA256_HEX])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < SHA256_BYTES; i++) {
		ret[2 * i] = digits[digest[i] >> 4];
		ret[2 * i + 1] = digits[digest[i] & 15];
	}
	ret[2 * SHA256_BYTES] = '\0';
}
