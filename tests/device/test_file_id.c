/* SPDX-License-Identifier: MIT */
#include "device/base/file_id.h"

#include "tests/lib/sandbox.h"

/* Every field counts. */
static void another_file_differs(void **state)
{
	const struct file_id id = {
		.dev = 1, .ino = 2, .size_bytes = 3, .mtime = {.tv_sec = 4, .tv_nsec = 5}};
	struct file_id other[5] = {id, id, id, id, id};

	(void)state;
	assert_true(file_id_equal(&id, &other[0]));
	other[0].dev++;
	other[1].ino++;
	other[2].size_bytes++;
	other[3].mtime.tv_sec++;
	other[4].mtime.tv_nsec++;
	for (size_t i = 0; i < 5; i++)
		assert_false(file_id_equal(&id, &other[i]));
}

static void a_path_is_followed(void **state)
{
	struct sandbox *box = *state;
	char path[PATH_MAX];
	struct file_id id;
	struct stat st;

	sandbox_file(box, "a", "text");
	assert_int_equal(stat(sandbox_path(box, "a", path), &st), 0);
	id = file_id_of(&st);
	assert_true(file_id_is(&id, path));
	sandbox_file(box, "b", "text");
	assert_false(file_id_is(&id, sandbox_path(box, "b", path)));
	assert_false(file_id_is(&id, sandbox_path(box, "none", path)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_file_differs),
		sandbox_test(a_path_is_followed),
	};

	return cmocka_run_group_tests_name("file_id", tests, NULL, NULL);
}
