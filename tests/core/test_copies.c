/* SPDX-License-Identifier: MIT */
#include "core/archive/copies.h"

#include "device/base/util.h"
#include "device/layout/layout_copy.h"
#include "tests/lib/sandbox.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/time.h>

/* A layout with a partition on @mount, which gets @word from the folder of the sandbox. */
static struct layout copying(const struct sandbox *box, const char *mount, const char *word)
{
	struct layout layout = {.count = 1, .partitions = {{.name = "boot"}}};
	char folder[PATH_MAX];
	struct diag diag;

	STR_COPY(layout.partitions[0].mount, mount);
	assert_int_equal(
		layout_add_copy(&layout, 0, word, sandbox_path(box, "in", folder), &diag), 0);
	return layout;
}

struct seen {
	char paths[256];
	int stop_at; /* number of the call that fails */
	int calls;
};

static int see(void *arg, const struct copied *copied, struct diag *diag)
{
	struct seen *seen = arg;
	size_t length = strlen(seen->paths);

	assert_true(copied->fd >= 0);
	(void)str_format(seen->paths + length, sizeof(seen->paths) - length, "%s%s ", copied->path,
		S_ISDIR(copied->st.st_mode) ? "/" : "");
	return ++seen->calls == seen->stop_at ? diag_fail(diag, -EIO, "stopped") : 0;
}

static void make_folder(const struct sandbox *box)
{
	sandbox_file(box, "in/dtbs/b.dtb", "b");
	sandbox_file(box, "in/dtbs/a/c.dtb", "cc");
	sandbox_file(box, "in/zImage", "kernel");
	sandbox_link(box, "in/dtbs/z", "../zImage");
}

static void folders_are_walked_in_order(void **state)
{
	const struct sandbox *box = *state;
	struct layout layout;
	struct seen seen = {.paths = ""}, stopped = {.paths = "", .stop_at = 2};
	uint64_t bytes;
	struct diag diag;

	make_folder(box);
	layout = copying(box, "/boot", "overlays=dtbs");
	assert_int_equal(copies_each(&layout, see, &seen, &diag), 0);
	assert_string_equal(seen.paths, "boot/overlays/ boot/overlays/a/ boot/overlays/a/c.dtb "
					"boot/overlays/b.dtb boot/overlays/z ");
	assert_int_equal(copies_measure(&layout, &bytes, &diag), 0);
	assert_int_equal(bytes, 2 + 1 + 6);
	assert_int_equal(copies_each(&layout, see, &stopped, &diag), -EIO);
	assert_int_equal(stopped.calls, 2);
	assert_string_equal(diag.text, "stopped");

	layout = copying(box, "/", "zImage");
	seen = (struct seen){.paths = ""};
	assert_int_equal(copies_each(&layout, see, &seen, &diag), 0);
	assert_string_equal(seen.paths, "zImage ");
}

static void expect_refused(const struct sandbox *box, const char *word, int error, const char *text)
{
	struct layout layout = copying(box, "/boot", word);
	struct diag diag;
	uint64_t bytes;

	assert_int_equal(copies_measure(&layout, &bytes, &diag), error);
	if (!strstr(diag.text, text))
		fail_msg("%s gives '%s' instead of '%s'", word, diag.text, text);
}

static void what_is_no_file_is_refused(void **state)
{
	const struct sandbox *box = *state;

	make_folder(box);
	expect_refused(box, "none", -ENOENT, "/in/none cannot be read: No such file");
	sandbox_link(box, "in/dangling", "nowhere");
	expect_refused(box, "dangling", -ENOENT, "/in/dangling cannot be read");
	assert_int_equal(mkfifoat(box->root, "in/fifo", 0600), 0);
	expect_refused(box, "fifo", -EINVAL, "/in/fifo is neither a regular file nor a folder");
	sandbox_link(box, "in/dtbs/a/up", "..");
	expect_refused(box, "dtbs", -ELOOP, "more than 32 folders deep, as a link");
}

/* The archive has a link @replaced (NULL: none), and an empty file from 1970. */
static struct manifest *read_copies(const struct layout *layout, const char *replaced)
{
	struct manifest *manifest = manifest_new();
	const struct manifest_entry link = {.path = "", .link = "/x", .type = MANIFEST_SYMLINK};
	const struct manifest_entry file = {.path = "", .link = "", .type = MANIFEST_FILE};
	uint64_t bytes = 99;
	struct diag diag;

	assert_non_null(manifest);
	if (replaced)
		assert_int_equal(manifest_add(manifest, replaced, &link), 0);
	assert_int_equal(manifest_add(manifest, "boot/d/empty", &file), 0);
	if (copies_read(manifest, layout, &bytes, &diag) < 0)
		fail_msg("%s", diag.text);
	assert_int_equal(manifest_seal(manifest), 0);
	return manifest;
}

