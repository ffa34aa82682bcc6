/* SPDX-License-Identifier: MIT */
#include "tests/lib/sandbox.h"

#include "device/base/util.h"
#include "ui/screens/browse.h"

#include <errno.h>

static void put_bytes(
	const struct sandbox *box, const char *name, size_t offset, const char *bytes, size_t size)
{
	int fd = openat(box->root, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(pwrite_full(fd, bytes, size, offset), 0);
	assert_int_equal(ftruncate(fd, 1024), 0);
	close(fd);
}

static void order_and_kinds(void **state)
{
	static const struct {
		enum browse_kind kind;
		const char *name;
	} want[] = {
		{BROWSE_UP, "../"},
		{BROWSE_FOLDER, "a-folder"},
		{BROWSE_FOLDER, "b"},
		{BROWSE_ARCHIVE, "image"},
		{BROWSE_ARCHIVE, "old.tar"},
		{BROWSE_ARCHIVE, "root2.tgz"},
		{BROWSE_ARCHIVE, "root10.tgz"},
		{BROWSE_ARCHIVE, "squeezed"},
		{BROWSE_OTHER, "empty"},
		{BROWSE_OTHER, "notes.txt"},
	};
	struct sandbox *box = *state;
	struct browse browse = {0};

	sandbox_dir(box, "a-folder");
	sandbox_file(box, "b/inside.tar", "");
	sandbox_file(box, "root10.tgz", "x");
	sandbox_file(box, "root2.tgz", "x");
	sandbox_file(box, "old.tar", "x");
	sandbox_file(box, "notes.txt", "tar");
	sandbox_file(box, "empty", "");
	sandbox_file(box, ".hidden.tar", "x");
	put_bytes(box, "image", 257, "ustar", 5);
	put_bytes(box, "squeezed", 0, "\x28\xb5\x2f\xfd", 4);
	assert_int_equal(mkfifoat(box->root, "pipe.tar", 0644), 0);
	sandbox_link(box, "dangling.tar", "/nonexistent");

	assert_int_equal(browse_open(&browse, -1, box->dir, NULL), 0);
	assert_int_equal(browse.count, ARRAY_SIZE(want));
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		assert_string_equal(browse.entries[i].name, want[i].name);
		assert_int_equal(browse.entries[i].kind, want[i].kind);
	}
	assert_int_equal(browse.cursor, 3); /* the first archive */

	browse.hidden = true;
	assert_int_equal(browse_open(&browse, -1, box->dir, "b"), 0);
	assert_int_equal(browse.count, ARRAY_SIZE(want) + 1);
	assert_string_equal(browse.entries[browse.cursor].name, "b");

	/* A folder that cannot be opened leaves the listing unchanged. */
	assert_int_equal(browse_open(&browse, -1, "/nonexistent", NULL), -ENOENT);
	assert_int_equal(browse_open(&browse, -1, browse.entries[4].path, NULL), -ENOTDIR);
	assert_int_equal(browse.count, ARRAY_SIZE(want) + 1);
	assert_string_equal(browse.dir, box->dir);
	browse_finish(&browse);
}

/* For a blob: archives are files like others, and files are sorted together. */
static void any_file(void **state)
{
	static const struct {
		enum browse_kind kind;
		const char *name;
	} want[] = {
		{BROWSE_UP, "../"},
		{BROWSE_FOLDER, "b"},
		{BROWSE_FILE, "flash.bin"},
		{BROWSE_FILE, "root.tar"},
		{BROWSE_FILE, "u-boot"},
	};
	struct sandbox *box = *state;
	struct browse browse = {.any_file = true};

	sandbox_file(box, "b/inside", "");
	sandbox_file(box, "u-boot", "x");
	sandbox_file(box, "root.tar", "x");
	sandbox_file(box, "flash.bin", "");
	assert_int_equal(mkfifoat(box->root, "pipe", 0644), 0);
	assert_int_equal(browse_open(&browse, -1, box->dir, NULL), 0);
	assert_int_equal(browse.count, ARRAY_SIZE(want));
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		assert_string_equal(browse.entries[i].name, want[i].name);
		assert_int_equal(browse.entries[i].kind, want[i].kind);
	}
	assert_int_equal(browse.cursor, 2);
	browse_finish(&browse);
}

