/* SPDX-License-Identifier: MIT */
/* space - compares the arithmetic with the results of mkfs on sparse files. Needs no root, except
 * to mount and fill a btrfs. */
#include "core/plan/space.h"

#include "tests/lib/device_fixture.h"

#include "device/target/mount.h"

#include <sched.h>
#include <sys/mount.h>

static const uint64_t sizes_mib[] = {16, 32, 64, 100, 127, 128, 200, 400, 511, 512, 600, 900, 1023,
	1024, 1500, 2047, 2048, 3000, 4096, 7400, 8191, 8192, 15000, 16384, 30000, 32768, 60000,
	120000};

static char image[64];
static struct fixture fixture = {.fd = -1, .image_fd = -1};
static char mounted[192]; /* "" if nothing is mounted */

static int setup(void **state)
{
	int fd;

	(void)state;
	/* A user's PATH may lack the directories of mkfs. */
	(void)setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	STR_FORMAT(
		image, "%s/boardstrap-space-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	fd = mkstemp(image);
	return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
	(void)state;
	if (mounted[0])
		(void)umount2(mounted, MNT_DETACH); /* a failed test may leave files open */
	mounted[0] = '\0';
	fixture_finish(&fixture);
	return unlink(image);
}

/* Makes @fs as an install does, on an empty sparse file. Returns false if its program
 * is missing. */
static bool make(enum fs_kind fs, uint64_t bytes)
{
	struct layout_partition partition = {.fs = fs,
		.label = "test",
		.sectors = bytes / 512,
		.fs_uuid = "5f6cc61f-1111-4222-8333-0123456789ab"};

	if (fs == FS_VFAT)
		STR_COPY(partition.fs_uuid, "1234-ABCD");
	assert_int_equal(truncate(image, 0), 0);
	assert_int_equal(truncate(image, (off_t)bytes), 0);
	return fixture_mkfs(&partition, image);
}

static uint32_t le32(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void read_at(uint64_t offset, void *buf, size_t size)
{
	_cleanup_close_ int fd = open(image, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pread_full(fd, buf, size, offset), 0);
}

/* Never promises more than the capacity, nor more than 1 % less, apart from the reserve of the
 * kernel and -m 1. */
static void ext4_agrees_with_mkfs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes_mib); i++) {
		uint64_t bytes = MIB(sizes_mib[i]);
		uint64_t estimate = space_usable_bytes(FS_EXT4, bytes, 1), really, withheld;
		unsigned char super[1024];

		if (!make(FS_EXT4, bytes))
			skip();
		read_at(1024, super, sizeof(super));
		really = (uint64_t)le32(super + 12) * 4096;
		withheld = bytes / 50 < MIB(16) ? bytes / 50 : MIB(16);
		if (withheld < bytes / 100)
			withheld = bytes / 100;
		if (estimate > really - withheld || really - withheld - estimate > bytes / 100)
			fail_msg("%llu MiB: %llu estimated, %llu free, %llu withheld",
				(unsigned long long)sizes_mib[i], (unsigned long long)estimate,
				(unsigned long long)really, (unsigned long long)withheld);
		/* mke2fs rounds the count down to whole blocks of inode table per group. */
		assert_in_range(space_inodes(FS_EXT4, bytes), (uint64_t)le32(super + 16) * 99 / 100,
			le32(super + 16) + 16);
	}
}

static void vfat_agrees_with_mkfs(void **state)
{
	static const uint64_t sizes[] = {33, 64, 256, 512, 1024};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint64_t bytes = MIB(sizes[i]), estimate = space_usable_bytes(FS_VFAT, bytes, 1),
			 really;
		unsigned char boot[512];

		if (!make(FS_VFAT, bytes))
			skip();
		read_at(0, boot, sizeof(boot));
		assert_memory_equal(boot + 82, "FAT32", 5);
		/* All sectors except the reserved ones and the tables. */
		really = ((uint64_t)le32(boot + 32) - (boot[14] | boot[15] << 8) -
				 (uint64_t)boot[16] * le32(boot + 36)) *
			 512;
		assert_in_range(estimate, bytes / 100 * 95, really);
	}
}

