/* SPDX-License-Identifier: MIT */
#include "core/manifest/manifest.h"

#include "device/base/util.h"
#include "tests/lib/manifest_fixture.h"

#include <errno.h>
#include <sys/wait.h>

/* ---- entries that contradict each other ---- */

static void takes_the_last_of_a_path(void **state)
{
	static const struct member members[] = {
		{"a", '0', NULL, "old"},
		{"./b", '1', "a", NULL},
		{"c", '1', "b", NULL},
		{"./a", '0', NULL, "newer"},
		{"d", '1', "./a", NULL},
	};
	struct manifest *manifest = read_good(craft(members, ARRAY_SIZE(members), 1024));
	struct manifest_entry entry;

	(void)state;
	assert_int_equal(lookup(manifest, "a").size, 5);
	entry = lookup(manifest, "b"); /* keeps the old file */
	assert_int_equal(entry.type, MANIFEST_FILE);
	assert_int_equal(entry.size, 3);
	assert_string_equal(entry.link, "");
	assert_int_equal(lookup(manifest, "c").type, MANIFEST_FILE);
	entry = lookup(manifest, "d");
	assert_int_equal(entry.type, MANIFEST_HARDLINK);
	assert_string_equal(entry.link, "a");
	manifest_free(manifest);
}

static int collect_dir(void *arg, const char *path)
{
	strcat(strcat(arg, path), ":");
	return 0;
}

static void append(struct manifest *manifest, int fd)
{
	struct diag diag = {0};

	if (manifest_append(manifest, fd, NULL, NULL, &diag) < 0)
		fail_msg("%s", diag.text);
	(void)close(fd);
}

static int count_replaced(void *arg, const struct manifest_entry *entry)
{
	assert_string_equal(entry->path, "srv/data");
	assert_int_equal(entry->archive, 0);
	++*(int *)arg;
	return 0;
}

static void joins_archives_at_their_folders(void **state)
{
	static const struct member root[] = {{"./", '5', NULL, NULL}, {"./etc", '2', "usr", NULL},
		{"./srv/data/", '5', NULL, NULL}, {"./a", '0', NULL, "1"}};
	static const struct member data[] = {{"./", '5', NULL, NULL}, {"./etc/x", '0', NULL, "22"},
		{"y", '1', "./etc/x", NULL}, {"s", '2', "/etc/x", NULL}, {"z", '1', "../a", NULL},
		{"c", '1', "a", NULL}};
	struct manifest *manifest = manifest_new();
	const struct manifest_totals *totals = manifest_totals(manifest);
	struct manifest_entry entry;
	struct diag diag;
	int replaced = 0;

	(void)state;
	append(manifest, craft(root, ARRAY_SIZE(root), 1024));
	assert_int_equal(totals->stream_bytes, 10240);
	assert_int_equal(manifest_set_archive(manifest, 1, "srv/data"), 0);
	append(manifest, craft(data, ARRAY_SIZE(data), 1024));
	assert_int_equal(manifest_complete(manifest, &diag), 0);
	assert_int_equal(totals->stream_bytes, 2 * 10240);
	assert_int_equal(totals->entries, 10);
	entry = lookup(manifest, "srv/data/etc/x");
	assert_int_equal(entry.size, 2);
	assert_int_equal(entry.archive, 1);
	assert_string_equal(lookup(manifest, "srv/data/y").link, "srv/data/etc/x");
	assert_string_equal(lookup(manifest, "srv/data/s").link, "/etc/x");
	assert_int_equal(lookup(manifest, "etc").archive, 0);
	assert_int_equal(lookup(manifest, "srv/data").archive, 1);
	assert_int_equal(manifest_each_replaced(manifest, count_replaced, &replaced), 0);
	assert_int_equal(replaced, 1);
	/* A hard link leads to no file of another archive, and names it as the archive does. */
	assert_int_equal(totals->problem_count, 2);
	assert_string_equal(totals->problems[0].path, "z");
	assert_string_equal(totals->problems[1].path, "c");
	assert_int_equal(totals->problems[1].archive, 1);
	manifest_free(manifest);
}

