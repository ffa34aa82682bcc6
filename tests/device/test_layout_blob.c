/* SPDX-License-Identifier: MIT */
#include "device/layout/layout_blob.h"

#include "tests/lib/sandbox.h"

#include "device/base/util.h"
#include "device/layout/layout_file.h"

#include <errno.h>
#include <unistd.h>

/* A loader that the layout names, an environment that it leaves open, and a second loader in boot0. */
static const char board[] = "partition \"rootfs\" {\n grow = true\n format = ext4\n mount = /\n}\n"
			    "blob \"u-boot\" {\n file = flash.bin\n offset = 32K\n max = 3M\n}\n"
			    "blob \"env\" {\n offset = 2M\n}\n"
			    "blob \"spl\" {\n file = spl.bin\n target = boot0\n}\n";

static void make_file(const struct sandbox *box, const char *name, off_t bytes)
{
	int fd;

	sandbox_file(box, name, "");
	fd = openat(box->root, name, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, bytes), 0);
	assert_int_equal(close(fd), 0);
}

/* Loads the board, with @words ("NAME=FILE", up to NULL) as choices. */
static int load(
	const struct sandbox *box, const char *const *words, struct layout *ret, struct diag *diag)
{
	struct blob_choices choices = {0};
	char path[PATH_MAX];

	for (; *words; words++)
		assert_int_equal(blob_choices_add(&choices, *words, diag), 0);
	sandbox_file(box, "board.conf", board);
	return layout_resolve(sandbox_path(box, "board.conf", path), "/", &choices, ret, diag);
}

#define LOAD(box, ret, diag, ...) load(box, (const char *const[]){__VA_ARGS__, NULL}, ret, diag)

static struct layout load_good(const struct sandbox *box)
{
	struct layout layout;
	struct diag diag;

	if (LOAD(box, &layout, &diag, NULL) < 0)
		fail_msg("%s", diag.text);
	return layout;
}

/* Sets the blob @name, and returns its error. */
static int set(const struct sandbox *box, struct layout *layout, size_t index, const char *name,
	struct diag *diag)
{
	char path[PATH_MAX];

	return layout_set_blob(layout, index, sandbox_path(box, name, path), diag);
}

static void choices_are_words(void **state)
{
	static const char *const bad[] = {"", "u-boot", "=", "u-boot=", "=flash.bin",
		"a-name-of-thirty-six-bytes-is-too-long=x"};
	struct blob_choices choices = {0};
	struct diag diag;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(blob_choices_add(&choices, bad[i], &diag), -EINVAL);
		assert_non_null(strstr(diag.text, "is not NAME=FILE"));
	}
	assert_int_equal(blob_choices_add(&choices, "u-boot=a=b", &diag), 0);
	assert_int_equal(blob_choices_add(&choices, "u-boot=a=b", &diag), 0);
	assert_int_equal(choices.count, 1);
	assert_string_equal(blob_choices_file(&choices, "u-boot"), "a=b");
	assert_null(blob_choices_file(&choices, "u-boo"));
	assert_null(blob_choices_file(NULL, "u-boot"));
	assert_int_equal(blob_choices_add(&choices, "u-boot=c", &diag), -EINVAL);
	assert_string_equal(diag.text, "--blob u-boot is given twice: 'a=b' and 'c'");
	for (int i = 1; i < LAYOUT_BLOBS_MAX; i++) {
		static char words[LAYOUT_BLOBS_MAX][8];

		STR_FORMAT(words[i], "b%d=x", i);
		assert_int_equal(blob_choices_add(&choices, words[i], &diag), 0);
	}
	assert_int_equal(blob_choices_add(&choices, "more=x", &diag), -EINVAL);
	assert_non_null(strstr(diag.text, "more than 32 times"));
}

