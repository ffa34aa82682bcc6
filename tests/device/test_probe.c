/* SPDX-License-Identifier: MIT */
#include "device/disk/probe.h"

#include "device/disk/disk_scan.h"
#include "tests/lib/device_fixture.h"
#include "tests/lib/sandbox.h"

#include <blkid.h>
#include <sys/file.h>

static struct fixture fixture, second;

static int setup(void **state)
{
	fixture = second = (struct fixture){.fd = -1, .image_fd = -1};
	return sandbox_setup(state);
}

static int teardown(void **state)
{
	fixture_finish(&second);
	fixture_finish(&fixture);
	return sandbox_teardown(state);
}

static void make_ext4(const char *path, const char *label, const char *offset, const char *size)
{
	const char *const argv[] = {"mkfs.ext4", "-q", "-F", "-L", label, "-O", "^has_journal",
		"-E", offset, path, size, NULL};

	assert_int_equal(sandbox_run(argv), 0);
}

/* Writes a table as an install does; with @announce, the kernel reads it. */
static void make_table(int fd, const char *name, uint64_t bytes, bool announce)
{
	struct table_bytes table;
	struct layout layout;
	struct diag diag;

	assert_int_equal(layout_place(layout_find(name), bytes, 0, &layout, &diag), 0);
	layout_assign_ids(&layout, layout_random);
	if (announce)
		assert_int_equal(ptable_announce(fd, &layout), 0);
	table_bytes_make(&layout, &table);
	assert_int_equal(ptable_write(fd, &table, &diag), 0);
}

static void an_empty_disk_is_blank(void **state)
{
	struct disk_content content;

	(void)state;
	memset(&content, 0xff, sizeof(content));
	fixture_make_image(&fixture, MIB(8));
	probe_content(fixture.image, &content);
	assert_int_equal(content.state, CONTENT_BLANK);
	assert_string_equal(content.type, "");
	assert_int_equal(content.partition_count, 0);
}

static void a_filesystem_is_found(void **state)
{
	struct disk_content content;

	(void)state;
	fixture_make_image(&fixture, MIB(8));
	make_ext4(fixture.image, "root\x1b[m\xff", "offset=0", "8M");
	probe_content(fixture.image, &content);
	assert_int_equal(content.state, CONTENT_FILESYSTEM);
	assert_string_equal(content.type, "ext4");
	assert_string_equal(content.label, "root?[m?"); /* escape sequences are removed */
	assert_true(content.partial); /* LABEL= could refer to the original text */
	assert_int_equal(strlen(content.uuid), 36);
	assert_int_equal(content.hold, HOLD_NONE);
}

static void a_gpt_is_found(void **state)
{
	const struct disk_partition *partition;
	struct disk_content content;

	(void)state;
	fixture_make_image(&fixture, MIB(256));
	make_table(fixture.image_fd, "single-gpt", MIB(256), false);
	make_ext4(fixture.image, "rootfs", "offset=4194304", "32M");
	probe_content(fixture.image, &content);
	assert_int_equal(content.state, CONTENT_TABLE);
	assert_string_equal(content.type, "gpt");
	assert_int_equal(content.partition_count, 1);
	partition = &content.partitions[0];
	assert_int_equal(partition->number, 1);
	assert_int_equal(partition->start, MIB(4) / SECTOR_BYTES);
	assert_true(partition->sectors * SECTOR_BYTES > MIB(50));
	assert_string_equal(partition->fs_type, "ext4");
	assert_string_equal(partition->fs_label, "rootfs");
	assert_int_equal(strlen(partition->fs_uuid), 36);
	assert_int_equal(strlen(partition->uuid), 36);
	assert_int_equal(strlen(partition->type), 36);
	assert_false(content.partial);
}

static void a_name_that_was_cut_is_partial(void **state)
{
	static const char label[] = "a label of a btrfs, which may be much longer than others";
	const char *const argv[] = {"mkfs.btrfs", "-q", "-L", label, fixture.image, NULL};
	struct disk_content content;

	(void)state;
	fixture_make_image(&fixture, MIB(128));
	if (sandbox_run(argv) != 0) {
		print_message("[ SKIP ] %s: no mkfs.btrfs\n", __func__);
		skip();
	}
	probe_content(fixture.image, &content);
	assert_int_equal(content.state, CONTENT_FILESYSTEM);
	assert_int_equal(strncmp(content.label, label, strlen(content.label)), 0);
	assert_true(content.partial);
}

