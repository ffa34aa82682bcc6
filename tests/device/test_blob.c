/* SPDX-License-Identifier: MIT */
#include "device/target/blob.h"

#include "tests/lib/device_fixture.h"

#include <linux/fs.h>
#include <linux/loop.h>
#include <sys/ioctl.h>

#define DISK_BYTES MIB(16)
#define FILLED	   0xee
/* Not aligned to a block at either end; several chunks long. */
#define PLACE	   (MIB(2) + 1000)
#define BLOB_BYTES (MIB(2) + 12345)

static struct fixture fixture;
static struct diag diag;
static char file_path[160];
static unsigned char content[BLOB_BYTES];

/* An action that runs once the progress has reached that byte. */
static struct {
	uint64_t last, at_byte;
	bool done;
	void (*act)(struct fixture *f);
	int answer; /* result of the callback from then on */
} event;

static struct blob blob;

static int progress(void *arg, uint64_t done, uint64_t total)
{
	assert_ptr_equal(arg, &event);
	assert_true(done >= event.last && done <= total);
	event.last = done;
	if (done < event.at_byte)
		return 0;
	if (event.act && !event.done)
		event.act(&fixture);
	event.done = true;
	return event.answer;
}

/* Makes a loop device full of FILLED, and a file. */
static void make_blob(struct fixture *f)
{
	fixture_fill(f->fd, 0, DISK_BYTES, FILLED);
	assert_int_equal(fsync(f->fd), 0);
	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = (unsigned char)(i * 7 + i / 251 + 1);
	(void)STR_FORMAT(file_path, "%s/blob.bin", f->dir);
	blob = (struct blob){
		.src = open(file_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600),
		.size_bytes = BLOB_BYTES,
		.dst = f->fd,
		.offset_bytes = PLACE,
		.progress = progress,
		.arg = &event,
	};
	assert_true(blob.src >= 0);
	assert_int_equal(pwrite_full(blob.src, content, sizeof(content), 0), 0);
}

static int setup(void **state)
{
	fixture = (struct fixture){.fd = -1, .image_fd = -1};
	blob = (struct blob){.src = -1, .dst = -1};
	memset(&event, 0, sizeof(event));
	event.at_byte = UINT64_MAX;
	diag.text[0] = '\0';
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	const int off = 0;

	close_fd(&blob.src);
	/* The setting would remain for the next user of the loop device. */
	(void)ioctl(fixture.fd, BLKROSET, &off);
	fixture_finish(*state);
	return 0;
}

static void prepare(struct fixture *f)
{
	fixture_make_loop(f, DISK_BYTES);
	make_blob(f);
}

static void fails(int error, const char *text)
{
	assert_int_equal(blob_write(&blob, &diag), error);
	if (!strstr(diag.text, text))
		fail_msg("\"%s\" does not contain \"%s\"", diag.text, text);
}

/* Checks the image file, which is the medium, past all caches of the device. */
static void neighbours_are_untouched(const struct fixture *f)
{
	uint64_t end = blob.offset_bytes + blob.size_bytes;

	assert_true(fixture_is_filled(f->image_fd, 0, blob.offset_bytes, FILLED));
	assert_true(fixture_is_filled(f->image_fd, end, DISK_BYTES - end, FILLED));
}

static void is_written(const struct fixture *f)
{
	static unsigned char found[BLOB_BYTES];

	assert_int_equal(pread_full(f->image_fd, found, blob.size_bytes, blob.offset_bytes), 0);
	assert_memory_equal(found, content, blob.size_bytes);
	neighbours_are_untouched(f);
}

static void written_and_read_back(void **state)
{
	struct fixture *f = *state;

	fixture_require_root();
	prepare(f);
	if (blob_write(&blob, &diag) < 0)
		fail_msg("%s", diag.text);
	is_written(f);
	assert_int_equal(event.last, 2 * BLOB_BYTES);
	/* The flags of the descriptor are restored. */
	assert_false(fcntl(f->fd, F_GETFL) & O_DIRECT);

	event.last = 0;
	assert_int_equal(blob_compare(&blob, &diag), 0);
	assert_int_equal(event.last, BLOB_BYTES);
}

