/* SPDX-License-Identifier: MIT */
/* device_fixture - for tests that need a real block device: a directory, a sparse image in it,
 * and a loop device on that. Tests touch only devices made here. If root privileges or the loop
 * driver are missing, such a test is skipped with a message. */
#ifndef TESTS_DEVICE_FIXTURE_H
#define TESTS_DEVICE_FIXTURE_H

#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "device/disk/disk.h"
#include "device/layout/mkfs.h"
#include "device/target/loop.h"
#include "device/target/ptable.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
	char dir[128];	   /* removed at the end */
	char mounted[160]; /* mount point of a filesystem for the image, or "" */
	char image[160];   /* sparse file in dir or mounted */
	char name[32];	   /* "loop3", or "" if none is attached */
	int root;	   /* "/" */
	int image_fd;
	int fd; /* O_RDWR on the loop device, or -1 */
};

static int fixture_remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

/* Makes a directory and an image of @bytes. */
static inline void fixture_make_image(struct fixture *f, uint64_t bytes)
{
	const char *tmp = getenv("TMPDIR");

	*f = (struct fixture){.fd = -1, .image_fd = -1};
	(void)STR_FORMAT(f->dir, "%s/device-test-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(f->dir));
	f->root = sysroot_open("/");
	assert_true(f->root >= 0);
	assert_true(STR_FORMAT(f->image, "%s/image", f->dir));
	f->image_fd = open(f->image, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(f->image_fd >= 0);
	assert_int_equal(ftruncate(f->image_fd, (off_t)bytes), 0);
}

/* Call it after entering another mount namespace: mounts below the old root fd may be gone. */
static inline void fixture_reopen_root(struct fixture *f)
{
	close_fd(&f->root);
	f->root = sysroot_open("/");
	assert_true(f->root >= 0);
}

/* Detaches the loop device, without its partitions, and closes the image. */
static inline void fixture_finish_loop(struct fixture *f)
{
	if (f->fd >= 0) {
		(void)ptable_forget(f->fd, f->root, f->name);
		(void)loop_detach(f->fd);
	}
	close_fd(&f->fd);
	close_fd(&f->image_fd);
}

/* For the end of a test, in whatever state. */
static inline void fixture_finish(struct fixture *f)
{
	fixture_finish_loop(f);
	if (f->mounted[0] != '\0')
		(void)umount2(f->mounted, MNT_DETACH);
	f->mounted[0] = '\0';
	if (f->dir[0] != '\0') {
		(void)nftw(f->dir, fixture_remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
		close_fd(&f->root);
	}
	f->dir[0] = '\0';
}

/* Setup and teardown for simple tests: the state is an empty fixture. */
static inline int fixture_setup(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){.fd = -1, .image_fd = -1};
	*state = &fixture;
	return 0;
}

static inline int fixture_teardown(void **state)
{
	fixture_finish(*state);
	return 0;
}

#define fixture_test(function)                                                                     \
	cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

/* The reason why loop devices are not available here, or NULL. */
static inline const char *fixture_lacks(void)
{
	if (geteuid() != 0)
		return "not root";
	if (access("/dev/loop-control", R_OK | W_OK) < 0)
		return "no /dev/loop-control";
	return NULL;
}

#define fixture_require_root()                                                                     \
	do {                                                                                       \
		const char *lacks_ = fixture_lacks();                                              \
                                                                                                   \
		if (lacks_) {                                                                      \
			print_message("[ SKIP ] %s: %s\n", __func__, lacks_);                      \
			skip();                                                                    \
		}                                                                                  \
	} while (0)

/* Makes an image, and a loop device on it. */
static inline void fixture_make_loop(struct fixture *f, uint64_t bytes)
{
	fixture_make_image(f, bytes);
	assert_int_equal(loop_attach(f->root, f->dir, f->image_fd, f->name, &f->fd), 0);
}

/* The same with the image on a filesystem of its own, of @type with @options, in a mount
 * namespace that ends with the test program. */
static inline void fixture_make_loop_on(
	struct fixture *f, uint64_t bytes, const char *type, const char *options)
{
	fixture_make_image(f, 0);
	close_fd(&f->image_fd);
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	fixture_reopen_root(f);
	(void)STR_FORMAT(f->mounted, "%s/mounted", f->dir);
	assert_int_equal(mkdir(f->mounted, 0700), 0);
	assert_int_equal(mount(type, f->mounted, type, 0, options), 0);
	(void)STR_FORMAT(f->image, "%s/image", f->mounted);
	f->image_fd = open(f->image, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(ftruncate(f->image_fd, (off_t)bytes), 0);
	assert_int_equal(loop_attach(f->root, f->dir, f->image_fd, f->name, &f->fd), 0);
}

/* Writes a file of a fake machine below the fixture's directory. */
static inline void fixture_put(const struct fixture *f, const char *path, const char *text)
{
	char whole[256];
	int fd;

	(void)STR_FORMAT(whole, "%s/%s", f->dir, path);
	for (char *slash = strchr(whole + strlen(f->dir) + 1, '/'); slash;
		slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(whole, 0700);
		*slash = '/';
	}
	fd = open(whole, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write_full(fd, text, strlen(text)), 0);
	assert_int_equal(close(fd), 0);
}

/* Fills @size bytes of @fd from @offset on with @byte. */
static inline void fixture_fill(int fd, uint64_t offset, uint64_t size, unsigned char byte)
{
	static unsigned char block[65536];

	memset(block, byte, sizeof(block));
	while (size > 0) {
		size_t n = size < sizeof(block) ? (size_t)size : sizeof(block);

		assert_int_equal(pwrite_full(fd, block, n, offset), 0);
		offset += n;
		size -= n;
	}
}

/* True if @size bytes of @fd from @offset on are all @byte. */
static inline bool fixture_is_filled(int fd, uint64_t offset, uint64_t size, unsigned char byte)
{
	static unsigned char block[65536];

	while (size > 0) {
		size_t n = size < sizeof(block) ? (size_t)size : sizeof(block);

		assert_int_equal(pread_full(fd, block, n, offset), 0);
		for (size_t i = 0; i < n; i++) {
			if (block[i] != byte)
				return false;
		}
		offset += n;
		size -= n;
	}
	return true;
}

/* Runs @argv and discards its output. Returns its exit status, 127 if it is not installed. */
static inline int fixture_run(const char *const *argv)
{
	union {
		const char *const *in;
		char *const *out;
	} args = {argv};
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		(void)dup2(null, 0);
		(void)dup2(null, 1);
		(void)dup2(null, 2);
		(void)setenv("LC_ALL", "C", 1);
		(void)execvp(argv[0], args.out);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Makes the filesystem of @partition on @path, as an install does. If the program is missing,
 * prints that and returns false. */
static inline bool fixture_mkfs(const struct layout_partition *partition, const char *path)
{
	struct mkfs_command command;
	int status;

	assert_true(mkfs_command(partition, path, SECTOR_BYTES, &command));
	status = fixture_run(command.argv);
	if (status == 127)
		print_message("[ SKIP ] %s is not installed\n", command.program);
	else
		assert_int_equal(status, 0);
	return status == 0;
}

#endif
