/* SPDX-License-Identifier: MIT */
#include "device/usage/cmdline.h"

#include "device/base/util.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char *const kinds[] = {
	[CMDLINE_NODE] = "node",
	[CMDLINE_NUMBER] = "number",
	[CMDLINE_PARTUUID] = "partuuid",
	[CMDLINE_PARTLABEL] = "partlabel",
	[CMDLINE_UUID] = "uuid",
	[CMDLINE_LABEL] = "label",
	[CMDLINE_OPAQUE] = "opaque",
};

/* Appends "node /dev/sda1" or "number 8:1". */
static int append(void *arg, const struct cmdline_device *name)
{
	char *all = arg, *end = all + strlen(all);
	size_t room = 1024 - strlen(all);
	const char *between = all[0] ? "; " : "";

	if (name->kind == CMDLINE_NUMBER)
		(void)str_format(end, room, "%snumber %u:%u", between, name->major, name->minor);
	else
		(void)str_format(end, room, "%s%s %s", between, kinds[name->kind], name->value);
	return 0;
}

/* Compares the devices of a command line: "node /dev/sda1; number 8:1". */
static void expect(const char *cmdline, const char *expected)
{
	char all[1024] = "";

	assert_int_equal(cmdline_each(cmdline, append, all), 0);
	assert_string_equal(all, expected);
}

/* Copies the first device. */
static int take(void *arg, const struct cmdline_device *name)
{
	*(struct cmdline_device *)arg = *name;
	return 1;
}

static void every_form_of_root_is_known(void **state)
{
	(void)state;
	expect("", "");
	expect("quiet root=", "");
	expect("console=ttyS0 root=/dev/mmcblk0p2 rw rootwait\n", "node /dev/mmcblk0p2");
	expect("root=179:2", "number 179:2");
	expect("root=b302", "number 179:2");
	expect("root=0801", "number 8:1");
	expect("root=10303", "number 259:3");
	expect("root=10110303", "number 259:65795"); /* the minor is packed in two parts */
	expect("root=/dev/block/179:2", "number 179:2");
	expect("root=PARTUUID=0a1b2c3d-02", "partuuid 0a1b2c3d-02");
	expect("root=PARTUUID=0a1b/PARTNROFF=1", "partuuid 0a1b/PARTNROFF=1");
	expect("root=PARTLABEL=rootfs", "partlabel rootfs");
	expect("root=UUID=12-34 root=LABEL=writable", "uuid 12-34; label writable");
	expect("root=/dev/disk/by-partuuid/ab-01", "partuuid ab-01");
	expect("root=/dev/disk/by-uuid/12-34", "uuid 12-34");
	expect("root=/dev/disk/by-label/my\\x20root\\x2f", "label my root/");
	expect("root=LABEL=a\\x00\\xg1\\x4", "label a\\x00\\xg1\\x4");
	expect("\"root=LABEL=my root\" ro", "label my root");
}

static void prefixes_and_suffixes_are_removed(void **state)
{
	(void)state;
	expect("root=live:CDLABEL=Live rd.live.image", "label Live");
	expect("root=live:/dev/sda1", "node /dev/sda1");
	expect("root=block:/dev/sda1", "node /dev/sda1");
	expect("root=overlay:UUID=ab", "uuid ab");
	expect("root=/dev/sda1,noatime", "node /dev/sda1");
	expect("overlayroot=device:dev=LABEL=rw,timeout=20,recurse=0", "label rw");
	expect("overlayroot=crypt:dev=/dev/vdb,pass=x", "node /dev/vdb");
	expect("overlayroot=tmpfs:recurse=0 boot=overlay", "");
	expect("live-media=/dev/sdb1 resume=UUID=5a mount.usr=PARTLABEL=usr",
		"node /dev/sdb1; uuid 5a; partlabel usr");
	expect("cryptdevice=UUID=12-34:root:allow-discards", "uuid 12-34:root:allow-discards");
	expect("rd.luks.uuid=luks-12-34 rd.luks.uuid=56", "uuid 12-34; uuid 56");
	expect("kern_guid=AB-CD root=/dev/dm-0", "partuuid AB-CD; node /dev/dm-0");
	expect("dm=\"1 vroot none ro 1,0 1740800 verity payload=PARTUUID=ab/PARTNROFF=1 "
	       "hashtree=PARTUUID=ab/PARTNROFF=1 hashstart=1740800\"",
		"partuuid ab/PARTNROFF=1; partuuid ab/PARTNROFF=1");
}

static void devices_not_on_a_disk_are_skipped(void **state)
{
	(void)state;
	expect("root=/dev/nfs nfsroot=10.0.0.1:/srv", "");
	expect("root=/dev/ram0", "");
	expect("root=nfs:10.0.0.1:/srv", "");
	expect("root=ubi0:rootfs ubi.mtd=4", "");
	expect("root=live:http://host/root.squashfs", "");
	expect("boot_root=/dev/sda1 rootwait rootfstype=ext4 rootflags=data=journal", "");
}

