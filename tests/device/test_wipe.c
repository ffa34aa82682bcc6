/* SPDX-License-Identifier: MIT */
#include "device/target/wipe.h"

#include "tests/lib/device_fixture.h"

#include "device/disk/disk.h"

#include <linux/fs.h>
#include <sys/ioctl.h>

#define DISK_BYTES MIB(600)

static struct layout plan(void)
{
	struct layout planned;
	struct diag diag;

	assert_int_equal(layout_place(layout_find("boot-root"), DISK_BYTES, 0, &planned, &diag), 0);
	return planned;
}

struct seen {
	unsigned calls, stop_at; /* cancels at that call; 0: never */
	uint64_t last;
};

static int progress(void *arg, uint64_t done, uint64_t total)
{
	struct seen *seen = arg;

	assert_true(done >= seen->last && done <= total);
	assert_int_equal(total, DISK_BYTES);
	seen->last = done;
	return ++seen->calls == seen->stop_at;
}

/* Only the table areas are zeroed, on a file too. */
static void table_is_zeroed(void **state)
{
	struct fixture *f = *state;

	fixture_make_image(f, MIB(4));
	fixture_fill(f->image_fd, 0, MIB(4), 0xee);
	assert_int_equal(wipe_table(f->image_fd, MIB(4)), 0);
	assert_true(fixture_is_filled(f->image_fd, 0, KIB(24), 0));
	assert_true(fixture_is_filled(f->image_fd, KIB(24), MIB(4) - KIB(44), 0xee));
	assert_true(fixture_is_filled(f->image_fd, MIB(4) - KIB(20), KIB(20), 0));
}

/* A disk smaller than the areas is zeroed, and does not grow. */
static void tiny_disk(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	fixture_make_image(f, KIB(16));
	fixture_fill(f->image_fd, 0, KIB(16), 0xee);
	assert_int_equal(wipe_table(f->image_fd, KIB(16)), 0);
	assert_true(fixture_is_filled(f->image_fd, 0, KIB(16), 0));
	assert_int_equal(fstat(f->image_fd, &st), 0);
	assert_int_equal(st.st_size, KIB(16));
}

static void write_errors_are_reported(void **state)
{
	struct fixture *f = *state;
	_cleanup_close_ int fd = -1;

	fixture_make_image(f, MIB(4));
	fd = open(f->image, O_RDONLY | O_CLOEXEC);
	assert_int_equal(wipe_table(fd, MIB(4)), -EBADF);
	assert_int_equal(wipe_disk(f->image_fd, layout_find("single-gpt"), NULL, NULL), -ENOTTY);
}

/* On a loop device over a sparse file discard punches holes, which read as zeroes. */
static void disk_is_discarded(void **state)
{
	struct fixture *f = *state;
	struct layout layout = plan();
	struct seen seen = {0};
	struct stat st;

	fixture_require_root();
	fixture_make_loop(f, DISK_BYTES);
	fixture_fill(f->image_fd, MIB(300), MIB(16), 0xee);
	assert_int_equal(wipe_disk(f->fd, &layout, progress, &seen), 0);
	assert_int_equal(seen.last, DISK_BYTES);
	assert_true(seen.calls > 5); /* 8, 16, 32, ... MiB and the end */
	assert_true(fixture_is_filled(f->fd, MIB(300), MIB(16), 0));
	assert_int_equal(fstat(f->image_fd, &st), 0);
	assert_true((uint64_t)st.st_blocks * 512 < MIB(8));
}

/* On ramfs, whose files cannot have holes punched. */
static void make_loop_without_discard(struct fixture *f)
{
	uint64_t most;

	fixture_make_loop_on(f, DISK_BYTES, "ramfs", NULL);
	assert_int_equal(
		sysroot_read_u64(f->root, &most, "sys/block/%s/queue/discard_max_bytes", f->name),
		0);
	assert_int_equal(most, 0);
}

/* A disk without discard: old signatures are zeroed wherever a prober searches for them. */
static void disk_without_discard_is_zeroed(void **state)
{
	struct fixture *f = *state;
	struct layout layout = plan();

	fixture_require_root();
	make_loop_without_discard(f);

	/* Start and end of the partitions and of the disk. */
	fixture_fill(f->fd, 0, MIB(6), 0xee);
	fixture_fill(f->fd, MIB(68), KIB(64), 0xee);
	fixture_fill(f->fd, MIB(259), MIB(4), 0xee);
	fixture_fill(f->fd, MIB(597), MIB(3), 0xee);
	assert_int_equal(wipe_disk(f->fd, &layout, NULL, NULL), 0);

	assert_true(fixture_is_filled(f->fd, 0, MIB(1), 0));
	/* No more than necessary: VMFS and the second header of LUKS2 are at whole MiB. */
	assert_true(fixture_is_filled(f->fd, MIB(1) + KIB(64), MIB(1) - KIB(64), 0xee));
	assert_true(fixture_is_filled(f->fd, MIB(2) + KIB(64), MIB(2) - KIB(64), 0xee));
	assert_true(fixture_is_filled(f->fd, MIB(4), MIB(1), 0));
	assert_true(fixture_is_filled(f->fd, MIB(68), KIB(4), 0)); /* btrfs mirror */
	assert_true(fixture_is_filled(f->fd, MIB(68) + KIB(4), KIB(60), 0xee));
	assert_true(fixture_is_filled(f->fd, MIB(260) - MIB(1), MIB(1), 0));
	assert_true(fixture_is_filled(f->fd, MIB(260), MIB(1), 0));
	assert_true(fixture_is_filled(f->fd, MIB(599) - MIB(1), MIB(1), 0));
	assert_true(fixture_is_filled(f->fd, MIB(599), MIB(1), 0));
}

/* Cancelled in the middle: the table is zeroed already. */
static void cancelled(void **state)
{
	struct fixture *f = *state;
	struct layout layout = plan();
	struct seen seen = {.stop_at = 2};

	fixture_require_root();
	fixture_make_loop(f, DISK_BYTES);
	fixture_fill(f->fd, DISK_BYTES - MIB(1), MIB(1), 0xee);
	assert_int_equal(wipe_disk(f->fd, &layout, progress, &seen), -ECANCELED);
	assert_int_equal(seen.calls, 2);
	assert_true(fixture_is_filled(f->fd, DISK_BYTES - KIB(20), KIB(20), 0));
	assert_true(fixture_is_filled(f->fd, DISK_BYTES - MIB(1), KIB(512), 0xee));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(table_is_zeroed),
		fixture_test(tiny_disk),
		fixture_test(write_errors_are_reported),
		fixture_test(disk_is_discarded),
		fixture_test(disk_without_discard_is_zeroed),
		fixture_test(cancelled),
	};

	return cmocka_run_group_tests_name("wipe", tests, NULL, NULL);
}
