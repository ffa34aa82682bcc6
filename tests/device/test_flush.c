/* SPDX-License-Identifier: MIT */
#include "device/target/flush.h"

#include "tests/lib/device_fixture.h"

#include "device/target/mount.h"

#include <sys/mount.h>

static struct fixture fixture;
static char tree[192]; /* mount point of the filesystem, or "" */

static int setup(void **state)
{
	fixture = (struct fixture){.fd = -1, .image_fd = -1};
	tree[0] = '\0';
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	if (tree[0] != '\0')
		(void)umount2(tree, MNT_DETACH);
	fixture_finish(*state);
	return 0;
}

static void stat_is_read(void **state)
{
	struct fixture *f = *state;
	struct flush_stat stat = {.in_flight = 77};
	_cleanup_close_ int root = -1;

	fixture_make_image(f, 0);
	root = sysroot_open(f->dir);
	fixture_put(f, "sys/class/block/mmcblk0/stat",
		"    1019       92    66226      318      206       71     4660      241        3 "
		"     300      559        0        0        0        0       14        0\n");
	fixture_put(f, "sys/class/block/old/stat", "1 2 3 4 5 6 18446744073709551 8 9 10 11\n");
	fixture_put(f, "sys/class/block/bad/stat", "1 2 3 4 5 6 7 8\n");
	assert_int_equal(flush_read_stat(root, "bad", &stat), -EBADMSG);
	assert_int_equal(flush_read_stat(root, "none", &stat), -ENOENT);
	assert_int_equal(stat.in_flight, 77);
	assert_int_equal(flush_read_stat(root, "mmcblk0", &stat), 0);
	assert_int_equal(stat.written_bytes, 4660 * 512);
	assert_int_equal(stat.in_flight, 3);
	assert_int_equal(flush_read_stat(root, "old", &stat), 0);
	assert_int_equal(stat.in_flight, 9);
}

static void stat_follows_a_device(void **state)
{
	struct fixture *f = *state;
	struct flush_stat before, after;

	fixture_require_root();
	fixture_make_loop(f, MIB(16));
	assert_int_equal(flush_read_stat(f->root, f->name, &before), 0);
	fixture_fill(f->fd, 0, MIB(8), 0x11);
	assert_int_equal(flush_device(f->fd), 0);
	assert_int_equal(flush_read_stat(f->root, f->name, &after), 0);
	assert_true(after.written_bytes - before.written_bytes >= MIB(8));
}

/* A disk whose medium fails: a sparse image of 64 MiB in 8 MiB of memory. */
static void make_failing_loop(struct fixture *f)
{
	fixture_require_root();
	fixture_make_loop_on(f, MIB(64), "tmpfs", "size=8m");
}

static void device_error_is_reported(void **state)
{
	struct fixture *f = *state;
	int error;

	make_failing_loop(f);
	fixture_fill(f->fd, 0, MIB(24), 0x11); /* into the page cache: the write succeeds */
	error = flush_device(f->fd);
	assert_true(error == -EIO || error == -ENOSPC);
}

static void filesystem_error_is_reported_once(void **state)
{
	struct layout_partition p = {.sectors = MIB(64) / 512, .fs = FS_EXT4};
	struct fixture *f = *state;
	_cleanup_close_ int dir = -1, file = -1;
	char node[64], holders[64];
	int error;

	make_failing_loop(f);
	(void)STR_FORMAT(node, "/dev/%s", f->name);
	if (!fixture_mkfs(&p, node))
		skip();
	(void)STR_FORMAT(tree, "%s/tree", f->mounted);
	assert_int_equal(mount_fs(node, tree, FS_EXT4, false), 0);
	dir = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	file = openat(dir, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(dir >= 0 && file >= 0);
	assert_int_equal(flush_filesystem(dir), 0);
	fixture_fill(file, 0, MIB(24), 0x11);
	/* The loop driver reports the error of its file, or a generic disk error. */
	error = flush_filesystem(dir);
	assert_true(error == -EIO || error == -ENOSPC);
	close_fd(&file);
	close_fd(&dir);
	/* Unmounting succeeds nevertheless, so its success proves nothing. */
	assert_int_equal(mount_unmount(tree, 10000, holders, sizeof(holders)), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(stat_is_read),
		TEST(stat_follows_a_device),
		TEST(device_error_is_reported),
		TEST(filesystem_error_is_reported_once),
	};

	return cmocka_run_group_tests_name("flush", tests, NULL, NULL);
}
