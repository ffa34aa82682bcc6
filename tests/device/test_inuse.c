/* SPDX-License-Identifier: MIT */
#include "device/usage/inuse_load.h"

#include "tests/lib/loop_box.h"

/* Compares all facts, one per line: "sda system the running system (/)". */
static void expect_facts(int root, const char *expected, bool unresolved)
{
	char all[2048] = "";
	struct inuse inuse;

	assert_int_equal(inuse_load(root, &inuse), 0);
	for (size_t i = 0; i < inuse.count; i++)
		(void)str_format(all + strlen(all), sizeof(all) - strlen(all), "%s %s %s\n",
			inuse.facts[i].disk, reason_name(inuse.facts[i].code), inuse.facts[i].text);
	assert_string_equal(all, expected);
	assert_int_equal(inuse.unresolved, unresolved);
	inuse_finish(&inuse);
}

static void set_mounts(struct sandbox *box, const char *text)
{
	sandbox_file(box, "proc/self/mountinfo", text);
}

/* The disks of every sandbox, and loop0, unbound. */
static void add_disks(struct sandbox *box)
{
	sandbox_disks(box);
	sandbox_block(box, NULL, "loop0", "7:0\n", "0\n");
}

static void a_recorded_machine_in_ram_has_no_system_disk(void **state)
{
	struct sandbox *box = *state;

	sandbox_unpack(box, "tests/sysroots/qemu-emmc-sd-usb.sysroot.tgz");
	expect_facts(box->root, "mmcblk1 mounted mounted on /mnt\n", false);
}

static void the_system_is_where_it_is_mounted(void **state)
{
	struct sandbox *box = *state;

	add_disks(box);
	set_mounts(box, "1 1 0:2 / / rw - rootfs rootfs rw\n"
			"2 1 8:2 / / rw - ext4 /dev/root rw\n"
			"3 2 8:16 / /boot/firmware rw - vfat /dev/sdb rw\n"
			"4 2 8:16 / /bootleg rw - vfat /dev/sdb rw\n"
			"5 2 8:2 /home /home\\040x\\033 rw - ext4 /dev/root rw\n"
			"6 2 0:5 / /proc rw - proc proc rw\n");
	expect_facts(box->root,
		"sda system the running system (/)\n"
		"sdb system the running system (/boot/firmware)\n"
		"sdb mounted mounted on /bootleg\n"
		"sda mounted mounted on /home x?\n",
		false);
}

/* In a namespace of its own, an installer gets the machine's mounts from process 1. */
static void mounts_of_process_1_are_found(void **state)
{
	struct sandbox *box = *state;

	add_disks(box);
	set_mounts(box, "1 1 0:2 / / rw - tmpfs tmpfs rw\n"
			"2 1 8:16 / /mnt rw - ext4 /dev/sdb rw\n");
	sandbox_file(box, "proc/1/mountinfo",
		"1 1 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 8:16 / /mnt rw - ext4 /dev/sdb rw\n");
	expect_facts(box->root, "sda system the running system (/)\nsdb mounted mounted on /mnt\n",
		false);
}

static void overlays_are_resolved(void **state)
{
	struct sandbox *box = *state;

	add_disks(box);
	/* A live system: a squashfs in a file on a stick, changes in memory or on a disk. */
	sandbox_file(box, "sys/devices/virtual/block/loop0/loop/backing_file",
		"/run/live/medium/live/root:1.squashfs\n");
	set_mounts(box, "1 0 0:30 / / rw - overlay overlay rw,lowerdir=/run/ro\\134:1:/run/tmp//,"
			"upperdir=/run/rw/up,workdir=/run/rw/work\n"
			"2 1 0:31 / /run rw - tmpfs tmpfs rw\n"
			"3 2 7:0 / /run/ro:1 ro - squashfs /dev/loop0 ro\n"
			"4 2 8:1 / /run/live/medium ro - iso9660 /dev/sda1 ro\n"
			"5 2 8:16 / /run/rw rw - ext4 /dev/sdb rw\n");
	expect_facts(box->root,
		"loop0 system the running system (/)\n"
		"sda system the running system (/)\n"
		"sdb system the running system (/)\n"
		"loop0 mounted mounted on /run/ro:1\n"
		"sda mounted mounted on /run/live/medium\n"
		"sdb mounted mounted on /run/rw\n",
		false);
}