/* Reads superblock and checkpoint (f2fs_fs.h), since the kernel may be unable to mount it. */
static void f2fs_agrees_with_mkfs(void **state)
{
	static const uint64_t sizes[] = {64, 80, 100, 128, 200, 256, 512, 700, 1024, 1500, 2048,
		3000, 4096, 7456, 8192, 14910, 29820, 59640, 120000, 1000000};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint64_t bytes = MIB(sizes[i]), inodes = bytes / KIB(64);
		uint64_t estimate = space_usable_bytes(FS_F2FS, bytes, 1), user, nodes;
		unsigned char super[128], checkpoint[64];

		if (!make(FS_F2FS, bytes))
			skip();
		read_at(1024, super, sizeof(super));
		assert_int_equal(le32(super), 0xf2f52010);
		read_at((uint64_t)le32(super + 76) * 4096, checkpoint, sizeof(checkpoint));
		user = (uint64_t)(le32(checkpoint + 8) - le32(checkpoint + 16)) * 4096;
		if (estimate > user || user - estimate > MIB(14) + user / 50)
			fail_msg("%llu MiB: %llu estimated, %llu in %u blocks",
				(unsigned long long)sizes[i], (unsigned long long)estimate,
				(unsigned long long)user, le32(checkpoint + 8));
		/* Half of the node address blocks are the second copy. */
		nodes = (uint64_t)le32(super + 60) / 2 * 512 * 455;
		assert_true(space_inodes(FS_F2FS, bytes) < nodes);
		/* Each inode uses one block. */
		assert_int_equal(estimate - space_usable_bytes(FS_F2FS, bytes, 1 + inodes),
			estimate > inodes * 4096 ? inodes * 4096 : estimate);
	}
}

/* Writes as much to a btrfs as space_usable_bytes promises, as @files files. */
static void fill_btrfs(const char *dir, uint64_t bytes, uint64_t files)
{
	uint64_t each = space_usable_bytes(FS_BTRFS, bytes, files) / files / 4096 * 4096;
	static char content[8192];
	char path[512];

	assert_true(each > 0);
	for (uint64_t i = 0; i < files; i++) {
		_cleanup_close_ int fd = -1;
		int r;

		if (i % 500 == 0) {
			STR_FORMAT(path, "%s/d%llu", dir, (unsigned long long)i / 500);
			assert_int_equal(mkdir(path, 0755), 0);
		}
		STR_FORMAT(path, "%s/d%llu/a-file-with-its-name-%llu", dir,
			(unsigned long long)i / 500, (unsigned long long)i);
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		assert_true(fd >= 0);
		/* Large files are only allocated: they use the same space. */
		r = each <= sizeof(content) ? write_full(fd, content, each)
					    : -posix_fallocate(fd, 0, (off_t)each);
		if (r < 0)
			fail_msg("%llu MiB, %llu files of %llu: file %llu: %s",
				(unsigned long long)(bytes >> 20), (unsigned long long)files,
				(unsigned long long)each, (unsigned long long)i, strerror(-r));
	}
}

static void btrfs_holds_what_is_promised(void **state)
{
	static const struct {
		uint64_t mib, files;
	} rows[] = {{112, 10}, {128, 2000}, {256, 5000}, {400, 30000}, {1024, 200}, {2048, 50},
		{2100, 50}, {3000, 3000}, {7456, 100}, {29820, 100}, {59640, 100}};
	struct fixture *f = &fixture;

	(void)state;
	fixture_require_root();
	if (!mount_supported(FS_BTRFS)) {
		print_message("[ SKIP ] %s: the kernel cannot mount btrfs\n", __func__);
		skip();
	}
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t bytes = MIB(rows[i].mib);
		char node[64], holders[160];

		/* At least half of the size, except on the smallest. */
		assert_true(rows[i].mib < 300 ||
			    space_usable_bytes(FS_BTRFS, bytes, rows[i].files) > bytes / 2);
		if (!make(FS_BTRFS, bytes))
			skip();
		fixture_make_image(f, 0);
		close_fd(&f->image_fd);
		f->image_fd = open(image, O_RDWR | O_CLOEXEC);
		assert_int_equal(loop_attach(f->root, f->dir, f->image_fd, f->name, &f->fd), 0);
		STR_FORMAT(node, "/dev/%s", f->name);
		STR_FORMAT(mounted, "%s/mount", f->dir);
		assert_int_equal(mount_fs(node, mounted, FS_BTRFS, false), 0);
		fill_btrfs(mounted, bytes, rows[i].files);
		assert_int_equal(mount_unmount(mounted, 5000, holders, sizeof(holders)), 0);
		mounted[0] = '\0';
		fixture_finish(f);
	}
}

