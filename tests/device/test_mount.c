/* SPDX-License-Identifier: MIT */
#include "device/target/mount.h"

#include "tests/lib/device_fixture.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <time.h>

static struct fixture fixture;
static char job[160], tree[192], node[64];
static pid_t holder;

static int setup(void **state)
{
	fixture = (struct fixture){.fd = -1, .image_fd = -1};
	job[0] = tree[0] = '\0';
	holder = 0;
	*state = &fixture;
	return 0;
}

static void end_holder(void)
{
	if (holder > 0) {
		(void)kill(holder, SIGKILL);
		(void)waitpid(holder, NULL, 0);
	}
	holder = 0;
}

static int teardown(void **state)
{
	end_holder();
	if (tree[0] != '\0')
		(void)umount2(tree, MNT_DETACH);
	if (job[0] != '\0')
		(void)umount2(job, MNT_DETACH);
	fixture_finish(*state);
	return 0;
}

/* Each test moves the process into a new namespace, nested in the previous one. */
static void enter(struct fixture *f)
{
	(void)STR_FORMAT(job, "%s/run/job", f->dir);
	(void)STR_FORMAT(tree, "%s/target", job);
	assert_int_equal(mount_enter_private(job), 0);
	fixture_reopen_root(f);
}

static bool sees_mount(const struct fixture *f, const char *process, const char *dir)
{
	_cleanup_free_ char *text = NULL;

	assert_int_equal(sysroot_read_all(f->root, &text, NULL, "proc/%s/mountinfo", process), 0);
	return strstr(text, dir) != NULL;
}

static void namespace_is_private(void **state)
{
	struct fixture *f = *state;
	char parent[16];
	struct stat st;

	fixture_require_root();
	fixture_make_image(f, MIB(1));
	enter(f);
	assert_int_equal(stat(job, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_true(sees_mount(f, "self", job));
	(void)STR_FORMAT(parent, "%d", (int)getppid());
	assert_false(sees_mount(f, parent, job));
}

/* On most machines / is shared, so mounts would propagate to every other namespace. */
static void enter_shared(struct fixture *f)
{
	fixture_require_root();
	fixture_make_image(f, MIB(1));
	enter(f);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL), 0);
}