/* A tar begins in a folder that exists: what is beside it does not matter. */
static void a_folder_of_an_archive_exists(void **state)
{
	static const struct member root[] = {{"etc", '2', "usr", NULL}};
	static const struct member data[] = {{"etc/x", '0', NULL, "1"}, {"./", '5', NULL, NULL}};
	static const struct manifest_entry start = {
		.type = MANIFEST_DIR, .link = "", .xattr_count = 1, .xattr_digest = "labels"};
	struct manifest *manifest = manifest_new();
	struct diag diag;

	(void)state;
	append(manifest, craft(root, ARRAY_SIZE(root), 1024));
	assert_int_equal(manifest_set_archive(manifest, 1, "data"), 0);
	append(manifest, craft(data, ARRAY_SIZE(data), 1024));
	/* Its attributes are set as those of the root are. */
	assert_int_equal(manifest_set_archive(manifest, 2, "srv"), 0);
	assert_int_equal(manifest_add(manifest, "./", &start), 0);
	assert_int_equal(manifest_complete(manifest, &diag), 0);
	assert_int_equal(manifest_totals(manifest)->problem_count, 0);
	for (unsigned need = 0; need < TAR_NEED_COUNT; need++)
		if (manifest_totals(manifest)->needs[need].count > 0)
			fail_msg("need %u", need);
	manifest_free(manifest);
}

static void refuses_an_empty_archive_after_others(void **state)
{
	static const struct member root[] = {{"a", '0', NULL, "1"}};
	struct manifest *manifest = manifest_new();
	struct diag diag;
	int fd = craft(root, 0, 10240);

	(void)state;
	append(manifest, craft(root, ARRAY_SIZE(root), 1024));
	assert_int_equal(manifest_set_archive(manifest, 1, "data"), 0);
	assert_int_equal(manifest_append(manifest, fd, NULL, NULL, &diag), -EBADMSG);
	assert_string_equal(manifest_totals(manifest)->problems[0].code, "empty");
	assert_int_equal(manifest_totals(manifest)->problems[0].archive, 1);
	(void)close(fd);
	manifest_free(manifest);
}

/* As tar does: "./" is a part, and so is the folder on top; symbolic links stay as they are. */
static void strips_names(void **state)
{
	static const struct member members[] = {
		{"./", '5', NULL, NULL}, {"./r/", '5', NULL, NULL},
		{"./README", '0', NULL, "left out"}, {"./r/etc/", '5', NULL, NULL},
		{"./r/etc/f", '0', NULL, "1"}, {"./r/g", '1', "./r/etc/f", NULL},
		{"./r/s", '2', "./r/etc/f", NULL},
		{"./r/etc/x//y", '0', NULL, "1"}, /* doubled behind the stripped part */
	};
	struct manifest *manifest = manifest_new();
	char dirs[100] = "";
	struct diag diag;

	(void)state;
	manifest_strip(manifest, 2);
	assert_int_equal(read_fd(manifest, craft(members, ARRAY_SIZE(members), 1024), &diag), 0);
	assert_int_equal(manifest_totals(manifest)->problem_count, 0);
	assert_int_equal(manifest_totals(manifest)->entries, 5);
	assert_int_equal(manifest_totals(manifest)->dotted, ARRAY_SIZE(members));
	assert_int_equal(manifest_totals(manifest)->stripped, 1);
	assert_int_equal(lookup(manifest, "etc/f").size, 1);
	assert_string_equal(lookup(manifest, "g").link, "etc/f");
	assert_string_equal(lookup(manifest, "s").link, "./r/etc/f");
	assert_int_equal(manifest_each_dir(manifest, collect_dir, dirs), 0);
	assert_string_equal(dirs, ":etc:etc/x:");
	assert_false(manifest_has(manifest, "r"));
	manifest_free(manifest);
}

