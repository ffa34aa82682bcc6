/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/boot_files.h"

#include "device/base/util.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void keeps_what_decides_how_it_boots(void **state)
{
	static const char *const kept[] = {"etc/fstab", "etc/fstab.real", "etc/os-release",
		"usr/lib/os-release", "boot/extlinux/extlinux.conf", "extlinux/extlinux.conf",
		"boot/EXTLINUX/EXTLINUX.CONF", "syslinux/syslinux.cfg", "boot/boot.scr",
		"boot.scr.uimg", "boot/armbianEnv.txt", "boot/uEnv.txt", "boot/firmware/config.txt",
		"boot/firmware/cmdline.txt", "boot/grub/grub.cfg", "boot/efi/EFI/debian/grub.cfg",
		"boot/loader/entries/a.conf", "boot/efi/loader/entries/a.conf",
		"loader/entries/a.conf", "boot/efi/loader/loader.conf",
		"boot/config-6.1.0-50-arm64"};
	static const char *const others[] = {"", "etc", "etc/passwd", "etc/default/grub",
		"usr/share/doc/u-boot/extlinux.conf", "usr/lib/grub/grub.cfg",
		"home/user/cmdline.txt", "var/lib/config.txt", "boot/vmlinuz", "boot/config-old",
		"loader/entries/a/b.conf", "boot/extlinux.conf.old"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (!boot_files_keep(kept[i], 100))
			fail_msg("%s is not kept", kept[i]);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (boot_files_keep(others[i], 100))
			fail_msg("%s is kept", others[i]);
}

static void keeps_no_large_file(void **state)
{
	(void)state;
	assert_true(boot_files_keep("etc/fstab", 0));
	assert_true(boot_files_keep("etc/fstab", BOOT_FILE_MAX));
	assert_false(boot_files_keep("etc/fstab", BOOT_FILE_MAX + 1));
	assert_false(boot_files_keep("etc/fstab", UINT64_MAX));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_decides_how_it_boots),
		cmocka_unit_test(keeps_no_large_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