static void an_unknown_word_is_opaque(void **state)
{
	(void)state;
	expect("root=zfs:rpool/root", "opaque zfs:rpool/root");
	expect("root=gpt-auto", "opaque gpt-auto");
	/* Only root= is certain to name a device. */
	expect("resume=swap", "");
}

static int count(void *arg, const struct cmdline_device *name)
{
	(void)name;
	return ++*(int *)arg == 100 ? -ENOSPC : 0;
}

static void any_number_of_names_is_found(void **state)
{
	char text[2048] = "";
	struct cmdline_device name;
	int number = 0;

	(void)state;
	for (int i = 0; i < 99; i++)
		(void)str_format(text + strlen(text), sizeof(text) - strlen(text),
			"resume=/dev/sd%c ", 'a' + i % 26);
	assert_int_equal(cmdline_each(text, count, &number), 0);
	assert_int_equal(number, 99);
	number = 1;
	assert_int_equal(cmdline_each(text, count, &number), -ENOSPC);
	/* The phrase is sanitised. */
	assert_int_equal(cmdline_each("root=/dev/s\033da", take, &name), 1);
	assert_string_equal(name.text, "root=/dev/s?da");
}

/* It does not fit, but names a device all the same. */
static void names_too_long_are_opaque(void **state)
{
	static const char *const before[] = {"root=", "root=LABEL=", "root=live:/dev/disk/by-id/",
		"mount.usr=PARTLABEL=", "overlayroot=device:dev=/dev/mapper/",
		"rd.luks.uuid=", "dm=0 1 verity payload=PARTUUID=", "cryptdevice=/dev/sda2:"};
	struct cmdline_device name;
	char text[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(before); i++) {
		for (size_t length = sizeof(name.value); length > sizeof(name.value) - 2;
			length--) {
			(void)STR_FORMAT(text, "\"%s%0*d\"", before[i], (int)length, 7);
			assert_int_equal(cmdline_each(text, take, &name), 1);
			if (length == sizeof(name.value) || i == 0)
				assert_int_equal(name.kind, CMDLINE_OPAQUE);
		}
		if (i != 0 && !strstr(before[i], "/dev/"))
			assert_int_not_equal(name.kind, CMDLINE_OPAQUE);
	}
	/* A value that is not on a disk, of any length. */
	(void)STR_FORMAT(text, "root=live:http://host/%0200d resume=%0200d", 7, 7);
	expect(text, "");
}

static bool matches(const char *cmdline, const struct disk_content *content)
{
	struct cmdline_device name;

	assert_int_equal(cmdline_each(cmdline, take, &name), 1);
	return cmdline_matches(&name, content);
}

static void values_are_found(void **state)
{
	static const struct {
		const char *cmdline, *key, *value; /* NULL: not found */
	} cases[] = {
		{"root=UUID=ab-cd ro quiet", "root", "UUID=ab-cd"},
		{"root=/dev/a root=/dev/b", "root", "/dev/b"},
		{"ro root=\"/dev/a b\" x", "root", "/dev/a b"},
		{"\"root=/dev/a b\"", "root", "/dev/a b"},
		{"rootfstype=ext4", "root", NULL},
		{"xroot=1", "root", NULL},
		{"ro quiet", "ro", ""},
		{"root=", "root", ""},
		{"root=/dev/a -- root=/dev/b", "root", "/dev/a"},
		{"init=/sbin/init rdinit=/init", "init", "/sbin/init"},
		{"rootflags=subvol=@,compress=zstd\n", "rootflags", "subvol=@,compress=zstd"},
		{"root=/dev/a root=01234567890123456789012345678901", "root", NULL},
		{"", "root", NULL},
	};
	char value[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_true(cmdline_find(cases[i].cmdline, cases[i].key, value, sizeof(value)) ==
			    (cases[i].value != NULL));
		assert_string_equal(value, cases[i].value ? cases[i].value : "");
	}
}

static void contents_are_matched(void **state)
{
	const struct disk_content table = {
		.state = CONTENT_TABLE,
		.partition_count = 2,
		.partitions = {{.name = "boot", .uuid = "0a1b2c3d-01", .fs_uuid = "AB12-34CD"},
			{.name = "rootfs", .uuid = "0a1b2c3d-02", .fs_label = "writable"}},
	};
	const struct disk_content whole = {
		.state = CONTENT_FILESYSTEM, .uuid = "11-22", .label = "data"};
	const struct disk_content blank = {.state = CONTENT_BLANK};

	(void)state;
	assert_true(matches("root=PARTUUID=0A1B2C3D-02", &table));
	assert_false(matches("root=PARTUUID=0a1b2c3d-03", &table));
	assert_false(matches("root=PARTUUID=0a1b2c3d", &table));
	assert_true(matches("root=PARTUUID=0a1b2c3d-01/PARTNROFF=1", &table));
	assert_true(matches("root=UUID=ab12-34cd", &table));
	assert_true(matches("cryptdevice=UUID=ab12-34cd:crypt", &table));
	assert_true(matches("root=LABEL=writable", &table));
	assert_false(matches("root=LABEL=write", &table));
	assert_false(matches("root=LABEL=writable2", &table));
	assert_true(matches("root=PARTLABEL=rootfs", &table));
	assert_false(matches("root=LABEL=rootfs", &table));
	assert_true(matches("root=UUID=11-22", &whole));
	assert_true(matches("root=LABEL=data", &whole));
	assert_false(matches("root=PARTUUID=11-22", &whole));
	/* An empty name matches nothing, not everything. */
	assert_false(matches("root=UUID=1", &blank));
	assert_false(matches("root=LABEL=:", &table));
	assert_false(matches("root=/dev/sda1", &whole));
}

