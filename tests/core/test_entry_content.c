/* SPDX-License-Identifier: MIT */
#include "core/manifest/entry_content.h"

#include "device/base/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static bool keeps_small(const char *path, uint64_t size)
{
	return strcmp(path, "boot/menu") == 0 && size < 100000;
}

static struct manifest_entry read_parts(
	struct entry_content *content, const char *path, uint64_t size, uint64_t second)
{
	struct manifest *manifest = manifest_new();
	struct manifest_entry entry = {.size = size};

	assert_non_null(manifest);
	manifest_keep(manifest, keeps_small);
	assert_int_equal(entry_content_begin(content, manifest, path, &entry), 0);
	entry_content_add(content, 0, "#!/bin/sh", 9);
	entry_content_add(content, second, "end", 3);
	assert_int_equal(entry_content_end(content, &entry), 0);
	manifest_free(manifest);
	return entry;
}

static void holes_are_zeros(void **state)
{
	struct entry_content content = {.size = 0};
	static char zeros[1009];
	struct manifest_entry with_hole, with_zeros = {.size = 1021};
	struct manifest *manifest = manifest_new();

	(void)state;
	assert_non_null(manifest);
	assert_int_equal(entry_content_init(&content), 0);
	with_hole = read_parts(&content, "boot/menu", 1021, 1018);
	assert_int_equal(with_hole.program.kind, PROGRAM_SCRIPT);
	assert_memory_equal(with_hole.content, "#!/bin/sh\0", 11);
	assert_memory_equal(with_hole.content + 1017, "\0end", 5);

	assert_int_equal(entry_content_begin(&content, manifest, "other", &with_zeros), 0);
	entry_content_add(&content, 0, "#!/bin/sh", 9);
	entry_content_add(&content, 9, zeros, sizeof(zeros));
	entry_content_add(&content, 1018, "end", 3);
	assert_int_equal(entry_content_end(&content, &with_zeros), 0);
	assert_memory_equal(with_hole.digest, with_zeros.digest, sizeof(with_hole.digest));
	assert_null(with_zeros.content);
	entry_content_finish(&content);
	manifest_free(manifest);
}

/* One file leaves nothing to the next, and the rest of a file may be a hole. */
static void files_are_apart(void **state)
{
	struct entry_content content = {.size = 0};
	struct manifest_entry first, second, again;

	(void)state;
	assert_int_equal(entry_content_init(&content), 0);
	first = read_parts(&content, "a", 40000, 30000);
	second = read_parts(&content, "boot/menu", 50000, 30000);
	assert_non_null(second.content);
	assert_int_equal(second.content[49999], 0);
	assert_memory_not_equal(first.digest, second.digest, sizeof(first.digest));
	again = read_parts(&content, "a", 40000, 30000);
	assert_null(again.content);
	assert_memory_equal(first.digest, again.digest, sizeof(first.digest));
	entry_content_finish(&content);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holes_are_zeros),
		cmocka_unit_test(files_are_apart),
	};

	return cmocka_run_group_tests_name("entry_content", tests, NULL, NULL);
}
