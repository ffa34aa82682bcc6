/* SPDX-License-Identifier: MIT */
#include "core/plan/namesakes.h"

#include "device/base/util.h"
#include "tests/lib/manifest_fixture.h"

static const struct layout boot_and_root = {.count = 2,
	.partitions = {{.fs = FS_VFAT, .mount = "/boot"}, {.fs = FS_EXT4, .mount = "/"}}};
static const struct layout whole = {.count = 1, .partitions = {{.fs = FS_VFAT, .mount = "/"}}};

static void finds_names_that_differ_in_case(void **state)
{
	static const struct {
		const char *paths[5];
		unsigned count; /* 0: none */
		const char *path, *other;
	} cases[] = {
		{{"boot", "boot/a", "boot/b/a", "boot/b/A.txt", "boot/c/a"}, 0, NULL, NULL},
		{{"boot/readme", "boot/x", "boot/README"}, 1, "boot/README", "boot/readme"},
		{{"boot/README", "boot/readme", "boot/Readme"}, 2, "boot/readme", "boot/README"},
		{{"boot/a", "boot/b", "boot/B", "boot/A"}, 2, "boot/B", "boot/b"},
		/* Folders without entries; what is in them has other parents. */
		{{"boot/efi/a", "boot/EFI/a", "boot/efi/b", "boot/EFI/B"}, 1, "boot/EFI",
			"boot/efi"},
		{{"boot/EFI/boot/x", "boot/EFI/BOOT/y", "boot/EFI/boot/z"}, 1, "boot/EFI/BOOT",
			"boot/EFI/boot"},
		{{"boot/\303\226l", "boot/\303\266L"}, 1, "boot/\303\266L", "boot/\303\226l"},
		{{"boot/\316\251", "boot/\317\211"}, 1, "boot/\317\211", "boot/\316\251"},
		{{"boot/\320\201\320\257", "boot/\321\221\321\217"}, 1, "boot/\321\221\321\217",
			"boot/\320\201\320\257"},
		/* No letters; one that is no UTF-8. */
		{{"boot/[", "boot/{", "boot/\303\227", "boot/\303\267", "boot/\326"}, 0, NULL,
			NULL},
		/* Other partitions, and a replaced entry. */
		{{"boot/a", "a", "A", "Boot/a", "bootA"}, 0, NULL, NULL},
		{{"boot/a", "boot/a", "boot/a"}, 0, NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct manifest *manifest = manifest_new();
		struct namesakes found = {.count = 0};

		assert_non_null(manifest);
		for (size_t n = 0; n < ARRAY_SIZE(cases[i].paths) && cases[i].paths[n]; n++)
			assert_int_equal(manifest_add(manifest, cases[i].paths[n],
						 &(struct manifest_entry){
							 .type = MANIFEST_FILE, .link = ""}),
				0);
		assert_int_equal(manifest_seal(manifest), 0);
		assert_int_equal(
			namesakes_find(manifest, &boot_and_root, 0, &found), cases[i].count > 0);
		if (found.count != cases[i].count)
			fail_msg("case %zu: %u: %s", i, (unsigned)found.count, found.path);
		if (found.count > 0) {
			assert_string_equal(found.path, cases[i].path);
			assert_string_equal(found.other, cases[i].other);
		}
		manifest_free(manifest);
	}
}

static void finds_them_among_many(void **state)
{
	struct manifest *manifest = manifest_new();
	struct manifest_entry entry = {.type = MANIFEST_FILE, .link = ""};
	struct namesakes found;

	(void)state;
	assert_non_null(manifest);
	assert_int_equal(manifest_add(manifest, "",
				 &(struct manifest_entry){.type = MANIFEST_DIR, .link = ""}),
		0);
	for (unsigned i = 0; i < 2000; i++) {
		char path[32];

		(void)STR_FORMAT(path, "folder%u/file%u", i % 7, i);
		assert_int_equal(manifest_add(manifest, path, &entry), 0);
	}
	assert_int_equal(manifest_add(manifest, "folder3/File1700", &entry), 0);
	assert_int_equal(manifest_add(manifest, "folder6/File1700", &entry), 0);
	assert_int_equal(manifest_seal(manifest), 0);
	assert_true(namesakes_find(manifest, &whole, 0, &found));
	assert_int_equal(found.count, 1);
	assert_string_equal(found.path, "folder6/File1700"); /* 1700 % 7 */
	assert_string_equal(found.other, "folder6/file1700");
	manifest_free(manifest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_names_that_differ_in_case),
		cmocka_unit_test(finds_them_among_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
