/* SPDX-License-Identifier: MIT */
#include "core/archive/sidecar.h"

#include "core/process/child.h"
#include "device/base/util.h"
#include "tests/lib/sandbox.h"

#include <errno.h>

/* ---- the text ---- */

static bool parse(const char *text, const char *path, bool lone, char ret[DIGEST_HEX_MAX])
{
	struct sidecar found = {0};
	bool is = sidecar_parse(text, path, SIDECAR_KIND(SHA256), lone, &found) == 1;

	assert_true(is == (*found.hex != '\0'));
	if (is)
		(void)str_copy(ret, DIGEST_HEX_MAX, found.hex);
	return is;
}

static void parses_sidecars(void **state)
{
#define HEX "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef"
#define LOW "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	static const struct {
		const char *text;
		bool lone, found;
	} cases[] = {
		{HEX "  a.tar\n", false, true},
		{HEX " *a.tar\r\n", false, true},
		{"# comment\n" HEX "  b.tar\n" HEX "  ./a.tar", false, true},
		{"SHA256 (a.tar) = " HEX "\n", false, true},
		{HEX "  b.tar\n", false, false},
		{HEX "  b.tar\n", true, true},
		{HEX "\n", true, true},
		{HEX "\n", false, false},
		{HEX "  b.tar\n" HEX "  c.tar\n", true, false},
		{HEX "0  a.tar\n", true, false},
		{"SHA256 (a.tar) = 0123\n", true, false},
		{"SHA256 (a.tar\n", true, false},
		{"0123", true, false},
		{"", true, false},
		{HEX " a.tar\n", false, true}, /* one blank */
		{HEX "\ta.tar\n", false, true},
		{HEX "  -\n", true, true},
		{HEX "  -\n", false, false},
		{"SHA256(a.tar)= " HEX "\n", false, true}, /* openssl dgst -sha256 */
		{"SHA2-256(a.tar)= " HEX "\n", false, true},
		{"SHA2-256(stdin)= " HEX "\n", true, true},
		{"(stdin)= " HEX "\n", true, true},
		{"SHA2-512(a.tar)= " HEX "\n", false, false},
		{HEX ",a.tar\n", false, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char hex[DIGEST_HEX_MAX] = "";

		if (parse(cases[i].text, "a.tar", cases[i].lone, hex) != cases[i].found)
			fail_msg("case %zu", i);
		assert_string_equal(hex, cases[i].found ? LOW : "");
	}
}

/* The digest of another file. */
#define OTHER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