static void an_overlay_in_memory_has_no_disk(void **state)
{
	struct sandbox *box = *state;

	add_disks(box);
	set_mounts(box, "1 0 0:30 / / rw - overlay o rw,lowerdir=/l,upperdir=/l/u,workdir=/l/w\n"
			"2 1 0:31 / /l rw - tmpfs tmpfs rw\n");
	expect_facts(box->root, "", false);
}

static void an_overlay_not_visible_is_unresolved(void **state)
{
	struct sandbox *box = *state;

	add_disks(box);
	/* A container: the paths are those of the host, and lead to the overlay itself here. */
	set_mounts(box, "1 0 0:30 / / rw - overlay overlay rw,lowerdir=/var/lib/l/A:/var/lib/l/B,"
			"upperdir=/var/lib/d,workdir=/var/lib/w\n"
			"2 1 8:1 /hosts /etc/hosts rw - ext4 /dev/sda1 rw\n");
	expect_facts(box->root, "sda mounted mounted on /etc/hosts\n", true);
	/* Many layers, and overlays on each other, take no longer. */
	set_mounts(box,
		"1 0 0:30 / / rw - overlay o rw,lowerdir=/a:/b:/c:/d:/e:/f:/g:/h:/i:/j:/k:/l:/m\n"
		"2 1 0:31 / /a rw - overlay o rw,lowerdir=/b/1:/b/2:/b/3:/b/4:/b/5:/b/6:/x\n"
		"3 1 0:32 / /b rw - overlay o rw,lowerdir=/a/1:/a/2:/a/3:/a/4:/a/5:/a/6:/x\n");
	expect_facts(box->root, "", true);
	set_mounts(box, "1 0 0:30 / / rw - overlay overlay rw\n");
	expect_facts(box->root, "", true);
	set_mounts(box, "1 0 0:30 / / rw - overlay overlay rw,lowerdir=relative\n");
	expect_facts(box->root, "", true);
	/* An overlay of another program is not the system. */
	set_mounts(box, "1 0 0:29 / / rw - tmpfs tmpfs rw\n"
			"2 1 0:30 / /srv/c rw - overlay overlay rw,lowerdir=relative\n");
	expect_facts(box->root, "", false);
	/* Nor is its disk reported as mounted twice. */
	set_mounts(box, "1 0 0:29 / / rw - tmpfs tmpfs rw\n"
			"2 1 8:16 / /srv rw - ext4 /dev/sdb rw\n"
			"3 2 0:30 / /srv/c rw - overlay overlay rw,lowerdir=/srv/l\n");
	expect_facts(box->root, "sdb mounted mounted on /srv\n", false);
}

static void unknown_filesystems_are_unresolved(void **state)
{
	struct sandbox *box = *state;

	add_disks(box);
	set_mounts(box, "1 0 0:30 / / rw - zfs rpool/root rw\n");
	expect_facts(box->root, "", true);
	/* A device number that sysfs does not have. */
	set_mounts(box, "1 0 8:99 / / rw - ext4 /dev/sdg3 rw\n");
	expect_facts(box->root, "", true);
	/* Any filesystem is resolved if its source is devices. */
	set_mounts(box, "1 0 0:30 / / rw - bcachefs /dev/sda2:/dev/sdb rw\n");
	expect_facts(box->root,
		"sda system the running system (/)\nsdb system the running system (/)\n", false);
	set_mounts(box, "1 0 0:30 / / rw - tmpfs tmpfs rw\n"
			"2 1 0:31 / /srv rw - zfs tank rw\n"
			"3 1 0:32 / /usr ro - nfs4 host:/usr rw\n");
	expect_facts(box->root, "", false);
	/* /boot on an unknown filesystem. */
	set_mounts(box, "1 0 0:30 / / rw - tmpfs tmpfs rw\n"
			"2 1 0:31 / /boot rw - fuse.thing thing rw\n");
	expect_facts(box->root, "", true);
}