/* A missing device may have another name now. */
static void missing_devices_may_be_renamed(void **state)
{
	static const struct {
		const char *cmdline, *disk;
		unsigned partitions; /* one bit for each partition number */
		bool expected;
	} cases[] = {
		{"root=/dev/mmcblk1p2", "mmcblk0", 1 << 1 | 1 << 2, true},
		{"root=/dev/mmcblk1p2", "mmcblk0", 1 << 1, false},
		{"root=/dev/mmcblk1p2:crypt", "mmcblk0", 1 << 2, true},
		{"root=/dev/mmcblk1", "mmcblk0", 1 << 1, false},
		{"root=/dev/mmcblk1p2", "sda", 1 << 2, false},
		{"root=/dev/mmcblk1p2", "nvme0n1", 1 << 2, false},
		{"root=/dev/nvme1n1p12", "nvme0n1", 1 << 12, true},
		{"root=/dev/nvme1n1p12", "nvme0n1", 1 << 2, false},
		{"root=/dev/nvme1n1", "nvme0n1", 1 << 1, false},
		{"root=/dev/sdb3", "sda", 1 << 3, true},
		{"root=/dev/sdb3", "sda", 1 << 1, false},
		{"root=/dev/sdb", "sda", 1 << 1, false},
		{"root=/dev/sr0", "sda", 1 << 1, false},
		{"root=/dev/dm-0", "sda", 1 << 1, true},
		{"root=8:3", "sda", 1 << 1, true},
		{"root=179:3", "sda", 1 << 1, false},
		{"root=259:3", "sda", 1 << 1, true},
		{"root=gpt-auto", "sda", 1 << 1, true},
		{"root=UUID=ab", "sda", 1 << 1, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct disk disk = {.id.major = 8, .content.state = CONTENT_TABLE};
		struct disk_content *content = &disk.content;
		struct cmdline_device name;

		(void)STR_COPY(disk.name, cases[i].disk);
		for (unsigned n = 1; n < 16; n++)
			if (cases[i].partitions & 1U << n)
				content->partitions[content->partition_count++].number = n;
		assert_int_equal(cmdline_each(cases[i].cmdline, take, &name), 1);
		if (cmdline_may_be_on(&name, &disk) != cases[i].expected)
			fail_msg("%s and %s", cases[i].cmdline, cases[i].disk);
		/* Its content is unknown. */
		content->state = CONTENT_SILENT;
		if (cases[i].expected)
			assert_true(cmdline_may_be_on(&name, &disk));
	}
}

/* A filesystem on the whole disk; more partitions than the array holds. */
static void missing_devices_may_be_whole_disks(void **state)
{
	struct disk disk = {.name = "sda", .content.state = CONTENT_FILESYSTEM};
	struct cmdline_device name;

	(void)state;
	assert_int_equal(cmdline_each("root=/dev/sdb", take, &name), 1);
	assert_true(cmdline_may_be_on(&name, &disk));
	disk.content.state = CONTENT_BLANK;
	assert_false(cmdline_may_be_on(&name, &disk));
	assert_int_equal(cmdline_each("root=/dev/sdb30", take, &name), 1);
	disk.content.state = CONTENT_FILESYSTEM;
	assert_false(cmdline_may_be_on(&name, &disk));
	disk.content.state = CONTENT_TABLE;
	disk.content.partition_count = DISK_PARTITIONS_MAX + 1;
	assert_true(cmdline_may_be_on(&name, &disk));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_of_root_is_known),
		cmocka_unit_test(prefixes_and_suffixes_are_removed),
		cmocka_unit_test(devices_not_on_a_disk_are_skipped),
		cmocka_unit_test(an_unknown_word_is_opaque),
		cmocka_unit_test(any_number_of_names_is_found),
		cmocka_unit_test(names_too_long_are_opaque),
		cmocka_unit_test(values_are_found),
		cmocka_unit_test(contents_are_matched),
		cmocka_unit_test(missing_devices_may_be_renamed),
		cmocka_unit_test(missing_devices_may_be_whole_disks),
	};

	return cmocka_run_group_tests_name("cmdline", tests, NULL, NULL);
}
