/* SPDX-License-Identifier: MIT */
/* trial - with the real mkfs programs, on sparse files, in a mount namespace of its own. */
#include "core/plan/trial.h"

#include "tests/lib/device_fixture.h"

#include "core/process/child.h"
#include "device/target/mount.h"

static struct fixture fixture;
static char job[160];
static struct plan plan;
static struct trial trial;
static struct plan_verdict verdict;

static int setup(void **state)
{
	(void)state;
	fixture = (struct fixture){.fd = -1, .image_fd = -1};
	job[0] = '\0';
	plan = (struct plan){.target = {.sector_bytes = SECTOR_BYTES}};
	STR_COPY(plan.layout.name, "mine");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (job[0])
		(void)umount2(job, MNT_DETACH);
	fixture_finish(&fixture);
	return 0;
}

/* Adds a partition, with a share of the archive that fits. */
static struct layout_partition *add(enum fs_kind fs, uint64_t mib, const char *options)
{
	struct layout_partition *p = &plan.layout.partitions[plan.layout.count];

	*p = (struct layout_partition){.fs = fs, .sectors = MIB(mib) / SECTOR_BYTES};
	STR_COPY(p->name, "rootfs");
	STR_COPY(p->label, "data");
	STR_COPY(p->mkfs_options, options);
	if (fs_holds_files(fs))
		STR_COPY(p->mount, "/");
	plan.shares[plan.layout.count].block_bytes = MIB(1);
	plan.shares[plan.layout.count].inodes = 10;
	plan.layout.count++;
	return p;
}

static void run(void)
{
	if (!job[0]) {
		fixture_make_image(&fixture, 0);
		STR_FORMAT(job, "%s/run/job", fixture.dir);
		assert_int_equal(mount_enter_private(job), 0);
		fixture_reopen_root(&fixture);
	}
	layout_assign_ids(&plan.layout, layout_random);
	trial_run(&trial, &plan, fixture.root, job);
	verdict = (struct plan_verdict){0};
	trial_check(&plan, &trial, &verdict);
	/* Nothing is left; other programs may try their own plans meanwhile. */
	assert_int_equal(fixture_run((const char *const[]){"sh", "-c",
				 "! losetup -l -n -O BACK-FILE | grep -qF \"$0/trial/fs\" && "
				 "! grep -qF \"$0/trial\" /proc/self/mounts",
				 job, NULL}),
		0);
}

static void expect(const char *code, const char *says)
{
	if (verdict.count == 0 && !code)
		return;
	if (!code || verdict.count != 1 || strcmp(verdict.problems[0].code, code) != 0 ||
		!strstr(verdict.problems[0].text, says))
		fail_msg("%u problems: %s: %s", verdict.count, verdict.problems[0].code,
			verdict.problems[0].text);
}

/* As an install does them; what this kernel or machine lacks is not tried here. */
static void every_filesystem_is_tried(void **state)
{
	(void)state;
	fixture_require_root();
	for (enum fs_kind fs = FS_EXT4; fs < FS_KIND_COUNT; fs++) {
		const struct trial_filesystem *made = &trial.filesystems[0];
		char path[128];

		if (child_find_program(mkfs_program(fs), path, sizeof(path)) < 0 ||
			!mount_supported(fs))
			continue;
		plan.layout.count = 0;
		add(fs, 128, "");
		run();
		expect(NULL, NULL);
		assert_string_equal(trial.untried, "");
		if (!fs_holds_files(fs))
			continue;
		assert_in_range(made->usable_bytes, MIB(20), MIB(128));
		assert_int_equal(made->unit_bytes, 4096);
		if (fs == FS_EXT4)
			assert_in_range(made->inodes, 30000, 32768);
	}
}

