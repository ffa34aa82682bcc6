/* SPDX-License-Identifier: MIT */
#include "core/archive/digest.h"

#include <errno.h>
#include <openssl/evp.h>

static const struct {
	const char *name;
	const EVP_MD *(*algorithm)(void);
	size_t hex_digits;
	bool weak;
} kinds[DIGEST_COUNT] = {
	[DIGEST_SHA256] = {"SHA-256", EVP_sha256, 64, false},
	[DIGEST_SHA512] = {"SHA-512", EVP_sha512, 128, false},
	[DIGEST_SHA1] = {"SHA-1", EVP_sha1, 40, true},
	[DIGEST_MD5] = {"MD5", EVP_md5, 32, true},
};

const char *digest_name(enum digest_kind kind)
{
	return kinds[kind].name;
}

size_t digest_hex_digits(enum digest_kind kind)
{
	return kinds[kind].hex_digits;
}

bool digest_is_weak(enum digest_kind kind)
{
	return kinds[kind].weak;
}

int digest_begin(struct digest *digest, enum digest_kind kind)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	*digest = (struct digest){.context = context};
	if (context && EVP_DigestInit_ex(context, kinds[kind].algorithm(), NULL) == 1)
		return 0;
	digest_finish(digest);
	return -ENOTSUP;
}

void digest_add(struct digest *digest, const void *data, size_t size)
{
	if (EVP_DigestUpdate(digest->context, data, size) != 1)
		digest->failed = true;
}

int digest_end(struct digest *digest, char ret[DIGEST_HEX_MAX])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	bool failed = EVP_DigestFinal_ex(digest->context, bytes, &length) != 1 || digest->failed;

	digest_finish(digest);
	if (failed || 2 * length >= DIGEST_HEX_MAX)
		return -EIO;
	for (unsigned i = 0; i < length; i++) {
		ret[2 * i] = digits[bytes[i] >> 4];
		ret[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret[2 * length] = '\0';
	return 0;
}

void digest_finish(struct digest *digest)
{
	EVP_MD_CTX_free(digest->context);
	digest->context = NULL;
}
