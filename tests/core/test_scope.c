/* SPDX-License-Identifier: MIT */
#include "core/plan/scope.h"

#include "device/base/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

static void names_are_those_of_only(void **state)
{
	enum scope scope = SCOPE_COUNT;

	(void)state;
	assert_int_equal(scope_parse("boot", &scope), 0);
	assert_int_equal(scope, SCOPE_BOOT);
	assert_int_equal(scope_parse("all", &scope), -EINVAL);
	assert_int_equal(scope_parse("", &scope), -EINVAL);
	assert_int_equal(scope, SCOPE_BOOT);
	assert_null(scope_words(SCOPE_ALL)->name);
}

/* A snapshot from a file may hold any number. */
static void every_scope_has_words(void **state)
{
	(void)state;
	for (enum scope scope = SCOPE_ALL; scope <= SCOPE_COUNT; scope++) {
		const struct scope_words *words = scope_words(scope);
		const char *const sentences[] = {words->state, words->brief};
		const char *const phrases[] = {words->loss[1], words->unfinished[1], words->again,
			words->passed, words->joint};

		assert_non_null(words->subject);
		for (size_t i = 0; i < ARRAY_SIZE(sentences); i++)
			assert_int_equal(sentences[i][strlen(sentences[i]) - 1], '.');
		for (size_t i = 0; i < ARRAY_SIZE(phrases); i++)
			assert_int_not_equal(phrases[i][strlen(phrases[i]) - 1], '.');
	}
	assert_ptr_equal(scope_words(SCOPE_COUNT), scope_words(SCOPE_ALL));
}

static void a_layout_has_its_scope(void **state)
{
	struct layout layout = {.count = 2, .partitions = {{.mount = "/boot"}, {.mount = "/"}}};

	(void)state;
	assert_int_equal(scope_of_layout(&layout), SCOPE_ALL);
	layout.partitions[1].mount[0] = '\0';
	assert_int_equal(scope_of_layout(&layout), SCOPE_FILES);
	layout.partitions[0].mount[0] = '\0';
	assert_int_equal(scope_of_layout(&layout), SCOPE_IMAGES);
}

static void scopes_have_archives_or_files(void **state)
{
	(void)state;
	for (enum scope scope = SCOPE_ALL; scope < SCOPE_COUNT; scope++) {
		assert_int_equal(scope_has_archive(scope), scope == SCOPE_ALL);
		assert_int_equal(
			scope_has_files(scope), scope == SCOPE_ALL || scope == SCOPE_FILES);
		assert_int_equal(scope_makes_table(scope), scope != SCOPE_BOOT);
	}
}

static void the_boot_loader_alone_is_in_no_partition(void **state)
{
	static const bool writes[] = {[BLOB_DISK] = true,
		[BLOB_BOOT0] = true,
		[BLOB_BOOT1] = true,
		[BLOB_PARTITION] = false};

	(void)state;
	for (size_t target = 0; target < ARRAY_SIZE(writes); target++) {
		const struct layout_blob blob = {.target = (enum blob_target)target};

		assert_true(scope_writes_blob(SCOPE_ALL, &blob));
		assert_int_equal(scope_writes_blob(SCOPE_BOOT, &blob), writes[target]);
	}
}

/* A layout without a mount point has no place for files. */
static void a_layout_of_images_takes_no_archive(void **state)
{
	struct layout layout = {
		.count = 2, .partitions = {{.name = "a"}, {.name = "b", .mount = "/"}}};

	(void)state;
	assert_int_equal(scope_of_layout(&layout), SCOPE_ALL);
	layout.partitions[1].mount[0] = '\0';
	assert_int_equal(scope_of_layout(&layout), SCOPE_IMAGES);
	for (enum scope scope = SCOPE_ALL; scope < SCOPE_COUNT; scope++) {
		assert_int_equal(scope_has_archive(scope), scope == SCOPE_ALL);
		assert_int_equal(scope_makes_table(scope), scope != SCOPE_BOOT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_those_of_only),
		cmocka_unit_test(every_scope_has_words),
		cmocka_unit_test(a_layout_has_its_scope),
		cmocka_unit_test(scopes_have_archives_or_files),
		cmocka_unit_test(the_boot_loader_alone_is_in_no_partition),
		cmocka_unit_test(a_layout_of_images_takes_no_archive),
	};

	return cmocka_run_group_tests_name("scope", tests, NULL, NULL);
}