static void a_btrfs_has_several_members(void **state)
{
	struct sandbox *box = *state;

	add_disks(box);
	sandbox_block(box, NULL, "sdc", "8:32\n", "1000\n");
	sandbox_file(box, "sys/fs/btrfs/features/none", "");
	sandbox_link(box, "sys/fs/btrfs/1111/devices/sdc", "../../../../devices/bus/block/sdc");
	sandbox_link(
		box, "sys/fs/btrfs/2222/devices/sda2", "../../../../devices/bus/block/sda/sda2");
	sandbox_link(box, "sys/fs/btrfs/2222/devices/sdb", "../../../../devices/bus/block/sdb");
	set_mounts(box, "1 0 0:30 / / rw - btrfs /dev/sda2 rw\n"
			"2 1 0:33 / /data rw - btrfs /dev/sdc rw\n");
	expect_facts(box->root,
		"sda system the running system (/)\n"
		"sdb system the running system (/)\n"
		"sdc mounted mounted on /data\n",
		false);
	set_mounts(box, "1 0 0:30 / / rw - btrfs /dev/root rw\n");
	expect_facts(box->root, "", true);
}

static void swap_is_found(void **state)
{
	struct sandbox *box = *state;

	add_disks(box);
	set_mounts(box, "1 0 0:30 / / rw - tmpfs tmpfs rw\n"
			"2 1 8:16 / /mnt rw - ext4 /dev/sdb rw\n");
	sandbox_file(box, "proc/swaps",
		"Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
		"/dev/sda2                               partition\t1000\t0\t-2\n"
		"/mnt/swap\\040file                        file\t\t1000\t0\t-3\n"
		"/dev/zram9                              partition\t1000\t0\t-3\n");
	expect_facts(box->root,
		"sdb mounted mounted on /mnt\n"
		"sda swap swap (/dev/sda2)\n"
		"sdb swap swap (/mnt/swap file)\n",
		false);
}

/* By its inode: the operator may use another path to it. */
static void a_swap_file_is_found(void **state)
{
	struct sandbox *box = *state;
	struct inuse inuse;
	struct stat st;

	add_disks(box);
	set_mounts(box, "1 0 0:30 / / rw - tmpfs tmpfs rw\n");
	sandbox_file(box, "mnt/swap file", "");
	sandbox_file(box, "proc/swaps",
		"Filename Type Size Used Priority\n/mnt/swap\\040file file 1000 0 -3\n"
		"/mnt/gone\\040(deleted) file 1000 0 -3\nrelative file 1000 0 -3\n"
		"//etc/passwd file 1000 0 -3\n// file 1000 0 -3\n/mnt file 1000 0 -3\n");
	assert_int_equal(inuse_load(box->root, &inuse), 0);
	assert_int_equal(inuse.count, 1);
	assert_int_equal(fstatat(box->root, "mnt/swap file", &st, 0), 0);
	assert_int_equal(inuse.facts[0].code, REASON_SWAP);
	assert_int_equal(inuse.facts[0].file_dev, st.st_dev);
	assert_int_equal(inuse.facts[0].file_ino, st.st_ino);
	assert_string_equal(inuse.facts[0].disk, "");
	inuse_finish(&inuse);
}

static void holders_are_found(void **state)
{
	struct sandbox *box = *state;

	add_disks(box);
	set_mounts(box, "1 0 0:30 / / rw - tmpfs tmpfs rw\n");
	sandbox_block(box, NULL, "dm-0", "253:0\n", "500\n");
	sandbox_file(box, "sys/devices/virtual/block/dm-0/dm/name", "crypt\n");
	sandbox_file(box, "sys/devices/bus/block/sda/sda1/holders/dm-0", "");
	sandbox_file(box, "sys/devices/bus/block/sdb/holders/md0", "");
	expect_facts(
		box->root, "sda holder in use by dm-0 (crypt)\nsdb holder in use by md0\n", false);
}

static void loops_over_disks_are_found(void **state)
{
	struct sandbox *box = *state;

	add_disks(box);
	set_mounts(box, "1 0 0:30 / / rw - tmpfs tmpfs rw\n"
			"2 1 8:16 / /mnt rw - ext4 /dev/sdb rw\n"
			"3 1 7:1 / /loop rw - ext4 /dev/loop1 rw\n"
			"4 1 7:0 / /raw rw - ext4 /dev/loop0 rw\n");
	sandbox_block(box, NULL, "loop1", "7:1\n", "100\n");
	sandbox_file(box, "sys/devices/virtual/block/loop0/loop/backing_file", "/dev/sda1\n");
	sandbox_file(box, "sys/devices/virtual/block/loop1/loop/backing_file", "/mnt/image\n");
	expect_facts(box->root,
		"sdb mounted mounted on /mnt\n"
		"loop1 mounted mounted on /loop\n"
		"loop0 mounted mounted on /raw\n"
		"sda mounted mounted on /raw\n"
		"loop0 loop is a loop device on top of /dev/sda1\n"
		"sda loop in use by loop0\n",
		false);
}

