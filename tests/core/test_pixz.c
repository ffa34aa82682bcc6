/* SPDX-License-Identifier: MIT */
#include "core/format/pixz.h"

#include "device/base/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define MAGIC "\xa6\x4c\x32\x2e\xd6\x14\xae\xdb"

/* Feeds the stream in pieces of @piece bytes. */
static struct pixz look(const unsigned char *stream, size_t size, size_t piece)
{
	struct pixz pixz = {0};

	for (size_t at = 0; at < size; at += piece)
		pixz_look(&pixz, stream + at, size - at < piece ? size - at : piece);
	assert_int_equal(pixz.offset, size);
	return pixz;
}

static void finds_the_index_after_the_end_mark(void **state)
{
	static const struct {
		size_t magic_at, other_at; /* of a byte that is not zero; 0: none */
		bool found;
	} cases[] = {
		{2048, 0, true}, {4096, 0, true}, {0, 0, false},
		{1536, 0, false},			 /* only one block of zeros */
		{2049, 0, false},			 /* no whole block */
		{2304, 0, false}, {4096, 2048, false},	 /* something lies between */
		{4096, 1024, false}, {2048, 5000, true}, /* the index itself */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (size_t piece = 1; piece <= 8192; piece = piece * 2 + (piece > 3)) {
			unsigned char stream[8192] = {0};
			struct pixz pixz;

			memset(stream, 'x', 1024); /* the mark is at 1024 */
			if (cases[i].magic_at)
				memcpy(stream + cases[i].magic_at, MAGIC, 8);
			if (cases[i].other_at)
				stream[cases[i].other_at] = 'y';
			pixz = look(stream, sizeof(stream), piece);
			if (pixz_follows(&pixz, 1024) != cases[i].found)
				fail_msg("case %zu, pieces of %zu", i, piece);
		}
	}
}

/* A file in the archive may look like an index: what counts is behind the mark. */
static void takes_the_last(void **state)
{
	unsigned char stream[16384] = {0};
	struct pixz pixz;

	(void)state;
	memset(stream, 'x', 512);
	memcpy(stream + 4096, MAGIC, 8);
	pixz = look(stream, sizeof(stream), 1000);
	assert_true(pixz_follows(&pixz, 512));
	assert_false(pixz_follows(&pixz, 8192));
	memset(stream + 8000, 'x', 192);
	memcpy(stream + 10240, MAGIC, 8);
	pixz = look(stream, sizeof(stream), 1000);
	assert_true(pixz_follows(&pixz, 8192));
	assert_false(pixz_follows(&pixz, 512));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_index_after_the_end_mark),
		cmocka_unit_test(takes_the_last),
	};

	return cmocka_run_group_tests_name("pixz", tests, NULL, NULL);
}
