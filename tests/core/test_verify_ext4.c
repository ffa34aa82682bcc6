/* SPDX-License-Identifier: MIT */
/* verify - faults of an ext4 that no program can make through the kernel: debugfs makes one at a time
 * between writing and verifying. Needs root and loop devices. */
#include "core/manifest/verify.h"

#include "core/manifest/manifest.h"
#include "device/base/util.h"
#include "device/target/mount.h"
#include "tests/lib/loop_box.h"

#include <linux/fs.h>
#include <sys/ioctl.h>

#define IMAGE_BYTES MIB(8)

static struct manifest *manifest;
static unsigned char *good; /* the whole image before the fault */

/* Two equal files, one with two names, an empty folder, and what cannot be opened. */
static const char make_tree[] =
	"mkdir -p tree/d/e && cd tree && echo same >one && echo same >two && "
	"echo name >name && ln name alias && ln -s one link && mkfifo pipe && "
	"mknod null c 1 3 && touch -h -d 2024-05-06 one two name link pipe null d/e d . "
	"&& tar --sort=name --numeric-owner -cf ../a.tar .";

static void shell(const struct sandbox *box, const char *command)
{
	char text[2048];

	(void)snprintf(text, sizeof(text), "cd '%s' && %s", box->dir, command);
	assert_int_equal(sandbox_run((const char *const[]){"sh", "-c", text, NULL}), 0);
}

static void drop_cache(void)
{
	assert_int_equal(ioctl(fixture.fd, BLKFLSBUF, 0), 0);
}

static void prepare(struct sandbox *box)
{
	struct diag diag;
	int fd;

	shell(box, make_tree);
	fixture_make_loop(&fixture, IMAGE_BYTES);
	loop_box_mount(box);
	shell(box, "tar -x --numeric-owner -f a.tar -C mnt && umount mnt");
	manifest = manifest_new();
	fd = openat(box->root, "a.tar", O_RDONLY | O_CLOEXEC);
	assert_int_equal(manifest_read(manifest, fd, NULL, NULL, &diag), 0);
	assert_int_equal(close(fd), 0);
	good = malloc(IMAGE_BYTES);
	assert_non_null(good);
	drop_cache();
	assert_int_equal(pread_full(fixture.fd, good, IMAGE_BYTES, 0), 0);
}

/* A mount that another process has copied with its namespace would outlive umount2. */
static int be_alone(void **state)
{
	(void)state;
	if (fixture_lacks())
		return 0;
	return unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static int teardown(void **state)
{
	manifest_free(manifest);
	free(good);
	manifest = NULL;
	good = NULL;
	return loop_box_teardown(state);
}

/* The difference that verify finds after the commands of debugfs, which ";" separates. */
static struct verify_result verify_after(struct sandbox *box, const char *commands)
{
	struct verify_spec spec = {.manifest = manifest};
	struct verify_result result;
	char node[PATH_MAX], dir[PATH_MAX], list[256], *rest = list;

	(void)sandbox_path(box, "node", node);
	(void)sandbox_path(box, "mnt", dir);
	assert_int_equal(pwrite_full(fixture.fd, good, IMAGE_BYTES, 0), 0);
	drop_cache();
	(void)snprintf(list, sizeof(list), "%s", commands);
	for (const char *command; (command = strsep(&rest, ";"));)
		if (*command)
			assert_int_equal(fixture_run((const char *const[]){
						 "debugfs", "-w", "-R", command, node, NULL}),
				0);
	drop_cache();
	assert_int_equal(mount_fs(node, dir, FS_EXT4, true), 0);
	spec.root_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (verify_tree(&spec, &result) < 0)
		fail_msg("%s: %s", commands, result.first);
	assert_int_equal(close(spec.root_fd), 0);
	assert_int_equal(umount2(dir, 0), 0);
	return result;
}

static void expect(struct sandbox *box, const char *commands, const char *first)
{
	struct verify_result result = verify_after(box, commands);

	if (strcmp(result.first, first) != 0 || result.mismatches != (*first != '\0'))
		fail_msg("%s: %d mismatches, first \"%s\", expected \"%s\"", commands,
			(int)result.mismatches, result.first, first);
}

static void finds_each_fault(void **state)
{
	static const struct {
		const char *commands, *first;
	} faults[] = {
		{"", ""},
		/* debugfs does not count links by itself */
		{"unlink two;ln one two", "two: is one file with another entry"},
		{"unlink null;ln pipe null", "null: the type differs"},
		{"unlink name;ln one name", "name: is not a hard link to its file"},
		{"sif one links_count 2", "one: the number of its hard links differs"},
		{"sif name links_count 1", "alias: the number of its hard links differs"},
		{"sif null links_count 2", "null: the number of its hard links differs"},
		{"sif link links_count 9", "link: the number of its hard links differs"},
		{"ln one lost+found/#12", "lost+found/#12: is not in the archive"},
		{"mkdir lost+found/d", "lost+found/d: is not in the archive"},
		{"rmdir lost+found;ln one lost+found", "lost+found: is not a directory"},
		{"rmdir lost+found", ""},
		{"sif lost+found flags 0x80010", "lost+found: inode flags are set"},
		{"sif link flags 0x40", "link: inode flags are set"},
		{"sif pipe flags 0x20", "pipe: inode flags are set"},
		{"sif null flags 0x50", "null: inode flags are set"},
		{"sif / flags 0x80020", "/: inode flags are set"},
		/* the kernel shows it of folders only */
		{"sif d flags 0x20080000", "d: inode flags are set"},
	};

	fixture_require_root();
	prepare(*state);
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
		expect(*state, faults[i].commands, faults[i].first);
}

/* All flags that chattr can set on an ext4 of this kind, and those of ext4's own. */
static void finds_each_inode_flag(void **state)
{
	static const struct {
		unsigned flag;
		bool wrong;
	} flags[] = {
		{FS_SECRM_FL, true},
		{FS_UNRM_FL, true},
		{FS_COMPR_FL, true},
		{FS_SYNC_FL, true},
		{FS_IMMUTABLE_FL, true},
		{FS_APPEND_FL, true},
		{FS_NODUMP_FL, true},
		{FS_NOATIME_FL, true},
		{FS_JOURNAL_DATA_FL, true},
		{FS_NOTAIL_FL, true},
		{FS_DIRSYNC_FL, true},
		{FS_TOPDIR_FL, true},
		{0, false},
		{FS_HUGE_FILE_FL, false},
	};
	static const char *const paths[] = {"one", "d/e"};
	char command[64], first[64];

	fixture_require_root();
	prepare(*state);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		for (size_t j = 0; j < ARRAY_SIZE(paths); j++) {
			STR_FORMAT(command, "sif %s flags 0x%x", paths[j],
				flags[i].flag | FS_EXTENT_FL);
			STR_FORMAT(first, "%s: inode flags are set", paths[j]);
			expect(*state, command, flags[i].wrong ? first : "");
		}
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, loop_box_setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(finds_each_fault),
		TEST(finds_each_inode_flag),
	};

	return cmocka_run_group_tests_name("verify_ext4", tests, be_alone, NULL);
}