static void unknown_names_are_refused(void **state)
{
	struct blob_choices choices = {.count = 1, .list = {{"uboot", "/x"}}};
	struct layout layout = load_good(*state);
	struct diag diag;

	assert_int_equal(blob_choices_check(&choices, &layout, &diag), -ENOENT);
	assert_string_equal(diag.text, "--blob uboot: layout board has no blob of this name. "
				       "Use one of: u-boot, env, spl");
	assert_int_equal(blob_choices_check(&choices, layout_builtin(0), &diag), -ENOENT);
	assert_string_equal(diag.text, "--blob uboot: layout single-gpt has no blob of this name. "
				       "It has no blobs at all");
	assert_int_equal(layout_resolve("single-gpt", "/", &choices, &layout, &diag), -ENOENT);
	assert_int_equal(blob_choices_check(NULL, &layout, &diag), 0);
	/* layout_resolve checks the names in a file, too. */
	assert_int_equal(LOAD(*state, &layout, &diag, "uboot=/x"), -ENOENT);
}

static void missing_files_are_kept_for_later(void **state)
{
	const struct sandbox *box = *state;
	struct layout l = load_good(box), placed;
	char path[PATH_MAX], want[2 * PATH_MAX + 200], folder[PATH_MAX];
	struct diag diag;

	assert_int_equal(l.blob_count, 3);
	assert_int_equal(layout_missing_blob(&l, true), 0);
	assert_int_equal(l.blobs[0].missing, ENOENT);
	assert_int_equal(l.blobs[0].size_bytes, 0);
	assert_int_equal(layout_place(&l, GIB(1), 0, &placed, &diag), 0);
	assert_int_equal(layout_check_files(&l, true, &diag), -ENOENT);
	(void)snprintf(want, sizeof(want),
		"%s:6: blob u-boot: file %s cannot be read: No such file or directory. Give it one "
		"by --blob u-boot=FILE",
		sandbox_path(box, "board.conf", path), sandbox_path(box, "flash.bin", folder));
	assert_string_equal(diag.text, want);

	make_file(box, "flash.bin", MIB(1));
	make_file(box, "spl.bin", KIB(100));
	l = load_good(box);
	assert_int_equal(layout_missing_blob(&l, true), 1);
	assert_int_equal(layout_check_files(&l, true, &diag), -ENOENT);
	assert_non_null(
		strstr(diag.text, ":11: blob env has no file. Give it one by --blob env=FILE"));
	assert_int_equal(set(box, &l, 1, "spl.bin", &diag), 0);
	assert_int_equal(layout_missing_blob(&l, true), 3);
	assert_int_equal(layout_check_files(&l, true, &diag), 0);
	assert_string_equal(l.blobs[1].file, sandbox_path(box, "spl.bin", path));
	assert_int_equal(l.blobs[1].size_bytes, KIB(100));
	assert_true(l.blobs[1].is_given && file_id_is(&l.blobs[1].id, path));
	assert_false(l.blobs[0].is_given);
}

static void choices_replace_files(void **state)
{
	const struct sandbox *box = *state;
	char word[PATH_MAX + 16], path[PATH_MAX];
	struct layout l;
	struct diag diag;

	/* The layout's own file is too large, or not there. */
	make_file(box, "flash.bin", MIB(5));
	make_file(box, "new.bin", MIB(2));
	assert_int_equal(LOAD(box, &l, &diag, NULL), -EINVAL);
	assert_non_null(strstr(diag.text, ":6: blob u-boot is larger than its max"));
	(void)snprintf(word, sizeof(word), "u-boot=%s", sandbox_path(box, "new.bin", path));
	assert_int_equal(LOAD(box, &l, &diag, word), -EINVAL);
	assert_non_null(strstr(diag.text, ":11: blob env overlaps blob u-boot"));
	make_file(box, "new.bin", MIB(1));
	assert_int_equal(LOAD(box, &l, &diag, word), 0);
	assert_string_equal(l.blobs[0].file, path);
	assert_int_equal(l.blobs[0].size_bytes, MIB(1));
	assert_true(l.blobs[0].is_given);
	/* Relative to the working directory, not to the layout. */
	assert_int_equal(LOAD(box, &l, &diag, "u-boot=LICENSE"), 0);
	assert_int_equal(l.blobs[0].file[0], '/');
	assert_non_null(strstr(l.blobs[0].file, "/LICENSE"));
	/* A file that the operator names must be there. */
	assert_int_equal(LOAD(box, &l, &diag, "u-boot=/none/x"), -EINVAL);
	assert_non_null(
		strstr(diag.text, ":6: blob u-boot: file /none/x cannot be read: No such file"));
	assert_int_equal(LOAD(box, &l, &diag, "u-boot=/"), -EINVAL);
	assert_non_null(strstr(diag.text, "blob u-boot: / is not a regular file"));
}

