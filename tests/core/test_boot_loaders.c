/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/boot_loaders.h"

#include "tests/lib/boot_fixture.h"

static void with_ext4_boot(struct layout *layout)
{
	layout->partitions[0].fs = FS_EXT4;
}

static void with_f2fs_root(struct layout *layout)
{
	layout->partitions[1].fs = FS_F2FS;
}

/* Files of an archive, and "LOADER FILE" of each menu that is found, with "!" if it is of no use. */
static const struct {
	const char *what, *layout;
	void (*change)(struct layout *layout);
	const char *files[3];
	const char *menus;
} cases[] = {
	{"nothing", NULL, NULL, {"./etc/passwd"}, ""},
	{"below /boot", NULL, NULL, {"./boot/extlinux/extlinux.conf"},
		"extlinux boot/extlinux/extlinux.conf;"},
	{"at the root", NULL, NULL, {"./extlinux/extlinux.conf"},
		"extlinux extlinux/extlinux.conf;"},
	{"on its own /boot", "boot-root", NULL, {"./boot/extlinux/extlinux.conf"},
		"extlinux boot/extlinux/extlinux.conf;"},
	{"in another case on vfat", "boot-root", NULL, {"./boot/EXTLINUX/EXTLINUX.CONF"},
		"extlinux boot/EXTLINUX/EXTLINUX.CONF;"},
	{"in another case on ext4", "boot-root", with_ext4_boot, {"./boot/EXTLINUX/EXTLINUX.CONF"},
		""},
	{"on F2FS", "boot-root", with_f2fs_root, {"./extlinux/extlinux.conf"},
		"extlinux! extlinux/extlinux.conf;"},
	{"a script without a header", NULL, NULL, {"./boot/boot.scr"}, "boot.scr! boot/boot.scr;"},
	{"a Raspberry Pi", "boot-root", NULL, {"./boot/cmdline.txt", "./boot/config.txt"},
		"Raspberry Pi firmware boot/cmdline.txt;"},
	{"a Raspberry Pi on ext4", NULL, NULL, {"./boot/cmdline.txt", "./boot/config.txt"},
		"Raspberry Pi firmware! boot/cmdline.txt;"},
	{"a file of that name", NULL, NULL, {"./boot/cmdline.txt"}, ""},
	{"entries on vfat", "boot-root", NULL, {"./boot/loader/entries/a.conf"},
		"systemd-boot boot/loader/entries;"},
	{"entries of GRUB on ext4", "boot-root", with_ext4_boot, {"./boot/loader/entries/a.conf"},
		""},
	{"programs of UEFI come last", "boot-root", NULL,
		{"./boot/EFI/BOOT/BOOTX64.EFI", "./boot/EFI/debian/grub.cfg"},
		"GRUB boot/EFI/debian/grub.cfg;UEFI boot/EFI/BOOT/BOOTX64.EFI;"},
};

static int note(void *arg, const struct boot_menu *menu, const char *reason)
{
	char *ret = arg;

	(void)str_format(ret + strlen(ret), 300 - strlen(ret), "%s%s %s;", menu->loader->name,
		reason ? "!" : "", menu->file);
	return 0;
}

static void files_are_found_where_loaders_look(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct member members[3];
		struct layout layout = place(cases[i].layout, cases[i].change);
		char found[300] = "";
		struct manifest *manifest;
		size_t count = 0;

		while (count < ARRAY_SIZE(members) && cases[i].files[count]) {
			members[count] = (struct member){cases[i].files[count], '0', NULL, "x"};
			count++;
		}
		manifest = read_kept(members, count);
		assert_int_equal(boot_menus_each(manifest, &layout, note, found), 0);
		if (strcmp(found, cases[i].menus) != 0)
			fail_msg("%s: found %s", cases[i].what, found);
		manifest_free(manifest);
	}
}

static int stop(void *arg, const struct boot_menu *menu, const char *reason)
{
	(void)menu;
	(void)reason;
	return ++*(int *)arg;
}

static void a_result_ends_the_search(void **state)
{
	static const struct member members[] = {{"./extlinux/extlinux.conf", '0', NULL, "x"},
		{"./boot/extlinux/extlinux.conf", '0', NULL, "x"}};
	struct manifest *manifest = read_kept(members, ARRAY_SIZE(members));
	struct layout layout = place(NULL, NULL);
	int calls = 0;

	(void)state;
	assert_int_equal(boot_menus_each(manifest, &layout, stop, &calls), 1);
	assert_int_equal(calls, 1);
	manifest_free(manifest);
}

/* The table is whole, and each reader is one of its programs. */
static void the_table_is_sound(void **state)
{
	(void)state;
	for (const struct boot_loader *loader = boot_loaders; loader->name; loader++) {
		bool found = !loader->reader;

		assert_non_null(loader->program);
		assert_non_null(loader->each);
		assert_int_not_equal(loader->reads, 0);
		assert_true(loader->files[0] || loader->folder);
		assert_true(!loader->elsewhere[0] || loader->companion);
		for (const struct boot_loader *other = boot_loaders; other->name; other++)
			found |= loader->reader && other->is_opaque &&
				 strcmp(other->name, loader->reader) == 0;
		assert_true(found);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_found_where_loaders_look),
		cmocka_unit_test(a_result_ends_the_search),
		cmocka_unit_test(the_table_is_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
