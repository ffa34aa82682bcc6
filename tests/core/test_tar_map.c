/* SPDX-License-Identifier: MIT */
#include "core/format/tar_map.h"

#include "core/format/tar_header.h"
#include "device/base/util.h"
#include "tests/lib/sandbox.h"

#include <errno.h>

/* Passes on a string, then zeros, in pieces of one byte. */
struct source {
	const char *text;
	size_t at, size;
};

static ssize_t read_source(void *arg, void *buffer, size_t size)
{
	struct source *source = arg;
	char *to = buffer;

	if (size == 0 || source->at == source->size)
		return 0;
	*to = source->at < strlen(source->text) ? source->text[source->at] : '\0';
	source->at++;
	return 1;
}

/* Writes "OFFSET+SIZE " for each part. */
static void describe(const struct tar_map *map, char *ret, size_t size)
{
	size_t used = 0;

	*ret = '\0';
	for (size_t i = 0; i < map->count; i++)
		used += (size_t)snprintf(ret + used, size - used, "%llu+%llu ",
			(unsigned long long)map->extents[i].offset,
			(unsigned long long)map->extents[i].size);
}

static void reads_the_lines_before_the_content(void **state)
{
	static char long_map[2 * TAR_BLOCK];
	static const struct {
		const char *text;
		size_t size; /* of the stream */
		uint64_t left;
		const char *map;  /* NULL: not read */
		const char *code; /* of the fault */
		uint64_t rest;	  /* of left */
	} cases[] = {
		{"0\n", 512, 1000, "", NULL, 488},
		{"2\n0\n5\n4096\n7\n", 512, 524, "0+5 4096+7 ", NULL, 12},
		{"1\n9223372036854775807\n0\n", 512, 512, "9223372036854775807+0 ", NULL, 0},
		{long_map, 1024, 1024, "700+1 ", NULL, 0},
		{"2\n0\n5\n4\n7\n", 512, 512, NULL, "damaged", 0}, /* one lies in the other */
		{"1\n9223372036854775807\n1\n", 512, 512, NULL, "damaged", 0},
		{"1\n9223372036854775808\n0\n", 512, 512, NULL, "damaged", 0},
		{"1\n\n0\n", 512, 512, NULL, "damaged", 0},
		{"1\n-1\n0\n", 512, 512, NULL, "damaged", 0},
		{"1\n0x1\n0\n", 512, 512, NULL, "damaged", 0},
		{"1\n0\n", 512, 512, NULL, "damaged", 0}, /* zeros follow */
		{"0\n", 512, 511, NULL, "damaged", 0},
		{"0\n", 511, 512, NULL, "truncated", 0},
		{"1048577\n", 512, 512, NULL, "size", 0},
	};

	(void)state;
	memset(long_map, '0', TAR_BLOCK); /* leading zeros, to the next block */
	long_map[0] = '1';
	long_map[1] = '\n';
	strcpy(long_map + TAR_BLOCK, "700\n1\n");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct source source = {cases[i].text, 0, cases[i].size};
		struct tar_input *input = calloc(1, sizeof(*input));
		struct tar_map map = {0};
		uint64_t left = cases[i].left;
		char text[100];
		int r;

		assert_non_null(input);
		input->read = read_source;
		input->arg = &source;
		input->offset = TAR_BLOCK; /* a header came before it */
		r = tar_map_read(&map, input, &left);
		describe(&map, text, sizeof(text));
		if (r != (cases[i].map ? 0 : -EBADMSG) ||
			(cases[i].map &&
				(strcmp(text, cases[i].map) != 0 || left != cases[i].rest)) ||
			(cases[i].code && strcmp(input->code, cases[i].code) != 0))
			fail_msg("case %zu: %d, %s, %s", i, r, text, r ? input->code : "");
		free(map.extents);
		free(input);
	}
}

/* An error of reading is none of the archive. */
static ssize_t fail_to_read(void *arg, void *buffer, size_t size)
{
	(void)arg;
	(void)buffer;
	(void)size;
	return -ECANCELED;
}

static void passes_errors_of_reading_on(void **state)
{
	struct tar_input *input = calloc(1, sizeof(*input));
	unsigned char header[TAR_BLOCK] = {[482] = 1};
	struct tar_map map = {0};
	uint64_t left = TAR_BLOCK;
	int64_t real_size;

	(void)state;
	assert_non_null(input);
	input->read = fail_to_read;
	assert_int_equal(tar_map_read(&map, input, &left), -ECANCELED);
	assert_int_equal(tar_map_read_old(&map, input, header, &real_size), -ECANCELED);
	free(input);
}

static void checks_the_content(void **state)
{
	struct tar_extent extents[] = {{0, 5}, {4096, 7}};
	struct tar_map map = {.extents = extents, .count = 2};
	struct tar_input *input = calloc(1, sizeof(*input));

	(void)state;
	assert_non_null(input);
	assert_int_equal(tar_map_check(&map, input, 12, 4103), 0);
	assert_int_equal(tar_map_check(&map, input, 12, 5000), 0);
	assert_int_equal(tar_map_check(&map, input, 12, 4102), -EBADMSG);
	assert_int_equal(tar_map_check(&map, input, 11, 4103), -EBADMSG);
	assert_int_equal(tar_map_check(&map, input, 13, 4103), -EBADMSG);
	assert_int_equal(tar_map_check(&map, input, 12, -1), -EBADMSG);
	free(input);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_lines_before_the_content),
		cmocka_unit_test(passes_errors_of_reading_on),
		cmocka_unit_test(checks_the_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
