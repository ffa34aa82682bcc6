/* SPDX-License-Identifier: MIT */
#include "core/manifest/xattrs.h"

#include "device/base/util.h"
#include "tests/lib/sandbox.h"

#include <errno.h>
#include <openssl/evp.h>
#include <sys/xattr.h>

/* ---- the digest ---- */

static void digests_attributes(void **state)
{
	struct xattr a[] = {{"user.b", "2", 1}, {"user.a", "1", 1}};
	struct xattr b[] = {{"system.nfs4_acl", "x", 1}, {"user.a", "1", 1},
		{"security.selinux", "s", 1}, {"user.b", "2", 1}, {"user.a", "1", 1}};
	struct xattr c[] = {{"user.a", "12", 2}, {"user.b", "", 0}};
	unsigned char first[SHA256_BYTES], second[SHA256_BYTES];
	static const unsigned char none[SHA256_BYTES];
	struct sha256 sha;
	unsigned labels;

	(void)state;
	assert_int_equal(sha256_init(&sha), 0);
	assert_int_equal(xattrs_digest(&sha, a, 2, 0, first), 2);
	labels = xattrs_labels(b, 5);
	assert_int_not_equal(labels, 0);
	assert_int_equal(xattrs_labels(a, 2), 0);
	assert_int_equal(xattrs_digest(&sha, b, 5, 0, second), 2);
	assert_memory_equal(first, second, SHA256_BYTES);
	assert_int_equal(xattrs_digest(&sha, b, 5, labels, second), 3);
	assert_memory_not_equal(first, second, SHA256_BYTES);
	assert_int_equal(xattrs_digest(&sha, c, 2, 0, second), 2);
	assert_memory_not_equal(first, second, SHA256_BYTES);
	assert_int_equal(xattrs_digest(&sha, b, 0, 0, second), 0);
	assert_memory_equal(second, none, SHA256_BYTES);
	sha256_finish(&sha);
}

static void distinguishes_labels(void **state)
{
	static const char *const labels[] = {
		"security.selinux", "security.SMACK64", "security.ima", "security.evm"};
	static const char *const others[] = {"security.capability", "security.selinux2",
		"security.SMACK64EXEC", "user.security.ima", "security", XATTR_ACL_ACCESS, ""};
	struct xattr list[ARRAY_SIZE(labels)];
	unsigned all = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++) {
		unsigned label;

		list[i] = (struct xattr){labels[i], "x", 1};
		label = xattrs_labels(&list[i], 1);
		assert_int_not_equal(label, 0);
		assert_int_equal(label & (label - 1), 0); /* a bit, ... */
		assert_int_equal(label & all, 0);	  /* ... of its own */
		all |= label;
	}
	assert_int_equal(xattrs_labels(list, ARRAY_SIZE(list)), all);
	assert_int_equal(xattrs_labels(NULL, 0), 0);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_int_equal(xattrs_labels(&(struct xattr){others[i], "x", 1}, 1), 0);
}

/* Which attributes the digest includes, one at a time. */
static void counts_what_belongs_to_the_file(void **state)
{
	static const struct {
		const char *name;
		int plain, kept; /* counts without and with the labels of the list kept */
	} cases[] = {
		{"user.note", 1, 1},
		{"trusted.overlay.opaque", 1, 1},
		{"security.capability", 1, 1},
		{XATTR_ACL_ACCESS, 1, 1},
		{XATTR_ACL_DEFAULT, 1, 1},
		{"system.nfs4_acl", 0, 0},
		{"system.posix_acl", 0, 0},
		{"system.posix_acl_access2", 0, 0},
		{"systemd.note", 1, 1},
		{"security.selinux", 0, 1},
		{"security.SMACK64", 0, 1},
		{"security.ima", 0, 1},
		{"security.evm", 0, 1},
	};
	static const unsigned char none[SHA256_BYTES];
	struct sha256 sha;

	(void)state;
	assert_int_equal(sha256_init(&sha), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct xattr one = {cases[i].name, "value", 5};
		unsigned char digest[SHA256_BYTES];
		unsigned own = xattrs_labels(&one, 1);

		for (int kept = 0; kept < 2; kept++) {
			int expected = kept ? cases[i].kept : cases[i].plain;

			memset(digest, '!', sizeof(digest));
			if (xattrs_digest(&sha, &one, 1, kept ? own : ~own, digest) != expected)
				fail_msg("%s, kept: %d", cases[i].name, kept);
			assert_int_equal(memcmp(digest, none, sizeof(none)) == 0, expected == 0);
		}
	}
	sha256_finish(&sha);
}

