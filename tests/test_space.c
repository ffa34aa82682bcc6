/* SPDX-License-Identifier: MIT */
/* space - the arithmetic against what mkfs really makes, on sparse files: needs no root. */
#include "core/space.h"

#include "device/mkfs.h"
#include "device/util.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const uint64_t sizes_mib[] = {16, 32, 64, 100, 127, 128, 200, 400, 511, 512, 600, 900, 1023,
	1024, 1500, 2047, 2048, 3000, 4096, 7400, 8191, 8192, 15000, 16384, 30000, 32768, 60000,
	120000};

static char image[64];

static int setup(void **state)
{
	int fd;

	(void)state;
	STR_FORMAT(
		image, "%s/boardstrap-space-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	fd = mkstemp(image);
	return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
	(void)state;
	return unlink(image);
}

/* Makes @fs the way an install does, on an empty sparse file. False where its program is missing. */
static bool make(enum fs_kind fs, uint64_t bytes)
{
	struct layout_partition partition = {.fs = fs,
		.label = "test",
		.sectors = bytes / 512,
		.fs_uuid = "5f6cc61f-1111-4222-8333-0123456789ab"};
	struct mkfs_command command;
	int status;
	pid_t pid;

	if (fs == FS_VFAT)
		STR_COPY(partition.fs_uuid, "1234-ABCD");
	assert_int_equal(truncate(image, 0), 0);
	assert_int_equal(truncate(image, (off_t)bytes), 0);
	assert_true(mkfs_command(&partition, image, &command));
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
		if (!freopen("/dev/null", "w", stdout))
			_exit(126);
		execvp(command.program, (char *const *)(uintptr_t)command.argv);
		_exit(errno == ENOENT ? 127 : 126);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 127) {
		print_message("SKIP: %s is not installed\n", command.program);
		return false;
	}
	assert_int_equal(WEXITSTATUS(status), 0);
	return true;
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

/* Never promises more than there is, nor keeps back more than a hundredth beyond what the kernel
 * and -m 1 do. */
static void ext4_agrees_with_mkfs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes_mib); i++) {
		uint64_t bytes = MIB(sizes_mib[i]);
		uint64_t estimate = space_usable_bytes(FS_EXT4, bytes), really, withheld;
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
		/* mke2fs rounds the count to whole blocks of inode table per group, down too. */
		assert_in_range(space_inodes(FS_EXT4, bytes), (uint64_t)le32(super + 16) * 99 / 100,
			le32(super + 16) + 16);
	}
}

static void vfat_agrees_with_mkfs(void **state)
{
	static const uint64_t sizes[] = {33, 64, 256, 512, 1024};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint64_t bytes = MIB(sizes[i]), estimate = space_usable_bytes(FS_VFAT, bytes),
			 really;
		unsigned char boot[512];

		if (!make(FS_VFAT, bytes))
			skip();
		read_at(0, boot, sizeof(boot));
		assert_memory_equal(boot + 82, "FAT32", 5);
		/* All sectors but the reserved ones and the tables. */
		really = ((uint64_t)le32(boot + 32) - (boot[14] | boot[15] << 8) -
				 (uint64_t)boot[16] * le32(boot + 36)) *
			 512;
		assert_in_range(estimate, bytes / 100 * 95, really);
	}
}

static void least_partition_holds_what_was_asked(void **state)
{
	static const uint64_t contents[] = {0, 4096, MIB(1), MIB(60), MIB(120), MIB(470), MIB(480),
		MIB(490), MIB(500), MIB(799), MIB(1900), MIB(7000), MIB(16000), GIB(100)};
	static const uint64_t inodes[] = {1, 20000, 200000, 3000000};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(contents); i++)
		for (size_t j = 0; j < ARRAY_SIZE(inodes); j++) {
			uint64_t bytes = space_partition_bytes(FS_EXT4, contents[i], inodes[j]);

			assert_int_equal(bytes % MIB(1), 0);
			assert_true(space_usable_bytes(FS_EXT4, bytes) >= contents[i]);
			assert_true(space_inodes(FS_EXT4, bytes) >= inodes[j]);
			/* Not a megabyte more than needed. */
			assert_true(bytes == 0 ||
				    space_usable_bytes(FS_EXT4, bytes - MIB(1)) < contents[i] ||
				    space_inodes(FS_EXT4, bytes - MIB(1)) < inodes[j]);
		}
}

static void extremes_end(void **state)
{
	(void)state;
	assert_int_equal(space_usable_bytes(FS_EXT4, 0), 0);
	assert_int_equal(space_usable_bytes(FS_EXT4, KIB(64)), 0);
	assert_int_equal(space_usable_bytes(FS_NONE, GIB(1)), 0);
	assert_int_equal(space_inodes(FS_EXT4, 0), 0);
	assert_int_equal(space_inodes(FS_VFAT, 0), UINT64_MAX);
	assert_true(space_partition_bytes(FS_EXT4, GIB(1) << 24, 1) > GIB(1) << 24);
	assert_int_equal(space_partition_bytes(FS_EXT4, UINT64_MAX, 1), UINT64_MAX);
	assert_int_equal(space_partition_bytes(FS_NONE, 5, 1), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(ext4_agrees_with_mkfs, setup, teardown),
		cmocka_unit_test_setup_teardown(vfat_agrees_with_mkfs, setup, teardown),
		cmocka_unit_test(least_partition_holds_what_was_asked),
		cmocka_unit_test(extremes_end),
	};

	return cmocka_run_group_tests_name("space", tests, NULL, NULL);
}