/* A first stage around the partition table, whose bytes stay, also where the file has the same length as
 * the gap's ends, and where the gap is in no written byte. */
static void gap_is_left_out(void **state)
{
	static const struct {
		uint64_t offset, start, end;
	} gaps[] = {{0, 440, 512}, {0, 1, MIB(1) + 1}, {100, 440, 512}, {0, MIB(1) - 3, MIB(1) + 3},
		{MIB(2), 440, 512}, {0, KIB(4) - 1, KIB(4) + 1}};
	struct fixture *f = *state;

	fixture_require_root();
	prepare(f);
	for (size_t i = 0; i < ARRAY_SIZE(gaps); i++) {
		static unsigned char found[BLOB_BYTES];

		fixture_fill(f->fd, 0, DISK_BYTES, FILLED);
		blob.offset_bytes = gaps[i].offset;
		blob.gap_start = gaps[i].start;
		blob.gap_end = gaps[i].end;
		if (blob_write(&blob, &diag) < 0)
			fail_msg("%s", diag.text);
		event.last = 0;
		assert_int_equal(pread_full(f->image_fd, found, BLOB_BYTES, gaps[i].offset), 0);
		for (uint64_t at = 0; at < BLOB_BYTES; at++) {
			bool in_gap = gaps[i].offset + at >= gaps[i].start &&
				      gaps[i].offset + at < gaps[i].end;

			if (found[at] != (in_gap ? FILLED : content[at]))
				fail_msg("gap %zu: byte %llu", i, (unsigned long long)at);
		}
		neighbours_are_untouched(f);
	}
}

/* One byte at each end of the device; a whole block; one that ends with the device; no progress
 * callback. */
static void any_size_and_place(void **state)
{
	static const struct {
		uint64_t size, offset;
	} places[] = {
		{1, 0},
		{1, DISK_BYTES - 1},
		{512, 512},
		{4096, 4095},
		{4097, DISK_BYTES - 4097},
		{MIB(1), KIB(32)},
		{MIB(1) + 1, 511},
		{0, 100},
	};
	struct fixture *f = *state;

	fixture_require_root();
	prepare(f);
	blob.progress = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		fixture_fill(f->fd, 0, DISK_BYTES, FILLED);
		blob.size_bytes = places[i].size;
		blob.offset_bytes = places[i].offset;
		assert_int_equal(ftruncate(blob.src, 0), 0);
		assert_int_equal(pwrite_full(blob.src, content, blob.size_bytes, 0), 0);
		if (blob_write(&blob, &diag) < 0)
			fail_msg("%zu: %s", i, diag.text);
		is_written(f);
	}
}

/* O_DIRECT requires alignment to blocks of 4096 bytes. */
static void large_blocks(void **state)
{
	struct fixture *f = *state;

	fixture_require_root();
	prepare(f);
	if (ioctl(f->fd, LOOP_SET_BLOCK_SIZE, 4096) < 0) {
		print_message(
			"[ SKIP ] %s: this kernel's loop devices have no block size (< 4.14)\n",
			__func__);
		skip();
	}
	if (blob_write(&blob, &diag) < 0)
		fail_msg("%s", diag.text);
	is_written(f);
}

/* A mounted partition writes past the cache of the whole disk. An older cached copy of a shared
 * block must not revert that. */
static void stale_cache_is_dropped(void **state)
{
	struct fixture *f = *state;
	const unsigned char newer = 0x55;
	unsigned char byte;

	fixture_require_root();
	prepare(f);
	assert_int_equal(pread_full(f->fd, &byte, 1, PLACE - 1), 0);
	assert_int_equal(pwrite_full(f->image_fd, &newer, 1, PLACE - 1), 0);
	assert_int_equal(blob_write(&blob, &diag), 0);
	assert_int_equal(pread_full(f->image_fd, &byte, 1, PLACE - 1), 0);
	assert_int_equal(byte, newer);
}

