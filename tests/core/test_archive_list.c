/* SPDX-License-Identifier: MIT */
#include "core/archive/archive_list.h"

#include "device/layout/layout_archive.h"
#include "tests/lib/sandbox.h"

/* boot on /srv/boot, rootfs on /, data on /srv; each with an archive. */
static struct layout make_layout(void)
{
	struct layout layout = *layout_find("boot-root");
	struct diag diag;

	layout.partitions[2] = layout.partitions[0];
	layout.count = 3;
	STR_COPY(layout.partitions[0].mount, "/srv/boot");
	STR_COPY(layout.partitions[2].mount, "/srv");
	STR_COPY(layout.partitions[2].name, "data");
	assert_int_equal(layout_set_archive(&layout, 0, "/none/boot.tar", &diag), 0);
	assert_int_equal(layout_set_archive(&layout, 1, "/none/root.tar", &diag), 0);
	assert_int_equal(layout_set_archive(&layout, 2, "/none/data.tar", &diag), 0);
	return layout;
}

static void parents_come_first(void **state)
{
	const struct layout layout = make_layout();
	struct archive_list list, other;

	(void)state;
	archive_list_make(&list, NULL, &layout);
	assert_int_equal(list.count, 3);
	assert_string_equal(list.list[0].path, "/none/root.tar");
	assert_string_equal(list.list[0].partition, "");
	assert_string_equal(list.list[1].folder, "srv");
	assert_string_equal(list.list[1].partition, "data");
	assert_string_equal(list.list[2].folder, "srv/boot");
	assert_string_equal(archive_name(&list.list[2]), "boot.tar");
	assert_int_equal(archive_list_of(&list, "/"), 0);
	assert_int_equal(archive_list_of(&list, "/srv/boot"), 2);
	assert_int_equal(archive_list_of(&list, "/srv"), 1);
	assert_int_equal(archive_list_of(&list, "/home"), 0);
	list.list[0].id.size_bytes = 3;
	list.list[2].id.size_bytes = 4;
	assert_int_equal(archive_list_bytes(&list), 7);

	archive_list_make(&other, "/none/root.tar", &layout);
	assert_true(archive_list_equal(&list, &other));
	archive_list_make(&other, "/none/main.tar", &layout);
	assert_string_equal(other.list[0].path, "/none/main.tar");
	assert_false(archive_list_equal(&list, &other));
	archive_list_make(&other, "/none/root.tar", NULL);
	assert_int_equal(other.count, 1);
	assert_false(archive_list_equal(&list, &other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(parents_come_first)};

	return cmocka_run_group_tests_name("archive_list", tests, NULL, NULL);
}
