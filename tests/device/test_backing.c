/* SPDX-License-Identifier: MIT */
#include "device/usage/backing.h"

#include "tests/lib/loop_box.h"

#include <sys/sysmacros.h>

/* Compares the disks ("sda sdb") and the flag unresolved. */
static void expect(const struct backing *backing, const char *disks, bool unresolved)
{
	char all[2048] = "";

	for (size_t i = 0; i < backing->count; i++)
		(void)str_format(all + strlen(all), sizeof(all) - strlen(all), "%s%s",
			i > 0 ? " " : "", backing->disks[i]);
	assert_string_equal(all, disks);
	assert_int_equal(backing->unresolved, unresolved);
}

static struct mountinfo load_mounts(const struct sandbox *box, const char *text)
{
	struct mountinfo mounts;

	sandbox_file(box, "proc/self/mountinfo", text);
	assert_int_equal(mountinfo_load(box->root, "proc/self/mountinfo", &mounts), 0);
	return mounts;
}

/* Resolves the first mount of the table @text. */
static void expect_mount(
	const struct sandbox *box, const char *text, const char *disks, bool unresolved)
{
	struct mountinfo mounts = load_mounts(box, text);
	struct backing backing = {.root = box->root, .mounts = &mounts};

	assert_true(mounts.count > 0);
	backing_add_mount(&backing, &mounts.entries[0]);
	expect(&backing, disks, unresolved);
	mountinfo_finish(&mounts);
}

/* The disks of every sandbox, and sdc. */
static void add_disks(const struct sandbox *box)
{
	sandbox_disks(box);
	sandbox_block(box, NULL, "sdc", "8:32\n", "1000\n");
}

static void a_number_gives_its_disk_once(void **state)
{
	const struct sandbox *box = *state;
	const struct mountinfo none = {0};
	struct backing backing = {.root = box->root, .mounts = &none};

	add_disks(box);
	backing_add_number(&backing, 8, 2);
	expect(&backing, "sda", false);
	backing_add_number(&backing, 8, 16);
	backing_add_number(&backing, 8, 1);
	backing_add_number(&backing, 8, 0);
	expect(&backing, "sda sdb", false);
	/* Earlier results remain, including unresolved. */
	backing_add_number(&backing, 8, 99);
	expect(&backing, "sda sdb", true);
	backing_add_number(&backing, 8, 32);
	expect(&backing, "sda sdb sdc", true);
	backing = (struct backing){.root = box->root, .mounts = &none};
	backing_add_number(&backing, 0, 30);
	expect(&backing, "", true);
}

static void a_path_gives_the_disk_below_its_mount(void **state)
{
	const struct sandbox *box = *state;
	struct mountinfo mounts = load_mounts(box, "1 1 8:1 / /srv rw - ext4 /dev/sda1 rw\n"
						   "2 1 8:16 / /srv/data rw - ext4 /dev/sdb rw\n"
						   "3 1 0:9 / /run rw - tmpfs tmpfs rw\n");
	struct backing backing = {.root = box->root, .mounts = &mounts};

	add_disks(box);
	backing_add_path(&backing, "/srv/data/image");
	expect(&backing, "sdb", false);
	backing_add_path(&backing, "/srv/database");
	expect(&backing, "sdb sda", false);
	backing_add_path(&backing, "/run/image");
	expect(&backing, "sdb sda", false);
	backing_add_path(&backing, "/elsewhere");
	expect(&backing, "sdb sda", true);
	mountinfo_finish(&mounts);
}

static void filesystems_without_disk_are_resolved(void **state)
{
	static const char *const types[] = {"rootfs", "tmpfs", "ramfs", "devtmpfs", "autofs", "nfs",
		"nfs4", "cifs", "9p", "virtiofs", "ubifs"};
	const struct sandbox *box = *state;
	char text[128];

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		assert_true(STR_FORMAT(text, "1 1 0:9 / / rw - %s thing rw\n", types[i]));
		expect_mount(box, text, "", false);
	}
}