static void compares_names_exactly(void **state)
{
	static const struct {
		const char *text, *name;
		bool found;
	} cases[] = {
		{HEX "  my root.tar\n", "my root.tar", true},
		{HEX "  my root.tar\n", "my", false},
		{HEX "   a.tar\n", "a.tar", false}, /* " a.tar" is another file */
		{HEX "  a.tar \n", "a.tar", false},
		{HEX "  a.tar.gz\n", "a.tar", false},
		{HEX "  a.ta\n", "a.tar", false},
		{HEX "  A.TAR\n", "a.tar", false},
		{HEX "  b/a.tar\n", "a.tar", true},
		{HEX "  /srv/out/a.tar\n", "a.tar", true},
		{HEX "  C:\\out\\a.tar\n", "a.tar", true},
		{HEX "  b/xa.tar\n", "a.tar", false},
		{HEX "  b/a.tar/c\n", "a.tar", false},
		{HEX "  xa.tar\n", "a.tar", false},
		{HEX "  b/\n", "a.tar", false},
		{HEX "  ././a.tar\n", "a.tar", true},
		{HEX "  l\344\n", "l\344", true},
		{"SHA256 (a (1).tar) = " HEX "\n", "a (1).tar", true},
		{"SHA256 (./a.tar) = " HEX "\n", "a.tar", true},
		{"SHA256 (a.tar)= " HEX "\n", "a.tar", true},
		{"SHA256 (out/a.tar) = " HEX "\n", "a.tar", true},
		{"SHA256 (a.tar) = " HEX "0\n", "a.tar", false},
		{"MD5 (a.tar) = " HEX "\n", "a.tar", false},
		{"SHA512 (a.tar) = " HEX HEX "\n", "a.tar", false},
		{HEX HEX "  a.tar\n", "a.tar", false},
		{" " HEX "  a.tar\n", "a.tar", false},
		{"\n\n" HEX "  a.tar", "a.tar", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char hex[DIGEST_HEX_MAX] = "as it was";

		if (parse(cases[i].text, cases[i].name, false, hex) != cases[i].found)
			fail_msg("case %zu: %s", i, cases[i].text);
		assert_string_equal(hex, cases[i].found ? LOW : "as it was");
	}
}

/* Its own line is preferred in any position, even with @lone. */
static void prefers_its_own_line(void **state)
{
	static const char *const texts[] = {
		OTHER "  b.tar\n" HEX "  a.tar\n",
		HEX "  a.tar\n" OTHER "  b.tar\n",
		OTHER "\n" HEX "  a.tar\n" OTHER "  c.tar\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char hex[DIGEST_HEX_MAX] = "";

		assert_true(parse(texts[i], "a.tar", i == 0, hex));
		assert_string_equal(hex, LOW);
	}
}

/* `sha256sum -c` would fail on one of two digests for the archive. */
static void refuses_two_digests(void **state)
{
	static const struct {
		const char *text;
		int expected;
	} cases[] = {
		{HEX "  a.tar\n" OTHER "  a.tar\n", -ENOTUNIQ},
		{HEX "  a.tar\n" OTHER " *./a.tar\n", -ENOTUNIQ},
		{OTHER "  a.tar\nSHA256 (a.tar) = " HEX "\n", -ENOTUNIQ},
		{HEX "  a.tar\n" LOW "  a.tar\n", 1},
		{HEX "  a.tar\n" OTHER "  b.tar\n" OTHER "  b.tar\n", 1},
		{HEX HEX "  a.tar\n" HEX "  a.tar\n", 1}, /* another algorithm */
		{OTHER "  a.tar\n" HEX "  a.tar\n" HEX "  y/a.tar\n", 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sidecar found = {0};
		int r = sidecar_parse(cases[i].text, "/d/y/a.tar",
			SIDECAR_KIND(SHA256) | SIDECAR_KIND(SHA512), i % 2, &found);

		if (r != cases[i].expected)
			fail_msg("case %zu: %d", i, r);
	}
}

/* sha256sum begins a line with a backslash if the name has a backslash or a line break. */
static void reads_escaped_names(void **state)
{
	static const struct {
		const char *text, *name;
		bool lone, found;
	} cases[] = {
		{"\\" HEX "  a\\\\b.tar\n", "a\\b.tar", false, true},
		{"\\" HEX "  a\\nb.tar\n", "a\nb.tar", false, true},
		{"\\" HEX "  a\\rb.tar\n", "a\rb.tar", false, true},
		{"\\SHA256 (a\\\\b.tar) = " HEX "\n", "a\\b.tar", false, true},
		{"\\" HEX "  a.tar\n", "a.tar", false, true},
		{"\\" HEX "\n", "a.tar", true, true},
		{"\\" HEX "  a\\", "a\\", false, true},
		{HEX "  a\\\\b.tar\n", "a\\b.tar", false, false},
		{"\\", "a.tar", true, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char hex[DIGEST_HEX_MAX] = "";

		if (parse(cases[i].text, cases[i].name, cases[i].lone, hex) != cases[i].found)
			fail_msg("case %zu", i);
	}
}

/* Lines with the same name below other folders. */
static void prefers_the_longest_path(void **state)
{
	static const struct {
		const char *text;
		bool found;
	} cases[] = {
		{OTHER "  a.tar\n" HEX "  y/a.tar\n", true},
		{OTHER "  y/a.tar\n" HEX "  /d/y/a.tar\n", true},
		{HEX "  y/a.tar\n" OTHER "  x/a.tar\n", true},
		{HEX "  a.tar\n" OTHER "  x/a.tar\n", true},
		{HEX "  z/a.tar\n" HEX "  x/a.tar\n", true},
		{HEX "  z/a.tar\n" OTHER "  x/a.tar\n", false}, /* which of them? */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char hex[DIGEST_HEX_MAX] = "";

		if (parse(cases[i].text, "/d/y/a.tar", false, hex) != cases[i].found)
			fail_msg("case %zu", i);
		assert_string_equal(hex, cases[i].found ? LOW : "");
	}
}

/* ---- the files ---- */

#define LONG_NAME                                                                                  \
	"0000000000000000000000000000000000000000000000000000000000000000"                         \
	"1111111111111111111111111111111111111111111111111111111111111111"                         \
	"2222222222222222222222222222222222222222222222222222222222222222"                         \
	"33333333333333333333333333333333333333333333333333333333333.tar"

/* Calls sidecar_find in directory @dir and compares all results. */
static void expect_find(const struct sandbox *box, const char *dir, const char *archive,
	int expected, const char *expected_name)
{
	char inside[NAME_MAX + 64], path[PATH_MAX];
	struct sidecar found = {0};
	int r;

	(void)STR_FORMAT(inside, "%s/%s", dir, archive);
	r = sidecar_find(sandbox_path(box, inside, path), &found);
	if (r != expected)
		fail_msg("%s: %d, not %d", dir, r, expected);
	assert_string_equal(found.hex, expected == 1 ? LOW : "");
	if (expected == 1)
		assert_string_equal(found.name, expected_name);
}

/* The files next to the archive; NULL if missing. */
static void looks_beside_the_archive(void **state)
{
	static const struct {
		const char *dir, *own, *sums; /* ARCHIVE.sha256 and SHA256SUMS */
		int expected;
		const char *name;
	} cases[] = {
		{"none", NULL, NULL, 0, NULL},
		{"own", HEX "  a.tar\n", NULL, 1, "a.tar.sha256"},
		{"own-bare", HEX, NULL, 1, "a.tar.sha256"},
		{"own-renamed", HEX "  build-17.tar\n", NULL, 1, "a.tar.sha256"},
		{"sums", NULL, OTHER "  b.tar\n" HEX "  a.tar\n", 1, "SHA256SUMS"},
		{"sums-of-others", NULL, OTHER "  b.tar\n" OTHER "  c.tar\n", 0, NULL},
		/* SHA256SUMS lists many files: a line with another name is for another file. */
		{"sums-of-one-other", NULL, OTHER "  b.tar\n", 0, NULL},
		{"sums-bare", NULL, OTHER "\n", 0, NULL},
		{"sums-empty", NULL, "", 0, NULL},
		{"both", HEX "  a.tar\n", OTHER "  a.tar\n", 1, "a.tar.sha256"},
		/* A sidecar without a digest must not be ignored. */
		{"own-empty", "", HEX "  a.tar\n", -EINVAL, NULL},
		{"own-other", "no digest\n", NULL, -EINVAL, NULL},
		{"own-of-many", OTHER "  b.tar\n" OTHER "  c.tar\n", NULL, -EINVAL, NULL},
	};
	const struct sandbox *box = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char path[PATH_MAX];

		sandbox_dir(box, cases[i].dir);
		if (cases[i].own) {
			(void)STR_FORMAT(path, "%s/a.tar.sha256", cases[i].dir);
			sandbox_file(box, path, cases[i].own);
		}
		if (cases[i].sums) {
			(void)STR_FORMAT(path, "%s/SHA256SUMS", cases[i].dir);
			sandbox_file(box, path, cases[i].sums);
		}
		expect_find(box, cases[i].dir, "a.tar", cases[i].expected, cases[i].name);
	}
}

/* An unreadable file may contain a digest, so it is an error; a FIFO must not block. */
static void reports_read_errors(void **state)
{
	const struct sandbox *box = *state;
	char path[PATH_MAX];

	sandbox_file(box, "own/SHA256SUMS", HEX "  a.tar\n");
	sandbox_link(box, "own/a.tar.sha256", "a.tar.sha256");
	expect_find(box, "own", "a.tar", -ELOOP, NULL);
	assert_int_equal(unlink(sandbox_path(box, "own/a.tar.sha256", path)), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	expect_find(box, "own", "a.tar", -EINVAL, NULL);
	assert_int_equal(unlink(path), 0);
	sandbox_dir(box, "own/a.tar.sha256");
	expect_find(box, "own", "a.tar", -EINVAL, NULL);
	assert_int_equal(rmdir(path), 0);
	sandbox_link(box, "own/a.tar.sha256", "nowhere");
	expect_find(box, "own", "a.tar", -ENOLINK, NULL);
	assert_int_equal(unlink(path), 0);
	expect_find(box, "own", "a.tar", 1, "SHA256SUMS");

	sandbox_link(box, "sums/SHA256SUMS", "SHA256SUMS");
	expect_find(box, "sums", "a.tar", -ELOOP, NULL);
	expect_find(box, "nowhere", "a.tar", 0, NULL);
}

/* A larger file is not a list of digests. */
static void reads_up_to_a_mebibyte(void **state)
{
	const struct sandbox *box = *state;
	size_t size = MIB(1), line = strlen(HEX "  a.tar\n");
	_cleanup_free_ char *text = malloc(size + 2);

	assert_non_null(text);
	memset(text, '\n', size + 1);
	memcpy(text + size - line, HEX "  a.tar\n", line);
	text[size] = '\0';
	sandbox_file(box, "s/SHA256SUMS", text);
	expect_find(box, "s", "a.tar", 1, "SHA256SUMS");
	text[size] = '\n';
	text[size + 1] = '\0';
	sandbox_file(box, "s/SHA256SUMS", text);
	expect_find(box, "s", "a.tar", -EINVAL, NULL);
}

static void accepts_names_of_any_length(void **state)
{
	const struct sandbox *box = *state;
	char path[PATH_MAX + 64];
	struct sidecar found;

	/* With ".sha256" appended, the name exceeds NAME_MAX. */
	assert_int_equal(strlen(LONG_NAME), NAME_MAX);
	sandbox_file(box, "s/SHA256SUMS", HEX "  " LONG_NAME "\n");
	expect_find(box, "s", LONG_NAME, 1, "SHA256SUMS");
	sandbox_file(box, "s/SHA256SUMS", "");
	expect_find(box, "s", LONG_NAME, 0, NULL);

	memset(path, '/', sizeof(path));
	path[PATH_MAX - 2] = 'a';
	path[PATH_MAX - 1] = '\0';
	assert_int_equal(sidecar_find(path, &found), -ENAMETOOLONG);
}

/* A name without a slash is in the current directory, not in "/". */
static void looks_in_the_current_directory(void **state)
{
	const struct sandbox *box = *state;
	_cleanup_close_ int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct sidecar found[2] = {{0}, {0}};
	int r[2];

	assert_true(before >= 0);
	sandbox_file(box, "SHA256SUMS", HEX "  a.tar\n");
	sandbox_file(box, "b.tar.sha256", HEX "\n");
	assert_int_equal(fchdir(box->root), 0);
	r[0] = sidecar_find("a.tar", &found[0]);
	r[1] = sidecar_find("b.tar", &found[1]);
	assert_int_equal(fchdir(before), 0);
	assert_int_equal(r[0], 1);
	assert_string_equal(found[0].hex, LOW);
	assert_string_equal(found[0].name, "SHA256SUMS");
	assert_int_equal(r[1], 1);
	assert_string_equal(found[1].name, "b.tar.sha256");
}

/* The digests of "abc". */
static const struct {
	const char *program, *openssl, *hex;
	enum digest_kind kind;
} abc[] = {
	{"sha256sum", "sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		DIGEST_SHA256},
	{"sha512sum", "sha512",
		"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
		DIGEST_SHA512},
	{"sha1sum", "sha1", "a9993e364706816aba3e25717850c26c9cd0d89d", DIGEST_SHA1},
	{"md5sum", "md5", "900150983cd24fb0d6963f7d28e17f72", DIGEST_MD5},
};

/* Every file with what the programs write, for an archive "a.tar" that is "abc". */
static void reads_what_programs_write(void **state)
{
	static const struct {
		const char *file;
		size_t kind; /* in abc */
		const char *format;
	} cases[] = {
		{"a.tar.sha256", 0, "%s b.tar a.tar"},
		{"a.tar.sha256", 0, "%s -b b.tar a.tar"},
		{"a.tar.sha256", 0, "%s --tag b.tar a.tar"},
		{"a.tar.sha256", 0, "%s <a.tar"},
		{"a.tar.sha256", 0, "printf '\\357\\273\\277'; %s a.tar"},
		{"a.tar.sha256sum", 0, "%s a.tar"},
		{"a.tar.sha", 0, "%s a.tar"},
		{"a.tar.sha", 1, "%s a.tar"},
		{"a.tar.sha", 2, "%s a.tar"},
		{"a.tar.sha512", 1, "%s a.tar"},
		{"a.tar.sha512sum", 1, "%s a.tar"},
		{"a.tar.md5", 3, "%s a.tar"},
		{"a.tar.md5sum", 3, "%s a.tar"},
		{"a.tar.sha1", 2, "%s a.tar"},
		{"SHA256SUMS", 0, "%s b.tar ./a.tar"},
		{"SHA256SUMS", 0, "cd ..; %s s/b.tar s/a.tar"},
		{"SHA256SUMS", 0, "%s \"$PWD/a.tar\""},
		{"SHA256SUMS", 0, "%s -b --tag b.tar a.tar"},
		{"SHA256SUMS", 0, "%s b.tar a.tar | sed 's/$/\\r/'"},
		{"SHA256SUMS", 0, "%s b.tar a.tar | tr -s ' '"},
		{"SHA256SUMS", 0, "%s b.tar a.tar | sed 's/  /\\t/'"},
		{"SHA256SUMS", 0, "printf '\\377\\376'; %s b.tar a.tar | iconv -t UTF-16LE"},
		{"sha256sums", 0, "%s b.tar a.tar"},
		{"sha256sum.txt", 0, "%s b.tar a.tar"},
		{"SHA512SUMS", 1, "%s b.tar a.tar"},
		{"sha512sum.txt", 1, "%s b.tar a.tar"},
		{"MD5SUMS", 3, "%s b.tar a.tar"},
		{"md5sum.txt", 3, "%s b.tar a.tar"},
	};
	const struct sandbox *box = *state;
	char dir[PATH_MAX], path[PATH_MAX];

	sandbox_file(box, "s/a.tar", "abc");
	sandbox_file(box, "s/b.tar", "");
	(void)sandbox_path(box, "s", dir);
	(void)sandbox_path(box, "s/a.tar", path);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char run[256], command[400];
		struct sidecar found = {0};

		/* The format is a constant of the table above. */
		(void)snprintf(run, sizeof(run), "%s", cases[i].format);
		(void)STR_FORMAT(command,
			"cd \"$0\" && p=%s && { eval \"$(printf \"$1\" $p)\"; } >\"$0/%s\"",
			abc[cases[i].kind].program, cases[i].file);
		assert_int_equal(
			sandbox_run((const char *const[]){"sh", "-c", command, dir, run, NULL}), 0);
		if (sidecar_find(path, &found) != 1 ||
			strcmp(found.hex, abc[cases[i].kind].hex) != 0 ||
			found.kind != abc[cases[i].kind].kind)
			fail_msg("case %zu: %s", i, cases[i].format);
		assert_string_equal(found.name, cases[i].file);
		(void)STR_FORMAT(command, "s/%s", cases[i].file);
		assert_int_equal(unlinkat(box->root, command, 0), 0);
	}
}

static void reads_what_openssl_writes(void **state)
{
	static const char *const forms[] = {"a.tar", "-r a.tar", "<a.tar"};
	const struct sandbox *box = *state;
	char dir[PATH_MAX], path[PATH_MAX];

	if (child_find_program("openssl", path, sizeof(path)) < 0)
		skip();
	sandbox_file(box, "o/a.tar", "abc");
	(void)sandbox_path(box, "o", dir);
	(void)sandbox_path(box, "o/a.tar", path);
	for (size_t i = 0; i < ARRAY_SIZE(abc) * ARRAY_SIZE(forms); i++) {
		size_t kind = i % ARRAY_SIZE(abc);
		static const char *const files[] = {"sha256", "sha512", "sha", "md5"};
		struct sidecar found = {0};
		char command[400];

		(void)STR_FORMAT(command, "cd \"$0\" && openssl dgst -%s %s >a.tar.%s",
			abc[kind].openssl, forms[i / ARRAY_SIZE(abc)], files[kind]);
		assert_int_equal(
			sandbox_run((const char *const[]){"sh", "-c", command, dir, NULL}), 0);
		if (sidecar_find(path, &found) != 1 || strcmp(found.hex, abc[kind].hex) != 0)
			fail_msg("%s", command);
		(void)STR_FORMAT(command, "o/a.tar.%s", files[kind]);
		assert_int_equal(unlinkat(box->root, command, 0), 0);
	}
}

static void computes_every_kind(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(abc); i++) {
		struct digest digest;
		char hex[DIGEST_HEX_MAX];

		assert_int_equal(digest_begin(&digest, abc[i].kind), 0);
		digest_add(&digest, "ab", 2);
		digest_add(&digest, "c", 1);
		assert_int_equal(digest_end(&digest, hex), 0);
		assert_string_equal(hex, abc[i].hex);
		assert_int_equal(strlen(hex), digest_hex_digits(abc[i].kind));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_sidecars),
		cmocka_unit_test(compares_names_exactly),
		cmocka_unit_test(prefers_its_own_line),
		cmocka_unit_test(refuses_two_digests),
		cmocka_unit_test(reads_escaped_names),
		cmocka_unit_test(prefers_the_longest_path),
		sandbox_test(looks_beside_the_archive),
		sandbox_test(reports_read_errors),
		sandbox_test(reads_up_to_a_mebibyte),
		sandbox_test(accepts_names_of_any_length),
		sandbox_test(looks_in_the_current_directory),
		sandbox_test(reads_what_programs_write),
		sandbox_test(reads_what_openssl_writes),
		cmocka_unit_test(computes_every_kind),
	};

	return cmocka_run_group_tests_name("sidecar", tests, NULL, NULL);
}