/* Lists that all differ. */
static void distinguishes_lists(void **state)
{
	static const struct {
		struct xattr list[2];
		size_t count;
	} lists[] = {
		{{{"user.a", "1", 1}}, 1},
		{{{"user.a", "2", 1}}, 1},
		{{{"user.a", "", 0}}, 1},
		{{{"user.a", "1\0", 2}}, 1},
		{{{"user.a1", "", 0}}, 1},
		{{{"user.b", "1", 1}}, 1},
		{{{"user.A", "1", 1}}, 1},
		{{{"user.a", "1", 1}, {"user.b", "2", 1}}, 2},
		{{{"user.a", "2", 1}, {"user.b", "1", 1}}, 2},
		{{{"user.a", "1", 1}, {"user.b", "", 0}}, 2},
		/* Lists whose names and values concatenate to similar bytes. */
		{{{"user.a", "1user.b", 7}}, 1},
		{{{"user.a", "1user.b", 8}}, 1}, /* its end with it */
		{{{"user.a", "", 1}}, 1},	 /* a zero */
		{{{"user.a\1", "", 0}}, 1},
		{{{"user.a", "12", 2}, {"user.b", "", 0}}, 2},
		{{{"user.a", "", 0}, {"user.b", "12", 2}}, 2},
	};
	unsigned char digests[ARRAY_SIZE(lists)][SHA256_BYTES];
	struct sha256 sha;

	(void)state;
	assert_int_equal(sha256_init(&sha), 0);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		struct xattr list[2];

		memcpy(list, lists[i].list, sizeof(list));
		assert_int_equal(xattrs_digest(&sha, list, lists[i].count, 0, digests[i]),
			(int)lists[i].count);
		for (size_t k = 0; k < i; k++)
			if (memcmp(digests[i], digests[k], SHA256_BYTES) == 0)
				fail_msg("lists %zu and %zu", k, i);
	}
	sha256_finish(&sha);
}

static void sorts_the_list_in_place(void **state)
{
	struct xattr list[] = {{"user.c", "3", 1}, {"security.ima", "s", 1}, {"user.a", "1", 1},
		{"user.b", "2", 1}, {"user.a", "1", 1}};
	static const char *const sorted[] = {
		"security.ima", "user.a", "user.a", "user.b", "user.c"};
	unsigned char digest[SHA256_BYTES];
	struct sha256 sha;

	(void)state;
	assert_int_equal(sha256_init(&sha), 0);
	assert_int_equal(xattrs_digest(&sha, list, ARRAY_SIZE(list), 0, digest), 3);
	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		assert_string_equal(list[i].name, sorted[i]);
	sha256_finish(&sha);
}

static void reports_a_failed_digest(void **state)
{
	struct xattr list[] = {{"user.a", "1", 1}};
	unsigned char digest[SHA256_BYTES];
	struct sha256 sha;

	(void)state;
	assert_int_equal(sha256_init(&sha), 0);
	assert_int_equal(EVP_MD_CTX_reset(sha.context), 1); /* without an algorithm */
	assert_int_equal(xattrs_digest(&sha, list, 1, 0, digest), -EIO);
	assert_int_equal(xattrs_digest(&sha, list, 0, 0, digest), 0); /* an empty list needs none */
	sha256_finish(&sha);
}

/* ---- files ---- */

/* Creates a file with attributes. False, with a message, if the filesystem has none. */
static bool make_file(
	const struct sandbox *box, const char *file, const struct xattr *list, size_t count)
{
	char path[PATH_MAX];

	sandbox_file(box, file, "content");
	(void)sandbox_path(box, file, path);
	for (size_t i = 0; i < count; i++) {
		if (lsetxattr(path, list[i].name, list[i].value, list[i].size, 0) == 0)
			continue;
		print_message("[ SKIP ] %s on %s: %s\n", list[i].name, path, strerror(errno));
		return false;
	}
	return true;
}

/* Reads the attributes of @file, which must be @list; ignores those that the kernel adds. */
static void expect_read(const struct sandbox *box, struct xattrs *xattrs, const char *file,
	const struct xattr *list, size_t count)
{
	size_t own = 0;

	assert_int_equal(xattrs_read(xattrs, box->root, file), 0);
	for (size_t i = 0; i < xattrs->count; i++)
		own += strncmp(xattrs->list[i].name, "user.", 5) == 0 ||
		       strncmp(xattrs->list[i].name, "trusted.", 8) == 0;
	assert_int_equal(own, count);
	for (size_t k = 0; k < count; k++) {
		const struct xattr *found = NULL;

		for (size_t i = 0; i < xattrs->count; i++)
			if (strcmp(xattrs->list[i].name, list[k].name) == 0)
				found = &xattrs->list[i];
		if (!found)
			fail_msg("%s: no %s", file, list[k].name);
		assert_int_equal(found->size, list[k].size);
		if (list[k].size > 0)
			assert_memory_equal(found->value, list[k].value, list[k].size);
	}
}

