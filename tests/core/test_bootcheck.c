/* SPDX-License-Identifier: MIT */
/* The boot check on archives that differ from one that boots in one thing each. */
#include "core/bootcheck/bootcheck.h"

#include "core/bootcheck/identities.h"
#include "device/base/util.h"
#include "tests/lib/boot_fixture.h"

#define UUID	   "11111111-2222-4333-8444-555555555555"
#define OTHER_UUID "99999999-2222-4333-8444-555555555555"

#define FILES_MAX 24

/* Has the magic number of an ARM zImage at 36. */
#define KERNEL "abcdefghijklmnopqrstuvwxyz0123456789\x18\x28\x6f\x01"

/* An archive that boots by extlinux from one ext4 partition. */
static const struct member good[] = {
	{"./etc/fstab", '0', NULL, "UUID=" UUID " / ext4 defaults 0 1\nproc /proc proc\n"},
	{"./etc/os-release", '0', NULL, "NAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\n"},
	{"./bin/busybox", '0', NULL, "#!program"},
	{"./sbin/init", '2', "../bin/busybox", NULL},
	{"./boot/vmlinuz-6.1.0-armmp", '0', NULL, KERNEL},
	{"./boot/vmlinuz", '2', "vmlinuz-6.1.0-armmp", NULL},
	{"./boot/initrd.img", '0', NULL, "initrd"},
	{"./boot/board.dtb", '0', NULL, "dtb"},
	{"./boot/extlinux/extlinux.conf", '0', NULL,
		"label l\n kernel /boot/vmlinuz\n initrd /boot/initrd.img\n fdt ../board.dtb\n"
		" append console=ttyS0 root=UUID=" UUID " rootwait\n"},
};

/* One test: what differs from it. A content of NULL takes the file away. */
struct difference {
	const char *what;
	struct member members[4];
	const char *layout; /* NULL: single-gpt */
	void (*change)(struct layout *layout);
	const char *errors;   /* codes, each with a blank behind it */
	const char *warnings; /* and of unknown ones */
};

#define EXTLINUX(text)                                                                             \
	{                                                                                          \
		"./boot/extlinux/extlinux.conf", '0', NULL, text                                   \
	}
#define LABEL(kernel, initrd, append)                                                              \
	EXTLINUX("label l\n kernel " kernel "\n" initrd " fdt /boot/board.dtb\n append " append    \
		 "\n")
#define INITRD " initrd /boot/initrd.img\n"
#define GONE(name)                                                                                 \
	{                                                                                          \
		name, '0', NULL, NULL                                                              \
	}

static void new_ids(struct layout *layout)
{
	layout->identity = LAYOUT_IDENTITY_NEW;
}

static void for_amd64(struct layout *layout)
{
	layout->machine = MACHINE_AMD64;
}

static void on_f2fs(struct layout *layout)
{
	layout->partitions[0].fs = FS_F2FS;
}

static void on_btrfs(struct layout *layout)
{
	layout->partitions[0].fs = FS_BTRFS;
}

static void on_mbr(struct layout *layout)
{
	layout->table = TABLE_MBR;
}

/* The rest of boot-root with /boot as ext4. */
static void with_ext4_boot(struct layout *layout)
{
	layout->partitions[0].fs = FS_EXT4;
}

/* /boot becomes /data, without the mark. */
static void with_data_first(struct layout *layout)
{
	STR_COPY(layout->partitions[0].mount, "/data");
	layout->partitions[0].bootable = false;
}