static void options_are_judged_by_what_they_make(void **state)
{
	static const struct {
		const char *options, *code, *says;
	} rows[] = {
		{"-m 2 -i 8192", NULL, NULL},
		{"-O ^64bit -E stride=16", NULL, NULL},
		{"-O ^extent,^64bit,^has_journal,^flex_bg,^huge_file", NULL, NULL},
		{"-b 1024", NULL, NULL},
		{"-m 99", "mkfs-trial", "mkfs.ext4 fails: "},
		{"-O no_such_feature", "mkfs-trial", "mkfs.ext4 fails: "},
		{"-N 2000", "inodes", "has 3000 files for /"},
		{"-i 262144", "inodes", "Correct its mkfs-options"},
		{"-b 65536", "mkfs-trial", "cannot mount what mkfs.ext4 makes"},
		{"-E offset=4096", "mkfs-trial", "mkfs.ext4 makes something else"},
		{"-J size=180", "mkfs-trial", "journal size too big for filesystem. Correct its"},
		{"-J size=96", "too-small", "needs 100 MiB, and its filesystem holds"},
		{"-O bigalloc -C 1048576", "too-small", "needs 3 GiB"},
	};

	(void)state;
	fixture_require_root();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		plan.layout.count = 0;
		add(FS_EXT4, 200, rows[i].options);
		plan.shares[0].inodes = 3000;
		plan.shares[0].block_bytes = MIB(100);
		run();
		expect(rows[i].code, rows[i].says);
	}
}

/* ext4 keeps blocks for itself that statvfs(2) reports as free. */
static void promises_what_can_be_written(void **state)
{
	struct mkfs_command command;
	char node[200], script[600];
	uint64_t written, usable;
	struct stat st;

	(void)state;
	fixture_require_root();
	(void)add(FS_EXT4, 64, "");
	run();
	usable = trial.filesystems[0].usable_bytes;
	STR_FORMAT(node, "%s/node", fixture.dir);
	STR_FORMAT(script, "cd %s; mkdir full; truncate -s 64M node", fixture.dir);
	assert_int_equal(fixture_run((const char *const[]){"sh", "-ec", script, NULL}), 0);
	assert_true(mkfs_command(&plan.layout.partitions[0], node, SECTOR_BYTES, &command));
	assert_int_equal(fixture_run(command.argv), 0);
	STR_FORMAT(script,
		"cd %s; mount -o loop node full; ! dd if=/dev/zero of=full/file bs=4k; mv full/file .; "
		"umount full",
		fixture.dir);
	assert_int_equal(fixture_run((const char *const[]){"sh", "-ec", script, NULL}), 0);
	STR_FORMAT(node, "%s/file", fixture.dir);
	assert_int_equal(stat(node, &st), 0);
	written = (uint64_t)st.st_size;
	assert_int_equal(unlink(node), 0);
	/* The file needs some blocks for its map. */
	assert_in_range(written, usable - KIB(64), usable + KIB(64));
}

/* Sectors of 4,096 bytes, and a FAT type that the layout insists on. */
static void a_fat_is_what_firmware_reads(void **state)
{
	char path[128];

	(void)state;
	fixture_require_root();
	if (child_find_program("mkfs.vfat", path, sizeof(path)) < 0) {
		print_message("[ SKIP ] mkfs.vfat is not installed\n");
		skip();
	}
	plan.target.sector_bytes = 4096;
	add(FS_VFAT, 256, "")->mount[0] = '\0';
	run();
	expect(NULL, NULL);
	plan.layout.count = 0;
	add(FS_VFAT, 256, "-F 32")->mount[0] = '\0';
	run();
	expect("mkfs-trial", "clusters, which firmware reads as a FAT16");
}

/* An mkfs that needs more memory than there is says nothing about the filesystem. */
static void too_little_memory_is_no_fault(void **state)
{
	(void)state;
	fixture_require_root();
	add(FS_EXT4, 2048, "-E lazy_itable_init=0 -i 1024");
	run();
	expect(NULL, NULL);
	assert_non_null(strstr(trial.untried, "too little memory"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_filesystem_is_tried),
		TEST(options_are_judged_by_what_they_make),
		TEST(promises_what_can_be_written),
		TEST(a_fat_is_what_firmware_reads),
		TEST(too_little_memory_is_no_fault),
	};

	return cmocka_run_group_tests_name("trial", tests, NULL, NULL);
}