/* Names that tars strip in different ways, or that would be unsafe without the stripped part. */
static void refuses_to_strip(void **state)
{
	static const struct {
		const char *code;
		struct member members[3];
	} cases[] = {
		{"path", {{"r//etc/f", '0', NULL, NULL}}},
		{"path", {{"a/f", '0', NULL, NULL}, {"r//", '5', NULL, NULL}}},
		{"path", {{"../etc/f", '0', NULL, NULL}}},
		{"path", {{"/etc/f", '0', NULL, NULL}}},
		{"path", {{"r/../f", '0', NULL, NULL}}},
		{"link", {{"f", '0', NULL, NULL}, {"r/l", '1', "f", NULL}}},
		{"link", {{"r/f", '0', NULL, NULL}, {"r/l", '1', "r//f", NULL}}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct manifest *manifest = manifest_new();
		const struct manifest_totals *totals;
		size_t count = 0;
		struct diag diag;

		while (count < 3 && cases[i].members[count].name)
			count++;
		manifest_strip(manifest, 1);
		(void)!read_fd(manifest, craft(cases[i].members, count, 1024), &diag);
		totals = manifest_totals(manifest);
		if (totals->problem_count == 0 ||
			strcmp(totals->problems[0].code, cases[i].code) != 0)
			fail_msg("case %zu: %s", i, totals->problems[0].code);
		manifest_free(manifest);
	}
}

static void implies_directories(void **state)
{
	static const struct member members[] = {
		{"x/y/z", '0', NULL, "1"},
		{"x/", '5', NULL, NULL},
		{"x//y/./w/", '5', NULL, NULL},
	};
	struct manifest *manifest = read_good(craft(members, ARRAY_SIZE(members), 1024));
	char dirs[100] = "";

	(void)state;
	assert_int_equal(manifest_each_dir(manifest, collect_dir, dirs), 0);
	assert_string_equal(dirs, ":x/y:x:x/y/w:");
	assert_true(manifest_has(manifest, "x/y"));
	assert_int_equal(lookup(manifest, "x/y/w").type, MANIFEST_DIR);
	manifest_free(manifest);
}

/* The last entry of a path has its names; a file that was replaced keeps those of its links. */
static void counts_the_names_of_a_file(void **state)
{
	static const struct member members[] = {
		{"one", '0', NULL, "1"},
		{"a", '0', NULL, "a"},
		{"b", '1', "a", NULL},
		{"c", '1', "b", NULL},
		{"a", '0', NULL, "A"},
		{"d", '1', "a", NULL},
		{"gone", '1', "one", NULL},
		{"gone", '2', "one", NULL},
	};
	static const struct {
		const char *path;
		unsigned names;
	} rows[] = {{"one", 1}, {"gone", 1}, {"a", 2}, {"d", 2}, {"b", 2}, {"c", 2}};
	struct manifest *manifest = read_good(craft(members, ARRAY_SIZE(members), 1024));

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(lookup(manifest, rows[i].path).names, rows[i].names);
	assert_int_equal(lookup(manifest, "a").inode, lookup(manifest, "d").inode);
	assert_int_equal(lookup(manifest, "b").inode, lookup(manifest, "c").inode);
	assert_int_not_equal(lookup(manifest, "a").inode, lookup(manifest, "b").inode);
	assert_int_not_equal(lookup(manifest, "one").inode, lookup(manifest, "gone").inode);
	manifest_free(manifest);
}

static void refuses_unsafe_entries(void **state)
{
	static const struct {
		const char *code;
		struct member members[4];
	} cases[] = {
		{"path", {{"../x", '0', NULL, NULL}}},
		{"path", {{"a/../x", '0', NULL, NULL}}},
		{"path", {{"a/..", '5', NULL, NULL}}},
		{"path", {{"/etc/x", '0', NULL, NULL}}},
		/* through a symlink in the archive */
		{"path", {{"a", '2', "/etc", NULL}, {"a/x", '0', NULL, NULL}}},
		{"path", {{"a", '2', "/etc", NULL}, {"a/b/x", '0', NULL, NULL}}},
		/* which some tars do not replace by the directory */
		{"path", {{"a", '0', NULL, NULL}, {"a/x", '0', NULL, NULL}}},
		{"path", {{"a/x", '0', NULL, NULL}, {"a", '2', "/etc", NULL}}},
		{"path", {{".", '2', "/etc", NULL}}},
		{"link", {{"a", '1', "/etc/passwd", NULL}}},
		{"link", {{"a", '1', "../x", NULL}}},
		{"link", {{"a", '1', "b", NULL}, {"b", '0', NULL, NULL}}},
		{"link", {{"a", '1', "a", NULL}}},
		{"path", {{"d/.", '0', NULL, "file"}}},
		{"link", {{"d/", '5', NULL, NULL}, {"a", '1', "d", NULL}}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct manifest *manifest = manifest_new();
		const struct manifest_totals *totals = manifest_totals(manifest);
		struct diag diag;
		size_t count = 0;

		while (count < 4 && cases[i].members[count].name)
			count++;
		assert_int_equal(read_fd(manifest, craft(cases[i].members, count, 1024), &diag), 0);
		totals = manifest_totals(manifest);
		if (totals->problem_count != 1 ||
			strcmp(totals->problems[0].code, cases[i].code) != 0)
			fail_msg("case %zu: %u problems, %s %s", i, totals->problem_count,
				totals->problems[0].code, totals->problems[0].text);
		manifest_free(manifest);
	}
}

static void allows_what_is_normal(void **state)
{
	static const struct member members[] = {
		{"./", '5', NULL, NULL},
		{"bin", '2', "usr/bin", NULL},
		{"etc/mtab", '2', "../proc/self/mounts", NULL},
		{"..dots", '0', NULL, NULL},
		{"a...", '0', NULL, NULL},
		{"lib", '2', "/usr/lib", NULL},
	};

	(void)state;
	manifest_free(read_good(craft(members, ARRAY_SIZE(members), 1024)));
}

static void counts_problems_beyond_its_room(void **state)
{
	struct member members[MANIFEST_PROBLEMS_MAX + 5];
	struct manifest *manifest = manifest_new();
	struct diag diag;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		members[i] = (struct member){"../\033[31m", '0', NULL, NULL};
	assert_int_equal(read_fd(manifest, craft(members, ARRAY_SIZE(members), 1024), &diag), 0);
	assert_int_equal(manifest_totals(manifest)->problem_count, ARRAY_SIZE(members));
	assert_string_equal(manifest_totals(manifest)->problems[0].path, "../?[31m");
	manifest_free(manifest);
}

/* ---- the mapping ---- */

static int count_entry(void *arg, const struct manifest_entry *entry)
{
	(void)entry;
	++*(unsigned *)arg;
	return 0;
}

static void shares_many_entries_with_its_parent(void **state)
{
	enum { MANY = 30000 };
	struct manifest *manifest = manifest_new();
	char path[64];
	unsigned count = 0;
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(manifest_refresh(manifest), -ENODATA);
	pid = fork();
	if (pid == 0) {
		struct manifest_entry entry = {.link = "", .type = MANIFEST_FILE, .size = 1};
		int r = 0;

		for (int i = 0; i < MANY && r == 0; i++) {
			STR_FORMAT(path, "./usr/share/some/directory%d/file%d", i % 100, i);
			r = manifest_add(manifest, path, &entry);
		}
		_exit(r < 0 || manifest_seal(manifest) < 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(manifest_totals(manifest)->entries, MANY); /* even without refresh */
	assert_int_equal(manifest_refresh(manifest), 0);
	assert_int_equal(manifest_each(manifest, count_entry, &count), 0);
	assert_int_equal(count, MANY);
	for (int i = 0; i < MANY; i++) {
		STR_FORMAT(path, "usr/share/some/directory%d/file%d", i % 100, i);
		assert_true(manifest_has(manifest, path));
	}
	assert_true(manifest_has(manifest, "usr/share"));
	assert_false(manifest_has(manifest, "usr/share/some/directory1/file2"));
	manifest_free(manifest);
	manifest_free(NULL);
}

/* A path costs its last part; beyond the limit the archive is refused with a sentence. */
static void bounds_its_memory(void **state)
{
	enum { MANY = 2000, DEPTH = 15 };
	struct manifest_entry entry = {.link = "", .type = MANIFEST_FIFO};
	struct manifest *manifest = manifest_new();
	static const struct member members[] = {{"a", '0', NULL, "1"}, {"b", '0', NULL, "2"}};
	char path[PATH_MAX] = "";
	struct diag diag;
	size_t end;
	int r = 0;

	(void)state;
	for (size_t i = 0; i < DEPTH; i++) {
		memset(path + strlen(path), 'd', 250);
		(void)strcat(path, "/");
	}
	end = strlen(path);
	manifest_set_limit(manifest, MIB(1));
	for (int i = 0; i < MANY && r == 0; i++) {
		(void)str_format(path + end, sizeof(path) - end, "%d", i);
		r = manifest_add(manifest, path, &entry);
	}
	assert_int_equal(r, 0); /* 7.5 MiB of names */
	for (int i = MANY; i < 10 * MANY && r == 0; i++) {
		(void)str_format(path + end, sizeof(path) - end, "%d", i);
		r = manifest_add(manifest, path, &entry);
	}
	assert_int_equal(r, -EFBIG);
	manifest_free(manifest);

	manifest = manifest_new();
	assert_true(manifest_limit(manifest) > MIB(1));
	assert_true(manifest_limit(manifest) <= MANIFEST_BYTES_MAX);
	manifest_set_limit(manifest, sizeof(struct manifest_totals) + 4096);
	assert_int_equal(
		read_fd(manifest, craft(members, ARRAY_SIZE(members), 1024), &diag), -EBADMSG);
	assert_string_equal(manifest_totals(manifest)->problems[0].code, "size");
	assert_non_null(strstr(diag.text, "needs more than"));
	manifest_free(manifest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_last_of_a_path),
		cmocka_unit_test(implies_directories),
		cmocka_unit_test(counts_the_names_of_a_file),
		cmocka_unit_test(joins_archives_at_their_folders),
		cmocka_unit_test(a_folder_of_an_archive_exists),
		cmocka_unit_test(refuses_an_empty_archive_after_others),
		cmocka_unit_test(strips_names),
		cmocka_unit_test(refuses_to_strip),
		cmocka_unit_test(refuses_unsafe_entries),
		cmocka_unit_test(allows_what_is_normal),
		cmocka_unit_test(counts_problems_beyond_its_room),
		cmocka_unit_test(shares_many_entries_with_its_parent),
		cmocka_unit_test(bounds_its_memory),
	};

	return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