static const struct difference differences[] = {
	{"nothing", {{0}}, NULL, NULL, "", ""},
	{"new IDs", {{0}}, NULL, new_ids, "root-id fstab-id ", ""},
	{"no kernel", {GONE("./boot/vmlinuz-6.1.0-armmp")}, NULL, NULL, "kernel-missing ", ""},
	{"an empty kernel", {{"./boot/vmlinuz-6.1.0-armmp", '0', NULL, ""}}, NULL, NULL,
		"kernel-empty ", ""},
	{"a folder as kernel", {{"./boot/vmlinuz-6.1.0-armmp", '5', NULL, NULL}}, NULL, NULL,
		"kernel-missing ", ""},
	{"no initrd", {GONE("./boot/initrd.img")}, NULL, NULL, "initrd-missing ", ""},
	{"no device tree", {GONE("./boot/board.dtb")}, NULL, NULL, "fdt-missing ", ""},
	{"paths from the root of /boot", {LABEL("/vmlinuz", INITRD, "root=UUID=" UUID)}, NULL, NULL,
		"kernel-missing ", ""},
	{"/boot of its own, paths of /", {{0}}, "boot-root", with_ext4_boot,
		"kernel-missing initrd-missing ", ""},
	{"/boot of its own, with a link to itself", {{"./boot/boot", '2', ".", NULL}}, "boot-root",
		with_ext4_boot, "", ""},
	{"another label is whole",
		{EXTLINUX("default a\nlabel a\n kernel /gone\nlabel b\n kernel /boot/vmlinuz\n")},
		NULL, NULL, "", "kernel-missing "},
	{"all labels are broken",
		{EXTLINUX("default b\nlabel a\n kernel /gone\nlabel b\n kernel /gone too\n")}, NULL,
		NULL, "kernel-missing ", ""},
	{"the default label starts a kernel without its root",
		{EXTLINUX(
			"default a\nlabel a\n kernel /boot/vmlinuz\n append root=/dev/sda7\nlabel b\n"
			" kernel /boot/vmlinuz\n")},
		NULL, NULL, "root-id ", ""},
	{"an include, and a broken label",
		{EXTLINUX("include more.conf\nlabel a\n kernel /gone\n")}, NULL, NULL, "", ""},
	{"a kernel with a variable", {EXTLINUX("label a\n kernel /boot/${image}\n")}, NULL, NULL,
		"", ""},
	{"no label at all", {EXTLINUX("nonsense\n")}, NULL, NULL, "", ""},
	{"an overlay is missing",
		{EXTLINUX("label a\n kernel /boot/vmlinuz\n fdtoverlays /boot/a.dtbo\n")}, NULL,
		NULL, "", "overlay-missing "},
	{"a folder of device trees is missing",
		{EXTLINUX("label a\n kernel /boot/vmlinuz\n fdtdir /boot/dtbs\n")}, NULL, NULL, "",
		"fdt-folder "},
	{"root= by another partition", {LABEL("/boot/vmlinuz", INITRD, "root=/dev/mmcblk0p9")},
		NULL, NULL, "root-id ", ""},
	{"root= by its number", {LABEL("/boot/vmlinuz", INITRD, "root=/dev/mmcblk2p1")}, NULL, NULL,
		"", ""},
	{"root= by a PARTUUID of the other table",
		{LABEL("/boot/vmlinuz", INITRD, "root=PARTUUID=feedc0de-01")}, NULL, NULL,
		"root-id ", ""},
	{"root= by a PARTUUID of an MBR",
		{LABEL("/boot/vmlinuz", INITRD, "root=PARTUUID=feedc0de-01")}, NULL, on_mbr, "",
		""},
	{"root= by the PARTUUID of another number",
		{LABEL("/boot/vmlinuz", INITRD, "root=PARTUUID=feedc0de-02")}, NULL, on_mbr,
		"root-id ", ""},
	{"root= by a label", {LABEL("/boot/vmlinuz", INITRD, "root=LABEL=system")}, NULL, NULL, "",
		""},
	{"root= by another partition, in a line with a variable",
		{LABEL("/boot/vmlinuz", INITRD, "root=/dev/mmcblk0p9 ${extra}")}, NULL, NULL, "",
		""},
	{"root= by the network", {LABEL("/boot/vmlinuz", INITRD, "root=/dev/nfs")}, NULL, NULL, "",
		""},
	{"no root=", {LABEL("/boot/vmlinuz", INITRD, "quiet")}, NULL, NULL, "", ""},
	{"root=UUID= without an initrd", {LABEL("/boot/vmlinuz", "", "root=UUID=" UUID)}, NULL,
		NULL, "", "root-initrd "},
	{"root=UUID= without an initrd, and a configuration without one",
		{LABEL("/boot/vmlinuz", "", "root=UUID=" UUID),
			{"./boot/config-6.1.0-armmp", '0', NULL,
				"#\nCONFIG_INITRAMFS_SOURCE=\"\"\nCONFIG_EXT4_FS=y\n"}},
		NULL, NULL, "root-initrd ", ""},
	{"root=UUID= with an initrd in the kernel",
		{LABEL("/boot/vmlinuz", "", "root=UUID=" UUID),
			{"./boot/config-6.1.0-armmp", '0', NULL,
				"#\nCONFIG_INITRAMFS_SOURCE=\"root.cpio\"\nCONFIG_EXT4_FS=m\n"}},
		NULL, NULL, "", "root-initrd "},
	{"a driver as module without an initrd",
		{LABEL("/boot/vmlinuz", "", "root=/dev/mmcblk0p1"),
			{"./boot/config-6.1.0-armmp", '0', NULL,
				"#\nCONFIG_INITRAMFS_SOURCE=\"\"\nCONFIG_EXT4_FS=m\n"}},
		NULL, NULL, "root-driver ", ""},
	{"a driver in the kernel",
		{LABEL("/boot/vmlinuz", "", "root=/dev/mmcblk0p1"),
			{"./boot/config-6.1.0-armmp", '0', NULL,
				"#\nCONFIG_INITRAMFS_SOURCE=\"\"\nCONFIG_EXT4_FS=y\n"}},
		NULL, NULL, "", ""},
	{"no driver, but an initrd",
		{{"./boot/config-6.1.0-armmp", '0', NULL, "#\nCONFIG_INITRAMFS_SOURCE=\"\"\n"}},
		NULL, NULL, "", "root-driver "},
	{"no driver and no initrd",
		{LABEL("/boot/vmlinuz", "", "root=/dev/mmcblk0p1"),
			{"./boot/config-6.1.0-armmp", '0', NULL,
				"#\nCONFIG_INITRAMFS_SOURCE=\"\"\n"}},
		NULL, NULL, "root-driver ", ""},
	{"rootfstype= of another filesystem",
		{LABEL("/boot/vmlinuz", INITRD, "root=/dev/mmcblk0p1 rootfstype=f2fs")}, NULL, NULL,
		"root-type ", ""},
	{"rootfstype= with it",
		{LABEL("/boot/vmlinuz", INITRD, "root=/dev/mmcblk0p1 rootfstype=f2fs,ext4")}, NULL,
		NULL, "", ""},
	{"rootflags= with a subvolume",
		{LABEL("/boot/vmlinuz", INITRD, "root=/dev/mmcblk0p1 rootflags=subvol=@")}, NULL,
		on_btrfs, "root-options ", ""},
	{"rootflags= with the top",
		{LABEL("/boot/vmlinuz", INITRD, "root=/dev/mmcblk0p1 rootflags=noatime,subvol=/")},
		NULL, on_btrfs, "", ""},
	{"no init", {GONE("./bin/busybox")}, NULL, NULL, "init-missing ", ""},
	{"an init that is not executable", {{"./bin/busybox", '0', NULL, "program"}}, NULL, NULL,
		"init-missing ", ""},
	{"no init but a shell", {GONE("./sbin/init"), {"./bin/sh", '2', "busybox", NULL}}, NULL,
		NULL, "", "init-missing "},
	{"init in a circle", {{"./bin/busybox", '2', "../sbin/init", NULL}}, NULL, NULL,
		"init-missing ", ""},
	{"init= that is missing, without an initrd",
		{LABEL("/boot/vmlinuz", "", "root=/dev/mmcblk0p1 init=/linuxrc")}, NULL, NULL,
		"init-missing ", ""},
	{"init= that is missing, with an initrd",
		{LABEL("/boot/vmlinuz", INITRD, "root=/dev/mmcblk0p1 init=/linuxrc")}, NULL, NULL,
		"", ""},
	{"init= that is there",
		{LABEL("/boot/vmlinuz", "", "root=/dev/mmcblk0p1 init=/linuxrc"),
			{"./linuxrc", '2', "bin/busybox", NULL}, GONE("./sbin/init")},
		NULL, NULL, "", ""},
	{"no init of a live system",
		{LABEL("/boot/vmlinuz", INITRD, "root=/dev/mmcblk0p1 boot=live"),
			GONE("./bin/busybox")},
		NULL, NULL, "", ""},
	{"a board of another machine", {{0}}, NULL, for_amd64, "machine ", ""},
	{"extlinux on F2FS", {{0}}, NULL, on_f2fs, "loader-file ", ""},
	{"fstab with the type of another filesystem",
		{{"./etc/fstab", '0', NULL, "UUID=" UUID " / ext4\nUUID=ABCD-1234 /boot vfat\n"},
			{"./boot/boot", '2', ".", NULL}},
		"boot-root", with_ext4_boot, "", "fstab-id "},
	{"fstab that mounts as another type",
		{{"./etc/fstab", '0', NULL, "UUID=" UUID " / ext3\n/dev/sda1 /boot vfat\n"},
			{"./boot/boot", '2', ".", NULL}},
		"boot-root", with_ext4_boot, "", "fstab-type "},
	{"fstab that systemd stops at",
		{{"./etc/fstab", '0', NULL, "UUID=" UUID " / ext3\n/dev/sda1 /boot vfat\n"},
			{"./boot/boot", '2', ".", NULL},
			{"./lib/systemd/systemd", '0', NULL, "#!program"},
			{"./sbin/init", '2', "/lib/systemd/systemd", NULL}},
		"boot-root", with_ext4_boot, "fstab-type ", ""},
	{"fstab with another disk",
		{{"./etc/fstab", '0', NULL, "UUID=" OTHER_UUID " /srv ext4 defaults 0 2\n"}}, NULL,
		NULL, "", "fstab-other "},
	{"fstab with another disk that may be absent",
		{{"./etc/fstab", '0', NULL, "UUID=" OTHER_UUID " /srv ext4 nofail 0 2\n"}}, NULL,
		NULL, "", ""},
	{"fstab of nonsense", {{"./etc/fstab", '0', NULL, "\xff\xfe \x01 / UUID=\n"}}, NULL, NULL,
		"", ""},
	{"no fstab", {GONE("./etc/fstab")}, NULL, NULL, "", ""},
	{"no boot file", {GONE("./boot/extlinux/extlinux.conf")}, NULL, NULL, "", "no-loader "},
	{"a root that is not the first partition and not bootable", {{0}}, "boot-root",
		with_data_first, "", "not-bootable "},
	{"a script that is none", {{"./boot/boot.scr", '0', NULL, "load mmc 0:1\n"}}, NULL, NULL,
		"", "loader-file "},
	{"only a script that is none",
		{{"./boot/boot.scr", '0', NULL, "load mmc 0:1\n"},
			GONE("./boot/extlinux/extlinux.conf")},
		NULL, NULL, "loader-file ", ""},
	{"GRUB on a filesystem of another disk",
		{{"./boot/grub/grub.cfg", '0', NULL,
			 "menuentry 'a' {\n search --no-floppy --fs-uuid --set=root " OTHER_UUID
			 "\n linux /vmlinuz-6 root=/dev/sda1\n}\n"},
			GONE("./boot/extlinux/extlinux.conf")},
		NULL, NULL, "", ""},
	{"GRUB on another disk",
		{{"./boot/grub/grub.cfg", '0', NULL,
			 "menuentry 'a' {\n linux (hd1,gpt1)/gone root=/dev/sda1\n}\n"},
			GONE("./boot/extlinux/extlinux.conf")},
		NULL, NULL, "", ""},
	{"GRUB without its kernel",
		{{"./boot/grub/grub.cfg", '0', NULL,
			 "menuentry 'a' {\n linux /boot/vmlinuz-6 root=/dev/sda1\n}\n"},
			GONE("./boot/extlinux/extlinux.conf")},
		NULL, NULL, "kernel-missing ", ""},
	{"files of a Raspberry Pi on ext4",
		{{"./boot/firmware/cmdline.txt", '0', NULL, "root=/dev/mmcblk0p2\n"},
			{"./boot/firmware/config.txt", '0', NULL, "kernel=Image\n"},
			GONE("./boot/extlinux/extlinux.conf")},
		NULL, NULL, "loader-file ", ""},
	{"a file of that name alone",
		{{"./boot/cmdline.txt", '0', NULL, "this file has moved\n"},
			GONE("./boot/extlinux/extlinux.conf")},
		NULL, NULL, "", "no-loader "},
	{"a stale menu before the good one",
		{{"./extlinux/extlinux.conf", '0', NULL,
			"label x\n kernel /gone\n append root=UUID=" OTHER_UUID "\n"}},
		NULL, NULL, "", "kernel-missing root-id "},
	{"a stale default label",
		{EXTLINUX("default old\nlabel old\n kernel /gone\n append root=UUID=" OTHER_UUID
			  "\nlabel new\n kernel /boot/vmlinuz\n initrd /boot/initrd.img\n append "
			  "root=UUID=" UUID "\n")},
		NULL, NULL, "", "kernel-missing root-id "},
	{"entries without a default",
		{{"./boot/loader/entries/x.conf", '0', NULL,
			 "linux /vmlinuz-6.1.0-armmp\ninitrd /initrd.img\noptions root=UUID=" UUID
			 "\n"},
			GONE("./boot/extlinux/extlinux.conf"), GONE("./etc/fstab"),
			GONE("./boot/vmlinuz")},
		"boot-root", NULL, "", ""},
	{"a program of UEFI beside a stale menu",
		{{"./boot/EFI/BOOT/BOOTARM.EFI", '0', NULL, "MZ"}, GONE("./boot/vmlinuz")},
		"boot-root", NULL, "", "kernel-missing initrd-missing "},
	{"a program of UEFI that reads a stale menu",
		{{"./boot/EFI/BOOT/BOOTARM.EFI", '0', NULL, "MZ"},
			GONE("./boot/extlinux/extlinux.conf"),
			{"./boot/grub/grub.cfg", '0', NULL, "menuentry 'a' {\n linux /gone\n}\n"},
			GONE("./boot/vmlinuz")},
		"boot-root", NULL, "kernel-missing ", ""},
	{"GRUB without its initrd",
		{{"./boot/grub/grub.cfg", '0', NULL,
			 "menuentry 'a' {\n linux /boot/vmlinuz root=/dev/sda1\n initrd /gone\n}\n"},
			GONE("./boot/extlinux/extlinux.conf")},
		NULL, NULL, "", "initrd-missing "},
	{"an error behind three warnings",
		{EXTLINUX(
			 "label l\n kernel /boot/vmlinuz\n fdtdir /gone\n fdtoverlays /gone\n append "
			 "root=UUID=" UUID "\n"),
			GONE("./bin/busybox")},
		NULL, NULL, "init-missing ", "fdt-folder overlay-missing root-initrd "},
	{"systemd without a link to it",
		{GONE("./bin/busybox"), {"./usr/lib/systemd/systemd", '0', NULL, "#!program"}},
		NULL, NULL, "", ""},
	{"fstab with a mount on demand",
		{{"./etc/fstab", '0', NULL,
			"UUID=" UUID " / ext4\nUUID=" OTHER_UUID
			" /srv ext4 x-systemd.automount\n"}},
		NULL, NULL, "", ""},
	{"fstab with a second line for a mount point",
		{{"./etc/fstab", '0', NULL, "UUID=" UUID " / ext4\nUUID=" OTHER_UUID " / ext4\n"}},
		NULL, NULL, "", ""},
	{"fstab with another root", {{"./etc/fstab", '0', NULL, "UUID=" OTHER_UUID " / ext4\n"}},
		NULL, NULL, "", "fstab-id "},
	{"fstab with a link to it",
		{{"./etc/fstab", '2', "fstab.real", NULL},
			{"./etc/fstab.real", '0', NULL, "UUID=" OTHER_UUID " / ext4\n"}},
		NULL, NULL, "", "fstab-id "},
	{"fstab with a slash at the end of a mount point",
		{{"./etc/fstab", '0', NULL,
			 "UUID=" UUID " / ext4\nUUID=" OTHER_UUID " /boot/ ext4\n"},
			{"./boot/boot", '2', ".", NULL}},
		"boot-root", with_ext4_boot, "", ""},
	{"fstab with a swap partition that is missing",
		{{"./etc/fstab", '0', NULL,
			"UUID=" UUID " / ext4\nUUID=" OTHER_UUID " none swap\n"}},
		NULL, NULL, "", "fstab-other "},
};

