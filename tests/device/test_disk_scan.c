/* SPDX-License-Identifier: MIT */
#include "device/disk/disk_scan.h"

#include "tests/lib/loop_box.h"

#include <sys/sysmacros.h>

static const char recorded[] = "tests/sysroots/qemu-emmc-sd-usb.sysroot.tgz";

/* Compares the names, separated by blanks. */
static void expect_list(int root, const char *expected)
{
	struct disk_list list;
	char all[256] = "";

	assert_int_equal(disk_scan(root, &list), 0);
	for (size_t i = 0; i < list.count; i++)
		(void)str_format(all + strlen(all), sizeof(all) - strlen(all), "%s%s",
			i > 0 ? " " : "", list.disks[i].name);
	assert_string_equal(all, expected);
	disk_list_finish(&list);
}

static void a_recorded_emmc_is_read(void **state)
{
	struct sandbox *box = *state;
	struct disk disk;

	sandbox_unpack(box, recorded);
	expect_list(box->root, "mmcblk0 mmcblk1 sda");
	assert_int_equal(disk_scan_name(box->root, "mmcblk0", &disk), 0);
	assert_int_equal(disk.kind, DISK_EMMC);
	assert_string_equal(disk.path, "/dev/mmcblk0");
	assert_int_equal(disk.size_bytes, MIB(512));
	assert_int_equal(disk.id.size_bytes, MIB(512));
	assert_string_equal(disk.id.cid, "aa015851454d55212101deadbeef2900");
	assert_string_equal(disk.id.serial, "0xdeadbeef");
	assert_int_equal(disk.id.major, 179);
	assert_int_equal(disk.id.minor, 0);
	assert_int_equal(disk.id.diskseq, 2);
	assert_string_equal(disk.id.devpath,
		"devices/pci0000:00/0000:00:04.0/mmc_host/mmc0/mmc0:0001/block/mmcblk0");
	assert_string_equal(disk.model, "QEMU!!");
	assert_string_equal(disk.vendor, "0xaa"); /* unknown manufacturer */
	assert_int_equal(disk.emmc_revision, 5);
	assert_int_equal(disk.erase_bytes, 2097152);
	assert_string_equal(disk.boot[0].name, "mmcblk0boot0");
	assert_int_equal(disk.boot[0].size_bytes, MIB(4));
	assert_string_equal(disk.boot[1].name, "mmcblk0boot1");
	/* This revision does not define the attributes. */
	assert_int_equal(disk.life_time_a, 0);
	assert_int_equal(disk.pre_eol, 0);
	assert_false(disk.read_only);
	assert_false(disk.removable);
	assert_int_equal(disk.content.state, CONTENT_PENDING);
	assert_int_equal(disk.reason_count, 0);
}

static void recorded_cards_and_sticks_are_read(void **state)
{
	struct sandbox *box = *state;
	struct disk disk;

	sandbox_unpack(box, recorded);
	assert_int_equal(disk_scan_name(box->root, "mmcblk1", &disk), 0);
	assert_int_equal(disk.kind, DISK_SD);
	assert_string_equal(disk.id.cid, "aa585951454d552101deadbeef006200");
	assert_int_equal(disk.size_bytes, MIB(256));
	assert_string_equal(disk.boot[0].name, "");

	assert_int_equal(disk_scan_name(box->root, "sda", &disk), 0);
	assert_int_equal(disk.kind, DISK_USB);
	assert_string_equal(disk.vendor, "QEMU");
	assert_string_equal(disk.model, "QEMU HARDDISK");
	assert_string_equal(disk.id.cid, "");
	assert_true(disk.removable);

	assert_int_equal(disk_scan_name(box->root, "mmcblk0boot0", &disk), -ENOTBLK);
	assert_int_equal(disk_scan_name(box->root, "mmcblk1p2", &disk), -ENOTBLK);
	assert_int_equal(disk_scan_name(box->root, "mmcblk7", &disk), -ENODEV);
	assert_int_equal(disk_scan_name(box->root, "loop0", &disk), 0);
	assert_int_equal(disk.size_bytes, 0);
}

static void worn_revision(struct sandbox *box, const char *revision)
{
	sandbox_block(box, NULL, "mmcblk2", "179:0\n", "1000\n");
	sandbox_file(box, "sys/devices/bus/block/mmcblk2/device/type", "MMC\n");
	sandbox_file(box, "sys/devices/bus/block/mmcblk2/device/rev", revision);
	sandbox_file(box, "sys/devices/bus/block/mmcblk2/device/life_time", "0x02 0x0b\n");
	sandbox_file(box, "sys/devices/bus/block/mmcblk2/device/pre_eol_info", "0x03\n");
	sandbox_file(box, "sys/devices/bus/block/mmcblk2/device/cid",
		"450100444734303038013f2a9f3101aa\n");
	sandbox_file(box, "sys/devices/bus/block/mmcblk2/device/name", "DG4008\n");
}

