/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/identities.h"

#include "tests/lib/boot_fixture.h"

#define A "aaaaaaaa-2222-4333-8444-555555555555"
#define B "bbbbbbbb-2222-4333-8444-555555555555"

/* /boot is vfat, / ext4, and there are two swap partitions. */
static void with_swap(struct layout *layout)
{
	layout->partitions[1].grow = false;
	layout->partitions[1].size_bytes = MIB(100);
	for (size_t i = 2; i < 4; i++) {
		layout->partitions[i] = layout->partitions[1];
		layout->partitions[i].fs = FS_SWAP;
		layout->partitions[i].mount[0] = layout->partitions[i].label[0] = '\0';
		layout->partitions[i].name[0] = (char)('a' + i);
	}
	layout->count = 4;
}

static void on_mbr(struct layout *layout)
{
	with_swap(layout);
	layout->table = TABLE_MBR;
}

static void with_new_ids(struct layout *layout)
{
	with_swap(layout);
	layout->identity = LAYOUT_IDENTITY_NEW;
}

static void with_own_id(struct layout *layout)
{
	with_swap(layout);
	STR_COPY(layout->partitions[1].fs_uuid, B);
}

/* The files of an archive, and the IDs that the layout then has. */
static const struct {
	const char *what;
	void (*change)(struct layout *layout);
	const char *fstab, *menu; /* NULL: there is none */
	const char *boot, *root, *swaps[2];
	const char *label, *partuuid, *disk; /* of / and of the disk; "" if none is set */
	const char *root_files;
} archives[] = {
	{"nothing", with_swap, NULL, NULL, "", "", {"", ""}, "rootfs", "", "", ""},
	{"the fstab", with_swap, "UUID=" A " / ext4\nUUID=ABCD-1234 /boot/ vfat\n", NULL,
		"ABCD-1234", A, {"", ""}, "rootfs", "", "", "etc/fstab"},
	{"a label and a PARTUUID", with_swap, "LABEL=system / ext4\nPARTUUID=" A " / ext4\n", NULL,
		"", "", {"", ""}, "system", A, "", "etc/fstab"},
	{"command lines first", with_swap, "UUID=" A " / ext4\n",
		"label l\n kernel /vmlinuz\n append root=UUID=" B "\n", "", B, {"", ""}, "rootfs",
		"", "", "boot/extlinux/extlinux.conf"},
	{"both agree", with_swap, "UUID=" A " / ext4\n",
		"label l\n kernel /vmlinuz\n append root=UUID=" A "\n", "", A, {"", ""}, "rootfs",
		"", "", "boot/extlinux/extlinux.conf, etc/fstab"},
	{"not by an entry without its kernel", with_swap, "UUID=" A " / ext4\n",
		"label l\n kernel /gone\n append root=UUID=" B "\n", "", A, {"", ""}, "rootfs", "",
		"", "etc/fstab"},
	{"the default entry first", with_swap, NULL,
		"default b\nlabel a\n kernel /vmlinuz\n append root=UUID=" A
		"\nlabel b\n kernel /vmlinuz\n append root=UUID=" B "\n",
		"", B, {"", ""}, "rootfs", "", "", "boot/extlinux/extlinux.conf"},
	{"an entry that includes others", with_swap, NULL,
		"include x\nlabel a\n kernel /vmlinuz\n append root=UUID=" A "\n", "", A, {"", ""},
		"rootfs", "", "", "boot/extlinux/extlinux.conf"},
	{"a command line with a variable", with_swap, NULL,
		"label a\n kernel /vmlinuz\n append root=UUID=" A " ${extra}\n", "", A, {"", ""},
		"rootfs", "", "", "boot/extlinux/extlinux.conf"},
	{"not a variable", with_swap, NULL,
		"label a\n kernel /vmlinuz\n append root=UUID=${uuid}\n", "", "", {"", ""},
		"rootfs", "", "", ""},
	{"the disk of an MBR", on_mbr, "PARTUUID=FEEDC0DE-02 / ext4\n", NULL, "", "", {"", ""},
		"rootfs", "", "feedc0de", "etc/fstab"},
	{"not another number on an MBR", on_mbr, "PARTUUID=feedc0de-05 / ext4\n", NULL, "", "",
		{"", ""}, "rootfs", "", "", ""},
	{"not the disk of a line with nofail", on_mbr, "PARTUUID=feedc0de-02 / ext4 nofail\n", NULL,
		"", "", {"", ""}, "rootfs", "", "", ""},
	{"lines with nofail last", with_swap, "UUID=" A " / ext4 nofail\nUUID=" B " / ext4\n", NULL,
		"", B, {"", ""}, "rootfs", "", "", "etc/fstab"},
	{"lines with nofail alone", with_swap, "UUID=" A " / ext4 nofail\n", NULL, "", A, {"", ""},
		"rootfs", "", "", "etc/fstab"},
	{"not lines with noauto", with_swap, "UUID=" A " / ext4 noauto\n", NULL, "", "", {"", ""},
		"rootfs", "", "", ""},
	{"swap in its order", with_swap,
		"/swapfile none swap\nUUID=" A " none swap\nUUID=" B " none swap\n", NULL, "", "",
		{A, B}, "rootfs", "", "", ""},
	{"not what another filesystem has", with_swap, "UUID=ABCD-1234 / ext4\n", NULL, "", "",
		{"", ""}, "rootfs", "", "", ""},
	{"not in a layout with new ones", with_new_ids, "UUID=" A " / ext4\n", NULL, "", "",
		{"", ""}, "rootfs", "", "", ""},
	{"not over an own one", with_own_id, "UUID=" A " / ext4\n", NULL, "", B, {"", ""}, "rootfs",
		"", "", ""},
};

static void check(const char *what, const char *name, const char *wanted, const char *found)
{
	if (strcmp(wanted, found) != 0)
		fail_msg("%s: %s is \"%s\", not \"%s\"", what, name, found, wanted);
}

static void ids_are_those_of_the_archive(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(archives); i++) {
		struct member members[3] = {{"./boot/vmlinuz", '0', NULL, "kernel"}};
		struct layout layout = place("boot-root", archives[i].change);
		struct identity_sources sources;
		struct manifest *manifest;
		size_t count = 1;

		if (archives[i].fstab)
			members[count++] =
				(struct member){"./etc/fstab", '0', NULL, archives[i].fstab};
		if (archives[i].menu)
			members[count++] = (struct member){
				"./boot/extlinux/extlinux.conf", '0', NULL, archives[i].menu};
		manifest = read_kept(members, count);
		identities_take(manifest, &layout, &sources);
		check(archives[i].what, "/boot", archives[i].boot, layout.partitions[0].fs_uuid);
		check(archives[i].what, "/", archives[i].root, layout.partitions[1].fs_uuid);
		check(archives[i].what, "swap", archives[i].swaps[0], layout.partitions[2].fs_uuid);
		check(archives[i].what, "swap", archives[i].swaps[1], layout.partitions[3].fs_uuid);
		check(archives[i].what, "label", archives[i].label, layout.partitions[1].label);
		check(archives[i].what, "PARTUUID", archives[i].partuuid,
			layout.partitions[1].partuuid);
		check(archives[i].what, "disk", archives[i].disk, layout.disk_uuid);
		check(archives[i].what, "files", archives[i].root_files, sources.files[1]);
		manifest_free(manifest);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_those_of_the_archive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
