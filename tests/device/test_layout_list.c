/* SPDX-License-Identifier: MIT */
#include "device/layout/layout_list.h"

#include "tests/lib/sandbox.h"

#include "device/base/util.h"
#include "device/layout/layout_file.h"

#include <sys/stat.h>

static void layouts_are_found_by_their_content(void **state)
{
	static const struct {
		const char *name, *text;
	} files[] = {
		{"b10.conf", "# b\n\tpartition 'a' {\n}\n"},
		{"b9.conf", "\r\n partition\ta{ grow = true }"},
		{"broken.conf", "disk {\npartition \"a\" \n"},
		{"c.txt", "partition \"a\" {\n}\n"},
		{"nginx.conf", "server {\n listen 80; # partition \"a\"\n partitions 2\n}\n"},
		{"empty.conf", ""},
		{"word.conf", "partition"},
	};
	const struct sandbox *box = *state;
	char found[8][256], path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		sandbox_file(box, files[i].name, files[i].text);
	assert_int_equal(mkdirat(box->root, "folder.conf", 0755), 0);
	assert_int_equal(mkfifoat(box->root, "pipe.conf", 0644), 0);
	assert_int_equal(layout_list(box->dir, 8, found), 3);
	assert_string_equal(found[0], sandbox_path(box, "b9.conf", path));
	assert_string_equal(found[1], sandbox_path(box, "b10.conf", path));
	assert_string_equal(found[2], sandbox_path(box, "broken.conf", path));
}

static void more_than_fit_are_counted(void **state)
{
	const struct sandbox *box = *state;
	char found[2][256] = {"", "untouched"};

	sandbox_file(box, "a.conf", "partition a {}");
	sandbox_file(box, "b.conf", "partition a {}");
	assert_int_equal(layout_list(box->dir, 1, found), 2);
	assert_string_equal(found[1], "untouched");
	assert_int_equal(layout_list("/nowhere/at/all", 2, found), 0);
}

static void all_shipped_layouts_are_found(void **state)
{
	char found[32][256];
	struct layout layout;
	struct diag diag;
	size_t count = layout_list("assets/layouts", 32, found);

	(void)state;
	assert_int_equal(count, 10);
	/* They are usable without their boot loaders, which the operator gives. */
	for (size_t i = 0; i < count; i++)
		if (layout_load(found[i], NULL, &layout, &diag) < 0)
			fail_msg("%s: %s", found[i], diag.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sandbox_test(layouts_are_found_by_their_content),
		sandbox_test(more_than_fit_are_counted),
		cmocka_unit_test(all_shipped_layouts_are_found),
	};

	return cmocka_run_group_tests_name("layout_list", tests, NULL, NULL);
}