static void wear_is_read_where_it_is_defined(void **state)
{
	struct sandbox *box = *state;
	struct disk disk;

	worn_revision(box, "0x8\n");
	assert_int_equal(disk_scan_name(box->root, "mmcblk2", &disk), 0);
	/* This kernel has no such attribute, but the CID has the value. */
	assert_string_equal(disk.id.serial, "0x3f2a9f31");
	assert_int_equal(disk.kind, DISK_EMMC); /* by its revision: it has no boot areas */
	assert_string_equal(disk.vendor, "SanDisk");
	assert_string_equal(disk.model, "DG4008");
	assert_int_equal(disk.life_time_a, 2);
	assert_int_equal(disk.life_time_b, 11);
	assert_int_equal(disk.pre_eol, 3);
	worn_revision(box, "0x6\n");
	assert_int_equal(disk_scan_name(box->root, "mmcblk2", &disk), 0);
	assert_int_equal(disk.life_time_b, 0);
	assert_int_equal(disk.pre_eol, 0);
	/* Reserved values are ignored. */
	worn_revision(box, "0x8\n");
	sandbox_file(box, "sys/devices/bus/block/mmcblk2/device/life_time", "0x0c 0xffffffff\n");
	sandbox_file(box, "sys/devices/bus/block/mmcblk2/device/pre_eol_info", "0x04\n");
	assert_int_equal(disk_scan_name(box->root, "mmcblk2", &disk), 0);
	assert_int_equal(disk.life_time_a, 0);
	assert_int_equal(disk.life_time_b, 0);
	assert_int_equal(disk.pre_eol, 0);
	/* An old removable card. */
	worn_revision(box, "0x3\n");
	assert_int_equal(disk_scan_name(box->root, "mmcblk2", &disk), 0);
	assert_int_equal(disk.kind, DISK_SD);
}

static void add_device(struct sandbox *box, const char *name, const char *number)
{
	char path[128];

	sandbox_block(box, NULL, name, number, "1000\n");
	(void)STR_FORMAT(path, "sys/devices/bus/block/%s/device/x", name);
	sandbox_file(box, path, "");
}

static void only_disks_are_listed(void **state)
{
	static const char *const never[] = {"sr0", "fd0", "md0", "md127", "nbd3", "zram0", "ram1",
		"mtdblock0", "mmcblk9boot0", "mmcblk9rpmb", "mmcblk9gp1", "bcache0"};
	struct sandbox *box = *state;
	char number[16];

	for (unsigned i = 0; i < ARRAY_SIZE(never); i++) {
		(void)STR_FORMAT(number, "200:%u\n", i);
		add_device(box, never[i], number);
	}
	add_device(box, "sdb", "8:16\n");
	add_device(box, "sda", "8:0\n");
	add_device(box, "vda", "254:0\n");
	add_device(box, "nvme0n1", "259:0\n");
	add_device(box, "nvme0c0n1", "259:1\n");
	sandbox_file(box, "sys/devices/bus/block/nvme0c0n1/hidden", "1\n");
	add_device(box, "ms_block0", "260:0\n");
	/* Disks without a device. */
	sandbox_block(box, NULL, "nullb0", "261:0\n", "1000\n");
	sandbox_block(box, NULL, "dm-0", "253:0\n", "1000\n");
	sandbox_block(box, NULL, "loop0", "7:0\n", "0\n");
	sandbox_block(box, NULL, "loop1", "7:1\n", "8\n");
	expect_list(box->root, "loop1 ms_block0 nvme0n1 sda sdb vda");
}

static void kinds_and_texts_are_read(void **state)
{
	struct sandbox *box = *state;
	struct disk disk;

	add_device(box, "sda", "8:0\n");
	sandbox_file(box, "sys/devices/bus/block/sda/device/model", "FLASH\x1b[2J  \xff \n");
	sandbox_file(box, "sys/devices/bus/block/sda/ro", "1\n");
	assert_int_equal(disk_scan_name(box->root, "sda", &disk), 0);
	assert_int_equal(disk.kind, DISK_FIXED);
	assert_true(disk.read_only);
	assert_string_equal(disk.model, "FLASH?[2J  ?");

	add_device(box, "cciss!c0d0", "104:0\n");
	assert_int_equal(disk_scan_name(box->root, "cciss!c0d0", &disk), 0);
	assert_int_equal(disk.kind, DISK_OTHER);
	assert_string_equal(disk.path, "/dev/cciss/c0d0");

	add_device(box, "nvme0n1", "259:0\n");
	sandbox_file(box, "sys/devices/bus/block/nvme0n1/device/serial", "S4EWNX0M   \n");
	assert_int_equal(disk_scan_name(box->root, "nvme0n1", &disk), 0);
	assert_int_equal(disk.kind, DISK_FIXED);
	assert_string_equal(disk.id.serial, "S4EWNX0M");
}

