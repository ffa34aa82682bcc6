/* SPDX-License-Identifier: MIT */
#include "device/layout/layout_copy.h"

#include "device/base/util.h"
#include "tests/lib/sandbox.h"

#include <errno.h>

static struct layout two_partitions(void)
{
	return (struct layout){.file = "/l.conf",
		.count = 2,
		.partitions = {{.name = "boot", .mount = "/boot", .line = 3},
			{.name = "data", .mount = "/data", .line = 9}}};
}

static void a_file_keeps_its_name_or_gets_one(void **state)
{
	static const struct {
		const char *word, *name, *file;
	} cases[] = {
		{"Image", "Image", "/l/Image"},
		{"dts/board.dtb", "board.dtb", "/l/dts/board.dtb"},
		{"/srv/zImage", "zImage", "/srv/zImage"},
		{"extlinux/extlinux.conf=menu", "extlinux/extlinux.conf", "/l/menu"},
		{"a=b=c", "a", "/l/b=c"},
	};
	struct layout layout = two_partitions();
	struct diag diag;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(layout_add_copy(&layout, 1, cases[i].word, "/l", &diag), 0);
		assert_int_equal(layout.copies[i].partition, 1);
		assert_string_equal(layout.copies[i].name, cases[i].name);
		assert_string_equal(layout.copies[i].file, cases[i].file);
	}
	assert_int_equal(layout_count_copies(&layout, 1), ARRAY_SIZE(cases));
	assert_int_equal(layout_count_copies(&layout, 0), 0);
}

static void wrong_names_are_refused(void **state)
{
	static const char *const words[] = {"", "=", "a=", "=a", "/", "a/", "..", "../a=b",
		"a/../b=c", "./a=b", "a//b=c", "/a=b", "a/=b", ".=b"};
	struct layout layout = two_partitions();
	char word[600] = "";
	struct diag diag;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (layout_add_copy(&layout, 0, words[i], "/l", &diag) != -EINVAL)
			fail_msg("'%s' is taken", words[i]);
		assert_int_equal(diag.line, 3);
	}
	memset(word, 'n', sizeof(layout.copies[0].name));
	assert_int_equal(layout_add_copy(&layout, 0, word, "/l", &diag), -EINVAL);
	memset(word + 2, 'n', sizeof(word) - 3);
	word[1] = '=';
	assert_int_equal(layout_add_copy(&layout, 0, word, "/l", &diag), -EINVAL);
	assert_non_null(strstr(diag.text, "path of file n is too long"));
	assert_int_equal(layout.copy_count, 0);
	for (int i = 0; i <= LAYOUT_COPIES_MAX; i++)
		assert_int_equal(layout_add_copy(&layout, 0, "a", "/l", &diag),
			i < LAYOUT_COPIES_MAX ? 0 : -EINVAL);
	assert_non_null(strstr(diag.text, "more than 32 files"));
}

static void a_missing_file_is_named(void **state)
{
	const struct sandbox *box = *state;
	struct layout layout = two_partitions();
	char folder[PATH_MAX];
	struct diag diag;

	(void)sandbox_path(box, "here", folder);
	sandbox_file(box, "here/a", "x");
	assert_int_equal(layout_add_copy(&layout, 0, "a", folder, &diag), 0);
	assert_int_equal(layout_check_copies(&layout, &diag), 0);
	assert_int_equal(layout_add_copy(&layout, 1, "b", folder, &diag), 0);
	assert_int_equal(layout_check_copies(&layout, &diag), -ENOENT);
	assert_non_null(strstr(diag.text, "/l.conf:9: partition data: file "));
	assert_non_null(strstr(diag.text, "/here/b cannot be read: No such file or directory"));
}

static void names_are_listed_by_partition(void **state)
{
	struct layout layout = two_partitions();
	char text[24];
	struct diag diag;

	(void)state;
	layout_list_copies(&layout, 0, text, sizeof(text));
	assert_string_equal(text, "");
	assert_int_equal(layout_add_copy(&layout, 0, "zImage", "/l", &diag), 0);
	assert_int_equal(layout_add_copy(&layout, 1, "other", "/l", &diag), 0);
	assert_int_equal(layout_add_copy(&layout, 0, "board.dtb", "/l", &diag), 0);
	layout_list_copies(&layout, 0, text, sizeof(text));
	assert_string_equal(text, "zImage, board.dtb");
	assert_int_equal(layout_add_copy(&layout, 0, "overlays", "/l", &diag), 0);
	layout_list_copies(&layout, 0, text, sizeof(text));
	assert_string_equal(text, "zImage, board.dtb, o...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_keeps_its_name_or_gets_one),
		cmocka_unit_test(wrong_names_are_refused),
		sandbox_test(a_missing_file_is_named),
		cmocka_unit_test(names_are_listed_by_partition),
	};

	return cmocka_run_group_tests_name("layout_copy", tests, NULL, NULL);
}
