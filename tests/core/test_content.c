/* SPDX-License-Identifier: MIT */
#include "core/manifest/content.h"

#include "device/base/util.h"
#include "tests/lib/sandbox.h"

#define BYTES (CONTENT_UNIT * 300)

static unsigned char data[BYTES];
static struct sha256 sha;

static int setup(void **state)
{
	(void)state;
	return sha256_init(&sha);
}

static int teardown(void **state)
{
	(void)state;
	sha256_finish(&sha);
	return 0;
}

/* Digests the first @size bytes in pieces of @piece; zeros of a piece become holes if @holes. */
static void digest(size_t size, size_t piece, bool holes, unsigned char ret[SHA256_BYTES])
{
	static const unsigned char zeros[BYTES];
	struct content content;

	content_begin(&content, &sha);
	for (size_t at = 0, part; at < size; at += part) {
		part = piece < size - at ? piece : size - at;
		if (holes && memcmp(data + at, zeros, part) == 0)
			content_add_hole(&content, part);
		else
			content_add(&content, data + at, part);
	}
	assert_int_equal(content_end(&content, ret), 0);
}

/* Data with runs of zeros in many places, none, and zeros alone. */
static void fill(unsigned kind)
{
	memset(data, 0, sizeof(data));
	for (size_t i = 0; i < BYTES; i++)
		if ((kind == 0 && i % 9000 < 20) || (kind == 1 && i / CONTENT_UNIT % 2 == 0) ||
			kind == 2 || (kind == 3 && i == BYTES / 2) ||
			(kind == 4 && i / 30000 % 3 == 1))
			data[i] = (unsigned char)(i % 251 + 1);
}

static void pieces_and_holes_do_not_matter(void **state)
{
	static const size_t pieces[] = {1, 7, 511, 4095, 4096, 4097, 65536, BYTES};
	static const size_t sizes[] = {
		0, 1, 4095, 4096, 4097, 8191, 12288, 100000, BYTES - 1, BYTES};

	(void)state;
	for (unsigned kind = 0; kind < 6; kind++) {
		fill(kind);
		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
			unsigned char expected[SHA256_BYTES], found[SHA256_BYTES];

			digest(sizes[i], sizes[i] ? sizes[i] : 1, false, expected);
			for (size_t k = 0; k < ARRAY_SIZE(pieces); k++)
				for (int holes = 0; holes < 2; holes++) {
					digest(sizes[i], pieces[k], holes, found);
					if (memcmp(found, expected, SHA256_BYTES) != 0)
						fail_msg("kind %u, %zu bytes in pieces of %zu",
							kind, sizes[i], pieces[k]);
				}
		}
	}
}

/* One byte more, less, other or elsewhere is another content. */
static void differs_for_other_contents(void **state)
{
	unsigned char digests[9][SHA256_BYTES];

	(void)state;
	fill(5); /* zeros */
	digest(BYTES, BYTES, false, digests[0]);
	digest(BYTES - 1, BYTES, false, digests[1]);
	digest(CONTENT_UNIT, BYTES, false, digests[2]);
	data[0] = 1;
	digest(BYTES, BYTES, false, digests[3]);
	data[0] = 2;
	digest(BYTES, BYTES, false, digests[4]);
	data[0] = 0;
	data[CONTENT_UNIT] = 1; /* the same unit, in another place */
	digest(BYTES, BYTES, false, digests[5]);
	data[0] = 1;
	digest(BYTES, BYTES, false, digests[6]);
	data[CONTENT_UNIT] = 0;
	data[2 * CONTENT_UNIT] = 1;
	digest(BYTES, BYTES, false, digests[7]);
	digest(0, 1, false, digests[8]);
	for (size_t i = 0; i < ARRAY_SIZE(digests); i++)
		for (size_t k = 0; k < i; k++)
			if (memcmp(digests[i], digests[k], SHA256_BYTES) == 0)
				fail_msg("contents %zu and %zu", k, i);
}

/* A file of many terabytes costs nothing but its data. */
static void holes_cost_nothing(void **state)
{
	unsigned char digests[2][SHA256_BYTES];
	struct content content;

	(void)state;
	for (uint64_t i = 0; i < 2; i++) {
		content_begin(&content, &sha);
		content_add(&content, "x", 1);
		content_add_hole(&content, (UINT64_C(1) << 60) + i);
		content_add(&content, "y", 1);
		assert_int_equal(content_end(&content, digests[i]), 0);
	}
	assert_memory_not_equal(digests[0], digests[1], SHA256_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_and_holes_do_not_matter),
		cmocka_unit_test(differs_for_other_contents),
		cmocka_unit_test(holes_cost_nothing),
	};

	return cmocka_run_group_tests_name("content", tests, setup, teardown);
}