static void a_file_is_not_a_device(void **state)
{
	struct fixture *f = *state;

	fixture_make_image(f, DISK_BYTES);
	f->fd = dup(f->image_fd);
	make_blob(f);
	fails(-ENOTBLK, "the device is not a block device");
	assert_true(fixture_is_filled(f->image_fd, 0, DISK_BYTES, FILLED));
	close_fd(&f->fd); /* no loop device to detach */
}

static void place_outside_is_refused(void **state)
{
	struct fixture *f = *state;

	fixture_require_root();
	prepare(f);
	blob.offset_bytes = DISK_BYTES - BLOB_BYTES + 1;
	fails(-ENOSPC, "the device has 16777216 bytes, too few for 2109497");
	blob.offset_bytes = UINT64_MAX;
	fails(-ENOSPC, "too few");
	assert_true(fixture_is_filled(f->image_fd, 0, DISK_BYTES, FILLED));
}

static void write_protection_is_reported(void **state)
{
	struct fixture *f = *state;
	int on = 1;

	fixture_require_root();
	prepare(f);
	assert_int_equal(ioctl(f->fd, BLKROSET, &on), 0);
	fails(-EROFS, "the device is write-protected");
	assert_true(fixture_is_filled(f->image_fd, 0, DISK_BYTES, FILLED));
	/* Comparing does not need write permission. */
	assert_int_equal(blob_compare(&blob, &diag), -EILSEQ);
}

static void another_file_is_refused(void **state)
{
	struct fixture *f = *state;

	fixture_require_root();
	prepare(f);
	blob.size_bytes--;
	fails(-ESTALE, "the file has 2109497 bytes, but had 2109496 when");
	blob.size_bytes += 2;
	fails(-ESTALE, "the file has 2109497 bytes, but had 2109498 when");
	close_fd(&blob.src);
	blob.src = open(f->dir, O_RDONLY | O_CLOEXEC);
	fails(-ESTALE, "the file is not a regular file");
	assert_true(fixture_is_filled(f->image_fd, 0, DISK_BYTES, FILLED));
}

static void shrink(struct fixture *f)
{
	(void)f;
	assert_int_equal(truncate(file_path, 100), 0);
}

static void change(struct fixture *f)
{
	const struct timespec later[2] = {{.tv_sec = 4000000000}, {.tv_sec = 4000000000}};
	_cleanup_close_ int fd = open(file_path, O_WRONLY | O_CLOEXEC);

	(void)f;
	assert_int_equal(pwrite_full(fd, "other", 5, 5000), 0);
	assert_int_equal(futimens(fd, later), 0); /* clocks may be coarse */
}

static void file_that_shrinks_is_reported(void **state)
{
	struct fixture *f = *state;

	fixture_require_root();
	prepare(f);
	event.act = shrink;
	event.at_byte = MIB(1);
	fails(-ESTALE, "the file became shorter than its 2109497 bytes");
	neighbours_are_untouched(f);
	/* No boot ROM accepts the incomplete blob. */
	assert_true(fixture_is_filled(f->image_fd, PLACE, KIB(4), 0));
}

/* A file that changes after the write is not reported as an error of the device, even if the
 * changed part was compared already. */
static void file_that_changes_is_reported(void **state)
{
	static const uint64_t when[] = {BLOB_BYTES, BLOB_BYTES + MIB(1)};
	struct fixture *f = *state;

	fixture_require_root();
	prepare(f);
	for (size_t i = 0; i < ARRAY_SIZE(when); i++) {
		const struct timespec now[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}};

		assert_int_equal(pwrite_full(blob.src, content, sizeof(content), 0), 0);
		assert_int_equal(futimens(blob.src, now), 0);
		event.last = 0;
		event.done = false;
		event.act = change;
		event.at_byte = when[i];
		fails(-ESTALE, "the file changed during the install");
	}
}

