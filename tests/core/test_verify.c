/* SPDX-License-Identifier: MIT */
#include "core/manifest/verify.h"

#include "core/manifest/xattrs.h"
#include "device/base/util.h"
#include "tests/lib/manifest_fixture.h"
#include "tests/lib/sandbox.h"

#include <errno.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

/* One archive and the tree that tar extracts from it. Each test changes it; setup recreates it. */
struct fixture {
	struct sandbox *box;
	struct manifest *manifest;
	int tree;
};

static struct fixture fixture;

static int group_setup(void **state)
{
	struct diag diag;
	int fd, r;

	if (geteuid() != 0) {
		print_message("SKIPPED: owners and device nodes need root\n");
		return 0;
	}
	r = sandbox_archives(state);
	fixture.box = *state;
	if (r != 0)
		return -1;
	fixture.manifest = manifest_new();
	fd = openat(fixture.box->root, "pax.tar", O_RDONLY | O_CLOEXEC);
	r = manifest_read(fixture.manifest, fd, NULL, NULL, &diag);
	(void)close(fd);
	return r;
}

static int group_teardown(void **state)
{
	manifest_free(fixture.manifest);
	return fixture.box ? sandbox_teardown(state) : 0;
}

static int extract(void **state)
{
	char archive[PATH_MAX], dir[PATH_MAX];

	(void)state;
	if (!fixture.box)
		return 0;
	sandbox_path(fixture.box, "pax.tar", archive);
	sandbox_path(fixture.box, "out", dir);
	if (mkdirat(fixture.box->root, "out", 0700) < 0 ||
		sandbox_run((const char *const[]){"tar", "-x", "--xattrs", "--xattrs-include=*",
			"--numeric-owner", "-f", archive, "-C", dir, NULL}) != 0)
		return -1;
	fixture.tree = openat(fixture.box->root, "out", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fixture.tree < 0 ? -1 : 0;
}

static int discard(void **state)
{
	char dir[PATH_MAX];

	(void)state;
	if (!fixture.box)
		return 0;
	(void)close(fixture.tree);
	return nftw(sandbox_path(fixture.box, "out", dir), sandbox_remove, 16,
		FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static struct verify_result verify(const struct layout *layout)
{
	const struct verify_spec spec = {
		.root_fd = fixture.tree, .manifest = fixture.manifest, .layout = layout};
	struct verify_result result;
	int r;

	if (!fixture.box)
		skip();
	r = verify_tree(&spec, &result);
	if (r != 0)
		fail_msg("%d: %s", r, result.first);
	return result;
}

static void expect(const struct layout *layout, uint64_t mismatches, const char *first)
{
	struct verify_result result = verify(layout);

	if (result.mismatches != mismatches || strcmp(result.first, first) != 0)
		fail_msg("%d mismatches, first \"%s\", expected %d, \"%s\"", (int)result.mismatches,
			result.first, (int)mismatches, first);
	assert_int_equal(result.bytes, result.total_bytes);
}

static void accepts_what_tar_made(void **state)
{
	struct verify_result result = verify(NULL);

	(void)state;
	assert_string_equal(result.first, "");
	assert_int_equal(result.mismatches, 0);
	assert_int_equal(result.entries, manifest_totals(fixture.manifest)->entries);
	assert_int_equal(result.bytes, manifest_totals(fixture.manifest)->content_bytes);
	assert_int_equal(result.bytes, result.total_bytes);
}

/* ---- one change each ---- */

static struct timespec times[2];

/* Restores the times of a file and of its directory, so that only the change itself is found. */
static void restore_times(const char *path)
{
	char parent[PATH_MAX];

	(void)snprintf(parent, sizeof(parent), "%s", path);
	(void)utimensat(fixture.tree, path, times, AT_SYMLINK_NOFOLLOW);
	if (strrchr(parent, '/'))
		*strrchr(parent, '/') = '\0';
	else
		strcpy(parent, ".");
	assert_int_equal(utimensat(fixture.tree, parent, times, 0), 0);
}

static int flip(const char *path)
{
	int fd = openat(fixture.tree, path, O_RDWR | O_CLOEXEC);
	char byte = 0;

	assert_int_equal(pread(fd, &byte, 1, 0), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, 0), 1);
	return close(fd);
}

static int resize(const char *path, off_t by)
{
	int fd = openat(fixture.tree, path, O_RDWR | O_CLOEXEC);
	off_t size = lseek(fd, 0, SEEK_END);

	assert_int_equal(ftruncate(fd, size + by), 0);
	return close(fd);
}

static int grow(const char *path)
{
	return resize(path, 1);
}

static int shrink(const char *path)
{
	return resize(path, -1);
}

static int change_mode(const char *path)
{
	return fchmodat(fixture.tree, path, 0600, 0);
}

static int change_owner(const char *path)
{
	return fchownat(fixture.tree, path, 77, (gid_t)-1, AT_SYMLINK_NOFOLLOW);
}

static int change_group(const char *path)
{
	return fchownat(fixture.tree, path, (uid_t)-1, 77, AT_SYMLINK_NOFOLLOW);
}

static int remove_it(const char *path)
{
	return unlinkat(fixture.tree, path, 0);
}

static int make_dir(const char *path)
{
	return remove_it(path) < 0 ? -1 : mkdirat(fixture.tree, path, 0755);
}

static int make_link(const char *path)
{
	return remove_it(path) < 0 ? -1 : symlinkat("elsewhere", fixture.tree, path);
}

static int retarget(const char *path)
{
	if (make_link(path) < 0)
		return -1;
	return fchownat(fixture.tree, path, 12, 34, AT_SYMLINK_NOFOLLOW);
}

static int renumber(const char *path)
{
	if (remove_it(path) < 0)
		return -1;
	return mknodat(fixture.tree, path, S_IFCHR | 0644, makedev(1, 5));
}

static int copy_link(const char *path)
{
	static const char text[] = "hello\n";
	int fd;

	if (remove_it(path) < 0)
		return -1;
	fd = openat(fixture.tree, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_int_equal(write_full(fd, text, strlen(text)), 0);
	return close(fd);
}

static int create(const char *path)
{
	int fd = openat(fixture.tree, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	return fd < 0 ? -1 : close(fd);
}

static int create_tree(const char *path)
{
	char inside[PATH_MAX];

	(void)snprintf(inside, sizeof(inside), "%s/file", path);
	return mkdirat(fixture.tree, path, 0755) < 0 ? -1 : create(inside);
}

static int remove_xattrs(const char *path)
{
	int fd = openat(fixture.tree, path, O_RDONLY | O_CLOEXEC);

	(void)fremovexattr(fd, "user.note");
	(void)fremovexattr(fd, "security.capability");
	return close(fd);
}

static int add_xattr(const char *path)
{
	int fd = openat(fixture.tree, path, O_RDONLY | O_CLOEXEC);

	assert_int_equal(fsetxattr(fd, "user.extra", "1", 1, 0), 0);
	return close(fd);
}

static int gain_capability(const char *path)
{
	static const unsigned char cap[20] = {1, 0, 0, 2, 0, 32};
	int fd = openat(fixture.tree, path, O_RDONLY | O_CLOEXEC);

	assert_int_equal(fsetxattr(fd, "security.capability", cap, sizeof(cap), 0), 0);
	return close(fd);
}

static void finds_each_change(void **state)
{
	static const struct {
		const char *path, *what;
		int (*change)(const char *path);
	} cases[] = {
		{"bin/big", "the content differs", flip},
		{"bin/zeros", "the content differs", flip},
		{"var/sparse", "the content differs", flip},
		{"boot/kernel", "the content differs", flip},
		{"etc/nothing", "the size differs", grow},
		{"bin/tool", "the size differs", shrink},
		{"bin/tool", "the mode differs", change_mode},
		{"var/tmp", "the mode differs", change_mode},
		{"dev/fifo", "the mode differs", change_mode},
		{".", "the mode differs", change_mode},
		{"etc/nothing", "the owner differs", change_owner},
		{"etc/nothing", "the owner differs", change_group},
		{"bin/absolute", "the owner differs", change_owner},
		{"etc/nothing", "is missing", remove_it},
		{"dev/null", "is missing", remove_it},
		{"etc/nothing", "the type differs", make_dir},
		{"etc/nothing", "the type differs", make_link},
		{"bin/absolute", "the link target differs", retarget},
		{"dev/null", "the device number differs", renumber},
		{"etc/extra", "is not in the archive", create},
		{"empty/extra", "is not in the archive", create},
		{"extra", "is not in the archive", create_tree},
		{"etc/hello", "the extended attributes differ", remove_xattrs},
		{"bin/big", "the extended attributes differ", remove_xattrs},
		{"etc/nothing", "the extended attributes differ", add_xattr},
		{"etc/deep", "the extended attributes differ", add_xattr},
		{"bin/tool", "the extended attributes differ", gain_capability},
	};
	char first[160];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct stat st;

		if (!fixture.box)
			skip();
		assert_int_equal(fstat(fixture.tree, &st), 0);
		times[0] = times[1] = st.st_mtim;
		assert_int_equal(cases[i].change(cases[i].path), 0);
		restore_times(cases[i].path);
		STR_FORMAT(first, "%s: %s", strcmp(cases[i].path, ".") ? cases[i].path : "/",
			cases[i].what);
		expect(NULL, 1, first);
		assert_int_equal(discard(state), 0);
		assert_int_equal(extract(state), 0);
	}
}

/* The file that has lost a name is the first that differs. */
static void finds_lost_links(void **state)
{
	(void)state;
	if (!fixture.box)
		skip();
	times[0] = times[1] = (struct timespec){.tv_sec = 1714979289, .tv_nsec = 123456789};
	assert_int_equal(copy_link("etc/zz-same"), 0);
	restore_times("etc/zz-same");
	expect(NULL, 2, "etc/hello: the number of its hard links differs");
	assert_int_equal(remove_it("bin/zz-same-link"), 0);
	restore_times("bin/zz-same-link");
	expect(NULL, 4, "bin/relative: the number of its hard links differs");
}

static void finds_further_links(void **state)
{
	(void)state;
	if (!fixture.box)
		skip();
	times[0] = times[1] = (struct timespec){.tv_sec = 1714979289, .tv_nsec = 123456789};
	/* outside of what is mounted on a board, for instance */
	assert_int_equal(linkat(fixture.tree, "dev/fifo", fixture.box->root, "link", 0), 0);
	expect(NULL, 1, "dev/fifo: the number of its hard links differs");
	assert_int_equal(unlinkat(fixture.box->root, "link", 0), 0);
	expect(NULL, 0, "");
}

static void compares_times(void **state)
{
	struct timespec changed[2] = {{.tv_sec = 1714979289, .tv_nsec = 123456789}};

	(void)state;
	if (!fixture.box)
		skip();
	changed[1] = changed[0];
	changed[1].tv_nsec++;
	assert_int_equal(utimensat(fixture.tree, "etc/nothing", changed, 0), 0);
	expect(NULL, 1, "etc/nothing: the modification time differs");
	changed[1].tv_nsec = 0;
	assert_int_equal(utimensat(fixture.tree, "etc/nothing", changed, 0), 0);
	expect(NULL, 1, "etc/nothing: the modification time differs");
	changed[1].tv_sec++;
	assert_int_equal(utimensat(fixture.tree, "etc/nothing", changed, 0), 0);
	expect(NULL, 1, "etc/nothing: the modification time differs");
	changed[1] = changed[0];
	assert_int_equal(utimensat(fixture.tree, "etc/nothing", changed, 0), 0);
	changed[1].tv_sec++;
	assert_int_equal(utimensat(fixture.tree, "bin/absolute", changed, AT_SYMLINK_NOFOLLOW), 0);
	expect(NULL, 1, "bin/absolute: the modification time differs");
}

/* A hole may become zeros on the medium, and zeros a hole; data in its place is found. */
static void holes_and_zeros_are_equal(void **state)
{
	struct stat st;
	int fd;

	(void)state;
	if (!fixture.box)
		skip();
	fd = openat(fixture.tree, "var/sparse", O_RDWR | O_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	for (off_t at = 0; at < 400000; at += 4096)
		assert_int_equal(pwrite(fd, (char[4096]){0}, 4096, at), 4096);
	(void)close(fd);
	fd = openat(fixture.tree, "bin/zeros", O_RDWR | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(ftruncate(fd, 70000), 0);
	(void)close(fd);
	times[0] = times[1] = st.st_mtim;
	restore_times("var/sparse");
	restore_times("bin/zeros");
	expect(NULL, 0, "");
	fd = openat(fixture.tree, "bin/zeros", O_RDWR | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "x", 1, 69999), 1);
	(void)close(fd);
	restore_times("bin/zeros");
	expect(NULL, 1, "bin/zeros: the content differs");
}

/* A hole of a terabyte costs no time on either side. */
static void large_holes_cost_nothing(void **state)
{
	static const char map[] = "1\n1099511627775\n1\n";
	char records[BLOCK] = "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n"
			      "37 GNU.sparse.realsize=1099511627776\n";
	char content[BLOCK + 2];
	const struct member members[] = {
		{"PaxHeaders/f", 'x', NULL, records}, {"f", '0', NULL, content}};
	uint64_t before = now_ms();
	struct verify_result result;
	struct verify_spec spec = {.layout = NULL};
	struct sandbox *box = fixture.box;
	struct timespec written[2] = {{0}};
	struct manifest *manifest;
	int fd;

	(void)state;
	if (!box)
		skip();
	memset(content, '\n', sizeof(content));
	memcpy(content, map, sizeof(map) - 1);
	content[BLOCK] = 'x';
	content[BLOCK + 1] = '\0';
	manifest = read_good(craft(members, 2, 1024));
	assert_int_equal(lookup(manifest, "f").size, UINT64_C(1) << 40);
	assert_int_equal(lookup(manifest, "f").block_bytes, 4096);
	assert_int_equal(manifest_totals(manifest)->block_bytes, 4096);
	assert_int_equal(mkdirat(box->root, "hole", 0755), 0);
	spec.root_fd = openat(box->root, "hole", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	spec.manifest = manifest;
	fd = openat(spec.root_fd, "f", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (pwrite(fd, "x", 1, (INT64_C(1) << 40) - 1) == 1) {
		assert_int_equal(fchmod(fd, 0644), 0);
		written[0].tv_sec = written[1].tv_sec = lookup(manifest, "f").mtime_s;
		assert_int_equal(futimens(fd, written), 0);
		assert_int_equal(verify_tree(&spec, &result), 0);
		assert_string_equal(result.first, "");
		assert_int_equal(result.bytes, UINT64_C(1) << 40);
		assert_true(now_ms() - before < 5000);
	}
	(void)close(fd);
	(void)unlinkat(spec.root_fd, "f", 0);
	(void)close(spec.root_fd);
	manifest_free(manifest);
}

static int drop_fraction(void *arg, const struct manifest_entry *entry)
{
	const struct timespec whole[2] = {{.tv_sec = entry->mtime_s}, {.tv_sec = entry->mtime_s}};

	(void)arg;
	return utimensat(
		fixture.tree, entry->path[0] ? entry->path : ".", whole, AT_SYMLINK_NOFOLLOW);
}

/* Inodes of 128 bytes have no fractions. */
static void old_inodes_store_whole_seconds(void **state)
{
	static const struct layout old = {.count = 1,
		.partitions = {{.fs = FS_EXT4, .mount = "/", .mkfs_options = "-I 128"}}};

	(void)state;
	if (!fixture.box)
		skip();
	assert_int_equal(manifest_each(fixture.manifest, drop_fraction, NULL), 0);
	expect(&old, 0, "");
	assert_true(verify(NULL).mismatches > 10);
}

/* A directory replaced by a link to an equal one must be found. */
static void follows_no_symlink(void **state)
{
	char etc[PATH_MAX], moved[PATH_MAX], out[PATH_MAX];

	(void)state;
	if (!fixture.box)
		skip();
	(void)snprintf(etc, sizeof(etc), "%s/out/etc", fixture.box->dir);
	(void)snprintf(moved, sizeof(moved), "%s/moved", fixture.box->dir);
	assert_int_equal(rename(etc, moved), 0);
	assert_int_equal(symlink(moved, etc), 0);
	(void)sandbox_path(fixture.box, "out", out);
	/* the directory itself, its entries, and the time of the root */
	assert_true(verify(NULL).mismatches >= 9);
	(void)nftw(moved, sandbox_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static void counts_every_difference(void **state)
{
	(void)state;
	if (!fixture.box)
		skip();
	assert_int_equal(flip("bin/big"), 0);
	assert_int_equal(change_mode("boot/kernel"), 0);
	assert_int_equal(create("bin/new\033"), 0);
	assert_int_equal(verify(NULL).mismatches, 4); /* and the directory's time */
}

/* ---- filesystems ---- */

static const struct layout boot_layout = {
	.count = 2,
	.partitions = {{.fs = FS_VFAT, .mount = "/boot"}, {.fs = FS_EXT4, .mount = "/"}},
};

static void compares_no_metadata_on_vfat(void **state)
{
	(void)state;
	if (!fixture.box)
		skip();
	assert_int_equal(fchmodat(fixture.tree, "boot", 0755, 0), 0);
	assert_int_equal(change_mode("boot/kernel"), 0);
	assert_int_equal(change_owner("boot/kernel"), 0);
	times[0] = times[1] = (struct timespec){.tv_sec = 1000};
	assert_int_equal(utimensat(fixture.tree, "boot/kernel", times, 0), 0);
	assert_int_equal(utimensat(fixture.tree, "boot", times, 0), 0);
	expect(NULL, 2, "boot: the modification time differs");
	expect(&boot_layout, 0, "");
	assert_int_equal(flip("boot/kernel"), 0);
	expect(&boot_layout, 1, "boot/kernel: the content differs");
}

static void expects_the_mount_points(void **state)
{
	static const struct layout deep = {
		.count = 2,
		.partitions = {{.fs = FS_EXT4, .mount = "/"},
			{.fs = FS_EXT4, .mount = "/data/own"}},
	};
	struct stat st;

	(void)state;
	if (!fixture.box)
		skip();
	assert_int_equal(fstat(fixture.tree, &st), 0);
	assert_int_equal(mkdirat(fixture.tree, "lost+found", 0700), 0);
	assert_int_equal(mkdirat(fixture.tree, "data", 0755), 0);
	assert_int_equal(mkdirat(fixture.tree, "data/own", 0755), 0);
	assert_int_equal(mkdirat(fixture.tree, "data/own/lost+found", 0755), 0);
	times[0] = times[1] = st.st_mtim;
	assert_int_equal(utimensat(fixture.tree, ".", times, 0), 0);
	expect(&deep, 0, "");
	expect(NULL, 1, "data: is not in the archive");
	/* the archive has no entry there, but on_found searches these folders too */
	assert_int_equal(create("data/extra"), 0);
	expect(&deep, 1, "data/extra: is not in the archive");
	assert_int_equal(create("data/own/extra"), 0);
	expect(&deep, 2, verify(&deep).first);
	assert_int_equal(create("data/own/lost+found/extra"), 0);
	assert_int_equal(create("lost+found/extra"), 0);
	expect(&deep, 4, verify(&deep).first);
	expect(NULL, 2, verify(NULL).first); /* data, lost+found/extra */
	assert_int_equal(unlinkat(fixture.tree, "data/own/lost+found/extra", 0), 0);
	assert_int_equal(unlinkat(fixture.tree, "data/own/extra", 0), 0);
	assert_int_equal(unlinkat(fixture.tree, "data/extra", 0), 0);
	expect(&deep, 1, "lost+found/extra: is not in the archive");
	assert_int_equal(unlinkat(fixture.tree, "lost+found/extra", 0), 0);
	assert_int_equal(unlinkat(fixture.tree, "lost+found", AT_REMOVEDIR), 0);
	assert_int_equal(create("lost+found"), 0);
	assert_int_equal(utimensat(fixture.tree, ".", times, 0), 0);
	expect(&deep, 1, "lost+found: is not a directory");
	assert_int_equal(unlinkat(fixture.tree, "lost+found", 0), 0);
	assert_int_equal(utimensat(fixture.tree, ".", times, 0), 0);
	assert_int_equal(mkdirat(fixture.tree, "empty/lost+found", 0700), 0);
	assert_int_equal(utimensat(fixture.tree, "empty", times, 0), 0);
	expect(&deep, 1, "empty/lost+found: is not in the archive");
}

static int refuse(void *arg, const struct verify_result *so_far)
{
	(void)so_far;
	++*(int *)arg;
	return 1;
}

static void stops_on_request(void **state)
{
	int calls = 0;
	const struct verify_spec spec = {.root_fd = fixture.tree,
		.manifest = fixture.manifest,
		.progress = refuse,
		.arg = &calls};
	struct verify_result result;

	(void)state;
	if (!fixture.box)
		skip();
	assert_int_equal(verify_tree(&spec, &result), -ECANCELED);
	assert_int_equal(calls, 1);
}

#define tree_test(function) cmocka_unit_test_setup_teardown(function, extract, discard)

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(accepts_what_tar_made),
		tree_test(finds_each_change),
		tree_test(finds_lost_links),
		tree_test(finds_further_links),
		tree_test(compares_times),
		tree_test(holes_and_zeros_are_equal),
		tree_test(large_holes_cost_nothing),
		tree_test(old_inodes_store_whole_seconds),
		tree_test(follows_no_symlink),
		tree_test(counts_every_difference),
		tree_test(compares_no_metadata_on_vfat),
		tree_test(expects_the_mount_points),
		tree_test(stops_on_request),
	};

	return cmocka_run_group_tests_name("verify", tests, group_setup, group_teardown);
}