/* Ports behind many hubs have long paths that differ only at the end. */
static void usb_is_recognised_by_its_path(void **state)
{
	static const char dir[] =
		"devices/platform/soc/soc:internal-regs@d0000000/d0058000.usb/xhci-hcd.1.auto/usb2/"
		"2-1/2-1.1/2-1.1.2/2-1.1.2.3/2-1.1.2.3:1.0/host0/target0:0:0/0:0:0:0/block/sda";
	struct sandbox *box = *state;
	char path[PATH_MAX], target[PATH_MAX], brief[32];
	struct disk disk;

	(void)STR_FORMAT(path, "sys/%s/dev", dir);
	sandbox_file(box, path, "8:0\n");
	(void)STR_FORMAT(path, "sys/%s/size", dir);
	sandbox_file(box, path, "0\n");
	(void)STR_FORMAT(path, "sys/%s/device", dir);
	sandbox_link(box, path, "../../../0:0:0:0");
	*strstr(path, "/2-1.1.2.3:1.0") = '\0';
	(void)STR_FORMAT(target, "%s/idVendor", path);
	sandbox_file(box, target, "0781\n");
	(void)STR_FORMAT(target, "%s/serial", path);
	sandbox_file(box, target, "4C530001230411\n");
	(void)STR_FORMAT(target, "../%s", dir);
	sandbox_link(box, "sys/block/sda", target);

	expect_list(box->root, "sda"); /* an empty reader is listed, too */
	sandbox_link(box, "sys/class/block/sda", "../../block/sda");
	assert_int_equal(disk_scan_name(box->root, "sda", &disk), 0);
	assert_int_equal(disk.kind, DISK_USB);
	assert_string_equal(disk.id.serial, "4C530001230411");
	assert_int_equal(strlen(disk.id.devpath), sizeof(disk.id.devpath) - 1);
	assert_string_equal(disk.id.devpath + sizeof(disk.id.devpath) - 11, "/block/sda");
	disk_identity_short(&disk, brief);
	assert_string_equal(brief, "usb 2-1.1.2.3");
}

static void an_image_is_a_target(void **state)
{
	struct sandbox *box = *state;
	char path[PATH_MAX], real[PATH_MAX];
	struct disk disk;

	sandbox_file(box, "card.img", "12345");
	sandbox_link(box, "link.img", "card.img");
	assert_non_null(realpath(sandbox_path(box, "card.img", path), real));
	assert_int_equal(
		disk_scan_target(box->root, sandbox_path(box, "link.img", path), &disk), 0);
	assert_int_equal(disk.kind, DISK_IMAGE);
	assert_string_equal(disk.name, "card.img");
	assert_string_equal(disk.path, real);
	assert_string_equal(disk.id.devpath, real);
	assert_int_equal(disk.size_bytes, 5);
	assert_int_equal(disk.id.major, 0);
	assert_false(disk.read_only);

	assert_int_equal(
		disk_scan_target(box->root, sandbox_path(box, "none", path), &disk), -ENOENT);
	assert_int_equal(disk_scan_target(box->root, box->dir, &disk), -EINVAL);
	assert_int_equal(disk_scan_target(box->root, "/dev/null", &disk), -EINVAL);
}

static void a_real_device_is_a_target(void **state)
{
	struct sandbox *box = *state;
	char node[PATH_MAX], other[PATH_MAX];
	struct disk disk, listed;
	struct stat st;

	fixture_require_root();
	fixture_make_loop(&fixture, MIB(4));
	assert_int_equal(fstat(fixture.fd, &st), 0);
	assert_int_equal(mknod(sandbox_path(box, "node", node), S_IFBLK | 0600, st.st_rdev), 0);
	sandbox_link(box, "link", "node");
	assert_int_equal(
		disk_scan_target(fixture.root, sandbox_path(box, "link", other), &disk), 0);
	assert_int_equal(disk.kind, DISK_LOOP);
	assert_string_equal(disk.name, fixture.name);
	assert_int_equal(disk.size_bytes, MIB(4));
	assert_int_equal(disk.id.major, major(st.st_rdev));
	assert_int_equal(stat(disk.path, &st), 0);
	assert_int_equal(makedev(disk.id.major, disk.id.minor), st.st_rdev);

	assert_int_equal(disk_scan_name(fixture.root, fixture.name, &listed), 0);
	assert_true(disk_identity_equal(&disk.id, &listed.id, NULL));

	/* An empty slot and a partition, of a machine that has them. */
	sandbox_block(box, NULL, "sdq", "4000:1\n", "0\n");
	sandbox_block(box, "sdq", "sdq1", "4000:2\n", "8\n");
	(void)sandbox_path(box, "slot", node);
	assert_int_equal(mknod(node, S_IFBLK | 0600, makedev(4000, 1)), 0);
	assert_int_equal(disk_scan_target(box->root, node, &disk), -ENOMEDIUM);
	(void)sandbox_path(box, "partition", node);
	assert_int_equal(mknod(node, S_IFBLK | 0600, makedev(4000, 2)), 0);
	assert_int_equal(disk_scan_target(box->root, node, &disk), -ENOTBLK);
	/* A device number without a device. */
	assert_int_equal(
		mknod(sandbox_path(box, "none", node), S_IFBLK | 0600, makedev(4000, 9)), 0);
	assert_int_equal(disk_scan_target(fixture.root, node, &disk), -ENODEV);
}

