/* SPDX-License-Identifier: MIT */
#include "device/usage/cmdline_disks.h"

#include "tests/lib/sandbox.h"

#include "device/base/util.h"

#include <errno.h>

#define FROM(disk, text) disk " the system boots from it (" text ")\n"

/* Compares the facts, one per line, and the names left to find, separated by blanks. */
static void expect(const struct sandbox *box, const char *facts, const char *names)
{
	char all[2048] = "", left[2048] = "";
	struct inuse inuse = {0};

	assert_int_equal(cmdline_disks_add_facts(&inuse, box->root), 0);
	for (size_t i = 0; i < inuse.count; i++) {
		assert_int_equal(inuse.facts[i].code, REASON_ROOT_NAMED);
		(void)str_format(all + strlen(all), sizeof(all) - strlen(all), "%s %s\n",
			inuse.facts[i].disk, inuse.facts[i].text);
	}
	for (size_t i = 0; i < inuse.boot_count; i++) {
		assert_false(inuse.boot[i].found);
		(void)str_format(left + strlen(left), sizeof(left) - strlen(left), "%s%s",
			i > 0 ? " " : "", inuse.boot[i].name.text);
	}
	assert_string_equal(all, facts);
	assert_string_equal(left, names);
	inuse_finish(&inuse);
}

/* The disks of every sandbox; a volume on both of them, and one on a missing disk. */
static void add_disks(const struct sandbox *box)
{
	sandbox_disks(box);
	sandbox_block(box, NULL, "dm-0", "253:0\n", "500\n");
	sandbox_file(box, "sys/block/dm-0/dm/name", "vg-root\n");
	sandbox_file(box, "sys/block/dm-0/slaves/sda2", "");
	sandbox_file(box, "sys/block/dm-0/slaves/sdb", "");
	sandbox_block(box, NULL, "dm-1", "253:1\n", "500\n");
	sandbox_file(box, "sys/block/dm-1/dm/name", "vg-lost\n");
	sandbox_file(box, "sys/block/dm-1/slaves/sdz", "");
}

static void names_become_facts_or_remain(void **state)
{
	static const struct {
		const char *cmdline, *facts, *names;
	} cases[] = {
		{"", "", ""},
		{"quiet console=ttyS0 root=/dev/nfs\n", "", ""},
		/* nodes */
		{"root=/dev/sda1 ro\n", FROM("sda", "root=/dev/sda1"), ""},
		{"root=/dev/sdb", FROM("sdb", "root=/dev/sdb"), ""},
		{"root=/dev/mapper/vg-root",
			FROM("sda", "root=/dev/mapper/vg-root")
				FROM("sdb", "root=/dev/mapper/vg-root"),
			""},
		{"cryptdevice=/dev/sda2:crypt:allow-discards",
			FROM("sda", "cryptdevice=/dev/sda2:crypt:allow-discards"), ""},
		{"root=/dev/sdz1", "", "root=/dev/sdz1"},
		{"cryptdevice=/dev/sdz2:crypt", "", "cryptdevice=/dev/sdz2:crypt"},
		/* The volume exists, but its disk does not. */
		{"root=/dev/mapper/vg-lost", "", "root=/dev/mapper/vg-lost"},
		/* numbers */
		{"root=8:2", FROM("sda", "root=8:2"), ""},
		{"root=0810", FROM("sdb", "root=0810"), ""},
		{"root=8:99", "", "root=8:99"},
		{"root=0:9", "", "root=0:9"},
		/* names that only the content of a disk can resolve, or nothing */
		{"root=PARTUUID=ab-01", "", "root=PARTUUID=ab-01"},
		{"root=PARTLABEL=rootfs", "", "root=PARTLABEL=rootfs"},
		{"root=UUID=12-34", "", "root=UUID=12-34"},
		{"root=LABEL=sda1", "", "root=LABEL=sda1"},
		{"root=zfs:rpool/root", "", "root=zfs:rpool/root"},
		/* several */
		{"root=/dev/sda1 resume=8:16 mount.usr=UUID=5a live-media=/dev/sdz",
			FROM("sda", "root=/dev/sda1") FROM("sdb", "resume=8:16"),
			"mount.usr=UUID=5a live-media=/dev/sdz"},
		{"root=/dev/sda1 root=/dev/sda1 root=/dev/sda2",
			FROM("sda", "root=/dev/sda1") FROM("sda", "root=/dev/sda2"), ""},
	};
	const struct sandbox *box = *state;

	add_disks(box);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		sandbox_file(box, "proc/cmdline", cases[i].cmdline);
		expect(box, cases[i].facts, cases[i].names);
	}
}

static void the_device_tree_is_read_too(void **state)
{
	const struct sandbox *box = *state;

	add_disks(box);
	expect(box, "", ""); /* neither file exists */
	sandbox_file(box, "proc/device-tree/chosen/bootargs", "root=/dev/sda1 resume=UUID=5a");
	expect(box, FROM("sda", "root=/dev/sda1"), "resume=UUID=5a");
	sandbox_file(box, "proc/cmdline", "root=/dev/sdb resume=UUID=12\n");
	expect(box, FROM("sdb", "root=/dev/sdb") FROM("sda", "root=/dev/sda1"),
		"resume=UUID=12 resume=UUID=5a");
	/* The usual case: both have the same root=. */
	sandbox_file(box, "proc/cmdline", "root=/dev/sda1\n");
	expect(box, FROM("sda", "root=/dev/sda1"), "resume=UUID=5a");
}

static void remaining_names_can_be_found(void **state)
{
	const struct sandbox *box = *state;
	struct inuse inuse = {0};

	add_disks(box);
	sandbox_file(box, "proc/cmdline", "root=/dev/disk/by-label/my\\x20root resume=9:7");
	assert_int_equal(inuse_add_fact(&inuse, "sdb", REASON_MOUNTED, "mounted on /mnt"), 0);
	for (size_t i = 1; i <= 2; i++) {
		assert_int_equal(cmdline_disks_add_facts(&inuse, box->root), 0);
		/* Facts are added to existing ones. */
		assert_int_equal(inuse.count, 1);
		assert_int_equal(inuse.boot_count, 2 * i);
	}
	assert_int_equal(inuse.boot[0].name.kind, CMDLINE_LABEL);
	assert_string_equal(inuse.boot[0].name.value, "my root");
	assert_int_equal(inuse.boot[1].name.kind, CMDLINE_NUMBER);
	assert_int_equal(inuse.boot[1].name.major, 9);
	assert_int_equal(inuse.boot[1].name.minor, 7);
	inuse_finish(&inuse);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sandbox_test(names_become_facts_or_remain),
		sandbox_test(the_device_tree_is_read_too),
		sandbox_test(remaining_names_can_be_found),
	};

	return cmocka_run_group_tests_name("cmdline_disks", tests, NULL, NULL);
}
