/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/loader_entry.h"

#include "tests/lib/boot_entries.h"

static const char *parse_bytes(const char *text, size_t size)
{
	static struct boot_entries seen;

	memset(&seen, 0, sizeof(seen));
	assert_int_equal(loader_entry_each(text, size, boot_entries_note, &seen), 0);
	return seen.text;
}

static void reads_entries(void **state)
{
	static const struct {
		const char *text, *found;
	} cases[] = {
		/* Debian's kernel-install for systemd-boot */
		{"# Boot Loader Specification type#1 entry\n"
		 "# File created by /etc/kernel/postinst.d/zz-systemd-boot (systemd 252.17-1~deb12u1)\n"
		 "title      Debian GNU/Linux 12 (bookworm)\n"
		 "version    6.1.0-13-amd64\nmachine-id ab\nsort-key   debian\n"
		 "options    root=UUID=ab-cd ro quiet systemd.machine_id=ab\n"
		 "linux      /ab/6.1.0-13-amd64/linux\n"
		 "initrd     /ab/6.1.0-13-amd64/initrd.img-6.1.0-13-amd64\n",
			"1[Debian GNU/Linux 12 (bookworm)] kernel=/ab/6.1.0-13-amd64/linux"
			" initrd=/ab/6.1.0-13-amd64/initrd.img-6.1.0-13-amd64"
			" options=root=UUID=ab-cd ro quiet systemd.machine_id=ab\n"},
		/* Fedora's for blscfg */
		{"title Fedora Linux (6.5.6-300.fc39.aarch64) 39\nversion 6.5.6-300.fc39.aarch64\n"
		 "linux /vmlinuz-6.5.6\ninitrd /initramfs-6.5.6.img $tuned_initrd\n"
		 "options $kernelopts\ngrub_users $grub_users\n",
			"1[Fedora Linux (6.5.6-300.fc39.aarch64) 39] kernel=/vmlinuz-6.5.6"
			" initrd=/initramfs-6.5.6.img initrd=$tuned_initrd options=$kernelopts ?IC\n"},
		/* Yocto's */
		{"title boot\nlinux /bzImage\noptions LABEL=boot root=PARTUUID=ab console=ttyS0\ninitrd /microcode\n",
			"1[boot] kernel=/bzImage initrd=/microcode options=LABEL=boot root=PARTUUID=ab console=ttyS0\n"},
		{"linux\t/a\r\ninitrd /b\ninitrd /c\noptions d\noptions\te f\n",
			"1[] kernel=/a initrd=/b initrd=/c options=d e f\n"},
		{"linux /a\ndevicetree /d.dtb\ndevicetree-overlay /o1 /o2\narchitecture aa64\n",
			"1[] kernel=/a fdt=/d.dtb overlay=/o1 overlay=/o2\n"},
		{"title t\nefi /EFI/a.efi\n", "1[t] kernel=/EFI/a.efi\n"},
		{"uki /EFI/Linux/a.efi\n", "1[] kernel=/EFI/Linux/a.efi\n"},
		{"title t\noptions root=x\n", ""},
		{"linux\nLinux /a\n#linux /b\n", ""},
		{"", ""},
	};
	char text[20000];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(
			parse_bytes(cases[i].text, strlen(cases[i].text)), cases[i].found);
	assert_string_equal(parse_bytes("linux /a\n\0title b", 17), "1[] kernel=/a\n");
	assert_string_equal(parse_bytes(NULL, 0), "");
	memset(text, 'x', sizeof(text));
	memcpy(text, "linux /a\noptions ", 17);
	assert_non_null(strstr(parse_bytes(text, sizeof(text)), "xx ?C\n"));
}

static void finds_the_default(void **state)
{
	static const struct {
		const char *text, *found;
	} cases[] = {
		{"timeout 3\ndefault debian-*\nconsole-mode max\n", "debian-*"},
		{"default a.conf\r\ndefault b.conf", "b.conf"},
		{"#default a\n", ""},
		{"default @saved\n", ""},
		{"default\n", ""},
		{"", ""},
	};
	char found[64], small[4];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool is = loader_conf_default(
			cases[i].text, strlen(cases[i].text), found, sizeof(found));

		assert_true(is == (*cases[i].found != '\0'));
		assert_string_equal(found, cases[i].found);
	}
	assert_false(loader_conf_default("default abcd", 12, small, sizeof(small)));
	assert_string_equal(small, "");
}

static void matches_names(void **state)
{
	(void)state;
	assert_true(loader_default_matches("debian-*", "debian-6.1.conf"));
	assert_true(loader_default_matches("debian.conf", "debian.conf"));
	assert_true(loader_default_matches("debian", "debian.conf"));
	assert_true(loader_default_matches("debian", "debian+3.conf"));
	assert_true(loader_default_matches("debian.conf", "debian+3-1.conf"));
	assert_true(loader_default_matches("a+b", "a+b.conf"));
	assert_true(loader_default_matches("a+3-", "a+3-.conf"));
	assert_false(loader_default_matches("debian", "debian"));
	assert_false(loader_default_matches("*", ".conf"));
	assert_false(loader_default_matches("deb", "debian.conf"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_entries),
		cmocka_unit_test(finds_the_default),
		cmocka_unit_test(matches_names),
	};

	return cmocka_run_group_tests_name("loader_entry", tests, NULL, NULL);
}
