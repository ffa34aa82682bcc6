/* SPDX-License-Identifier: MIT */
#include "device/disk/wholedisk.h"

#include "tests/lib/device_fixture.h"
#include "tests/lib/sandbox.h"

#include <linux/loop.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

/* Compares the names below a number, separated by blanks. */
static void expect_disks(int root, uint32_t major, uint32_t minor, const char *expected)
{
	char names[WHOLEDISK_MAX][32], all[256] = "";
	int count = wholedisk_of(root, major, minor, names, ARRAY_SIZE(names));

	assert_true(count >= 0);
	for (int i = 0; i < count; i++)
		(void)str_format(all + strlen(all), sizeof(all) - strlen(all), "%s%s",
			i > 0 ? " " : "", names[i]);
	assert_string_equal(all, expected);
}

static void expect_error(int root, uint32_t major, uint32_t minor, int error)
{
	char names[WHOLEDISK_MAX][32];

	assert_int_equal(wholedisk_of(root, major, minor, names, ARRAY_SIZE(names)), error);
}

static void add_slave(struct sandbox *box, const char *upper, const char *lower)
{
	char path[128];

	(void)STR_FORMAT(path, "sys/devices/virtual/block/%s/slaves/%s", upper, lower);
	sandbox_link(box, path, "../../../../block");
}

static void recorded_numbers_give_disks(void **state)
{
	struct sandbox *box = *state;

	sandbox_unpack(box, "tests/sysroots/qemu-emmc-sd-usb.sysroot.tgz");
	expect_disks(box->root, 179, 0, "mmcblk0");
	expect_disks(box->root, 179, 1, "mmcblk0");
	expect_disks(box->root, 179, 512, "mmcblk0"); /* boot0 */
	expect_disks(box->root, 179, 258, "mmcblk1");
	expect_disks(box->root, 8, 0, "sda");
	expect_error(box->root, 8, 1, -ENODEV);
	expect_error(box->root, 0, 19, -ENODEV);
}

static void mappers_give_all_their_disks(void **state)
{
	struct sandbox *box = *state;
	uint32_t major, minor;

	sandbox_disks(box);
	sandbox_block(box, NULL, "dm-0", "253:0\n", "500\n");
	sandbox_block(box, NULL, "dm-1", "253:1\n", "500\n");
	add_slave(box, "dm-0", "sda1");
	add_slave(box, "dm-0", "sda2");
	add_slave(box, "dm-0", "sdb");
	add_slave(box, "dm-1", "dm-0"); /* LVM on dm-crypt on three disks */
	sandbox_file(box, "sys/devices/virtual/block/dm-1/dm/name", "vg-root\n");
	expect_disks(box->root, 253, 0, "sda sdb");
	expect_disks(box->root, 253, 1, "sda sdb");

	assert_int_equal(
		wholedisk_node_number(box->root, "/dev/mapper/vg-root", &major, &minor), 0);
	assert_int_equal(minor, 1);
	assert_int_equal(
		wholedisk_node_number(box->root, "/dev/mapper/none", &major, &minor), -ENOTBLK);
	assert_int_equal(wholedisk_node_number(box->root, "/dev/sda2", &major, &minor), 0);
	assert_int_equal(major, 8);
	assert_int_equal(minor, 2);
	assert_int_equal(wholedisk_node_number(box->root, "/dev/root", &major, &minor), -ENOTBLK);
	assert_int_equal(wholedisk_node_number(box->root, "/srv/sda", &major, &minor), -ENOTBLK);

	char one[1][32];
	assert_int_equal(wholedisk_of(box->root, 253, 1, one, 1), -ENOBUFS);
	/* A member is missing. */
	add_slave(box, "dm-0", "sdz");
	expect_error(box->root, 253, 1, -ENODEV);
}

static void broken_stacks_end(void **state)
{
	struct sandbox *box = *state;

	sandbox_block(box, NULL, "dm-0", "253:0\n", "500\n");
	sandbox_block(box, NULL, "dm-1", "253:1\n", "500\n");
	add_slave(box, "dm-0", "dm-1");
	add_slave(box, "dm-1", "dm-0");
	expect_error(box->root, 253, 0, -ELOOP);
}

static void loops_give_the_disks_below(void **state)
{
	struct sandbox *box = *state;
	struct wholedisk_loop loop;

	sandbox_block(box, NULL, "sda", "8:0\n", "1000\n");
	sandbox_block(box, "sda", "sda1", "8:1\n", "100\n");
	sandbox_block(box, NULL, "loop0", "7:0\n", "100\n");
	sandbox_block(box, NULL, "loop1", "7:1\n", "100\n");
	sandbox_block(box, NULL, "loop2", "7:2\n", "0\n");
	sandbox_file(box, "sys/devices/virtual/block/loop0/loop/backing_file", "/dev/sda1\n");
	sandbox_file(
		box, "sys/devices/virtual/block/loop1/loop/backing_file", "/srv/image (deleted)\n");
	expect_disks(box->root, 7, 0, "loop0 sda");
	expect_disks(box->root, 7, 1, "loop1");
	expect_disks(box->root, 7, 2, "loop2");
	assert_int_equal(wholedisk_read_loop(box->root, "loop1", &loop), 0);
	assert_string_equal(loop.backing, "/srv/image");
	assert_int_equal(loop.file_major, 0);
	assert_int_equal(wholedisk_read_loop(box->root, "loop2", &loop), -ENXIO);
	assert_int_equal(wholedisk_read_loop(box->root, "sda", &loop), -ENXIO);
}