static void bad_files_change_nothing(void **state)
{
	const struct sandbox *box = *state;
	static const struct {
		size_t blob;
		const char *file;
		int error;
		const char *reason;
	} cases[] = {
		{0, "none.bin", -ENOENT, "cannot be read: No such file"},
		{0, ".", -EINVAL, "is not a regular file"},
		{0, "empty.bin", -EINVAL, "blob u-boot is empty"},
		{0, "large.bin", -EINVAL, "blob u-boot is larger than its max"},
		{0, "reach.bin", -EINVAL, "blob env overlaps blob u-boot"},
		{1, "large.bin", -EINVAL, "blob env (5 MiB at 2 MiB) overlaps partition rootfs"},
	};
	struct layout l = load_good(box), before = l;
	struct diag diag;

	make_file(box, "empty.bin", 0);
	make_file(box, "large.bin", MIB(5));
	make_file(box, "reach.bin", MIB(2));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(set(box, &l, cases[i].blob, cases[i].file, &diag), cases[i].error);
		if (!strstr(diag.text, cases[i].reason))
			fail_msg("%s: %s", cases[i].file, diag.text);
		assert_memory_equal(&l, &before, sizeof(l));
	}
}

/* The layout file is read again with what the operator gave. */
static void given_files_are_kept(void **state)
{
	const struct sandbox *box = *state;
	struct layout before = load_good(box), now;
	char path[PATH_MAX], board_path[PATH_MAX];
	struct blob_choices choices;
	struct diag diag;

	make_file(box, "a.bin", KIB(64));
	assert_int_equal(set(box, &before, 1, "a.bin", &diag), 0);
	make_file(box, "spl.bin", KIB(64));
	choices = blob_choices_of(&before);
	assert_int_equal(choices.count, 1);
	assert_string_equal(choices.list[0].name, "env");
	assert_string_equal(choices.list[0].file, sandbox_path(box, "a.bin", path));
	make_file(box, "flash.bin", MIB(1));
	assert_int_equal(
		layout_load(sandbox_path(box, "board.conf", board_path), &choices, &now, &diag), 0);
	assert_int_equal(layout_missing_blob(&now, true), 3);
	assert_string_equal(now.blobs[1].file, path);
	assert_true(now.blobs[1].is_given);
	assert_false(now.blobs[2].is_given);
}

static void blobs_are_described(void **state)
{
	static const struct {
		struct layout_blob blob;
		const char *words;
	} cases[] = {
		{{.name = "u-boot", .size_bytes = 1572864, .offset_bytes = KIB(32)},
			"u-boot 1.5 MiB at 32 KiB"},
		{{.name = "u-boot", .size_bytes = 1572864, .target = BLOB_BOOT0},
			"u-boot 1.5 MiB in boot0 at 0"},
		{{.name = "spl", .size_bytes = KIB(9), .target = BLOB_BOOT1, .offset_bytes = 512},
			"spl 9 KiB in boot1 at 512 B"},
		{{.name = "env", .size_bytes = KIB(8), .target = BLOB_PARTITION, .partition = "e"},
			"env 8 KiB in e at 0"},
		{{.name = "env", .missing = EACCES}, "env: file missing"},
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		layout_blob_describe(&cases[i].blob, text, sizeof(text));
		assert_string_equal(text, cases[i].words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(choices_are_words),
		sandbox_test(unknown_names_are_refused),
		sandbox_test(missing_files_are_kept_for_later),
		sandbox_test(choices_replace_files),
		sandbox_test(bad_files_change_nothing),
		sandbox_test(given_files_are_kept),
		cmocka_unit_test(blobs_are_described),
	};

	return cmocka_run_group_tests_name("layout_blob", tests, NULL, NULL);
}