/* A device number takes precedence over the source, which may be wrong; without one, the source
 * counts. */
static void unknown_filesystems_resolve_by_source(void **state)
{
	static const struct {
		const char *text, *disks;
		bool unresolved;
	} cases[] = {
		{"1 1 8:1 / / rw - ext4 /dev/sdb rw\n", "sda", false},
		{"1 1 8:1 / / rw - tmpfs tmpfs rw\n", "sda", false},
		{"1 1 8:99 / / rw - ext4 /dev/sdb rw\n", "", true},
		{"1 1 0:9 / / rw - zfs rpool/root rw\n", "", true},
		{"1 1 0:9 / / rw - newfs /dev/sdb rw\n", "sdb", false},
		{"1 1 0:9 / / rw - newfs /dev/sdb:/dev/sda2:/dev/sdb rw\n", "sdb sda", false},
		{"1 1 0:9 / / rw - newfs /dev/sdb:/dev/gone:/dev/sda2 rw\n", "sdb sda", true},
		{"1 1 0:9 / / rw - newfs /dev/root rw\n", "", true},
	};

	add_disks(*state);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		expect_mount(*state, cases[i].text, cases[i].disks, cases[i].unresolved);
}

static void a_source_that_is_cut_is_unresolved(void **state)
{
	const struct sandbox *box = *state;
	char source[PATH_MAX + 64] = "/dev/sda1";
	const struct mountinfo_entry mount = {
		.point = "/", .fs_type = "newfs", .source = source, .options = "rw"};
	const struct mountinfo none = {0};
	struct backing backing = {.root = box->root, .mounts = &none};

	add_disks(box);
	/* The last node is cut by the buffer, but is a device, too. */
	while (strlen(source) + strlen(":/dev/sda") < PATH_MAX - 1)
		assert_true(str_format(
			source + strlen(source), sizeof(source) - strlen(source), ":/dev/sdb"));
	assert_int_equal(strlen(source), PATH_MAX - 1 - strlen(":/dev/sda"));
	assert_true(
		str_format(source + strlen(source), sizeof(source) - strlen(source), ":/dev/sda2"));
	backing_add_mount(&backing, &mount);
	assert_true(backing.unresolved);
}

/* mountinfo names one member; sysfs has the others. */
static void all_members_of_a_filesystem_are_found(void **state)
{
	const struct sandbox *box = *state;

	add_disks(box);
	sandbox_file(box, "sys/fs/btrfs/features/none", "");
	sandbox_file(box, "sys/fs/btrfs/1111/devices/sdc/dev", "8:32\n");
	sandbox_file(box, "sys/fs/btrfs/2222/devices/sda2/dev", "8:2\n");
	sandbox_file(box, "sys/fs/btrfs/2222/devices/sdb/dev", "8:16\n");
	expect_mount(box, "1 1 0:9 / / rw - btrfs /dev/sda2 rw\n", "sda sdb", false);
	expect_mount(box, "1 1 0:9 / / rw - btrfs /dev/sdb rw\n", "sdb sda", false);
	expect_mount(box, "1 1 0:9 / / rw - btrfs /dev/sdc rw\n", "sdc", false);

	sandbox_file(box, "sys/fs/bcachefs/3333/dev-0/block/dev", "8:1\n");
	sandbox_file(box, "sys/fs/bcachefs/3333/dev-1/block/dev", "8:32\n");
	sandbox_file(box, "sys/fs/bcachefs/3333/options/block/dev", "8:16\n");
	expect_mount(box, "1 1 0:9 / / rw - bcachefs /dev/sdc rw\n", "sdc sda", false);
	expect_mount(box, "1 1 0:9 / / rw - bcachefs /dev/sdc:/dev/sda1 rw\n", "sdc sda", false);
	/* A member without a device: it is missing. */
	sandbox_file(box, "sys/fs/bcachefs/3333/dev-2/label", "");
	expect_mount(box, "1 1 0:9 / / rw - bcachefs /dev/sdc rw\n", "sdc sda", true);
}