static struct fixture lower, upper;

static int loops_setup(void **state)
{
	(void)state;
	lower = upper = (struct fixture){.fd = -1, .image_fd = -1};
	return 0;
}

static int loops_teardown(void **state)
{
	(void)state;
	fixture_finish(&upper);
	fixture_finish(&lower);
	return 0;
}

/* A loop device on the lower one, through a node with an unknown name. */
static void make_upper(void)
{
	struct stat st;
	char node[64];

	assert_int_equal(fstat(lower.fd, &st), 0);
	(void)STR_FORMAT(node, "%s/node", lower.dir);
	assert_int_equal(mknod(node, S_IFBLK | 0600, st.st_rdev), 0);
	upper.root = lower.root;
	upper.image_fd = open(node, O_RDWR | O_CLOEXEC);
	assert_int_equal(
		loop_attach(upper.root, lower.dir, upper.image_fd, upper.name, &upper.fd), 0);
}

/* On the running machine, the loop device itself is queried. */
static void a_real_loop_gives_its_file(void **state)
{
	struct wholedisk_loop loop;
	struct stat st;

	(void)state;
	fixture_require_root();
	fixture_make_loop(&lower, MIB(4));
	assert_int_equal(wholedisk_read_loop(lower.root, lower.name, &loop), 0);
	assert_string_equal(loop.backing, lower.image);
	assert_int_equal(loop.block_major, 0);
	assert_int_equal(fstat(lower.image_fd, &st), 0);
	assert_int_equal(makedev(loop.file_major, loop.file_minor), st.st_dev);

	make_upper();
	assert_int_equal(wholedisk_read_loop(upper.root, upper.name, &loop), 0);
	assert_int_equal(fstat(lower.fd, &st), 0);
	assert_int_equal(makedev(loop.block_major, loop.block_minor), st.st_rdev);

	char expected[80];
	struct stat upper_st;
	assert_int_equal(fstat(upper.fd, &upper_st), 0);
	(void)STR_FORMAT(expected, "%s %s", upper.name, lower.name);
	expect_disks(upper.root, major(upper_st.st_rdev), minor(upper_st.st_rdev), expected);
}

/* In a namespace of its own with an empty /dev: opening the loop device fails. */
static int read_without_nodes(const char *name, struct wholedisk_loop *ret)
{
	int root;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("none", "/dev", "tmpfs", 0, NULL) < 0)
		return -errno;
	root = sysroot_open("/");
	return root < 0 ? root : wholedisk_read_loop(root, name, ret);
}

/* Compares what a child finds without opening @name. */
static void expect_unopened(const char *name, dev_t block, dev_t file)
{
	struct wholedisk_loop loop;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(read_without_nodes(name, &loop) < 0		       ? 1
			: makedev(loop.block_major, loop.block_minor) != block ? 2
			: makedev(loop.file_major, loop.file_minor) != file    ? 3
									       : 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Opening a loop device with a failing file may take minutes, and disks are listed every second. */
static void a_loop_is_not_opened_needlessly(void **state)
{
	struct stat st, node_st;
	struct loop_info64 info;
	struct wholedisk_loop loop;

	(void)state;
	fixture_require_root();
	fixture_make_loop(&lower, MIB(4));
	assert_int_equal(fstat(lower.image_fd, &st), 0);
	expect_unopened(lower.name, 0, st.st_dev);
	assert_int_equal(ioctl(lower.fd, LOOP_GET_STATUS64, &info), 0);
	info.lo_offset = MIB(1);
	assert_int_equal(ioctl(lower.fd, LOOP_SET_STATUS64, &info), 0);
	expect_unopened(lower.name, 0, st.st_dev);
	info.lo_sizelimit = MIB(2);
	assert_int_equal(ioctl(lower.fd, LOOP_SET_STATUS64, &info), 0);
	expect_unopened(lower.name, 0, st.st_dev);
	info.lo_offset = info.lo_sizelimit = 0;
	assert_int_equal(ioctl(lower.fd, LOOP_SET_STATUS64, &info), 0);

	make_upper();
	assert_int_equal(fstat(lower.fd, &node_st), 0);
	expect_unopened(upper.name, node_st.st_rdev, 0);

	/* If the path leads to another file or to none, the loop device itself is queried. */
	assert_int_equal(ftruncate(lower.image_fd, MIB(8)), 0);
	expect_unopened(lower.name, 0, 0);
	assert_int_equal(wholedisk_read_loop(lower.root, lower.name, &loop), 0);
	assert_int_equal(makedev(loop.file_major, loop.file_minor), st.st_dev);
	assert_int_equal(ftruncate(lower.image_fd, MIB(4)), 0);
	assert_int_equal(unlink(lower.image), 0);
	expect_unopened(lower.name, 0, 0);
	assert_int_equal(wholedisk_read_loop(lower.root, lower.name, &loop), 0);
	assert_int_equal(makedev(loop.file_major, loop.file_minor), st.st_dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sandbox_test(recorded_numbers_give_disks),
		sandbox_test(mappers_give_all_their_disks),
		sandbox_test(broken_stacks_end),
		sandbox_test(loops_give_the_disks_below),
		cmocka_unit_test_setup_teardown(
			a_real_loop_gives_its_file, loops_setup, loops_teardown),
		cmocka_unit_test_setup_teardown(
			a_loop_is_not_opened_needlessly, loops_setup, loops_teardown),
	};

	return cmocka_run_group_tests_name("wholedisk", tests, NULL, NULL);
}