/* The filesystem of this partition may exist, but cannot be found. */
static void an_unreadable_partition_is_partial(void **state)
{
	struct disk_content content;

	(void)state;
	fixture_make_image(&fixture, MIB(256));
	make_table(fixture.image_fd, "single-mbr", MIB(256), false);
	assert_int_equal(ftruncate(fixture.image_fd, MIB(2)), 0);
	probe_content(fixture.image, &content);
	assert_int_equal(content.state, CONTENT_TABLE);
	assert_int_equal(content.partition_count, 1);
	assert_true(content.partial);
}

static void types_of_containers_are_not_cut(void **state)
{
	/* Superblock of an md array of version 1.2, as far as libblkid reads it. */
	static const unsigned char magic[] = {0xfc, 0x4e, 0x2b, 0xa9, 1};
	struct disk_content content;

	(void)state;
	fixture_make_image(&fixture, MIB(8));
	assert_int_equal(pwrite_full(fixture.image_fd, magic, sizeof(magic), 4096), 0);
	assert_int_equal(pwrite_full(fixture.image_fd, &(uint64_t){8}, 8, 4096 + 144), 0);
	probe_content(fixture.image, &content);
	assert_string_equal(content.type, "linux_raid_member");
}

static void an_mbr_is_found(void **state)
{
	struct disk_content content;

	(void)state;
	fixture_make_image(&fixture, MIB(256));
	make_table(fixture.image_fd, "single-mbr", MIB(256), false);
	probe_content(fixture.image, &content);
	assert_int_equal(content.state, CONTENT_TABLE);
	assert_string_equal(content.type, "dos");
	assert_int_equal(content.partition_count, 1);
	assert_string_equal(content.partitions[0].type, "0x83");
	assert_string_equal(content.partitions[0].fs_type, "");
}

static void contradictions_are_ambivalent(void **state)
{
	static const unsigned char squashfs_magic[] = "hsqs", squashfs_version[] = {4, 0};
	struct disk_content content;

	(void)state;
	fixture_make_image(&fixture, MIB(8));
	make_ext4(fixture.image, "x", "offset=0", "8M");
	assert_int_equal(pwrite_full(fixture.image_fd, squashfs_magic, 4, 0), 0);
	assert_int_equal(pwrite_full(fixture.image_fd, squashfs_version, 2, 28), 0);
	probe_content(fixture.image, &content);
	assert_int_equal(content.state, CONTENT_AMBIVALENT);
	assert_string_equal(content.type, "");
}

static void errors_are_results(void **state)
{
	struct sandbox *box = *state;
	char path[PATH_MAX];
	struct disk_content content;

	probe_content(sandbox_path(box, "none", path), &content);
	assert_int_equal(content.state, CONTENT_UNREADABLE);
	probe_content_fd(-1, &content);
	assert_int_equal(content.state, CONTENT_UNREADABLE);
	/* A fifo cannot be probed, and must not block. */
	assert_int_equal(mkfifoat(box->root, "fifo", 0600), 0);
	probe_content(sandbox_path(box, "fifo", path), &content);
	assert_int_equal(content.state, CONTENT_UNREADABLE);
}

static void no_permission_is_denied(void **state)
{
	struct sandbox *box = *state;
	struct disk_content content;
	char path[PATH_MAX];
	pid_t pid;
	int status;

	sandbox_file(box, "image", "x");
	assert_int_equal(fchmodat(box->root, "image", 0, 0), 0);
	assert_int_equal(fchmodat(box->root, ".", 0755, 0), 0);
	(void)sandbox_path(box, "image", path);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
			_exit(99);
		probe_content(path, &content);
		_exit((int)content.state);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), CONTENT_DENIED);
}

