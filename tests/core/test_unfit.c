/* SPDX-License-Identifier: MIT */
#include "core/plan/unfit.h"

#include "device/base/util.h"
#include "tests/lib/sandbox.h"

#define TIB UINT64_C(1099511627776)

static char long_target[4100];

static void judges_entries(void **state)
{
	static const struct {
		enum fs_kind fs;
		const char *options;
		struct manifest_entry entry;
		const char *reason; /* a part of it; NULL: it fits */
	} cases[] = {
		{FS_EXT4, "", {.type = MANIFEST_FILE, .mtime_s = -2147483648}, NULL},
		{FS_EXT4, "", {.type = MANIFEST_FILE, .mtime_s = -2147483649}, "1901"},
		{FS_EXT4, "", {.type = MANIFEST_DIR, .mtime_s = 15032385535}, NULL},
		{FS_EXT4, "", {.type = MANIFEST_DIR, .mtime_s = 15032385536}, "2446"},
		{FS_EXT4, "", {.type = MANIFEST_SYMLINK, .mtime_s = 15032385536}, "2446"},
		{FS_EXT4, "", {.type = MANIFEST_DIR, .mtime_s = 15032385535, .mtime_ns = 1},
			"2446"},
		{FS_EXT4, "", {.type = MANIFEST_DIR, .mtime_s = 15032385534, .mtime_ns = 1}, NULL},
		{FS_EXT4, "", {.type = MANIFEST_DIR, .mtime_s = -2147483648, .mtime_ns = 1},
			"1901"},
		{FS_EXT4, "", {.type = MANIFEST_DIR, .mtime_s = -2147483647, .mtime_ns = 1}, NULL},
		{FS_EXT4, "", {.type = MANIFEST_HARDLINK, .mtime_s = 15032385536}, NULL},
		{FS_EXT4, "-I 128", {.type = MANIFEST_FILE, .mtime_s = 2147483648}, "2038"},
		{FS_EXT4, "-I 128", {.type = MANIFEST_FILE, .mtime_s = 2147483647}, NULL},
		{FS_EXT4, "-I 256", {.type = MANIFEST_FILE, .mtime_s = 2147483648}, NULL},
		{FS_F2FS, "", {.type = MANIFEST_FILE, .mtime_s = 15032385536}, NULL},
		{FS_BTRFS, "", {.type = MANIFEST_FILE, .mtime_s = -2147483649}, NULL},
		{FS_EXT4, "", {.type = MANIFEST_FILE, .xattr_bytes = 4060}, NULL},
		{FS_EXT4, "", {.type = MANIFEST_FILE, .xattr_bytes = 4064}, "attributes"},
		{FS_EXT4, "-b 1024", {.type = MANIFEST_FILE, .xattr_bytes = 988}, NULL},
		{FS_EXT4, "-b 1024", {.type = MANIFEST_FILE, .xattr_bytes = 992}, "attributes"},
		{FS_EXT4, "-b 2048", {.type = MANIFEST_FILE, .xattr_bytes = 2012}, NULL},
		{FS_EXT4, "-b 2048", {.type = MANIFEST_FILE, .xattr_bytes = 2016}, "attributes"},
		{FS_F2FS, "", {.type = MANIFEST_FILE, .xattr_bytes = 5000}, "attributes"},
		{FS_BTRFS, "", {.type = MANIFEST_FILE, .xattr_bytes = 5000}, NULL},
		{FS_EXT4, "", {.type = MANIFEST_SYMLINK, .link = long_target + 4}, NULL},
		{FS_EXT4, "", {.type = MANIFEST_SYMLINK, .link = long_target + 3}, "target"},
		{FS_EXT4, "-b 1024", {.type = MANIFEST_SYMLINK, .link = long_target + 3076}, NULL},
		{FS_EXT4, "-b 1024", {.type = MANIFEST_SYMLINK, .link = long_target + 3075},
			"target"},
		{FS_EXT4, "", {.type = MANIFEST_FILE, .size = 16 * TIB - 4096}, NULL},
		{FS_EXT4, "", {.type = MANIFEST_FILE, .size = 16 * TIB}, "too large"},
		{FS_EXT4, "-b 1024", {.type = MANIFEST_FILE, .size = 4 * TIB - 1024}, NULL},
		{FS_EXT4, "-b 1024", {.type = MANIFEST_FILE, .size = 4 * TIB}, "too large"},
		{FS_F2FS, "", {.type = MANIFEST_FILE, .size = 4 * TIB}, "too large"},
		{FS_VFAT, "", {.type = MANIFEST_FILE, .size = UINT32_MAX}, NULL},
		{FS_VFAT, "", {.type = MANIFEST_FILE, .size = UINT64_C(1) << 32}, "4 GiB"},
		{FS_VFAT, "", {.type = MANIFEST_SYMLINK}, "symbolic link"},
		{FS_VFAT, "", {.type = MANIFEST_HARDLINK}, "hard link"},
		{FS_VFAT, "", {.type = MANIFEST_CHAR}, "device"},
		{FS_VFAT, "", {.path = "a:b", .type = MANIFEST_FILE}, "name"},
		{FS_VFAT, "", {.path = "a.d/.b c.~", .type = MANIFEST_FILE}, NULL},
		{FS_VFAT, "",
			{.path = "gr\xc3\xb6\xc3\x9f"
				 "er",
				.type = MANIFEST_FILE},
			NULL},
		{FS_VFAT, "", {.path = "gr\xf6\xdf", .type = MANIFEST_FILE}, "UTF-8"},
		{FS_VFAT, "", {.path = "a.", .type = MANIFEST_FILE}, "dot"},
		{FS_VFAT, "", {.path = "a /b", .type = MANIFEST_FILE}, "space"},
		{FS_VFAT, "", {.path = "a\tb", .type = MANIFEST_DIR}, "control"},
		{FS_EXT4, "", {.path = "a:\t. ", .type = MANIFEST_DIR}, NULL},
		{FS_VFAT, "", {.type = MANIFEST_FILE, .mtime_s = 0}, NULL},
	};

	(void)state;
	memset(long_target, 'l', sizeof(long_target) - 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct layout_partition partition = {.fs = cases[i].fs};
		struct manifest_entry entry = cases[i].entry;
		const char *reason;

		entry.path = entry.path ? entry.path : "f";
		entry.link = entry.link ? entry.link : "";
		STR_COPY(partition.mkfs_options, cases[i].options);
		reason = unfit_reason(&partition, &entry);
		if (!reason != !cases[i].reason || (reason && !strstr(reason, cases[i].reason)))
			fail_msg("case %zu: %s", i, reason ? reason : "fits");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_entries),
	};

	return cmocka_run_group_tests_name("unfit", tests, NULL, NULL);
}
