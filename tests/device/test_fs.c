/* SPDX-License-Identifier: MIT */
#include "device/layout/fs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void names_are_parsed(void **state)
{
	static const char *const unknown[] = {"", "ext", "ext44", "EXT4", "ntfs"};

	(void)state;
	for (enum fs_kind fs = 0; fs < FS_KIND_COUNT; fs++)
		assert_int_equal(fs_parse(fs_name(fs)), fs);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_int_equal(fs_parse(unknown[i]), FS_KIND_COUNT);
}

static void limits_fit_the_kind(void **state)
{
	(void)state;
	for (enum fs_kind fs = 0; fs < FS_KIND_COUNT; fs++) {
		assert_int_equal(fs_holds_files(fs), fs != FS_NONE && fs != FS_SWAP);
		assert_int_equal(fs_label_max(fs) > 0, fs != FS_NONE);
	}
	assert_int_equal(fs_min_bytes(FS_NONE), 0);
}

/* test_layout_check has the characters of each filesystem. */
static void labels_fit(void **state)
{
	(void)state;
	for (enum fs_kind fs = 0; fs < FS_KIND_COUNT; fs++) {
		char label[32] = "";

		assert_true(fs_label_fits(fs, label));
		memset(label, 'L', fs_label_max(fs));
		assert_true(fs_label_fits(fs, label));
		label[fs_label_max(fs)] = 'L';
		assert_false(fs_label_fits(fs, label));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_parsed),
		cmocka_unit_test(limits_fit_the_kind),
		cmocka_unit_test(labels_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
