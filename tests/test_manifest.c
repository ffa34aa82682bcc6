/* SPDX-License-Identifier: MIT */
#include "core/manifest.h"

#include "device/util.h"
#include "tests/sandbox.h"

#include <errno.h>
#include <locale.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define BLOCK 512

/* ---- archives ---- */

/* The tree and its archives, made once for the whole group. */
static int make_archives(void **state)
{
	struct sandbox *box;

	if (sandbox_setup(state) < 0)
		return -1;
	box = *state;
	return sandbox_run((const char *const[]){"sh", "tests/make-archives.sh", box->dir, NULL});
}

static int open_archive(void **state, const char *name)
{
	const struct sandbox *box = *state;
	int fd = openat(box->root, name, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* One member of an archive made by hand, of headers that no tar would write. */
struct member {
	const char *name;
	char type; /* as in the header: '0' file, '2' symlink, ... */
	const char *link, *content;
};

static void put_header(unsigned char *block, const struct member *member)
{
	unsigned sum = 0;

	memset(block, 0, BLOCK);
	memcpy(block, member->name, strlen(member->name));
	memcpy(block + 100, "0000644", 7);
	memcpy(block + 108, "0000000", 7);
	memcpy(block + 116, "0000000", 7);
	(void)snprintf((char *)block + 124, 12, "%011o",
		(unsigned)(member->content ? strlen(member->content) : 0));
	memcpy(block + 136, "14606164131", 11);
	block[156] = (unsigned char)member->type;
	if (member->link)
		memcpy(block + 157, member->link, strlen(member->link));
	memcpy(block + 257, "ustar\00000", 8);
	memset(block + 148, ' ', 8);
	for (size_t i = 0; i < BLOCK; i++)
		sum += block[i];
	(void)snprintf((char *)block + 148, 7, "%06o", sum);
}

/* An archive in a memory file, positioned at its start; @end: bytes of zeros behind the members. */
static int craft(const struct member *members, size_t count, size_t end)
{
	int fd = memfd_create("archive", MFD_CLOEXEC);
	unsigned char block[BLOCK];

	for (size_t i = 0; i < count; i++) {
		put_header(block, &members[i]);
		assert_int_equal(write_full(fd, block, BLOCK), 0);
		if (!members[i].content)
			continue;
		memset(block, 0, BLOCK);
		memcpy(block, members[i].content, strlen(members[i].content));
		assert_int_equal(write_full(fd, block, BLOCK), 0);
	}
	memset(block, 0, BLOCK);
	for (; end > 0; end -= end < BLOCK ? end : BLOCK)
		assert_int_equal(write_full(fd, block, end < BLOCK ? end : BLOCK), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static int read_fd(struct manifest *manifest, int fd, char why[200])
{
	int r;

	why[0] = '\0';
	r = manifest_read(manifest, fd, NULL, NULL, why, 200);
	(void)close(fd);
	return r;
}

/* Reads an archive that must be good. */
static struct manifest *read_good(int fd)
{
	struct manifest *manifest = manifest_new();
	char why[200];
	int r;

	assert_non_null(manifest);
	r = read_fd(manifest, fd, why);
	if (r < 0 || manifest_totals(manifest)->problem_count > 0)
		fail_msg("%s (%d), %u problems: %s: %s", why, r,
			manifest_totals(manifest)->problem_count,
			manifest_totals(manifest)->problems[0].path,
			manifest_totals(manifest)->problems[0].text);
	return manifest;
}

/* ---- looking things up ---- */

struct search {
	const char *path;
	struct manifest_entry found;
	unsigned count;
};

static int match(void *arg, const struct manifest_entry *entry)
{
	struct search *search = arg;

	if (strcmp(entry->path, search->path) == 0) {
		search->found = *entry;
		search->count++;
	}
	return 0;
}

static struct manifest_entry lookup(const struct manifest *manifest, const char *path)
{
	struct search search = {.path = path};

	assert_int_equal(manifest_each(manifest, match, &search), 0);
	if (search.count != 1)
		fail_msg("%s is there %u times", path, search.count);
	return search.found;
}

static void assert_sha256(const unsigned char *digest, const char *hex)
{
	char text[SHA256_HEX];

	sha256_hex(digest, text);
	assert_string_equal(text, hex);
}

/* ---- what is read ---- */

static void reads_everything(void **state)
{
	struct manifest *manifest = read_good(open_archive(state, "pax.tar"));
	const struct manifest_totals *totals = manifest_totals(manifest);
	struct manifest_entry entry;

	entry = lookup(manifest, "etc/hello");
	assert_int_equal(entry.type, MANIFEST_FILE);
	assert_int_equal(entry.size, 6);
	assert_int_equal(entry.mtime_s, 1714979289);
	assert_int_equal(entry.mtime_ns, 123456789);
	assert_int_equal(entry.mode, 0644);
	assert_sha256(
		entry.digest, "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03");
	entry = lookup(manifest, "etc/nothing");
	assert_sha256(
		entry.digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	entry = lookup(manifest, "bin/tool");
	assert_int_equal(entry.mode, 04755);
	entry = lookup(manifest, "bin/absolute");
	assert_int_equal(entry.type, MANIFEST_SYMLINK);
	assert_string_equal(entry.link, "/etc/hello");
	entry = lookup(manifest, "etc/zz-same");
	assert_int_equal(entry.type, MANIFEST_HARDLINK);
	assert_string_equal(entry.link, "etc/hello");
	entry = lookup(manifest, "bin/zz-same-link");
	assert_int_equal(entry.type, MANIFEST_HARDLINK);
	assert_string_equal(entry.link, "bin/relative");
	entry = lookup(manifest, "");
	assert_int_equal(entry.type, MANIFEST_DIR);
	entry = lookup(manifest, "dev/fifo");
	assert_int_equal(entry.type, MANIFEST_FIFO);
	entry = lookup(manifest, "etc/deep/l\344");
	assert_int_equal(entry.size, 1);
	if (geteuid() == 0) {
		entry = lookup(manifest, "dev/null");
		assert_int_equal(entry.type, MANIFEST_CHAR);
		assert_int_equal(entry.major, 1);
		assert_int_equal(entry.minor, 3);
		entry = lookup(manifest, "etc/nothing");
		assert_int_equal(entry.uid, 1000);
		assert_int_equal(entry.gid, 1001);
	}

	assert_true(manifest_has(manifest, "etc/deep"));
	assert_true(manifest_has(manifest, ""));
	assert_false(manifest_has(manifest, "etc/deep/"));
	assert_false(manifest_has(manifest, "etc/dee"));
	assert_int_equal(totals->entries, totals->files + totals->dirs + totals->symlinks +
						  totals->hardlinks + totals->devices);
	assert_int_equal(totals->hardlinks, 2);
	assert_int_equal(totals->content_bytes, 6 + 300000 + 70000 + 1 + 10 + 1048576 + 1 + 1 + 1);
	assert_int_equal(totals->stream_bytes % 10240, 0);
	manifest_free(manifest);
}

/* What must be equal whatever the format; times have whole seconds in some. */
struct other {
	const struct manifest *manifest;
	bool xattrs;
};

static int same(void *arg, const struct manifest_entry *entry)
{
	const struct other *other = arg;
	struct manifest_entry twin = lookup(other->manifest, entry->path);

	assert_string_equal(entry->link, twin.link);
	assert_int_equal(entry->type, twin.type);
	assert_int_equal(entry->size, twin.size);
	if (entry->type == MANIFEST_HARDLINK)
		return 0;
	if (entry->type != MANIFEST_SYMLINK)
		assert_int_equal(entry->mode, twin.mode);
	assert_int_equal(entry->uid, twin.uid);
	assert_int_equal(entry->mtime_s, twin.mtime_s);
	assert_int_equal(entry->major, twin.major);
	assert_memory_equal(entry->digest, twin.digest, MANIFEST_DIGEST_BYTES);
	if (other->xattrs) {
		assert_int_equal(entry->xattr_count, twin.xattr_count);
		assert_memory_equal(entry->xattr_digest, twin.xattr_digest, MANIFEST_DIGEST_BYTES);
	}
	return 0;
}

static void reads_every_format_alike(void **state)
{
	static const struct {
		const char *name;
		bool xattrs, sparse;
	} archives[] = {
		{"gnu.tar", false, false},
		{"gnu-sparse.tar", false, true},
		{"pax-sparse.tar", true, true},
		{"bsd.tar", true, true},
	};
	struct manifest *pax = read_good(open_archive(state, "pax.tar"));
	const struct sandbox *box = *state;

	for (size_t i = 0; i < ARRAY_SIZE(archives); i++) {
		struct other other = {.manifest = pax, .xattrs = archives[i].xattrs};
		struct manifest *manifest;

		if (faccessat(box->root, archives[i].name, R_OK, 0) < 0) {
			print_message("no %s: its tar is not installed\n", archives[i].name);
			continue;
		}
		manifest = read_good(open_archive(state, archives[i].name));
		/* bsdtar chooses another order, and so other names for the first of hard links. */
		if (strcmp(archives[i].name, "bsd.tar") != 0)
			assert_int_equal(manifest_each(manifest, same, &other), 0);
		else
			assert_memory_equal(lookup(manifest, "etc/hello").xattr_digest,
				lookup(pax, "etc/hello").xattr_digest, MANIFEST_DIGEST_BYTES);
		assert_int_equal(manifest_totals(manifest)->entries, manifest_totals(pax)->entries);
		assert_int_equal(manifest_totals(manifest)->content_bytes,
			manifest_totals(pax)->content_bytes);
		assert_int_equal(manifest_totals(manifest)->sparse > 0, archives[i].sparse);
		if (archives[i].sparse)
			assert_true(manifest_totals(manifest)->block_bytes + 1000000 <
				    manifest_totals(pax)->block_bytes);
		manifest_free(manifest);
	}
	manifest_free(pax);
}

static void reads_names_alike_in_every_locale(void **state)
{
	static const char *const locales[] = {"C", "C.UTF-8"};

	for (size_t i = 0; i < ARRAY_SIZE(locales); i++) {
		struct manifest *manifest;

		if (!setlocale(LC_ALL, locales[i]))
			print_message("no locale %s\n", locales[i]);
		manifest = read_good(open_archive(state, "pax.tar"));
		assert_true(manifest_has(manifest, "etc/deep/u\303\244"));
		assert_true(manifest_has(manifest, "etc/deep/l\344"));
		assert_string_equal(lookup(manifest, "etc/deep/s\344").link, "to-l\344");
		manifest_free(manifest);
	}
	(void)setlocale(LC_ALL, "C");
}

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
	entry = lookup(manifest, "b"); /* keeps what it was linked to */
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
		/* through a symlink of its own */
		{"path", {{"a", '2', "/etc", NULL}, {"a/x", '0', NULL, NULL}}},
		{"path", {{"a", '2', "/etc", NULL}, {"a/b/x", '0', NULL, NULL}}},
		/* which a tar may not replace by the directory */
		{"path", {{"a", '2', "/etc", NULL}, {"a/", '5', NULL, NULL},
				 {"a/x", '0', NULL, NULL}}},
		{"path", {{"a", '0', NULL, NULL}, {"a/x", '0', NULL, NULL}}},
		{"path", {{"a/x", '0', NULL, NULL}, {"a", '2', "/etc", NULL}}},
		{"path", {{".", '2', "/etc", NULL}}},
		{"link", {{"a", '1', "/etc/passwd", NULL}}},
		{"link", {{"a", '1', "../x", NULL}}},
		{"link", {{"a", '1', "b", NULL}, {"b", '0', NULL, NULL}}},
		{"link", {{"a", '1', "a", NULL}}},
		{"link", {{"d/", '5', NULL, NULL}, {"a", '1', "d", NULL}}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct manifest *manifest = manifest_new();
		const struct manifest_totals *totals = manifest_totals(manifest);
		char why[200];
		size_t count = 0;

		while (count < 4 && cases[i].members[count].name)
			count++;
		assert_int_equal(read_fd(manifest, craft(cases[i].members, count, 1024), why), 0);
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
	char why[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		members[i] = (struct member){"../\033[31m", '0', NULL, NULL};
	assert_int_equal(read_fd(manifest, craft(members, ARRAY_SIZE(members), 1024), why), 0);
	assert_int_equal(manifest_totals(manifest)->problem_count, ARRAY_SIZE(members));
	assert_string_equal(manifest_totals(manifest)->problems[0].path, "../?[31m");
	manifest_free(manifest);
}

/* ---- archives that are not whole ---- */

static void expect_bad(int fd, const char *code)
{
	struct manifest *manifest = manifest_new();
	char why[200];

	assert_int_equal(read_fd(manifest, fd, why), -EBADMSG);
	assert_string_equal(manifest_totals(manifest)->problems[0].code, code);
	assert_string_not_equal(why, "");
	assert_int_equal(manifest_refresh(manifest), -ENODATA);
	manifest_free(manifest);
}

static const struct member two[] = {{"a", '0', NULL, "1"}, {"b", '0', NULL, "2"}};

static void demands_an_end(void **state)
{
	int fd;

	(void)state;
	expect_bad(craft(two, 2, 0), "truncated");
	expect_bad(craft(two, 2, 512), "truncated");
	expect_bad(craft(two, 2, 1023), "truncated");
	manifest_free(read_good(craft(two, 2, 1024)));
	manifest_free(read_good(craft(two, 2, 100000)));

	fd = craft(two, 2, 1024);
	assert_int_equal(pwrite(fd, "x", 1, 4 * BLOCK + 1024), 1);
	expect_bad(fd, "trailing");
	fd = craft(two, 2, 70000);
	assert_int_equal(pwrite(fd, "x", 1, 4 * BLOCK + 70000), 1);
	expect_bad(fd, "trailing");
	fd = craft(two, 2, 1024); /* a lone block of zeros, then more */
	assert_int_equal(pwrite(fd, "x", 1, 4 * BLOCK + 512), 1);
	expect_bad(fd, "trailing");
}

static void refuses_what_is_no_archive(void **state)
{
	int fd;

	(void)state;
	expect_bad(craft(NULL, 0, 0), "empty");
	expect_bad(craft(NULL, 0, 1), "truncated");
	expect_bad(craft(NULL, 0, 10240), "empty");
	fd = craft(NULL, 0, 4096);
	for (int i = 0; i < 4096; i += 3)
		assert_int_equal(pwrite(fd, "abc", 3, i), 3);
	expect_bad(fd, "format");
	fd = craft(two, 2, 1024);
	assert_int_equal(pwrite(fd, "X", 1, 2 * BLOCK + 20), 1);
	expect_bad(fd, "damaged");
}

/* No cut is taken for whole, but where only padding is lost. */
static void notices_every_cut(void **state)
{
	int fd = open_archive(state, "tiny.tar");
	off_t size = lseek(fd, 0, SEEK_END);
	unsigned char *archive = malloc((size_t)size);
	size_t mark;

	assert_non_null(archive);
	assert_int_equal(pread_full(fd, archive, (size_t)size, 0), 0);
	(void)close(fd);
	for (mark = (size_t)size; archive[mark - 1] == 0; mark--)
		;
	mark = (mark + BLOCK - 1) / BLOCK * BLOCK;
	assert_true(mark + 1024 < (size_t)size);
	for (size_t cut = 0; cut <= (size_t)size; cut++) {
		struct manifest *manifest = manifest_new();
		char why[200];
		int r;

		fd = memfd_create("cut", MFD_CLOEXEC);
		assert_int_equal(write_full(fd, archive, cut), 0);
		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		r = read_fd(manifest, fd, why);
		if (r != (cut < mark + 1024 ? -EBADMSG : 0))
			fail_msg("cut at %zu of %zu, mark at %zu: %d, %s", cut, (size_t)size, mark,
				r, why);
		manifest_free(manifest);
	}
	free(archive);
}

static int refuse(void *arg, uint64_t bytes)
{
	(void)bytes;
	++*(int *)arg;
	return 1;
}

static void stops_when_told(void **state)
{
	struct manifest *manifest = manifest_new();
	int calls = 0, fd = open_archive(state, "gnu.tar");
	char why[200];

	assert_int_equal(manifest_read(manifest, fd, refuse, &calls, why, sizeof(why)), -ECANCELED);
	assert_int_equal(calls, 1);
	(void)close(fd);
	manifest_free(manifest);

	manifest = manifest_new();
	assert_int_equal(manifest_read(manifest, 9999, NULL, NULL, why, sizeof(why)), -EBADF);
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
	assert_int_equal(manifest_totals(manifest)->entries, MANY); /* without asking */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_everything),
		cmocka_unit_test(reads_every_format_alike),
		cmocka_unit_test(reads_names_alike_in_every_locale),
		cmocka_unit_test(takes_the_last_of_a_path),
		cmocka_unit_test(implies_directories),
		cmocka_unit_test(refuses_unsafe_entries),
		cmocka_unit_test(allows_what_is_normal),
		cmocka_unit_test(counts_problems_beyond_its_room),
		cmocka_unit_test(demands_an_end),
		cmocka_unit_test(refuses_what_is_no_archive),
		cmocka_unit_test(notices_every_cut),
		cmocka_unit_test(stops_when_told),
		cmocka_unit_test(shares_many_entries_with_its_parent),
	};

	return cmocka_run_group_tests_name("manifest", tests, make_archives, sandbox_teardown);
}
