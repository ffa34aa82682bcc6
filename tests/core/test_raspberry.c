/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/raspberry.h"

#include "tests/lib/boot_entries.h"

static struct raspberry_config config;

/* The entry, and behind it the other settings where they are not the default. */
static const char *show(const char *text, size_t size, raspberry_include_fn include, void *arg)
{
	static struct boot_entries seen;
	char number[8];

	memset(&seen, 0, sizeof(seen));
	raspberry_config_read(&config, text, size, include, arg);
	assert_int_equal(boot_entries_note(&seen, &config.draft.entry), 0);
	seen.text[strlen(seen.text) - 1] = '\0';
	if (strcmp(config.command_line_file, "cmdline.txt") != 0)
		boot_entries_add(&seen, "cmdline", config.command_line_file);
	boot_entries_add(&seen, "prefix", config.os_prefix);
	(void)STR_FORMAT(number, "%d", config.arm_64bit);
	if (config.arm_64bit >= 0)
		boot_entries_add(&seen, "bits", number);
	return seen.text;
}

static const char *parse(const char *text)
{
	return show(text, strlen(text), NULL, NULL);
}

static void reads_config(void **state)
{
	static const struct {
		const char *text, *found;
	} cases[] = {
		{"", "1*[]"},
		/* Raspberry Pi OS 12 */
		{"# For more options and information see\n# http://rptl.io/configtxt\n"
		 "dtparam=audio=on\ncamera_auto_detect=1\ndisplay_auto_detect=1\nauto_initramfs=1\n"
		 "dtoverlay=vc4-kms-v3d\nmax_framebuffers=2\ndisable_fw_kms_setup=1\narm_64bit=1\n"
		 "[cm4]\notg_mode=1\n[cm5]\ndtoverlay=dwc2,dr_mode=host\n[all]\n",
			"1*[] overlay=overlays/vc4-kms-v3d.dtbo ?IO bits=1"},
		/* Buildroot */
		{"start_file=start4.elf\nfixup_file=fixup4.dat\nkernel=Image\ndisable_overscan=1\n"
		 "dtoverlay=miniuart-bt\ndtoverlay=krnbt\narm_64bit=1\n",
			"1*[] kernel=Image overlay=overlays/miniuart-bt.dtbo overlay=overlays/krnbt.dtbo bits=1"},
		/* Yocto with U-Boot */
		{"kernel=u-boot.bin\r\nenable_uart=1\r\n", "1*[] kernel=u-boot.bin"},
		/* piCore */
		{"[PI0]\ninitramfs rootfs.gz,modules.gz followkernel\nkernel kernel.img\n[ALL]\ncmdline cmdline3.txt\n",
			"1*[] ?KI cmdline=cmdline3.txt"},
		{"initramfs rootfs.gz,modules.gz followkernel\nkernel kernel.img\n",
			"1*[] kernel=kernel.img initrd=rootfs.gz initrd=modules.gz"},
		{"ramfsfile=a,b\nramfsaddr=-1\n", "1*[] initrd=a initrd=b"},
		{"initramfs a\ninitramfs b 0x00800000\n", "1*[] initrd=b"},
		{"auto_initramfs=1\n", "1*[] ?I"},
		{"auto_initramfs=0\n", "1*[]"},
		{"auto_initramfs=1\ninitramfs a\n", "1*[] initrd=a"},
		{"initramfs a\nauto_initramfs=1\n", "1*[] initrd=a"},
		{"device_tree=a.dtb\n", "1*[] fdt=a.dtb"},
		{"device_tree=a.dtb\ndevice_tree=\n", "1*[]"},
		{"dtoverlay=a:b=c\ndtoverlay=\n", "1*[] overlay=overlays/a.dtbo"},
		{"overlay_prefix=o/\ndtoverlay=a\n", "1*[] overlay=o/a.dtbo"},
		{"dtoverlay=a\noverlay_prefix=o/\n", "1*[] overlay=overlays/a.dtbo ?O"},
		{"kernel=a\nkernel=/b\n", "1*[] kernel=/b"},
		{"kernel=a b\n", "1*[] ?K"},
		{"#kernel=a\nkernel\n=b\n", "1*[]"},
		{" kernel=a \n", "1*[] kernel=a"},
		/* filters */
		{"[pi4]\nkernel=a\n", "1*[] ?K"},
		{"kernel=a\n[pi4]\nkernel=b\n[all]\n", "1*[] kernel=a ?K"},
		{"[pi4]\nkernel=b\n[All]\nkernel=a\n", "1*[] kernel=a"},
		{"[none]\nkernel=a\ninclude b\n[all]\n", "1*[]"},
		{"[EDID=A B]\ncmdline=c.txt\n", "1*[] ?C"},
		{"[gpio4=1]\ndevice_tree=d\ndtoverlay=o\narm_64bit=1\n", "1*[] ?FO"},
		{"arm_64bit=1\n[pi3]\narm_64bit=0\n", "1*[]"},
		{"arm_64bit=0\n", "1*[] bits=0"},
		/* a prefix that may be ignored */
		{"os_prefix=a/\nkernel=b\n", "1*[] kernel=b ?KIFOC prefix=a/"},
		{"os_prefix=a/\nos_prefix=\nkernel=b\n", "1*[] kernel=b"},
		{"[tryboot]\nos_prefix=a/\n[all]\nkernel=b\n", "1*[] kernel=b ?KIFOC"},
		{"upstream_kernel=1\n", "1*[] ?KIFOC prefix=upstream/"},
		{"upstream_kernel=0\n", "1*[]"},
		/* other files */
		{"kernel=a\narm_64bit=1\ninclude b.txt\n", "1*[] kernel=a ?KIFOC"},
		{"\xef\xbb\xbfkernel=a", "1*[] kernel=a"},
		{"\xff\xfe\x01[\n[\n", "1*[]"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(parse(cases[i].text), cases[i].found);
	assert_string_equal(show("kernel=a\n\0kernel=b\n", 19, NULL, NULL), "1*[] kernel=a");
	assert_string_equal(show(NULL, 0, NULL, NULL), "1*[]");
}

struct file {
	const char *path, *text;
	unsigned asked;
};

static bool find_file(void *arg, const char *path, const char **ret_text, size_t *ret_size)
{
	struct file *file = arg;

	file->asked++;
	if (strcmp(path, "secret.txt") == 0)
		return false;
	*ret_text = strcmp(path, file->path) == 0 ? file->text : "";
	*ret_size = strlen(*ret_text);
	return true;
}

static void follows_includes(void **state)
{
	struct file file = {.path = "usercfg.txt", .text = "kernel=b\n[pi4]\n"};
	const char *alpine = "kernel=boot/vmlinuz-rpi\ninitramfs boot/initramfs-rpi\narm_64bit=1\n"
			     "include usercfg.txt\ncmdline=c\n";

	(void)state;
	assert_string_equal(show(alpine, strlen(alpine), find_file, &file),
		"1*[] kernel=b initrd=boot/initramfs-rpi ?C bits=1");
	file.path = "other.txt";
	assert_string_equal(show(alpine, strlen(alpine), find_file, &file),
		"1*[] kernel=boot/vmlinuz-rpi initrd=boot/initramfs-rpi cmdline=c bits=1");
	assert_string_equal(show("include secret.txt", 18, find_file, &file), "1*[] ?KIFOC");
	/* a file that includes itself, twice */
	file = (struct file){.path = "a", .text = "include a\ninclude a\n"};
	assert_string_equal(show("include a", 9, find_file, &file), "1*[] ?KIFOC");
	assert_in_range(file.asked, 4, 32);
}

static void is_bounded(void **state)
{
	char *text = malloc(1 << 20);
	size_t used = 0;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', 1 << 20);
	memcpy(text, "kernel=", 7);
	(void)show(text, 1 << 20, NULL, NULL);
	assert_int_equal(config.draft.entry.unknown, BOOT_KERNEL);
	while (used < 1 << 19)
		used += (size_t)sprintf(text + used, "dtoverlay=o%zu\nkernel=k%zu\n", used, used);
	(void)show(text, used, NULL, NULL);
	assert_int_equal(config.draft.entry.unknown, BOOT_KERNEL | BOOT_OVERLAY);
	assert_int_equal(config.draft.entry.overlay_count, BOOT_OVERLAYS_MAX);
	free(text);
}

static void reads_the_command_line(void **state)
{
	char line[32];

	(void)state;
	assert_true(
		raspberry_command_line("root=/dev/a rw\nroot=/dev/b\n", 26, line, sizeof(line)));
	assert_string_equal(line, "root=/dev/a rw");
	assert_true(raspberry_command_line(" a b \r\n", 7, line, sizeof(line)));
	assert_string_equal(line, "a b");
	assert_true(raspberry_command_line("a", 1, line, sizeof(line)));
	assert_string_equal(line, "a");
	assert_true(raspberry_command_line("\na", 2, line, sizeof(line)));
	assert_string_equal(line, "");
	assert_true(raspberry_command_line(NULL, 0, line, sizeof(line)));
	assert_string_equal(line, "");
	assert_false(raspberry_command_line(
		"0123456789012345678901234567890123", 34, line, sizeof(line)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_config),
		cmocka_unit_test(follows_includes),
		cmocka_unit_test(is_bounded),
		cmocka_unit_test(reads_the_command_line),
	};

	return cmocka_run_group_tests_name("raspberry", tests, NULL, NULL);
}
