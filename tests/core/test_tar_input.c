/* SPDX-License-Identifier: MIT */
#include "core/format/tar_input.h"

#include "core/format/tar_header.h"
#include "device/base/util.h"
#include "tests/lib/sandbox.h"

#include <errno.h>

/* Passes on bytes 0, 1, 2, ... modulo 251, in pieces; then the end or an error. */
struct source {
	size_t at, size, piece;
	int error; /* at the end, or 0 */
};

static ssize_t read_source(void *arg, void *buffer, size_t size)
{
	struct source *source = arg;
	size_t part = source->size - source->at;

	if (part == 0)
		return source->error;
	part = part < size ? part : size;
	part = part < source->piece ? part : source->piece;
	for (size_t i = 0; i < part; i++)
		((unsigned char *)buffer)[i] = (unsigned char)((source->at + i) % 251);
	source->at += part;
	return (ssize_t)part;
}

static struct tar_input *open_source(struct source *source)
{
	struct tar_input *input = calloc(1, sizeof(*input));

	assert_non_null(input);
	input->read = read_source;
	input->arg = source;
	return input;
}

static void copies_and_skips(void **state)
{
	static const size_t pieces[] = {1, 7, 512, 100000};
	unsigned char bytes[600];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		struct source source = {.size = 100000, .piece = pieces[i]};
		struct tar_input *input = open_source(&source);

		assert_int_equal(tar_input_copy(input, bytes, 600), 600);
		for (size_t k = 0; k < 600; k++)
			assert_int_equal(bytes[k], k % 251);
		assert_int_equal(tar_input_skip(input, 99000), 0);
		assert_int_equal(input->offset, 99600);
		assert_int_equal(tar_input_copy(input, bytes, 600), 400);
		assert_int_equal(bytes[399], 99999 % 251);
		assert_int_equal(tar_input_fill(input), 0);
		assert_int_equal(tar_input_copy(input, bytes, 1), 0);
		assert_int_equal(tar_input_drain(input), 0);
		free(input);
	}
}

/* A stream that ends too early is a fault of the archive; an error of reading is not. */
static void tells_an_end_from_an_error(void **state)
{
	static const struct {
		size_t size;
		int error, skipped, drained;
		const char *phrase;
	} cases[] = {
		{TAR_BLOCK - 1, 0, -EBADMSG, 0, "shorter than one header"},
		{TAR_BLOCK, 0, -EBADMSG, 0, "the tar archive is truncated"},
		{TAR_BLOCK, -EIO, -EIO, -EIO, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct source source = {
			.size = cases[i].size, .piece = 100, .error = cases[i].error};
		struct tar_input *input = open_source(&source);

		assert_int_equal(tar_input_skip(input, 1000), cases[i].skipped);
		assert_int_equal(tar_input_drain(input), cases[i].drained);
		if (cases[i].phrase) {
			assert_string_equal(input->code, "truncated");
			assert_non_null(strstr(input->phrase, cases[i].phrase));
		} else {
			assert_null(input->phrase);
		}
		free(input);
	}
}

static void stores_whole_blocks(void **state)
{
	struct source source = {.size = 3 * TAR_BLOCK, .piece = 1000};
	struct tar_input *input = open_source(&source);
	struct tar_store store = {0};

	(void)state;
	assert_int_equal(tar_padding(0), 0);
	assert_int_equal(tar_padding(1), TAR_BLOCK - 1);
	assert_int_equal(tar_padding(TAR_BLOCK), 0);
	assert_int_equal(tar_input_store(input, &store, TAR_BLOCK + 1), 0);
	assert_int_equal(store.size, TAR_BLOCK + 1);
	assert_int_equal((unsigned char)store.at[TAR_BLOCK], TAR_BLOCK % 251);
	assert_int_equal(input->offset, 2 * TAR_BLOCK);
	assert_int_equal(tar_input_store(input, &store, TAR_STORE_MAX + 1), -EBADMSG);
	assert_string_equal(input->code, "size");
	/* Memory follows the bytes that arrive. */
	assert_int_equal(tar_input_store(input, &store, TAR_STORE_MAX), -EBADMSG);
	assert_string_equal(input->code, "truncated");
	assert_true(store.capacity < KIB(256));
	free(store.at);
	free(input);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_and_skips),
		cmocka_unit_test(tells_an_end_from_an_error),
		cmocka_unit_test(stores_whole_blocks),
	};

	return cmocka_run_group_tests_name("tar_input", tests, NULL, NULL);
}
