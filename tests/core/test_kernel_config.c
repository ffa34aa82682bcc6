/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/kernel_config.h"

#include "tests/lib/boot_fixture.h"

#define EMPTY "CONFIG_INITRAMFS_SOURCE=\"\"\n"

static struct kernel_config read_config(const char *name, const char *text, const char *kernel)
{
	const struct member members[] = {{name, '0', NULL, text}};
	struct manifest *manifest = read_kept(members, ARRAY_SIZE(members));
	struct kernel_config config;

	kernel_config_find(manifest, kernel, &config);
	manifest_free(manifest);
	return config;
}

static void drivers_are_read(void **state)
{
	const struct kernel_config config = read_config("./boot/config-6.1.0",
		"# Linux\nCONFIG_EXT4_FS=y\nCONFIG_VFAT_FS=m\n# CONFIG_F2FS_FS is not set\n"
		"# CONFIG_BTRFS_FS=y\nCONFIG_BTRFS_FS_POSIX_ACL=y\n" EMPTY,
		"boot/vmlinuz-6.1.0");

	(void)state;
	assert_true(config.found);
	assert_false(config.has_initrd);
	assert_int_equal(config.fs[FS_EXT4], KERNEL_HAS);
	assert_int_equal(config.fs[FS_VFAT], KERNEL_MODULE);
	assert_int_equal(config.fs[FS_F2FS], KERNEL_LACKS);
	assert_int_equal(config.fs[FS_BTRFS], KERNEL_LACKS);
}

static void an_initrd_of_the_kernel_is_found(void **state)
{
	(void)state;
	assert_true(read_config("./boot/config-6.1.0",
		"#\nCONFIG_INITRAMFS_SOURCE=\"/build/root.cpio\"\n", "boot/vmlinuz-6.1.0")
			    .has_initrd);
	/* Without support for them there is no such line. */
	assert_false(
		read_config("./boot/config-6.1.0", "#\nCONFIG_EXT4_FS=y\n", "boot/vmlinuz-6.1.0")
			.has_initrd);
}

static void only_the_file_of_that_version_counts(void **state)
{
	static const struct {
		const char *name, *kernel;
	} pairs[] = {
		{"./boot/config-6.1.0", "boot/vmlinuz-6.1.1"},
		{"./boot/config-6.1.0", "vmlinuz-6.1.0"},
		{"./boot/config-6.1.0", "boot/vmlinuz"},
		{"./boot/6.1.0", "boot/vmlinuz-6.1.0"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		assert_false(read_config(pairs[i].name, "#\n" EMPTY, pairs[i].kernel).found);
	assert_true(read_config("./config-5.10-rc1", "#\n" EMPTY, "Image-5.10-rc1").found);
}

static void other_files_are_no_configuration(void **state)
{
	(void)state;
	assert_false(read_config("./boot/config-6.1.0", "", "boot/vmlinuz-6.1.0").found);
	assert_false(read_config("./boot/config-6.1.0", "nonsense", "boot/vmlinuz-6.1.0").found);
	/* No line end, and a key at the very end. */
	assert_int_equal(
		read_config("./boot/config-6.1.0", "#\nCONFIG_EXT4_FS", "boot/vmlinuz-6.1.0")
			.fs[FS_EXT4],
		KERNEL_LACKS);
	assert_int_equal(
		read_config("./boot/config-6.1.0", "#\nCONFIG_EXT4_FS=y", "boot/vmlinuz-6.1.0")
			.fs[FS_EXT4],
		KERNEL_HAS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(drivers_are_read),
		cmocka_unit_test(an_initrd_of_the_kernel_is_found),
		cmocka_unit_test(only_the_file_of_that_version_counts),
		cmocka_unit_test(other_files_are_no_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