static void cancelled_has_no_head(void **state)
{
	struct fixture *f = *state;

	fixture_require_root();
	prepare(f);
	event.answer = 1;
	event.at_byte = 0;
	fails(-ECANCELED, "cancelled");
	assert_true(fixture_is_filled(f->image_fd, 0, DISK_BYTES, FILLED)); /* not started */

	event.at_byte = 1;
	fails(-ECANCELED, "cancelled");
	assert_int_equal(event.last, MIB(1));
	assert_true(fixture_is_filled(f->image_fd, PLACE, KIB(4), 0));
	assert_true(fixture_is_filled(f->image_fd, PLACE + KIB(4), MIB(1) - KIB(4), FILLED));
	neighbours_are_untouched(f);

	event.at_byte = BLOB_BYTES + 1;
	event.last = 0;
	fails(-ECANCELED, "cancelled");
	assert_false(fcntl(f->fd, F_GETFL) & O_DIRECT);
}

static void flip(struct fixture *f)
{
	unsigned char bad = content[MIB(1) + 77] ^ 0xff;

	assert_int_equal(pwrite_full(f->image_fd, &bad, 1, PLACE + MIB(1) + 77), 0);
}

/* The medium differs from the page cache, which still has the written data. */
static void medium_is_read_not_the_cache(void **state)
{
	struct fixture *f = *state;
	unsigned char cached;
	char wanted[64];

	fixture_require_root();
	prepare(f);
	event.act = flip;
	event.at_byte = BLOB_BYTES;
	(void)STR_FORMAT(wanted, "returned 0x%02x at byte %llu, but the file has 0x%02x",
		content[MIB(1) + 77] ^ 0xff, (unsigned long long)(PLACE + MIB(1) + 77),
		content[MIB(1) + 77]);
	fails(-EILSEQ, wanted);
	assert_false(fcntl(f->fd, F_GETFL) & O_DIRECT);
	assert_int_equal(pread_full(f->fd, &cached, 1, PLACE + MIB(1) + 77), 0);
	if (cached != content[MIB(1) + 77])
		print_message("the cache had been dropped: this run proves less\n");
}

static void unplug(struct fixture *f)
{
	assert_int_equal(ftruncate(f->image_fd, 0), 0);
	assert_int_equal(ioctl(f->fd, LOOP_SET_CAPACITY, 0), 0);
}

static void removal_is_reported(void **state)
{
	static const uint64_t when[] = {0, MIB(1), BLOB_BYTES, BLOB_BYTES + MIB(1)};
	struct fixture *f = *state;

	fixture_require_root();
	prepare(f);
	for (size_t i = 0; i < ARRAY_SIZE(when); i++) {
		event.last = 0;
		event.done = false;
		event.act = unplug;
		event.at_byte = when[i];
		fails(-ENODEV, "the device was removed");
		assert_int_equal(ftruncate(f->image_fd, DISK_BYTES), 0);
		assert_int_equal(ioctl(f->fd, LOOP_SET_CAPACITY, 0), 0);
	}
	unplug(f);
	fails(-ENODEV, "the device was removed");
}

/* A failing medium: a sparse image on a tmpfs that is too small for it. */
static void write_error_is_reported(void **state)
{
	struct fixture *f = *state;

	fixture_require_root();
	fixture_make_loop_on(f, DISK_BYTES, "tmpfs", "size=256k");
	(void)STR_FORMAT(file_path, "%s/blob.bin", f->dir);
	blob = (struct blob){
		.src = open(file_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600),
		.size_bytes = BLOB_BYTES,
		.dst = f->fd,
	};
	fixture_fill(blob.src, 0, BLOB_BYTES, 0x11);
	fails(-EIO, "the device could not be written at byte 1048576: ");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(written_and_read_back),
		TEST(gap_is_left_out),
		TEST(any_size_and_place),
		TEST(large_blocks),
		TEST(stale_cache_is_dropped),
		TEST(a_file_is_not_a_device),
		TEST(place_outside_is_refused),
		TEST(write_protection_is_reported),
		TEST(another_file_is_refused),
		TEST(file_that_shrinks_is_reported),
		TEST(file_that_changes_is_reported),
		TEST(cancelled_has_no_head),
		TEST(medium_is_read_not_the_cache),
		TEST(removal_is_reported),
		TEST(write_error_is_reported),
	};

	return cmocka_run_group_tests_name("blob", tests, NULL, NULL);
}