static bool cache_lists(const char *path)
{
	blkid_cache cache = NULL;
	blkid_dev_iterate iterator;
	blkid_dev dev;
	bool found = false;

	/* Not the cache file of the system. */
	assert_int_equal(blkid_get_cache(&cache, "/dev/null"), 0);
	assert_int_equal(blkid_probe_all(cache), 0);
	iterator = blkid_dev_iterate_begin(cache);
	while (blkid_dev_next(iterator, &dev) == 0)
		found = found || strcmp(blkid_dev_devname(dev), path) == 0;
	blkid_dev_iterate_end(iterator);
	blkid_put_cache(cache);
	return found;
}

static bool scan_lists(int root, const char *name)
{
	struct disk_list list;
	bool found = false;

	assert_int_equal(disk_scan(root, &list), 0);
	for (size_t i = 0; i < list.count; i++)
		found = found || strcmp(list.disks[i].name, name) == 0;
	disk_list_finish(&list);
	return found;
}

/* The reason for disk_scan: libblkid's own list omits common targets. */
static void the_cache_of_libblkid_hides_targets(void **state)
{
	char blank[64], table[64];

	(void)state;
	fixture_require_root();
	fixture_make_loop(&fixture, MIB(256));
	fixture_make_loop(&second, MIB(256));
	(void)STR_FORMAT(blank, "/dev/%s", fixture.name);
	(void)STR_FORMAT(table, "/dev/%s", second.name);
	if (access(blank, R_OK) < 0 || access(table, R_OK) < 0) {
		print_message("[ SKIP ] %s: no device nodes in /dev\n", __func__);
		skip();
	}
	assert_false(cache_lists(blank));
	make_ext4(table, "whole", "offset=0", "8M");
	assert_true(cache_lists(table)); /* loop devices as such are listed */

	make_table(second.fd, "single-gpt", MIB(256), true);
	assert_false(cache_lists(table));
	assert_true(scan_lists(fixture.root, fixture.name));
	assert_true(scan_lists(second.root, second.name));

	struct disk_content content;
	probe_content(blank, &content);
	assert_int_equal(content.state, CONTENT_BLANK);
	probe_content(table, &content);
	assert_int_equal(content.state, CONTENT_TABLE);
}

static enum disk_hold hold_of(const char *path)
{
	struct disk_content content;

	probe_content(path, &content);
	assert_int_equal(content.state, CONTENT_BLANK); /* reading is always possible */
	return content.hold;
}

static void holds_are_detected(void **state)
{
	char node[64];
	int fd;

	(void)state;
	fixture_require_root();
	fixture_make_loop(&fixture, MIB(8));
	(void)STR_FORMAT(node, "/dev/%s", fixture.name);
	if (access(node, R_OK) < 0) {
		print_message("[ SKIP ] %s: no device nodes in /dev\n", __func__);
		skip();
	}
	/* A writer without O_EXCL or a lock is not detected, and the probe itself leaves no
	 * trace. */
	assert_int_equal(hold_of(node), HOLD_NONE);
	assert_int_equal(hold_of(node), HOLD_NONE);

	fd = open(node, O_RDONLY | O_EXCL | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(hold_of(node), HOLD_EXCLUSIVE);
	close_fd(&fd);
	assert_int_equal(hold_of(node), HOLD_NONE);

	fd = open(node, O_RDONLY | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(hold_of(node), HOLD_LOCKED);
	/* As udev holds it during its own probe. */
	assert_int_equal(flock(fd, LOCK_SH), 0);
	assert_int_equal(hold_of(node), HOLD_NONE);
	close_fd(&fd);
	assert_int_equal(hold_of(node), HOLD_NONE);
}

#define probe_test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		probe_test(an_empty_disk_is_blank),
		probe_test(a_filesystem_is_found),
		probe_test(a_gpt_is_found),
		probe_test(an_mbr_is_found),
		probe_test(a_name_that_was_cut_is_partial),
		probe_test(an_unreadable_partition_is_partial),
		probe_test(types_of_containers_are_not_cut),
		probe_test(contradictions_are_ambivalent),
		probe_test(errors_are_results),
		probe_test(no_permission_is_denied),
		probe_test(the_cache_of_libblkid_hides_targets),
		probe_test(holds_are_detected),
	};

	return cmocka_run_group_tests_name("probe", tests, NULL, NULL);
}