/* A v7 tar has no magic; only the checksum of its header identifies it. */
static void archives_without_a_suffix(void **state)
{
	struct sandbox *box = *state;
	struct browse browse = {0};
	char path[PATH_MAX];
	const char *const argv[] = {"tar", "--format=v7", "-C", box->dir, "-cf",
		sandbox_path(box, "rootfs", path), "notes", NULL};

	sandbox_file(box, "notes", "what the board needs\n");
	put_bytes(box, "noise", 0, "\xff\xfe 0000 \x80", 9);
	put_bytes(box, "one-byte", 0, "\x1f", 1);
	assert_int_equal(sandbox_run(argv), 0);
	assert_int_equal(browse_open(&browse, -1, box->dir, NULL), 0);
	assert_int_equal(browse.count, 5);
	assert_string_equal(browse.entries[1].name, "rootfs");
	assert_int_equal(browse.entries[1].kind, BROWSE_ARCHIVE);
	for (size_t i = 2; i < browse.count; i++)
		assert_int_equal(browse.entries[i].kind, BROWSE_OTHER);
	browse_finish(&browse);
}

static void media_first(void **state)
{
	struct sandbox *box = *state;
	struct browse browse = {0};

	/* A stick mounted twice, once on a name with a blank, and the system disk. */
	sandbox_block(box, NULL, "sda", "8:0\n", "1000\n");
	sandbox_block(box, "sda", "sda1", "8:1\n", "900\n");
	sandbox_file(box, "sys/devices/bus/block/sda/removable", "1\n");
	sandbox_block(box, NULL, "vda", "254:0\n", "1000\n");
	sandbox_file(box, "proc/self/mountinfo",
		"21 1 254:0 / / rw - ext4 /dev/vda rw\n"
		"22 21 8:1 / /media/my\\040stick rw - vfat /dev/sda1 rw\n"
		"23 21 8:1 / /media/my\\040stick rw - vfat /dev/sda1 rw\n"
		"24 21 254:0 /x /srv rw - ext4 /dev/vda rw\n"
		"25 21 0:30 / /run rw - tmpfs tmpfs rw\n");
	assert_int_equal(browse_open(&browse, box->root, box->dir, NULL), 0);
	assert_int_equal(browse.entries[0].kind, BROWSE_MEDIUM);
	assert_string_equal(browse.entries[0].path, "/media/my stick");
	assert_int_equal(strncmp(browse.entries[0].note, "sda, ", 5), 0);
	assert_int_equal(browse.entries[1].kind, BROWSE_UP);
	browse_finish(&browse);
}

static void names(void **state)
{
	(void)state;
	assert_true(browse_is_archive_name("rootfs.tar.zst"));
	assert_true(browse_is_archive_name("ROOTFS.TGZ"));
	assert_false(browse_is_archive_name(".tar"));
	assert_false(browse_is_archive_name("tar"));
	assert_false(browse_is_archive_name("rootfs.tar.zst.sha256"));
	assert_false(browse_is_archive_name("kernel.gz"));
}

static void resolves(void **state)
{
	static const struct {
		const char *dir, *text, *want;
	} cases[] = {
		{"/a/b", "c", "/a/b/c"},
		{"/a/b", "../c/./d//", "/a/c/d"},
		{"/a/b", "/x/../y", "/y"},
		{"/", "..", "/"},
		{"/a", "..", "/"},
		{"/a/b", "../../../..", "/"},
		{"/", "x", "/x"},
	};
	char path[512], small[4], longest[1200];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_true(browse_resolve(cases[i].dir, cases[i].text, path, sizeof(path)));
		assert_string_equal(path, cases[i].want);
	}
	assert_false(browse_resolve("/", "abcdef", small, sizeof(small)));
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_false(browse_resolve("/", longest, path, sizeof(path)));
}