static void all_layers_of_an_overlay_are_resolved(void **state)
{
	static const char mounts[] = "2 1 8:1 / /a rw - ext4 /dev/sda1 rw\n"
				     "3 1 8:16 / /b:c rw - ext4 /dev/sdb rw\n"
				     "4 1 8:32 / /d,e rw - ext4 /dev/sdc rw\n"
				     "5 1 0:8 / /run rw - tmpfs tmpfs rw\n";
	static const struct {
		const char *options, *disks;
		bool unresolved;
	} cases[] = {
		{"rw,lowerdir=/a/1:/run/1", "sda", false},
		{"rw,lowerdir=/run/1,upperdir=/a/up,workdir=/a/work", "sda", false},
		{"rw,lowerdir=/b\\134:c/1", "sdb", false},
		{"rw,lowerdir+=/a/1,lowerdir+=/run/1,datadir+=/d\\054e/1", "sda sdc", false},
		{"rw,lowerdir=/run/1::/a/data", "sda", false},
		{"rw,lowerdir=/run/1", "", false},
		/* Options that only resemble a layer. */
		{"rw,xlowerdir=/a,workdir=/a", "", true},
		{"rw", "", true},
		{"rw,lowerdir=/a/1:nowhere", "sda", true},
		{"rw,lowerdir=/elsewhere:/a/1", "sda", true},
	};
	const struct sandbox *box = *state;
	char text[1024];

	add_disks(box);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_true(STR_FORMAT(
			text, "1 1 0:9 / /over rw - overlay o %s\n%s", cases[i].options, mounts));
		expect_mount(box, text, cases[i].disks, cases[i].unresolved);
	}
	/* A cycle: the upper layer is on the overlay itself. */
	expect_mount(box,
		"1 1 0:9 / / rw - overlay o rw,lowerdir=/l,upperdir=/a\n"
		"2 1 8:1 / /a rw - ext4 /dev/sda1 rw\n",
		"sda", true);
}

static void a_mount_is_resolved_once(void **state)
{
	const struct sandbox *box = *state;
	struct mountinfo mounts = load_mounts(box, "1 1 0:9 / / rw - newfs /dev/sda rw\n");
	struct backing backing = {.root = box->root, .mounts = &mounts};

	add_disks(box);
	backing_add_mount(&backing, &mounts.entries[0]);
	backing_add_mount(&backing, &mounts.entries[0]);
	expect(&backing, "sda", false);
	assert_int_equal(backing.seen_count, 1);
	mountinfo_finish(&mounts);
}

static void too_many_disks_or_mounts_are_unresolved(void **state)
{
	struct mountinfo_entry many[BACKING_MOUNTS_MAX + 1];
	const struct sandbox *box = *state;
	const struct mountinfo none = {0};
	struct backing backing = {.root = box->root, .mounts = &none};
	char name[32], number[32];

	for (unsigned i = 0; i <= BACKING_MOUNTS_MAX; i++)
		many[i] = (struct mountinfo_entry){
			.point = "/", .fs_type = "tmpfs", .source = "", .options = ""};
	for (unsigned i = 0; i < BACKING_MOUNTS_MAX; i++)
		backing_add_mount(&backing, &many[i]);
	expect(&backing, "", false);
	/* A mount that is already known needs no room. */
	backing_add_mount(&backing, &many[0]);
	expect(&backing, "", false);
	backing_add_mount(&backing, &many[BACKING_MOUNTS_MAX]);
	expect(&backing, "", true);

	backing = (struct backing){.root = box->root, .mounts = &none};
	for (unsigned i = 0; i <= WHOLEDISK_MAX; i++) {
		assert_true(STR_FORMAT(name, "vd%u", i));
		assert_true(STR_FORMAT(number, "254:%u\n", i));
		sandbox_block(box, NULL, name, number, "1000\n");
		assert_false(backing.unresolved);
		backing_add_number(&backing, 254, i);
	}
	assert_int_equal(backing.count, WHOLEDISK_MAX);
	assert_true(backing.unresolved);
}