/* The buffers are reused and grow; nothing of the previous file remains. */
static void reads_one_file_after_the_other(void **state)
{
	static char large[1500];
	static const struct xattr few[] = {{"user.a", "1", 1}},
				  many[] = {{"user.large", large, sizeof(large)},
					  {"user.empty", "", 0}, {"user.zero", "a\0b", 3},
					  {"user.other", "o", 1}};
	const struct sandbox *box = *state;
	struct xattrs xattrs = {0};

	memset(large, 'l', sizeof(large));
	if (!make_file(box, "few", few, ARRAY_SIZE(few)) ||
		!make_file(box, "below/many", many, ARRAY_SIZE(many)))
		skip();
	sandbox_file(box, "none", "");
	for (int i = 0; i < 2; i++) {
		expect_read(box, &xattrs, "none", NULL, 0);
		expect_read(box, &xattrs, "few", few, ARRAY_SIZE(few));
		expect_read(box, &xattrs, "below/many", many, ARRAY_SIZE(many));
		expect_read(box, &xattrs, "few", few, ARRAY_SIZE(few));
		expect_read(box, &xattrs, "none", NULL, 0);
		expect_read(box, &xattrs, "below", NULL, 0);
		/* with new buffers */
		xattrs_finish(&xattrs);
		assert_null(xattrs.list);
		assert_int_equal(xattrs.count, 0);
	}
	xattrs_finish(&xattrs);
}

/* The digest of a file equals that of the same list in an archive. */
static void digests_what_was_read(void **state)
{
	struct xattr list[] = {{"user.note", "a value", 7}, {"user.flag", "", 0}};
	unsigned char digest[SHA256_BYTES], expected[SHA256_BYTES];
	const struct sandbox *box = *state;
	struct xattrs xattrs = {0};
	struct sha256 sha;

	if (!make_file(box, "file", list, ARRAY_SIZE(list)))
		skip();
	assert_int_equal(sha256_init(&sha), 0);
	assert_int_equal(xattrs_read(&xattrs, box->root, "file"), 0);
	assert_int_equal(xattrs_digest(&sha, xattrs.list, xattrs.count, 0, digest), 2);
	assert_int_equal(xattrs_digest(&sha, list, ARRAY_SIZE(list), 0, expected), 2);
	assert_memory_equal(digest, expected, SHA256_BYTES);
	xattrs_finish(&xattrs);
	sha256_finish(&sha);
}

static void reads_a_symlinks_own(void **state)
{
	static const struct xattr one[] = {{"user.a", "1", 1}};
	static const struct xattr own[] = {{"trusted.own", "link", 4}};
	const struct sandbox *box = *state;
	struct xattrs xattrs = {0};
	char path[PATH_MAX];
	int r;

	if (!make_file(box, "file", one, 1))
		skip();
	sandbox_link(box, "link", "file");
	sandbox_link(box, "dangling", "nowhere");
	expect_read(box, &xattrs, "link", NULL, 0);
	expect_read(box, &xattrs, "dangling", NULL, 0);
	r = lsetxattr(sandbox_path(box, "link", path), own[0].name, own[0].value, own[0].size, 0);
	if (r == 0)
		expect_read(box, &xattrs, "link", own, 1);
	xattrs_finish(&xattrs);
	if (r < 0) {
		print_message("[ SKIP ] a symlink with attributes: %s\n", strerror(errno));
		skip();
	}
}

static void a_filesystem_without_any_has_none(void **state)
{
	_cleanup_close_ int proc = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unsigned char digest[SHA256_BYTES];
	struct xattrs xattrs = {0};
	struct sha256 sha;

	(void)state;
	assert_true(proc >= 0);
	assert_int_equal(sha256_init(&sha), 0);
	assert_int_equal(xattrs_read(&xattrs, proc, "status"), 0);
	assert_int_equal(xattrs_digest(&sha, xattrs.list, xattrs.count, 0, digest), 0);
	xattrs_finish(&xattrs);
	sha256_finish(&sha);
}

static void reports_read_errors(void **state)
{
	const struct sandbox *box = *state;
	struct xattrs xattrs = {0};
	char name[NAME_MAX + 65];

	sandbox_file(box, "file", "");
	sandbox_link(box, "loop", "loop");
	assert_int_equal(xattrs_read(&xattrs, box->root, "nowhere"), -ENOENT);
	assert_int_equal(xattrs_read(&xattrs, box->root, "file/below"), -ENOTDIR);
	assert_int_equal(xattrs_read(&xattrs, box->root, "loop/below"), -ELOOP);
	assert_int_equal(xattrs_read(&xattrs, 9999, "file"), -ENOENT);
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(xattrs_read(&xattrs, box->root, name), -ENAMETOOLONG);
	assert_int_equal(xattrs.count, 0);
	xattrs_finish(&xattrs);
	xattrs_finish(&xattrs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_attributes),
		cmocka_unit_test(distinguishes_labels),
		cmocka_unit_test(counts_what_belongs_to_the_file),
		cmocka_unit_test(distinguishes_lists),
		cmocka_unit_test(sorts_the_list_in_place),
		cmocka_unit_test(reports_a_failed_digest),
		sandbox_test(reads_one_file_after_the_other),
		sandbox_test(digests_what_was_read),
		sandbox_test(reads_a_symlinks_own),
		cmocka_unit_test(a_filesystem_without_any_has_none),
		sandbox_test(reports_read_errors),
	};

	return cmocka_run_group_tests_name("xattrs", tests, NULL, NULL);
}
