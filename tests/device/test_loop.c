/* SPDX-License-Identifier: MIT */
#include "device/target/loop.h"

#include "tests/lib/device_fixture.h"
#include "tests/lib/old_kernel.h"

#include <linux/fs.h>
#include <linux/loop.h>
#include <sys/ioctl.h>

static struct fixture fixture;

static int setup(void **state)
{
	fixture = (struct fixture){.fd = -1, .image_fd = -1};
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	old_kernel = false;
	fixture_finish(*state);
	return 0;
}

static bool backs(const struct fixture *f, const char *name)
{
	char text[256];

	return sysroot_read(f->root, text, sizeof(text), "sys/block/%s/loop/backing_file", name) ==
		       0 &&
	       strcmp(text, f->image) == 0;
}

static void attach_and_detach(struct fixture *f)
{
	struct loop_info64 info = {.lo_flags = 0};
	uint64_t bytes;

	fixture_require_root();
	fixture_make_loop(f, MIB(8));
	assert_true(backs(f, f->name));
	assert_int_equal(ioctl(f->fd, BLKGETSIZE64, &bytes), 0);
	assert_int_equal(bytes, MIB(8));
	assert_int_equal(ioctl(f->fd, LOOP_GET_STATUS64, &info), 0);
	assert_int_equal(info.lo_flags, LO_FLAGS_AUTOCLEAR | LO_FLAGS_PARTSCAN);
	fixture_fill(f->fd, MIB(1), 4096, 0x77);
	assert_int_equal(fsync(f->fd), 0);
	assert_true(fixture_is_filled(f->image_fd, MIB(1), 4096, 0x77));

	assert_int_equal(loop_detach(f->fd), 0);
	close_fd(&f->fd);
	assert_false(backs(f, f->name));
}

static void configured_in_one_step(void **state)
{
	attach_and_detach(*state);
}

static void configured_in_two_steps(void **state)
{
	old_kernel = true;
	attach_and_detach(*state);
}

/* A killed engine leaves no loop device: closing the last descriptor detaches it. */
static void closing_detaches(void **state)
{
	struct fixture *f = *state;

	fixture_require_root();
	fixture_make_loop(f, MIB(8));
	close_fd(&f->fd);
	assert_false(backs(f, f->name));
}

static void detaching_twice(void **state)
{
	struct fixture *f = *state;

	fixture_require_root();
	fixture_make_loop(f, MIB(8));
	assert_int_equal(loop_detach(f->fd), 0);
	assert_int_equal(loop_detach(f->fd), 0);
}

static void read_only_image(void **state)
{
	struct fixture *f = *state;

	fixture_require_root();
	for (int i = 0; i < 2; i++) {
		_cleanup_close_ int image = -1, fd = -1;
		int read_only = 0;

		old_kernel = i == 1;
		fixture_make_image(f, MIB(8));
		image = open(f->image, O_RDONLY | O_CLOEXEC);
		assert_int_equal(loop_attach(f->root, f->dir, image, f->name, &fd), 0);
		assert_int_equal(ioctl(fd, BLKROGET, &read_only), 0);
		assert_int_equal(read_only, 1);
		assert_int_equal(loop_detach(fd), 0);
		fixture_finish(f);
	}
}

static void not_a_file(void **state)
{
	struct fixture *f = *state;
	_cleanup_close_ int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	char name[32];
	int fd = -1;

	fixture_require_root();
	fixture_make_image(f, MIB(8));
	assert_int_equal(loop_attach(f->root, f->dir, null, name, &fd), -EINVAL);
	assert_int_equal(fd, -1);
	assert_int_equal(loop_attach(f->root, f->dir, -1, name, &fd), -EBADF);
}

/* Several processes attach loop devices at once: none fails, and no two get the same device. */
static void others_take_them_too(void **state)
{
	struct fixture *f = *state;
	pid_t pids[4];

	fixture_require_root();
	fixture_make_image(f, MIB(8));
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0) {
			int bad = 0;

			for (int round = 0; round < 25; round++) {
				_cleanup_close_ int image = open(f->image, O_RDWR | O_CLOEXEC);
				_cleanup_close_ int fd = -1;
				char name[32];

				bad |= loop_attach(f->root, f->dir, image, name, &fd) != 0;
				bad |= fd >= 0 && !backs(f, name);
			}
			_exit(bad);
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(configured_in_one_step),
		TEST(configured_in_two_steps),
		TEST(closing_detaches),
		TEST(detaching_twice),
		TEST(read_only_image),
		TEST(not_a_file),
		TEST(others_take_them_too),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