static void least_partition_holds_what_was_asked(void **state)
{
	static const uint64_t contents[] = {0, 4096, MIB(1), MIB(60), MIB(120), MIB(470), MIB(480),
		MIB(490), MIB(500), MIB(799), MIB(1500), MIB(1900), MIB(7000), MIB(16000), GIB(47),
		GIB(100)};
	static const uint64_t inodes[] = {1, 20000, 200000, 3000000};
	static const enum fs_kind kinds[] = {FS_EXT4, FS_VFAT, FS_F2FS, FS_BTRFS};

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
		for (size_t i = 0; i < ARRAY_SIZE(contents); i++)
			for (size_t j = 0; j < ARRAY_SIZE(inodes); j++) {
				enum fs_kind fs = kinds[k];
				uint64_t n = inodes[j], content = contents[i];
				uint64_t bytes = space_partition_bytes(fs, content, n);

				assert_int_equal(bytes % MIB(1), 0);
				assert_true(bytes >= fs_min_bytes(fs));
				assert_true(space_usable_bytes(fs, bytes, n) >= content);
				assert_true(space_inodes(fs, bytes) >= n);
				/* Less than one MiB more than needed. */
				bytes -= MIB(1);
				assert_true(bytes > UINT64_MAX - MIB(1) ||
					    bytes < fs_min_bytes(fs) ||
					    space_usable_bytes(fs, bytes, n) < content ||
					    space_inodes(fs, bytes) < n);
			}
}

static void extremes_end(void **state)
{
	(void)state;
	assert_int_equal(space_usable_bytes(FS_EXT4, 0, 0), 0);
	assert_int_equal(space_usable_bytes(FS_EXT4, KIB(64), 0), 0);
	assert_int_equal(space_usable_bytes(FS_NONE, GIB(1), 0), 0);
	assert_int_equal(space_usable_bytes(FS_SWAP, GIB(1), 0), 0);
	assert_int_equal(space_usable_bytes(FS_F2FS, 0, 0), 0);
	assert_int_equal(space_usable_bytes(FS_F2FS, MIB(40), 0), 0);
	assert_int_equal(space_usable_bytes(FS_BTRFS, 0, 0), 0);
	assert_int_equal(space_usable_bytes(FS_BTRFS, GIB(1), GIB(1)), 0);
	assert_int_equal(space_partition_bytes(FS_BTRFS, UINT64_MAX, 1), UINT64_MAX);
	assert_int_equal(space_partition_bytes(FS_F2FS, 5, UINT64_MAX), 5);
	assert_int_equal(space_inodes(FS_EXT4, 0), 0);
	assert_int_equal(space_inodes(FS_VFAT, 0), UINT64_MAX);
	assert_true(space_partition_bytes(FS_EXT4, GIB(1) << 24, 1) > GIB(1) << 24);
	assert_int_equal(space_partition_bytes(FS_EXT4, UINT64_MAX, 1), UINT64_MAX);
	assert_int_equal(space_partition_bytes(FS_NONE, 5, 1), 5);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(ext4_agrees_with_mkfs),
		TEST(vfat_agrees_with_mkfs),
		TEST(f2fs_agrees_with_mkfs),
		TEST(btrfs_holds_what_is_promised),
		cmocka_unit_test(least_partition_holds_what_was_asked),
		cmocka_unit_test(extremes_end),
	};

	return cmocka_run_group_tests_name("space", tests, NULL, NULL);
}