static void the_manifest_has_their_metadata(void **state)
{
	const struct sandbox *box = *state;
	static const unsigned char nothing[MANIFEST_DIGEST_BYTES];
	const struct timespec times[2] = {
		{.tv_sec = 1000000000}, {.tv_sec = 1000000000, .tv_nsec = 7}};
	struct manifest_entry entry;
	struct manifest *manifest;
	struct layout layout;

	make_folder(box);
	assert_int_equal(fchmodat(box->root, "in/dtbs/b.dtb", 04751, 0), 0);
	assert_int_equal(utimensat(box->root, "in/dtbs/b.dtb", times, 0), 0);
	layout = copying(box, "/boot", "d=dtbs");
	manifest = read_copies(&layout, "boot/d/b.dtb");
	assert_true(manifest_find(manifest, "boot/d/b.dtb", &entry));
	assert_int_equal(entry.type, MANIFEST_FILE);
	assert_int_equal(entry.archive, MANIFEST_NO_ARCHIVE);
	assert_int_equal(entry.mode, 0751); /* no copy is setuid */
	assert_int_equal(entry.uid, 0);
	assert_int_equal(entry.mtime_s, 1000000000);
	assert_int_equal(entry.mtime_ns, 7);
	assert_int_equal(entry.size, 1);
	assert_int_equal(entry.block_bytes, 4096);
	assert_memory_not_equal(entry.digest, nothing, sizeof(nothing));
	assert_true(manifest_find(manifest, "boot/d/a", &entry));
	assert_int_equal(entry.type, MANIFEST_DIR);
	assert_true(manifest_find(manifest, "boot/d/z", &entry)); /* links are followed */
	assert_int_equal(entry.type, MANIFEST_FILE);
	assert_int_equal(manifest_totals(manifest)->needs[TAR_NEED_OVER_LINK].count, 0);
	manifest_free(manifest);
}

static int check_one(void *arg, const struct copied *copied, struct diag *diag)
{
	return copies_check(arg, copied, diag);
}

static void a_change_is_found(void **state)
{
	const struct sandbox *box = *state;
	const struct timespec before[2] = {{0}, {.tv_sec = 1, .tv_nsec = 2}};
	const struct timespec after[2] = {{0}, {.tv_sec = 1, .tv_nsec = 3}};
	const struct timespec epoch[2] = {{0}, {0}};
	struct manifest *manifest;
	struct layout layout;
	struct diag diag;

	make_folder(box);
	assert_int_equal(utimensat(box->root, "in/zImage", before, 0), 0);
	layout = copying(box, "/boot", "d=dtbs");
	manifest = read_copies(&layout, NULL);
	assert_int_equal(copies_each(&layout, check_one, manifest, &diag), 0);
	sandbox_file(box, "in/dtbs/new", "");
	assert_int_equal(copies_each(&layout, check_one, manifest, &diag), -ESTALE);
	assert_non_null(strstr(diag.text, "/in/dtbs/new has changed since it was read"));
	assert_int_equal(unlinkat(box->root, "in/dtbs/new", 0), 0);
	assert_int_equal(copies_each(&layout, check_one, manifest, &diag), 0);
	/* One that is new, and like an entry of the archive. */
	sandbox_file(box, "in/dtbs/empty", "");
	assert_int_equal(utimensat(box->root, "in/dtbs/empty", epoch, 0), 0);
	assert_int_equal(copies_each(&layout, check_one, manifest, &diag), -ESTALE);
	assert_int_equal(unlinkat(box->root, "in/dtbs/empty", 0), 0);
	assert_int_equal(utimensat(box->root, "in/zImage", after, 0), 0);
	assert_int_equal(copies_each(&layout, check_one, manifest, &diag), -ESTALE);
	assert_non_null(strstr(diag.text, "/in/dtbs/z has changed"));
	sandbox_file(box, "in/zImage", "longer");
	assert_int_equal(utimensat(box->root, "in/zImage", before, 0), 0);
	assert_int_equal(copies_each(&layout, check_one, manifest, &diag), 0);
	sandbox_file(box, "in/zImage", "much longer");
	assert_int_equal(utimensat(box->root, "in/zImage", before, 0), 0);
	assert_int_equal(copies_each(&layout, check_one, manifest, &diag), -ESTALE);
	manifest_free(manifest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sandbox_test(folders_are_walked_in_order),
		sandbox_test(what_is_no_file_is_refused),
		sandbox_test(the_manifest_has_their_metadata),
		sandbox_test(a_change_is_found),
	};

	return cmocka_run_group_tests_name("copies", tests, NULL, NULL);
}
