/* SPDX-License-Identifier: MIT */
#include "device/layout/layout_archive.h"

#include "tests/lib/sandbox.h"

#include <errno.h>

static void a_name_has_no_slash(void **state)
{
	(void)state;
	assert_string_equal(archive_choice_file("data=d.tar"), "d.tar");
	assert_string_equal(archive_choice_file("data=/a/b=c"), "/a/b=c");
	assert_null(archive_choice_file("./a=b.tar"));
	assert_null(archive_choice_file("/a/data=d.tar"));
	assert_null(archive_choice_file("rootfs.tar"));
}

static void choices_replace_those_of_the_layout(void **state)
{
	struct layout layout = *layout_find("boot-root");
	struct archive_choices choices = {0};
	struct diag diag;
	size_t root = layout_partition_of(&layout, "");

	(void)state;
	assert_int_equal(layout_set_archive(&layout, 0, "/old.tar", &diag), 0);
	assert_int_equal(archive_choices_add(&choices, "BOOT=/none/new.tar", &diag), 0);
	assert_int_equal(layout_take_archives(&layout, &choices, "/main.tar", &diag), 0);
	assert_int_equal(layout.archive_count, 1);
	assert_string_equal(layout_archive_of(&layout, 0), "/none/new.tar");
	assert_null(layout_archive_of(&layout, root));

	assert_int_equal(archive_choices_add(&choices, "rootfs=/r.tar", &diag), 0);
	assert_int_equal(layout_take_archives(&layout, &choices, NULL, &diag), 0);
	assert_string_equal(layout_archive_of(&layout, root), "/r.tar");
	assert_int_equal(layout_take_archives(&layout, &choices, "/main.tar", &diag), -EINVAL);
	assert_non_null(strstr(diag.text, "twice for /: '/main.tar' and 'rootfs=/r.tar'"));
}

static void unknown_names_are_refused(void **state)
{
	struct layout layout = *layout_find("boot-root");
	struct archive_choices choices = {0};
	struct diag diag;

	(void)state;
	assert_int_equal(archive_choices_add(&choices, "data=d.tar", &diag), 0);
	assert_int_equal(layout_take_archives(&layout, &choices, NULL, &diag), -ENOENT);
	assert_non_null(strstr(diag.text, "boot-root has no partition of this name"));
	assert_non_null(
		strstr(diag.text, "Use one of: BOOT, rootfs; a file of that name is ./data="));
	layout.partitions[0].mount[0] = '\0';
	STR_COPY(choices.list[0].name, "BOOT");
	assert_int_equal(layout_take_archives(&layout, &choices, NULL, &diag), -ENOENT);
	assert_non_null(strstr(diag.text, "mounts no partition of this name"));
}

static void there_are_limits(void **state)
{
	struct archive_choices choices = {0};
	struct layout layout = {.count = LAYOUT_ARCHIVES_MAX + 1};
	struct diag diag;
	char word[64];

	(void)state;
	for (int i = 0; i <= LAYOUT_ARCHIVES_MAX; i++) {
		int r = i < LAYOUT_ARCHIVES_MAX ? 0 : -EINVAL;

		STR_FORMAT(word, "name%d=x.tar", i);
		assert_int_equal(archive_choices_add(&choices, word, &diag), r);
		STR_COPY(layout.partitions[i].mount, "/x");
		assert_int_equal(layout_set_archive(&layout, (size_t)i, "/x.tar", &diag), r);
	}
	assert_int_equal(layout.archive_count, LAYOUT_ARCHIVES_MAX);
	assert_int_equal(layout_set_archive(&layout, 0, "/y.tar", &diag), 0);
	assert_int_equal(archive_choices_add(
				 &choices, "a-name-that-is-longer-than-any-partition=x.tar", &diag),
		-EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_has_no_slash),
		cmocka_unit_test(choices_replace_those_of_the_layout),
		cmocka_unit_test(unknown_names_are_refused),
		cmocka_unit_test(there_are_limits),
	};

	return cmocka_run_group_tests_name("layout_archive", tests, NULL, NULL);
}
