/* SPDX-License-Identifier: MIT */
#include "core/archive/digest.h"

#include "device/base/util.h"
#include "tests/lib/sandbox.h"

/* The digests of "abc": FIPS 180-4 and RFC 1321. */
static const struct {
	const char *name, *hex;
	bool weak;
} kinds[DIGEST_COUNT] = {
	[DIGEST_SHA256] = {"SHA-256",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", false},
	[DIGEST_SHA512] = {"SHA-512",
		"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
		false},
	[DIGEST_SHA1] = {"SHA-1", "a9993e364706816aba3e25717850c26c9cd0d89d", true},
	[DIGEST_MD5] = {"MD5", "900150983cd24fb0d6963f7d28e17f72", true},
};

static void computes_each_kind(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < DIGEST_COUNT; kind++) {
		struct digest digest;
		char hex[DIGEST_HEX_MAX];

		assert_int_equal(digest_begin(&digest, kind), 0);
		digest_add(&digest, "a", 1);
		digest_add(&digest, "", 0);
		digest_add(&digest, "bc", 2);
		assert_int_equal(digest_end(&digest, hex), 0);
		assert_string_equal(hex, kinds[kind].hex);
		assert_int_equal(strlen(hex), digest_hex_digits(kind));
		assert_string_equal(digest_name(kind), kinds[kind].name);
		assert_int_equal(digest_is_weak(kind), kinds[kind].weak);
		digest_finish(&digest); /* once more: nothing happens */
	}
}

static void may_be_left_half_way(void **state)
{
	struct digest digest, none = {0};

	(void)state;
	assert_int_equal(digest_begin(&digest, DIGEST_SHA256), 0);
	digest_add(&digest, "a", 1);
	digest_finish(&digest);
	digest_finish(&none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(computes_each_kind),
		cmocka_unit_test(may_be_left_half_way),
	};

	return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
