/* SPDX-License-Identifier: MIT */
/*
 * loop_box - a cmocka setup and teardown pair with a sandbox and a loop device (the static
 * fixture). On request the loop device gets a filesystem, mounted in the sandbox, and another loop
 * device is attached to a file on it. The state is the sandbox. Nothing is created before a test
 * asks for it.
 */
#ifndef TESTS_LOOP_BOX_H
#define TESTS_LOOP_BOX_H

#include "tests/lib/device_fixture.h"
#include "tests/lib/sandbox.h"

#include <sys/mount.h>

static struct fixture fixture;

/* The other loop device. */
static struct upper {
	char name[32];
	int fd; /* -1: not attached */
} upper;

SANDBOX_CALL int loop_box_setup(void **state)
{
	fixture = (struct fixture){.fd = -1, .image_fd = -1};
	upper = (struct upper){.fd = -1};
	return sandbox_setup(state);
}

SANDBOX_CALL int loop_box_teardown(void **state)
{
	char dir[PATH_MAX];

	if (upper.fd >= 0)
		(void)loop_detach(upper.fd);
	close_fd(&upper.fd);
	(void)umount2(sandbox_path(*state, "mnt", dir), MNT_DETACH);
	fixture_finish(&fixture);
	return sandbox_teardown(state);
}

#define loop_box_test(function)                                                                    \
	cmocka_unit_test_setup_teardown(function, loop_box_setup, loop_box_teardown)

/* Attaches the other loop device to the open file @fd. */
SANDBOX_CALL void loop_box_attach_upper(int fd)
{
	assert_int_equal(loop_attach(fixture.root, fixture.dir, fd, upper.name, &upper.fd), 0);
}

/* Makes an ext4 on the fixture's loop device and mounts it on "mnt", through a node in the sandbox.
 * Skips the test if it cannot be mounted. */
SANDBOX_CALL void loop_box_mount(const struct sandbox *box)
{
	char node[PATH_MAX], dir[PATH_MAX];
	const char *const mkfs[] = {"mkfs.ext4", "-q", "-F", node, NULL};
	struct stat st;

	assert_int_equal(fstat(fixture.fd, &st), 0);
	assert_int_equal(mknod(sandbox_path(box, "node", node), S_IFBLK | 0600, st.st_rdev), 0);
	assert_int_equal(sandbox_run(mkfs), 0);
	sandbox_dir(box, "mnt");
	if (mount(node, sandbox_path(box, "mnt", dir), "ext4", 0, NULL) < 0) {
		print_message("[ SKIP ] cannot mount an ext4: %s\n", strerror(errno));
		skip();
	}
}

/* Makes the fixture's loop device with an ext4, and attaches the other one to a file on it. */
SANDBOX_CALL void loop_box_stack(const struct sandbox *box)
{
	_cleanup_close_ int file = -1;

	fixture_make_loop(&fixture, MIB(8));
	loop_box_mount(box);
	sandbox_file(box, "mnt/image", "");
	file = openat(box->root, "mnt/image", O_RDWR | O_CLOEXEC);
	assert_true(file >= 0);
	assert_int_equal(ftruncate(file, MIB(1)), 0);
	loop_box_attach_upper(file);
}

#endif