static void completes(void **state)
{
	struct sandbox *box = *state;
	struct browse_names names;
	char text[512], want[512];

	sandbox_file(box, "rootfs-a.tar", "x");
	sandbox_file(box, "rootfs-b.tar", "x");
	sandbox_file(box, "folder/file.tar", "x");
	sandbox_file(box, ".secret", "x");
	STR_COPY(text, "ro");
	assert_int_equal(browse_complete(box->dir, text, sizeof(text), &names), 2);
	assert_string_equal(text, "rootfs-");
	assert_string_equal(names.names[0], "rootfs-a.tar");
	assert_string_equal(names.names[1], "rootfs-b.tar");
	STR_COPY(text, "rootfs-b");
	assert_int_equal(browse_complete(box->dir, text, sizeof(text), &names), 1);
	assert_string_equal(text, "rootfs-b.tar");
	STR_FORMAT(text, "%s/fo", box->dir);
	assert_int_equal(browse_complete("/", text, sizeof(text), &names), 1);
	STR_FORMAT(want, "%s/folder/", box->dir);
	assert_string_equal(text, want);
	assert_int_equal(browse_complete("/", text, sizeof(text), &names), 1);
	STR_FORMAT(want, "%s/folder/file.tar", box->dir);
	assert_string_equal(text, want);
	STR_COPY(text, "none");
	assert_int_equal(browse_complete(box->dir, text, sizeof(text), &names), 0);
	assert_string_equal(text, "none");
	STR_COPY(text, ".s");
	assert_int_equal(browse_complete(box->dir, text, sizeof(text), &names), 1);
	assert_string_equal(text, ".secret");
	/* An empty text matches everything that is not hidden; folders are marked. */
	text[0] = '\0';
	assert_int_equal(browse_complete(box->dir, text, sizeof(text), &names), 3);
	assert_string_equal(names.names[0], "folder/");
	/* With no room for a completion, the text stays unchanged. */
	STR_COPY(text, "folde");
	assert_int_equal(browse_complete(box->dir, text, 7, &names), 1);
	assert_string_equal(text, "folde");
}

static void many_names_match(void **state)
{
	struct sandbox *box = *state;
	struct browse_names names;
	char text[512] = "n", name[32];

	for (int i = 0; i < BROWSE_NAMES_MAX + 10; i++) {
		STR_FORMAT(name, "n%d", i);
		sandbox_file(box, name, "");
	}
	assert_int_equal(
		browse_complete(box->dir, text, sizeof(text), &names), BROWSE_NAMES_MAX + 10);
	assert_string_equal(text, "n");
}

static void expands(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"~", "/home/op"},
		{"/media/~", "/home/op"},
		{"/media/a~", "/media/a~"},
		{"~x", "~x"},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[64];

		STR_COPY(text, cases[i].text);
		browse_expand("/home/op", text, sizeof(text));
		assert_string_equal(text, cases[i].want);
		STR_COPY(text, cases[i].text);
		browse_expand("", text, sizeof(text)); /* unknown home */
		assert_string_equal(text, cases[i].text);
	}
}

static void children(void **state)
{
	(void)state;
	assert_string_equal(browse_child("/a", "/a/b"), "b");
	assert_string_equal(browse_child("/", "/a"), "a");
	assert_null(browse_child("/a", "/a/b/c"));
	assert_null(browse_child("/a", "/ab"));
	assert_null(browse_child("/a", "/a"));
	assert_null(browse_child("/", "/"));
	assert_null(browse_child("/a/b", "/a"));
}

