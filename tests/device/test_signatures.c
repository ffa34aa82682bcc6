/* SPDX-License-Identifier: MIT */
#include "device/target/signatures.h"

#include "tests/lib/device_fixture.h"
#include "tests/lib/sandbox.h"

#include "device/disk/probe.h"

/* The partition in the image; what is around it must stay. */
#define START MIB(4)
#define SIZE  (MIB(96) + KIB(64)) /* not a multiple of 256 KiB, as ZFS rounds it down */

static struct fixture fixture;

static void make_image(void)
{
	fixture_make_image(&fixture, START + SIZE + MIB(4));
	fixture_fill(fixture.image_fd, START - KIB(64), KIB(64), 0xee);
	fixture_fill(fixture.image_fd, START + SIZE, KIB(64), 0xee);
}

static void poke(uint64_t at, const void *bytes, size_t size)
{
	assert_int_equal(pwrite(fixture.image_fd, bytes, size, (off_t)(START + at)), (ssize_t)size);
}

/* Makes the filesystem of @program in a file of its own, and copies that into the partition. False
 * if there is no such program. */
static bool make_filesystem(const char *const *argv)
{
	_cleanup_close_ int fd = -1;
	static char buffer[MIB(1)];
	char path[192];
	const char *words[12];
	size_t count = 0;

	assert_true(STR_FORMAT(path, "%s/fs", fixture.dir));
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_int_equal(ftruncate(fd, SIZE), 0);
	while (argv[count]) {
		words[count] = argv[count];
		count++;
	}
	words[count++] = path;
	words[count] = NULL;
	if (sandbox_run(words) != 0)
		return false;
	for (uint64_t at = 0; at < SIZE; at += sizeof(buffer)) {
		size_t n = SIZE - at < sizeof(buffer) ? SIZE - at : sizeof(buffer);

		assert_int_equal(pread(fd, buffer, n, (off_t)at), (ssize_t)n);
		poke(at, buffer, n);
	}
	return true;
}

/* What libblkid calls the partition: a type, "ambivalent", or "". */
static const char *identify(void)
{
	static struct disk_content content;
	static char path[192];
	_cleanup_close_ int fd = -1;
	static char buffer[MIB(1)];

	assert_true(STR_FORMAT(path, "%s/part", fixture.dir));
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	for (uint64_t at = 0; at < SIZE; at += sizeof(buffer)) {
		size_t n = SIZE - at < sizeof(buffer) ? SIZE - at : sizeof(buffer);

		assert_int_equal(
			pread(fixture.image_fd, buffer, n, (off_t)(START + at)), (ssize_t)n);
		assert_int_equal(pwrite(fd, buffer, n, (off_t)at), (ssize_t)n);
	}
	probe_content_fd(fd, &content);
	if (content.state == CONTENT_AMBIVALENT)
		return "ambivalent";
	return content.state == CONTENT_BLANK ? "" : content.type;
}

static void expect_wiped(void)
{
	assert_int_equal(signatures_wipe(fixture.image_fd, START, SIZE), 0);
	assert_string_equal(identify(), "");
	assert_true(fixture_is_filled(fixture.image_fd, START - KIB(64), KIB(64), 0xee));
	assert_true(fixture_is_filled(fixture.image_fd, START + SIZE, KIB(64), 0xee));
}

static void old_filesystems_are_erased(void **state)
{
	static const struct {
		const char *type, *argv[8];
	} makers[] = {
		{"ext4", {"mkfs.ext4", "-q", "-F"}},
		{"vfat", {"mkfs.vfat"}},
		{"btrfs", {"mkfs.btrfs", "-q", "-M"}},
		{"f2fs", {"mkfs.f2fs", "-q", "-f"}},
		{"swap", {"mkswap", "-q"}},
		{"xfs", {"mkfs.xfs", "-q", "-f"}},
		{"ntfs", {"mkfs.ntfs", "-q", "-F", "-f"}},
		{"squashfs", {"mksquashfs", "/dev/null"}},
		{"LVM2_member", {"pvcreate", "-q"}},
	};
	unsigned made = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		make_image();
		if (make_filesystem(makers[i].argv) && strcmp(identify(), makers[i].type) == 0) {
			expect_wiped();
			made++;
		}
		fixture_finish(&fixture);
	}
	assert_true(made >= 2);
}