static bool has(const struct inuse *inuse, const char *disk, enum reason_code code)
{
	for (size_t i = 0; i < inuse->count; i++)
		if (inuse->facts[i].code == code && strcmp(inuse->facts[i].disk, disk) == 0)
			return true;
	return false;
}

static void a_machine_without_tables_is_an_error(void **state)
{
	struct sandbox *box = *state;
	struct inuse inuse;

	add_disks(box);
	assert_int_equal(inuse_load(box->root, &inuse), -ENOENT);
	set_mounts(box, "1 0 0:30 / / rw - tmpfs tmpfs rw\n");
	assert_int_equal(inuse_load(box->root, &inuse), 0);
	inuse_finish(&inuse);
}

static void expect_fact(const char *disk, enum reason_code code, bool expected)
{
	struct inuse inuse;

	assert_int_equal(inuse_load(fixture.root, &inuse), 0);
	assert_int_equal(has(&inuse, disk, code), expected);
	inuse_finish(&inuse);
}

/* A mounted filesystem on a loop device, with the archive in it. */
static void the_archive_is_found_on_a_real_disk(void **state)
{
	struct sandbox *box = *state;
	char dir[PATH_MAX], file[PATH_MAX];
	const struct inuse_file files[] = {{"/no/such/file", "layout"}, {file, "archive"}};
	struct inuse inuse;

	fixture_require_root();
	fixture_make_loop(&fixture, MIB(8));
	expect_fact(fixture.name, REASON_MOUNTED, false);
	loop_box_mount(box);
	sandbox_file(box, "mnt/rootfs.tar", "");
	expect_fact(fixture.name, REASON_MOUNTED, true);

	assert_int_equal(inuse_load(fixture.root, &inuse), 0);
	assert_false(has(&inuse, fixture.name, REASON_SOURCE));
	assert_int_equal(inuse_add_file(&inuse, fixture.root, &files[0]), -ENOENT);
	(void)sandbox_path(box, "mnt/rootfs.tar", file);
	for (size_t i = 1; i < ARRAY_SIZE(files); i++)
		assert_int_equal(inuse_add_file(&inuse, fixture.root, &files[i]), 0);
	assert_true(has(&inuse, fixture.name, REASON_SOURCE));
	inuse_finish(&inuse);

	assert_int_equal(umount2(sandbox_path(box, "mnt", dir), 0), 0);
	expect_fact(fixture.name, REASON_MOUNTED, false);
}

/* A loop device on a loop device does not make O_EXCL fail on the lower one. */
static void a_real_loop_over_a_disk_is_found(void **state)
{
	(void)state;
	fixture_require_root();
	fixture_make_loop(&fixture, MIB(4));
	expect_fact(fixture.name, REASON_LOOP, false);
	loop_box_attach_upper(fixture.fd);
	expect_fact(fixture.name, REASON_LOOP, true);
	/* Writing to the upper one writes to the lower one. */
	expect_fact(upper.name, REASON_LOOP, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sandbox_test(a_recorded_machine_in_ram_has_no_system_disk),
		sandbox_test(the_system_is_where_it_is_mounted),
		sandbox_test(mounts_of_process_1_are_found),
		sandbox_test(overlays_are_resolved),
		sandbox_test(an_overlay_in_memory_has_no_disk),
		sandbox_test(an_overlay_not_visible_is_unresolved),
		sandbox_test(unknown_filesystems_are_unresolved),
		sandbox_test(a_btrfs_has_several_members),
		sandbox_test(swap_is_found),
		sandbox_test(a_swap_file_is_found),
		sandbox_test(holders_are_found),
		sandbox_test(loops_over_disks_are_found),
		sandbox_test(a_machine_without_tables_is_an_error),
		loop_box_test(the_archive_is_found_on_a_real_disk),
		loop_box_test(a_real_loop_over_a_disk_is_found),
	};

	return cmocka_run_group_tests_name("inuse", tests, NULL, NULL);
}