/* A file name may hold any byte except '/' and NUL. */
static void odd_names(void **state)
{
	static const char *const odd[] = {"new\nline.tar", "\xff\xfe.tar",
		"\xe6\xbc\xa2\xe5\xad\x97.tar", " blank .tar", "-rf.tar", "\x1b[2Jclear.tar"};
	struct sandbox *box = *state;
	struct browse browse = {0};
	char longest[256];

	memset(longest, 'x', sizeof(longest) - 1);
	memcpy(longest + 251, ".tar", 5);
	sandbox_file(box, longest, "x");
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++)
		sandbox_file(box, odd[i], "x");
	assert_int_equal(browse_open(&browse, -1, box->dir, longest), 0);
	assert_int_equal(browse.count, ARRAY_SIZE(odd) + 2);
	assert_int_equal(browse.left_out, 0);
	assert_string_equal(browse.entries[browse.cursor].name, longest);
	/* The stored path opens the file. */
	for (size_t i = 1; i < browse.count; i++) {
		assert_int_equal(browse.entries[i].kind, BROWSE_ARCHIVE);
		assert_int_equal(access(browse.entries[i].path, R_OK), 0);
	}
	browse_finish(&browse);
}

/* A folder without read permission leaves the listing unchanged. */
static void unreadable(void **state)
{
	struct sandbox *box = *state;
	struct browse browse = {0};
	char path[PATH_MAX];
	int r;

	sandbox_file(box, "a.tar", "x");
	sandbox_file(box, "locked/b.tar", "x");
	assert_int_equal(fchmodat(box->root, "locked", 0, 0), 0);
	assert_int_equal(fchmodat(box->root, ".", 0755, 0), 0);
	assert_int_equal(browse_open(&browse, -1, box->dir, NULL), 0);
	/* Root can read everything. */
	if (geteuid() == 0)
		assert_int_equal(seteuid(65534), 0);
	r = browse_open(&browse, -1, sandbox_path(box, "locked", path), NULL);
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(r, -EACCES);
	assert_string_equal(browse.dir, box->dir);
	assert_string_equal(browse.entries[browse.cursor].name, "a.tar");
	assert_int_equal(fchmodat(box->root, "locked", 0755, 0), 0);
	browse_finish(&browse);
}

/* A folder over the limit: other files are left out before archives, and counted. */
static void huge_folder(void **state)
{
	struct sandbox *box = *state;
	struct browse browse = {0};
	char name[32];

	for (int i = 0; i < BROWSE_ENTRIES_MAX + 100; i++) {
		STR_FORMAT(name, "note-%04d.txt", i);
		sandbox_file(box, name, "");
	}
	for (int i = 0; i < 200; i++) {
		STR_FORMAT(name, "root-%03d.tar", i);
		sandbox_file(box, name, "x");
	}
	assert_int_equal(browse_open(&browse, -1, box->dir, NULL), 0);
	assert_int_equal(browse.count, 1 + 200 + BROWSE_OTHERS_MAX);
	assert_int_equal(browse.left_out, BROWSE_ENTRIES_MAX + 100 - BROWSE_OTHERS_MAX);
	assert_string_equal(browse.entries[browse.cursor].name, "root-000.tar");
	assert_string_equal(browse.entries[200].name, "root-199.tar");
	for (int i = 200; i < BROWSE_ENTRIES_MAX + 200; i++) {
		STR_FORMAT(name, "root-%04d.tar", i);
		sandbox_file(box, name, "x");
	}
	assert_int_equal(browse_open(&browse, -1, box->dir, NULL), 0);
	assert_int_equal(browse.count, BROWSE_ENTRIES_MAX);
	browse_finish(&browse);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sandbox_test(order_and_kinds),
		sandbox_test(any_file),
		sandbox_test(archives_without_a_suffix),
		sandbox_test(media_first),
		cmocka_unit_test(names),
		cmocka_unit_test(resolves),
		sandbox_test(completes),
		sandbox_test(many_names_match),
		cmocka_unit_test(expands),
		cmocka_unit_test(children),
		sandbox_test(odd_names),
		sandbox_test(unreadable),
		sandbox_test(huge_folder),
	};

	return cmocka_run_group_tests_name("browse", tests, NULL, NULL);
}