/* Puts the changed files together; returns how many. */
static size_t build(const struct difference *difference, struct member ret[FILES_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		bool replaced = false;

		for (size_t j = 0; j < ARRAY_SIZE(difference->members); j++)
			replaced |= difference->members[j].name &&
				    strcmp(difference->members[j].name, good[i].name) == 0;
		if (!replaced)
			ret[count++] = good[i];
	}
	for (size_t j = 0; j < ARRAY_SIZE(difference->members); j++) {
		const struct member *member = &difference->members[j];

		if (member->name && (member->type != '0' || member->content))
			ret[count++] = *member;
	}
	return count;
}

static void codes(const struct boot_findings *findings, bool errors, char ret[200])
{
	ret[0] = '\0';
	for (uint32_t i = 0; i < findings->count; i++)
		if ((findings->list[i].severity == BOOT_ERROR) == errors)
			(void)str_format(ret + strlen(ret), 200 - strlen(ret), "%s ",
				findings->list[i].code);
}

static void print_findings(const struct boot_findings *findings)
{
	for (uint32_t i = 0; i < findings->count; i++)
		print_message("%s: %s: %s\n", boot_severity_name(findings->list[i].severity),
			findings->list[i].code, findings->list[i].text);
}

static void each_difference_is_judged(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(differences); i++) {
		struct layout layout = place(differences[i].layout, differences[i].change);
		struct member members[FILES_MAX];
		struct manifest *manifest = read_kept(members, build(&differences[i], members));
		struct identity_sources sources;
		struct boot_report report;
		char errors[200], warnings[200];

		identities_take(manifest, &layout, &sources);
		layout_assign_ids(&layout, layout_random);
		bootcheck(manifest, &layout, &report);
		codes(&report.findings, true, errors);
		codes(&report.findings, false, warnings);
		if (strcmp(errors, differences[i].errors) != 0 ||
			strcmp(warnings, differences[i].warnings) != 0) {
			print_message("%s: errors %s, warnings %s\n", differences[i].what, errors,
				warnings);
			print_findings(&report.findings);
			wrong++;
		}
		manifest_free(manifest);
	}
	assert_int_equal(wrong, 0);
}

/* Entries behind the last one that is judged may boot. */
static void a_long_menu_is_no_error(void **state)
{
	static char text[8000];
	const struct member members[] = {EXTLINUX(text), {"./boot/vmlinuz", '0', NULL, KERNEL}};
	struct layout layout = place(NULL, NULL);
	struct boot_report report;
	struct manifest *manifest;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		(void)str_format(text + strlen(text), sizeof(text) - strlen(text),
			"label l%u\n kernel /gone\n", i);
	manifest = read_kept(members, ARRAY_SIZE(members));
	bootcheck(manifest, &layout, &report);
	assert_false(boot_findings_have_error(&report.findings));
	manifest_free(manifest);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_difference_is_judged),
		cmocka_unit_test(a_long_menu_is_no_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
