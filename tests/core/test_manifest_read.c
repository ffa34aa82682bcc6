/* SPDX-License-Identifier: MIT */
#include "core/manifest/manifest.h"

#include "core/manifest/content.h"
#include "core/manifest/xattrs.h"
#include "device/base/util.h"
#include "tests/lib/manifest_fixture.h"

#include <errno.h>
#include <locale.h>
#include <sys/socket.h>

static int open_archive(void **state, const char *name)
{
	const struct sandbox *box = *state;
	int fd = openat(box->root, name, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void assert_content(const struct manifest_entry *entry, const char *text)
{
	unsigned char digest[SHA256_BYTES];
	struct content content;
	struct sha256 sha;

	assert_int_equal(sha256_init(&sha), 0);
	content_begin(&content, &sha);
	content_add(&content, text, strlen(text));
	assert_int_equal(content_end(&content, digest), 0);
	assert_memory_equal(entry->digest, digest, SHA256_BYTES);
	sha256_finish(&sha);
}

/* ---- entries ---- */

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
	assert_content(&entry, "hello\n");
	entry = lookup(manifest, "etc/nothing");
	assert_content(&entry, "");
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

/* Compares the fields that every format keeps; some store times in whole seconds. */
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
		/* bsdtar writes another order, so another of the hard links comes first. */
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

/* ---- pax headers ---- */

/* Appends a record of a pax header, which begins with its own length. */
static void add_record(char text[BLOCK], const char *key, const char *value)
{
	size_t used = strlen(text), rest = strlen(key) + strlen(value) + 3, length = rest + 1;

	while ((size_t)snprintf(NULL, 0, "%zu", length) + rest != length)
		length++;
	assert_true(str_format(text + used, BLOCK - used, "%zu %s=%s\n", length, key, value));
}

#define ACL "user::rw-,user:root:r--:0,group::r--,mask::rwx,other::r--"

static void reads_attributes_and_lists(void **state)
{
	char attributes[BLOCK] = "", list[BLOCK] = "";
	const struct member members[] = {
		{"PaxHeaders/f", 'x', NULL, attributes},
		{"f", '0', NULL, "1"},
		{"PaxHeaders/l", 'x', NULL, list},
		{"l", '0', NULL, "1"},
		{"plain", '0', NULL, "1"},
		{"PaxHeaders/h", 'x', NULL, attributes},
		{"h", '1', "plain", NULL},
	};
	struct xattr expected[] = {{"user.note", "value", 5}, {"security.selinux", "s", 1}};
	static const unsigned char none[SHA256_BYTES];
	unsigned labels = xattrs_labels(expected, 2);
	unsigned char digest[SHA256_BYTES];
	struct manifest_entry entry;
	struct manifest *manifest;
	struct sha256 sha;

	(void)state;
	add_record(attributes, "SCHILY.xattr.user.note", "value");
	add_record(attributes, "SCHILY.xattr.security.selinux", "s");
	add_record(list, "SCHILY.acl.access", ACL);
	manifest = read_good(craft(members, ARRAY_SIZE(members), 1024));

	assert_int_equal(sha256_init(&sha), 0);
	assert_int_equal(xattrs_digest(&sha, expected, 2, labels, digest), 2);
	sha256_finish(&sha);
	entry = lookup(manifest, "f");
	assert_int_equal(entry.xattr_count, 2);
	assert_int_equal(entry.xattr_labels, labels);
	assert_memory_equal(entry.xattr_digest, digest, SHA256_BYTES);
	/* An ACL is in the digest, but is not counted; its mask replaces the group bits. */
	entry = lookup(manifest, "l");
	assert_int_equal(entry.xattr_count, 0);
	assert_int_equal(entry.xattr_labels, 0);
	assert_memory_not_equal(entry.xattr_digest, none, SHA256_BYTES);
	assert_int_equal(entry.mode, 0674);
	entry = lookup(manifest, "plain");
	assert_int_equal(entry.xattr_count, 0);
	assert_memory_equal(entry.xattr_digest, none, SHA256_BYTES);
	assert_int_equal(entry.mode, 0644);
	/* A hard link has the attributes of its file. */
	entry = lookup(manifest, "h");
	assert_int_equal(entry.type, MANIFEST_HARDLINK);
	assert_memory_equal(entry.xattr_digest, none, SHA256_BYTES);
	assert_int_equal(manifest_totals(manifest)->xattrs, 1);
	assert_int_equal(manifest_totals(manifest)->acls, 1);
	manifest_free(manifest);
}

/* The stream is complete, so it is read to its end; the entry is a problem. */
static void complains_of_what_cannot_be_installed(void **state)
{
	static const struct {
		struct {
			const char *key, *value;
		} records[2];
		struct member member;
		const char *code, *text;
	} cases[] = {
		{{{"uid", "4294967296"}}, {"f", '0', NULL, "1"}, "type",
			"a user or group ID that is out of range"},
		{{{"gid", "4294967296"}}, {"f", '0', NULL, "1"}, "type",
			"a user or group ID that is out of range"},
		{{{"SCHILY.acl.access",
			 "user::rw-,user:no such user:r--,group::r--,mask::r--,other::r--"}},
			{"f", '0', NULL, "1"}, "type", "pack the archive with --numeric-owner"},
		{{{"uid", "4294967295"}}, {"f", '0', NULL, "1"}, "type",
			"a user or group ID that is out of range"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct manifest *manifest = manifest_new();
		const struct manifest_problem *problem;
		char header[BLOCK] = "";
		struct diag diag;
		const struct member members[] = {
			{"first", '0', NULL, "1"},
			{"PaxHeaders/f", 'x', NULL, header},
			cases[i].member,
			{"last", '0', NULL, "1"},
		};

		for (size_t k = 0; k < 2 && cases[i].records[k].key; k++)
			add_record(header, cases[i].records[k].key, cases[i].records[k].value);
		assert_int_equal(
			read_fd(manifest, craft(members, ARRAY_SIZE(members), 1024), &diag), 0);
		assert_string_equal(diag.text, "");
		problem = &manifest_totals(manifest)->problems[0];
		if (manifest_totals(manifest)->problem_count != 1 ||
			strcmp(problem->code, cases[i].code) != 0 ||
			strcmp(problem->path, "f") != 0 || !strstr(problem->text, cases[i].text))
			fail_msg("case %zu: %u problems, %s at %s: %s", i,
				manifest_totals(manifest)->problem_count, problem->code,
				problem->path, problem->text);
		assert_true(manifest_has(manifest, "last"));
		manifest_free(manifest);
	}
}

static void complains_of_a_malformed_header(void **state)
{
	static const struct member members[] = {
		{"PaxHeaders/f", 'x', NULL, "rubbish\n"},
		{"f", '0', NULL, "1"},
	};
	struct manifest *manifest = manifest_new();
	struct diag diag;

	(void)state;
	assert_int_equal(read_fd(manifest, craft(members, ARRAY_SIZE(members), 1024), &diag), 0);
	assert_int_equal(manifest_totals(manifest)->problem_count, 1);
	assert_string_equal(manifest_totals(manifest)->problems[0].code, "damaged");
	assert_string_equal(manifest_totals(manifest)->problems[0].path, "f");
	manifest_free(manifest);
}

/* ---- sums ---- */

/* Counts the records of tar up to the end mark, without the padding after them. */
static void sums_up(void **state)
{
	static const struct {
		size_t files, end;
		uint64_t stream_bytes;
	} cases[] = {
		{1, 1024, 10240},
		{9, 1024, 10240}, /* to the last byte of a record */
		{9, 70000, 10240},
		{10, 1024, 20480},
		{10, 200000, 20480},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		static const char *const names[] = {
			"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
		struct member members[ARRAY_SIZE(names)];
		const struct manifest_totals *totals;
		struct manifest *manifest;

		for (size_t k = 0; k < cases[i].files; k++)
			members[k] = (struct member){names[k], '0', NULL, "12345"};
		manifest = read_good(craft(members, cases[i].files, cases[i].end));
		totals = manifest_totals(manifest);
		assert_int_equal(totals->stream_bytes, cases[i].stream_bytes);
		assert_int_equal(totals->entries, cases[i].files);
		assert_int_equal(totals->content_bytes, 5 * cases[i].files);
		assert_int_equal(totals->block_bytes, 4096 * cases[i].files);
		manifest_free(manifest);
	}
}

/* ---- invalid archives ---- */

static void expect_bad(int fd, const char *code)
{
	struct manifest *manifest = manifest_new();
	struct diag diag;

	assert_int_equal(read_fd(manifest, fd, &diag), -EBADMSG);
	assert_string_equal(manifest_totals(manifest)->problems[0].code, code);
	assert_string_not_equal(diag.text, "");
	assert_int_equal(manifest_refresh(manifest), -ENODATA);
	manifest_free(manifest);
}

static const struct member two[] = {{"a", '0', NULL, "1"}, {"b", '0', NULL, "2"}};

static void demands_an_end(void **state)
{
	/* of the files, which pixz appends */
	static const char index[] = "\xa6\x4c\x32\x2e\xd6\x14\xae\xdb"
				    "file";
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
	fd = craft(two, 2, 1024);
	assert_int_equal(pwrite(fd, index, sizeof(index) - 1, 4 * BLOCK + 1024), 12);
	manifest_free(read_good(fd));
	fd = craft(two, 2, 1024); /* a lone block of zeros, then more */
	assert_int_equal(pwrite(fd, "x", 1, 4 * BLOCK + 512), 1);
	expect_bad(fd, "trailing");
}

static void refuses_other_files(void **state)
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

/* Every truncation is found, unless only padding is lost. */
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
		struct diag diag;
		int r;

		fd = memfd_create("cut", MFD_CLOEXEC);
		assert_int_equal(write_full(fd, archive, cut), 0);
		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		r = read_fd(manifest, fd, &diag);
		if (r != (cut < mark + 1024 ? -EBADMSG : 0))
			fail_msg("cut at %zu of %zu, mark at %zu: %d, %s", cut, (size_t)size, mark,
				r, diag.text);
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

static void stops_on_request(void **state)
{
	struct manifest *manifest = manifest_new();
	int calls = 0, fd = open_archive(state, "gnu.tar");
	struct diag diag;

	assert_int_equal(manifest_read(manifest, fd, refuse, &calls, &diag), -ECANCELED);
	assert_int_equal(calls, 1);
	(void)close(fd);
	manifest_free(manifest);

	manifest = manifest_new();
	assert_int_equal(manifest_read(manifest, 9999, NULL, NULL, &diag), -EBADF);
	manifest_free(manifest);
}

/* The beginning and end of each message. */
static void reports_what_is_wrong(void **state)
{
	static const struct {
		size_t members, end;
		off_t spoilt, cut; /* offset of an overwritten byte, and new length; or 0 */
		const char *begin, *end_text;
	} cases[] = {
		{0, 0, 0, 0, "no data", "no data"},
		{0, 511, 0, 0, "the content is not a tar archive, or ",
			"is shorter than one header"},
		{0, 10240, 0, 0, "the tar archive has no entries", "no entries"},
		{2, 0, 0, 0, "the tar archive has no end mark", ""},
		{2, 1024, 4 * BLOCK + 1024, 0, "there is data after the end of the archive", ""},
		{2, 0, 0, 3 * BLOCK, "the tar archive is truncated", ", at b"},
		{2, 1024, 2 * BLOCK + 20, 0, "the tar archive is damaged (", ")"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct manifest *manifest = manifest_new();
		int fd = craft(two, cases[i].members, cases[i].end);
		struct diag diag;
		size_t length;

		if (cases[i].spoilt)
			assert_int_equal(pwrite(fd, "X", 1, cases[i].spoilt), 1);
		if (cases[i].cut)
			assert_int_equal(ftruncate(fd, cases[i].cut), 0);
		assert_int_equal(read_fd(manifest, fd, &diag), -EBADMSG);
		length = strlen(cases[i].end_text);
		if (strncmp(diag.text, cases[i].begin, strlen(cases[i].begin)) != 0 ||
			strlen(diag.text) < length ||
			strcmp(diag.text + strlen(diag.text) - length, cases[i].end_text) != 0)
			fail_msg("case %zu: %s", i, diag.text);
		/* The problem has the same text. */
		assert_int_equal(manifest_totals(manifest)->problem_count, 1);
		assert_int_equal(strncmp(manifest_totals(manifest)->problems[0].text, diag.text,
					 strlen(cases[i].begin)),
			0);
		manifest_free(manifest);
	}
}

/* Control characters in a name must not reach the terminal. */
static void messages_are_sanitised(void **state)
{
	static const struct member member = {"b\033[2J", '0', NULL, "2"};
	struct manifest *manifest = manifest_new();
	int fd = craft(&member, 1, 0);
	struct diag diag;

	(void)state;
	assert_int_equal(ftruncate(fd, BLOCK), 0);
	assert_int_equal(read_fd(manifest, fd, &diag), -EBADMSG);
	assert_string_equal(manifest_totals(manifest)->problems[0].path, "b?[2J");
	assert_non_null(strstr(diag.text, ", at b?[2J"));
	manifest_free(manifest);
}

static void reports_why_reading_stopped(void **state)
{
	_cleanup_close_ int dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int fd = craft(two, 2, 1024);
	struct manifest *manifest = manifest_new();
	struct diag diag = {0};
	int calls = 0;

	(void)state;
	assert_int_equal(manifest_read(manifest, dir, NULL, NULL, &diag), -EISDIR);
	assert_string_equal(diag.text, "reading stopped: Is a directory");
	/* A read error is not a problem of the archive. */
	assert_int_equal(manifest_totals(manifest)->problem_count, 0);
	assert_int_equal(manifest_refresh(manifest), -ENODATA);
	manifest_free(manifest);

	manifest = manifest_new();
	assert_int_equal(manifest_read(manifest, fd, refuse, &calls, &diag), -ECANCELED);
	assert_string_equal(diag.text, "reading stopped: Operation canceled");
	assert_int_equal(manifest_totals(manifest)->problem_count, 0);
	assert_int_equal(manifest_refresh(manifest), -ENODATA);
	manifest_free(manifest);
}

struct heard {
	unsigned calls;
	uint64_t bytes;
};

static int hear(void *arg, uint64_t bytes)
{
	struct heard *heard = arg;

	assert_true(bytes >= heard->bytes);
	heard->calls++;
	heard->bytes = bytes;
	return 0;
}

/* A socket returns one piece per read. */
static void reads_in_pieces_and_reports_progress(void **state)
{
	_cleanup_close_ int fd = craft(two, 2, 1024);
	struct manifest *manifest = manifest_new();
	struct heard heard = {0};
	struct manifest_entry entry;
	char part[100];
	struct diag diag;
	int pair[2];
	ssize_t size;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	while ((size = read(fd, part, sizeof(part))) > 0)
		assert_int_equal(send(pair[1], part, (size_t)size, MSG_DONTWAIT), size);
	(void)close(pair[1]);
	assert_int_equal(manifest_read(manifest, pair[0], hear, &heard, &diag), 0);
	(void)close(pair[0]);
	assert_int_equal(manifest_refresh(manifest), 0); /* it is sealed */
	assert_true(heard.calls >= 1);
	assert_true(heard.bytes <= 4 * BLOCK + 1024);
	assert_int_equal(manifest_totals(manifest)->problem_count, 0);
	assert_int_equal(manifest_totals(manifest)->entries, 2);
	entry = lookup(manifest, "b");
	assert_content(&entry, "2");
	manifest_free(manifest);
}

/* ---- kept content ---- */

static bool keeps_conf(const char *path, uint64_t size)
{
	const char *dot = strrchr(path, '.');

	return size < 5000 && dot && strcmp(dot, ".conf") == 0;
}

static void keeps_the_content_that_is_wanted(void **state)
{
	static char large[9001];
	const struct member members[] = {
		{"./etc/", '5', NULL, NULL},
		{"./etc/a.conf", '0', NULL, "replaced"},
		{"./etc/b.conf", '0', NULL, ""},
		{"./etc/large.conf", '0', NULL, large},
		{"./etc/other", '0', NULL, "other"},
		{"./etc/c.conf", '1', "./etc/a.conf", NULL},
		{"./etc/tool.conf", '0', NULL, "#!/bin/sh\n"},
		{"./etc/b.conf", '0', NULL, "second"},
	};
	struct manifest *manifest = manifest_new();
	struct manifest_entry entry = {.path = NULL};
	struct diag diag;

	(void)state;
	memset(large, 'x', sizeof(large) - 1);
	manifest_keep(manifest, keeps_conf);
	assert_int_equal(read_fd(manifest, craft(members, ARRAY_SIZE(members), 1024), &diag), 0);
	assert_true(manifest_find(manifest, "etc/a.conf", &entry));
	assert_string_equal(entry.path, "etc/a.conf");
	assert_int_equal(entry.size, strlen("replaced"));
	assert_memory_equal(entry.content, "replaced", entry.size);
	assert_content(&entry, "replaced");
	assert_true(manifest_find(manifest, "etc/b.conf", &entry));
	assert_memory_equal(entry.content, "second", entry.size);
	assert_true(manifest_find(manifest, "etc/c.conf", &entry));
	assert_string_equal(entry.link, "etc/a.conf");
	assert_true(manifest_find(manifest, "etc/tool.conf", &entry));
	assert_int_equal(entry.program.kind, PROGRAM_SCRIPT);
	assert_true(manifest_find(manifest, "etc/large.conf", &entry));
	assert_null(entry.content);
	assert_int_equal(entry.program.kind, PROGRAM_OTHER);
	assert_true(manifest_find(manifest, "etc/other", &entry));
	assert_null(entry.content);
	assert_true(manifest_find(manifest, "etc", &entry));
	assert_int_equal(entry.type, MANIFEST_DIR);
	assert_true(manifest_find(manifest, "", &entry));
	assert_int_equal(entry.type, MANIFEST_DIR);
	assert_false(manifest_find(manifest, "etc/none", &entry));
	assert_false(manifest_find(manifest, "etc/a.conf/none", &entry));
	manifest_free(manifest);
}

static bool keeps_all(const char *path, uint64_t size)
{
	return *path && size > 0;
}

static void keeps_no_more_than_its_limit(void **state)
{
	struct manifest *manifest = manifest_new();

	(void)state;
	manifest_keep(manifest, keeps_all);
	assert_true(manifest_keeps(manifest, "./a", MANIFEST_KEPT_MAX - 10));
	assert_false(manifest_keeps(manifest, "./b", 11));
	assert_true(manifest_keeps(manifest, "./b", 10));
	assert_false(manifest_keeps(manifest, "./c", UINT64_MAX));
	manifest_free(manifest);
	manifest = manifest_new();
	assert_false(manifest_keeps(manifest, "./a", 1));
	manifest_free(manifest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_everything),
		cmocka_unit_test(reads_every_format_alike),
		cmocka_unit_test(reads_names_alike_in_every_locale),
		cmocka_unit_test(reads_attributes_and_lists),
		cmocka_unit_test(complains_of_what_cannot_be_installed),
		cmocka_unit_test(complains_of_a_malformed_header),
		cmocka_unit_test(sums_up),
		cmocka_unit_test(demands_an_end),
		cmocka_unit_test(refuses_other_files),
		cmocka_unit_test(notices_every_cut),
		cmocka_unit_test(stops_on_request),
		cmocka_unit_test(reports_what_is_wrong),
		cmocka_unit_test(messages_are_sanitised),
		cmocka_unit_test(reports_why_reading_stopped),
		cmocka_unit_test(reads_in_pieces_and_reports_progress),
		cmocka_unit_test(keeps_the_content_that_is_wanted),
		cmocka_unit_test(keeps_no_more_than_its_limit),
	};

	return cmocka_run_group_tests_name(
		"manifest_read", tests, sandbox_archives, sandbox_teardown);
}