static int scan_from(const char *dir, int root, const char *name, struct disk *ret)
{
	_cleanup_close_ int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	assert_true(here >= 0);
	assert_int_equal(chdir(dir), 0);
	r = disk_scan_target(root, name, ret);
	assert_int_equal(fchdir(here), 0);
	return r;
}

static void a_kernel_name_is_a_target(void **state)
{
	struct sandbox *box = *state;
	char dir[PATH_MAX], node[PATH_MAX], name[64];
	struct disk disk;
	struct stat st;

	fixture_require_root();
	fixture_make_loop(&fixture, MIB(4));
	assert_int_equal(fstat(fixture.fd, &st), 0);
	sandbox_file(box, "here/other", "");
	(void)sandbox_path(box, "here", dir);
	assert_int_equal(scan_from(dir, fixture.root, fixture.name, &disk), 0);
	assert_int_equal(disk.kind, DISK_LOOP);
	assert_string_equal(disk.name, fixture.name);
	assert_int_equal(makedev(disk.id.major, disk.id.minor), st.st_rdev);
	assert_int_equal(scan_from("/dev", fixture.root, fixture.name, &disk), 0);

	/* No name is guessed: not the folder above, not a name that the kernel does not have. */
	assert_int_equal(scan_from(dir, fixture.root, "", &disk), -ENOENT);
	assert_int_equal(scan_from(dir, fixture.root, "..", &disk), -EINVAL);
	assert_int_equal(scan_from(dir, fixture.root, "mmcblk77", &disk), -ENOENT);

	STR_FORMAT(name, "%s/", fixture.name);
	assert_int_equal(scan_from(dir, fixture.root, name, &disk), -ENOENT);

	/* A folder cannot be meant. A file, or the node of another device, can. */
	STR_FORMAT(name, "here/%s", fixture.name);
	(void)sandbox_path(box, name, node);
	assert_int_equal(mkdir(node, 0700), 0);
	assert_int_equal(scan_from(dir, fixture.root, fixture.name, &disk), 0);
	assert_int_equal(rmdir(node), 0);
	sandbox_file(box, name, "12345");
	assert_int_equal(scan_from(dir, fixture.root, fixture.name, &disk), -ENOTUNIQ);
	STR_FORMAT(name, "./%s", fixture.name);
	assert_int_equal(scan_from(dir, fixture.root, name, &disk), 0);
	assert_int_equal(disk.kind, DISK_IMAGE);
	assert_int_equal(unlink(node), 0);
	assert_int_equal(mknod(node, S_IFBLK | 0600, makedev(4000, 7)), 0);
	assert_int_equal(scan_from(dir, fixture.root, fixture.name, &disk), -ENOTUNIQ);

	/* Partitions, areas of a card, and devices without a node are refused for what they are. */
	sandbox_block(box, NULL, "sdq", "4000:1\n", "8\n");
	sandbox_block(box, "sdq", "sdq1", "4000:2\n", "8\n");
	sandbox_block(box, NULL, "sdr", "4000:3\n", "0\n");
	assert_int_equal(scan_from(dir, box->root, "sdq", &disk), -ENXIO);
	assert_int_equal(scan_from(dir, box->root, "sdq1", &disk), -ENOTBLK);
	assert_int_equal(scan_from(dir, box->root, "sdr", &disk), -ENOMEDIUM);
	sandbox_file(box, "here/sdq1", "a copy of a partition");
	assert_int_equal(scan_from(dir, box->root, "sdq1", &disk), -ENOTUNIQ);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sandbox_test(a_recorded_emmc_is_read),
		sandbox_test(recorded_cards_and_sticks_are_read),
		sandbox_test(wear_is_read_where_it_is_defined),
		sandbox_test(only_disks_are_listed),
		sandbox_test(kinds_and_texts_are_read),
		sandbox_test(usb_is_recognised_by_its_path),
		sandbox_test(an_image_is_a_target),
		loop_box_test(a_real_device_is_a_target),
		loop_box_test(a_kernel_name_is_a_target),
	};

	return cmocka_run_group_tests_name("disk_scan", tests, NULL, NULL);
}