/* A pool's uberblocks in each of the four labels; the last two are at the end. */
static void zfs_labels_are_erased(void **state)
{
	static const struct {
		uint64_t magic, version, txg, guid, timestamp;
	} uberblock = {0x00bab10c, 5000, 100, 12345, 1700000000};
	const uint64_t end = SIZE / KIB(256) * KIB(256);
	const uint64_t labels[] = {0, KIB(256), end - KIB(512), end - KIB(256)};

	(void)state;
	make_image();
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++)
		for (unsigned k = 0; k < 128; k++)
			poke(labels[i] + KIB(128) + KIB(k), &uberblock, sizeof(uberblock));
	assert_string_equal(identify(), "zfs_member");
	expect_wiped();
}

static void vmfs_is_erased(void **state)
{
	static const struct {
		const char *type;
		uint64_t at;
		const char *magic;
		size_t length;
	} signatures[] = {
		{"VMFS_volume_member", MIB(1), "\x0d\xd0\x01\xc0", 4},
		{"VMFS", MIB(2), "\x5e\xf1\xab\x2f", 4},
	};

	(void)state;
	make_image();
	for (size_t i = 0; i < ARRAY_SIZE(signatures); i++) {
		poke(signatures[i].at, signatures[i].magic, signatures[i].length);
		assert_string_equal(identify(), signatures[i].type);
		expect_wiped();
	}
}

/* LUKS2 has a second header, at a power of two from 16 KiB to 4 MiB, that its tools recover from. */
static void copies_of_headers_are_erased(void **state)
{
	static const uint64_t places[] = {KIB(16), KIB(256), KIB(512), MIB(1), MIB(2), MIB(4),
		MIB(64), SIZE - KIB(64), SIZE - 512};

	(void)state;
	make_image();
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		poke(places[i], "SKUL\xba\xbe", 6);
	expect_wiped();
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		assert_true(fixture_is_filled(fixture.image_fd, START + places[i], 512, 0));
}

/* A format that this libblkid does not know, in each of the places, up to their last bytes. */
static void unknown_formats_are_erased(void **state)
{
	static const uint64_t places[] = {0, MIB(1) - 512, MIB(1), MIB(1) + KIB(64) - 512, MIB(2),
		MIB(4), MIB(4) + KIB(64) - 512, MIB(64), SIZE - MIB(1), SIZE - 512};

	(void)state;
	make_image();
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		fixture_fill(fixture.image_fd, START + places[i], 512, 0xa5);
	expect_wiped();
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		assert_true(fixture_is_filled(fixture.image_fd, START + places[i], 512, 0));
}

/* The member of a RAID, farther from the end than the last MiB. */
static void other_places_of_libblkid_are_erased(void **state)
{
	static const char magic[] = "Promise Technology, Inc.";

	(void)state;
	make_image();
	poke(SIZE - 3087 * 512, magic, strlen(magic));
	assert_string_equal(identify(), "promise_fasttrack_raid_member");
	expect_wiped();
}

static void a_small_partition_is_zeroed_alone(void **state)
{
	(void)state;
	make_image();
	fixture_fill(fixture.image_fd, START, KIB(128), 0xee);
	fixture_fill(fixture.image_fd, START + MIB(1), MIB(4), 0xee);
	assert_int_equal(signatures_wipe(fixture.image_fd, START, KIB(64)), 0);
	assert_true(fixture_is_filled(fixture.image_fd, START + MIB(1), MIB(4), 0xee));
	assert_true(fixture_is_filled(fixture.image_fd, START, KIB(64), 0));
	assert_true(fixture_is_filled(fixture.image_fd, START + KIB(64), KIB(64), 0xee));
	assert_true(fixture_is_filled(fixture.image_fd, START - KIB(64), KIB(64), 0xee));
}

static void errors_are_reported(void **state)
{
	_cleanup_close_ int fd = -1;

	(void)state;
	make_image();
	fd = open(fixture.image, O_RDONLY | O_CLOEXEC);
	assert_int_equal(signatures_wipe(fd, START, SIZE), -EBADF);
}

static int setup(void **state)
{
	(void)state;
	fixture = (struct fixture){.fd = -1, .image_fd = -1};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_finish(&fixture);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(old_filesystems_are_erased),
		TEST(zfs_labels_are_erased),
		TEST(vmfs_is_erased),
		TEST(copies_of_headers_are_erased),
		TEST(unknown_formats_are_erased),
		TEST(other_places_of_libblkid_are_erased),
		TEST(a_small_partition_is_zeroed_alone),
		TEST(errors_are_reported),
	};

	return cmocka_run_group_tests_name("signatures", tests, NULL, NULL);
}