static void nothing_gets_out(void **state)
{
	struct fixture *f = *state;
	char inner[200];
	int status;
	pid_t pid;

	enter_shared(f);
	(void)STR_FORMAT(inner, "%s/inner", job);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		char path[256];
		bool seen;

		if (mount_enter_private(inner) < 0)
			_exit(1);
		/* The view of the parent while this namespace exists. */
		(void)STR_FORMAT(path, "%d", (int)getppid());
		seen = sees_mount(f, path, inner);
		_exit(seen || !sees_mount(f, "self", inner) ? 2 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* The root of a chroot is a folder, and the mount that it is on is shared with the outside. */
static void a_chroot_has_a_private_namespace_too(void **state)
{
	struct fixture *f = *state;
	char jail[192], proc[224], inside[224];
	int status;
	pid_t pid;

	enter_shared(f);
	(void)STR_FORMAT(jail, "%s/jail", job);
	(void)STR_FORMAT(proc, "%s/proc", jail);
	(void)STR_FORMAT(inside, "%s/run/job", jail);
	assert_int_equal(mkdir(jail, 0755), 0);
	assert_int_equal(mkdir(proc, 0755), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct stat root, now;
		char path[64];

		if (chroot(jail) < 0 || stat("/", &root) < 0 || mount_enter_private("/run/job") < 0)
			_exit(1);
		(void)STR_FORMAT(path, "%d", (int)getppid());
		if (sees_mount(f, path, inside) || !sees_mount(f, "self", "/run/job"))
			_exit(2);
		/* It is still the chroot. */
		if (stat("/", &now) < 0 || now.st_dev != root.st_dev || now.st_ino != root.st_ino ||
			stat("/run/job", &now) < 0 || (now.st_mode & 07777) != 0700)
			_exit(3);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void device_nodes_work_there(void **state)
{
	struct fixture *f = *state;
	char path[192];
	int fd;

	fixture_require_root();
	fixture_make_image(f, MIB(1));
	enter(f);
	(void)STR_FORMAT(path, "%s/null", job);
	assert_int_equal(mknod(path, S_IFCHR | 0600, makedev(1, 3)), 0);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
}

/* mount_supported() has loaded the module, so /proc/filesystems has the answer too. */
static void support_is_what_the_kernel_lists(void **state)
{
	struct fixture *f = *state;

	fixture_require_root();
	fixture_make_image(f, MIB(1));
	for (enum fs_kind fs = FS_NONE; fs < FS_KIND_COUNT; fs++) {
		bool supported = mount_supported(fs);
		_cleanup_free_ char *text = NULL;
		char line[32];

		if (!fs_holds_files(fs)) { /* the kernel is not asked */
			assert_true(supported);
			continue;
		}
		assert_int_equal(sysroot_read_all(f->root, &text, NULL, "proc/filesystems"), 0);
		(void)STR_FORMAT(line, "\t%s\n", fs_name(fs));
		assert_int_equal(supported, strstr(text, line) != NULL);
	}
}

/* Makes a loop device with @fs, or skips the test with a message. */
static void make_filesystem(struct fixture *f, enum fs_kind fs)
{
	struct layout_partition p = {.sectors = MIB(128) / 512, .fs = fs, .label = "test"};

	fixture_require_root();
	if (!mount_supported(fs)) {
		print_message("[ SKIP ] the kernel has no %s\n", fs_name(fs));
		skip();
	}
	fixture_make_loop(f, MIB(128));
	(void)STR_FORMAT(node, "/dev/%s", f->name);
	if (!fixture_mkfs(&p, node))
		skip();
	enter(f);
}

static int create(const char *name)
{
	char path[256];

	(void)STR_FORMAT(path, "%s/%s", tree, name);
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
}

static void written_then_read(struct fixture *f, enum fs_kind fs)
{
	char holders[128];
	int fd;

	make_filesystem(f, fs);
	assert_int_equal(mount_fs(node, tree, fs, false), 0);
	assert_true(sees_mount(f, "self", "noatime"));
	fd = create("file");
	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 04755), 0); /* vfat refuses this unless it is quiet */
	assert_int_equal(fchown(fd, 1, 1), 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(mount_unmount(tree, 0, holders, sizeof(holders)), 0);

	assert_int_equal(mount_fs(node, tree, fs, true), 0);
	assert_int_equal(create("other"), -1);
	assert_int_equal(errno, EROFS);
	assert_int_equal(mount_unmount(tree, 0, holders, sizeof(holders)), 0);
	assert_string_equal(holders, "");
}

static void ext4_written_then_read(void **state)
{
	written_then_read(*state, FS_EXT4);
}

static void vfat_written_then_read(void **state)
{
	written_then_read(*state, FS_VFAT);
}

static void f2fs_written_then_read(void **state)
{
	written_then_read(*state, FS_F2FS);
}

static void btrfs_written_then_read(void **state)
{
	written_then_read(*state, FS_BTRFS);
}

/* No kernel thread writes by itself. */
static void ext4_without_lazy_init(void **state)
{
	make_filesystem(*state, FS_EXT4);
	assert_int_equal(mount_fs(node, tree, FS_EXT4, false), 0);
	assert_true(sees_mount(*state, "self", "noinit_itable"));
}

static void errors_are_reported(void **state)
{
	char holders[128];

	make_filesystem(*state, FS_EXT4);
	assert_int_equal(mount_fs("/dev/no-such-node", tree, FS_EXT4, false), -ENOENT);
	assert_int_equal(mount_unmount(tree, 0, holders, sizeof(holders)), -EINVAL);
	assert_int_equal(mount_fs(node, node, FS_EXT4, false), -ENOTDIR);
}

enum hold { HOLD_CWD, HOLD_FD, HOLD_MAP };

/* Starts a process that keeps the tree busy, and waits until it does. It exits after @for_ms. */
static void start_holder(enum hold how, unsigned for_ms)
{
	const struct timespec pause_for = {
		.tv_sec = for_ms / 1000, .tv_nsec = for_ms % 1000 * 1000000L};
	int ready[2];
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	holder = fork();
	assert_true(holder >= 0);
	if (holder == 0) {
		int fd = how == HOLD_CWD ? -1 : create("held");
		bool bad = how == HOLD_CWD ? chdir(tree) < 0 : fd < 0;

		if (how == HOLD_MAP) {
			bad |= ftruncate(fd, 4096) < 0 ||
			       mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED;
			(void)close(fd);
		}
		if (!bad)
			(void)write_full(ready[1], "r", 1);
		(void)nanosleep(&pause_for, NULL);
		_exit(0);
	}
	assert_int_equal(close(ready[1]), 0);
	assert_int_equal(read_full(ready[0], &byte, 1), 0);
	assert_int_equal(close(ready[0]), 0);
}

static void holders_are_named(void **state)
{
	make_filesystem(*state, FS_EXT4);
	for (enum hold how = HOLD_CWD; how <= HOLD_MAP; how++) {
		char holders[128], pid[16];

		assert_int_equal(mount_fs(node, tree, FS_EXT4, false), 0);
		start_holder(how, 60000);
		assert_int_equal(mount_unmount(tree, 100, holders, sizeof(holders)), -EBUSY);
		(void)STR_FORMAT(pid, "(%d)", (int)holder);
		if (!strstr(holders, pid))
			fail_msg("\"%s\" does not name %s", holders, pid);
		/* It is still mounted: no lazy unmount. */
		assert_true(sees_mount(*state, "self", tree));
		end_holder();
		assert_int_equal(mount_unmount(tree, 10000, holders, sizeof(holders)), 0);
	}
}

static void short_text_is_cut(void **state)
{
	char holders[4] = "xxx";

	make_filesystem(*state, FS_EXT4);
	assert_int_equal(mount_fs(node, tree, FS_EXT4, false), 0);
	start_holder(HOLD_FD, 60000);
	assert_int_equal(mount_unmount(tree, 0, holders, sizeof(holders)), -EBUSY);
	assert_int_equal(strlen(holders), 3);
}

static void busy_is_retried(void **state)
{
	char holders[128];

	make_filesystem(*state, FS_EXT4);
	assert_int_equal(mount_fs(node, tree, FS_EXT4, false), 0);
	start_holder(HOLD_CWD, 300);
	assert_int_equal(mount_unmount(tree, 60000, holders, sizeof(holders)), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(namespace_is_private),
		TEST(nothing_gets_out),
		TEST(a_chroot_has_a_private_namespace_too),
		TEST(device_nodes_work_there),
		TEST(support_is_what_the_kernel_lists),
		TEST(ext4_written_then_read),
		TEST(vfat_written_then_read),
		TEST(f2fs_written_then_read),
		TEST(btrfs_written_then_read),
		TEST(ext4_without_lazy_init),
		TEST(errors_are_reported),
		TEST(holders_are_named),
		TEST(short_text_is_cut),
		TEST(busy_is_retried),
	};

	return cmocka_run_group_tests_name("mount", tests, NULL, NULL);
}