static void files_of_loops_are_resolved_on_request(void **state)
{
	static const struct {
		const char *backing;
		bool through_files;
		const char *disks;
		bool unresolved;
	} cases[] = {
		{"/srv/image\n", false, "loop0", false},
		{"/srv/image\n", true, "loop0 sda", false},
		{"/srv/image (deleted)\n", true, "loop0 sda", false},
		{"/run/image\n", true, "loop0", false},
		{"/elsewhere\n", false, "loop0", false},
		{"/elsewhere\n", true, "loop0", true},
		/* On a block device: the flag makes no difference. */
		{"/dev/sdb\n", false, "loop0 sdb", false},
		{"/dev/sdb\n", true, "loop0 sdb", false},
	};
	const struct sandbox *box = *state;
	struct mountinfo mounts = load_mounts(box, "1 1 8:1 / /srv rw - ext4 /dev/sda1 rw\n"
						   "2 1 0:9 / /run rw - tmpfs tmpfs rw\n"
						   "3 1 7:0 / /sub rw - ext4 /dev/loop0 rw\n");

	add_disks(box);
	sandbox_block(box, NULL, "loop0", "7:0\n", "100\n");
	sandbox_block(box, NULL, "loop1", "7:1\n", "100\n");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct backing backing = {.root = box->root,
			.mounts = &mounts,
			.through_files = cases[i].through_files};

		sandbox_file(box, "sys/block/loop0/loop/backing_file", cases[i].backing);
		backing_add_number(&backing, 7, 0);
		expect(&backing, cases[i].disks, cases[i].unresolved);
	}
	/* A loop device on the other one; then each in a file of the other: the cycle ends. */
	for (size_t i = 0; i < 2; i++) {
		struct backing backing = {
			.root = box->root, .mounts = &mounts, .through_files = true};

		sandbox_file(box, "sys/block/loop0/loop/backing_file",
			i == 0 ? "/srv/image\n" : "/sub/image\n");
		sandbox_file(box, "sys/block/loop1/loop/backing_file", "/sub/image\n");
		backing_add_number(&backing, 7, 1);
		expect(&backing, i == 0 ? "loop1 loop0 sda" : "loop1 loop0", false);
	}
	mountinfo_finish(&mounts);
}

/* ---- a real loop device on a file of another one ---- */

/* By the kernel's number for the file, although no table has its mount. */
static void a_real_file_is_resolved_without_its_path(void **state)
{
	const struct sandbox *box = *state;
	const struct mountinfo none = {0};
	struct backing backing = {.mounts = &none, .through_files = true};
	char expected[96];
	struct stat st;

	fixture_require_root();
	loop_box_stack(box);
	assert_int_equal(fstat(upper.fd, &st), 0);

	backing.root = fixture.root;
	backing_add_number(&backing, major(st.st_rdev), minor(st.st_rdev));
	assert_true(backing.count >= 2);
	assert_true(STR_FORMAT(expected, "%s %s", upper.name, fixture.name));
	/* The disk below the lower one's own file depends on the machine. */
	backing.count = 2;
	expect(&backing, expected, backing.unresolved);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sandbox_test(a_number_gives_its_disk_once),
		sandbox_test(a_path_gives_the_disk_below_its_mount),
		sandbox_test(filesystems_without_disk_are_resolved),
		sandbox_test(unknown_filesystems_resolve_by_source),
		sandbox_test(a_source_that_is_cut_is_unresolved),
		sandbox_test(all_members_of_a_filesystem_are_found),
		sandbox_test(all_layers_of_an_overlay_are_resolved),
		sandbox_test(a_mount_is_resolved_once),
		sandbox_test(too_many_disks_or_mounts_are_unresolved),
		sandbox_test(files_of_loops_are_resolved_on_request),
		loop_box_test(a_real_file_is_resolved_without_its_path),
	};

	return cmocka_run_group_tests_name("backing", tests, NULL, NULL);
}
