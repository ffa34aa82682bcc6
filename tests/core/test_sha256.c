/* SPDX-License-Identifier: MIT */
#include "core/manifest/sha256.h"

#include "device/base/util.h"

#include <errno.h>
#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static int setup(void **state)
{
	static struct sha256 sha;

	*state = &sha;
	return sha256_init(&sha);
}

static int teardown(void **state)
{
	sha256_finish(*state);
	return 0;
}

static void expect_end(struct sha256 *sha, const char *expected)
{
	unsigned char digest[SHA256_BYTES];
	char hex[SHA256_HEX];

	assert_int_equal(sha256_end(sha, digest), 0);
	sha256_hex(digest, hex);
	assert_string_equal(hex, expected);
}

/* The examples of FIPS 180-2 and an empty input, in one piece or byte by byte, with one context. */
static void known_digests(void **state)
{
	static const struct {
		const char *text, *hex;
	} cases[] = {
		{"abc", ABC},
		{"", EMPTY},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
			"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	};
	struct sha256 *sha = *state;
	char part[1000];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		sha256_begin(sha);
		sha256_add(sha, cases[i].text, strlen(cases[i].text));
		expect_end(sha, cases[i].hex);
		sha256_begin(sha);
		for (const char *c = cases[i].text; *c; c++)
			sha256_add(sha, c, 1);
		expect_end(sha, cases[i].hex);
	}
	/* A million times "a". */
	memset(part, 'a', sizeof(part));
	sha256_begin(sha);
	for (int i = 0; i < 1000; i++)
		sha256_add(sha, part, sizeof(part));
	expect_end(sha, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void holes_are_zeros(void **state)
{
	/* Around the size of the static buffer of zeros. */
	static const size_t counts[] = {0, 1, 16383, 16384, 16385, 32768, 100000};
	struct sha256 *sha = *state;
	unsigned char hole[SHA256_BYTES], data[SHA256_BYTES];

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		_cleanup_free_ char *zeros = calloc(1, counts[i] + 1);

		assert_non_null(zeros);
		sha256_begin(sha);
		sha256_add(sha, "a", 1);
		sha256_add_zeros(sha, counts[i]);
		sha256_add(sha, "b", 1);
		assert_int_equal(sha256_end(sha, hole), 0);
		sha256_begin(sha);
		sha256_add(sha, "a", 1);
		sha256_add(sha, zeros, counts[i]);
		sha256_add(sha, "b", 1);
		assert_int_equal(sha256_end(sha, data), 0);
		assert_memory_equal(hole, data, SHA256_BYTES);
	}
}

static void restarts_at_any_time(void **state)
{
	struct sha256 *sha = *state;

	sha256_begin(sha);
	sha256_add(sha, "left", 4);
	sha256_begin(sha);
	sha256_add(sha, "abc", 3);
	expect_end(sha, ABC);
}

static void keeps_errors_until_the_end(void **state)
{
	struct sha256 *sha = *state;
	unsigned char digest[SHA256_BYTES];

	sha256_begin(sha);
	sha->failed = true; /* as after a failed addition */
	sha256_add(sha, "abc", 3);
	assert_int_equal(sha256_end(sha, digest), -EIO);
	sha256_begin(sha); /* clears the error */
	sha256_add(sha, "abc", 3);
	expect_end(sha, ABC);

	/* libcrypto fails on a context without an algorithm. */
	assert_int_equal(EVP_MD_CTX_reset(sha->context), 1);
	sha256_begin(sha);
	assert_true(sha->failed);
	assert_int_equal(sha256_end(sha, digest), -EIO);
}

/* Additions fail on a context without an algorithm; the end must report it. */
static void reports_a_failed_addition(void **state)
{
	struct sha256 *sha = *state;
	unsigned char digest[SHA256_BYTES];

	sha256_begin(sha);
	assert_false(sha->failed);
	assert_int_equal(EVP_MD_CTX_reset(sha->context), 1);
	sha256_add(sha, "abc", 3);
	assert_true(sha->failed);
	assert_int_equal(sha256_end(sha, digest), -EIO);
}

/* The end alone fails. */
static void reports_a_failed_end(void **state)
{
	struct sha256 *sha = *state;
	unsigned char digest[SHA256_BYTES];

	sha256_begin(sha);
	assert_int_equal(EVP_MD_CTX_reset(sha->context), 1);
	assert_int_equal(sha256_end(sha, digest), -EIO);
}

static void finishes_an_unused_context(void **state)
{
	struct sha256 sha = {0};

	(void)state;
	sha256_finish(&sha);
	assert_int_equal(sha256_init(&sha), 0);
	assert_non_null(sha.context);
	sha256_finish(&sha);
	assert_null(sha.context);
	sha256_finish(&sha);
}

static void writes_every_digit(void **state)
{
	unsigned char digest[SHA256_BYTES];
	char hex[SHA256_HEX + 1];

	(void)state;
	for (size_t i = 0; i < SHA256_BYTES; i++)
		digest[i] = (unsigned char)(i < 16 ? i << 4 | (15 - i) : i);
	memset(hex, '!', sizeof(hex));
	sha256_hex(digest, hex);
	assert_memory_equal(hex,
		"0f1e2d3c4b5a69788796a5b4c3d2e1f0101112131415161718191a1b1c1d1e1f\0!", sizeof(hex));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(known_digests),
		TEST(holes_are_zeros),
		TEST(restarts_at_any_time),
		TEST(keeps_errors_until_the_end),
		TEST(reports_a_failed_addition),
		TEST(reports_a_failed_end),
		cmocka_unit_test(finishes_an_unused_context),
		cmocka_unit_test(writes_every_digit),
	};

	return cmocka_run_group_tests_name("sha256", tests, NULL, NULL);
}
