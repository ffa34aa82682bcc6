/* SPDX-License-Identifier: MIT */
#include "core/archive/inspect.h"

#include "core/process/reactor.h"
#include "device/base/util.h"
#include "tests/lib/old_kernel.h"
#include "tests/lib/sandbox.h"

#include <errno.h>

static void count_end(void *arg)
{
	++*(int *)arg;
}

/* Starts to read a single archive. */
static struct inspect *inspect_one(int reactor, const char *path, struct diag *diag)
{
	struct archive_list archives;

	archive_list_make(&archives, path, NULL);
	return inspect_new(reactor, &archives, NULL, NULL, diag);
}

/* Inspects to the end. NULL if it cannot start. */
static struct inspect *inspect_list(
	int reactor, const struct archive_list *archives, struct inspect_result *ret)
{
	struct diag diag = {0};
	struct inspect *inspect = inspect_new(reactor, archives, NULL, NULL, &diag);
	uint64_t done = 0;
	int ended = 0;

	*ret = (struct inspect_result){.state = INSPECT_BAD};
	STR_COPY(ret->error, diag.text);
	if (!inspect)
		return NULL;
	inspect_on_end(inspect, count_end, &ended);
	while (ended == 0) {
		assert_true(reactor_dispatch(reactor, 20000) > 0);
		inspect_result(inspect, ret);
		assert_true(ret->archive_done >= done && ret->archive_done <= ret->archive_total);
		done = ret->archive_done;
	}
	assert_int_equal(ended, 1);
	inspect_result(inspect, ret);
	assert_int_not_equal(ret->state, INSPECT_RUNNING);
	return inspect;
}

static struct inspect *inspect_all(int reactor, const char *path, struct inspect_result *ret)
{
	struct archive_list archives;

	archive_list_make(&archives, path, NULL);
	return inspect_list(reactor, &archives, ret);
}

static struct inspect_result result_of(const char *path)
{
	int reactor = reactor_new();
	struct inspect_result result;

	inspect_free(inspect_all(reactor, path, &result));
	(void)close(reactor);
	return result;
}

static void write_file(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write_full(fd, data, size), 0);
	(void)close(fd);
}

static void passes_good_archives(void **state)
{
	static const char *const names[] = {"gnu.tar", "pax.tar", "pax.tar.gz", "pax.tar.xz",
		"pax.tar.zst", "pax.tar.bz2", "pax.tar.lz4", "pax.tar.lz"};
	const struct sandbox *box = *state;
	struct inspect_result first = {0};
	int reactor = reactor_new();

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct inspect_result result;
		struct inspect *inspect;
		char path[PATH_MAX];

		if (access(sandbox_path(box, names[i], path), R_OK) < 0) {
			print_message("SKIPPED %s: its compressor is not installed\n", names[i]);
			continue;
		}
		inspect = inspect_all(reactor, path, &result);
		if (result.state != INSPECT_OK)
			fail_msg("%s", result.error);
		assert_true(manifest_has(inspect_manifest(inspect), "etc/hello"));
		assert_int_equal(result.archive_done, result.archive_total);
		assert_int_equal(strlen(result.archives.list[0].sha256), 64);
		assert_int_equal(result.archives.list[0].sidecar, SIDECAR_NONE);
		assert_string_equal(result.error, "");
		if (first.totals.entries == 0)
			first = result;
		assert_int_equal(result.totals.entries, first.totals.entries);
		assert_int_equal(result.totals.content_bytes, first.totals.content_bytes);
		inspect_free(inspect);
	}
	(void)close(reactor);
}

/* ---- whole or not ---- */

struct damage {
	const char *name;
	size_t step;
};

static void notices_every_cut_through_a_decompressor(void **state)
{
	static const struct damage cases[] = {{"tiny.tar", 512}, {"tiny.tar.gz", 1},
		{"tiny.tar.xz", 1}, {"tiny.tar.zst", 1}, {"tiny.tar.bz2", 3}, {"tiny.tar.lz4", 3}};
	const struct sandbox *box = *state;
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned char data[20480];
		int fd = openat(box->root, cases[i].name, O_RDONLY | O_CLOEXEC);
		ssize_t size = fd < 0 ? -1 : read(fd, data, sizeof(data));
		size_t end;

		if (size < 0) {
			print_message(
				"SKIPPED %s: its compressor is not installed\n", cases[i].name);
			continue;
		}
		(void)close(fd);
		/* A plain archive may lose everything after its end mark. */
		for (end = (size_t)size; i == 0 && data[end - 1] == 0; end--)
			;
		end = i == 0 ? (end + 511) / 512 * 512 + 1023 : end - 1;
		for (size_t cut = end;; cut -= cases[i].step) {
			struct inspect_result result;

			write_file(sandbox_path(box, "cut", path), data, cut);
			result = result_of(path);
			if (result.state != INSPECT_BAD || !*result.error)
				fail_msg("%s cut at %zu of %zd passed", cases[i].name, cut, size);
			if (cut < cases[i].step)
				break;
		}
	}
}

static void refuses_damage(void **state)
{
	static const char *const names[] = {"pax.tar.gz", "pax.tar.xz", "pax.tar.zst"};
	const struct sandbox *box = *state;
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct inspect_result result;
		unsigned char *data = calloc(1, 2000000);
		int fd = openat(box->root, names[i], O_RDONLY | O_CLOEXEC);
		ssize_t size = fd < 0 ? -1 : read(fd, data, 1999000);

		if (size < 0) {
			print_message("SKIPPED %s: its compressor is not installed\n", names[i]);
			free(data);
			continue;
		}
		(void)close(fd);
		data[size / 2] ^= 0x10;
		write_file(sandbox_path(box, "bad.tar.x", path), data, (size_t)size);
		result = result_of(path);
		assert_int_equal(result.state, INSPECT_BAD);
		assert_non_null(strstr(result.error, "bad.tar.x: the "));
		assert_non_null(strstr(result.error, " data is damaged before byte "));
		assert_int_equal(strlen(result.archives.list[0].sha256), 64);
		free(data);
	}
}

/* Damage that turns the data into something else than tar: the decompressor's verdict counts. */
static void finds_the_cause_behind_bad_tar(void **state)
{
	const struct sandbox *box = *state;
	struct inspect_result result;
	char path[PATH_MAX];

	assert_int_equal(sandbox_run((const char *const[]){"sh", "-c",
				 "head -c 3000000 /dev/urandom | bzip2 -c >\"$0\"; "
				 "printf '\\252\\125' | dd of=\"$0\" bs=1 seek=2500000 "
				 "conv=notrunc 2>/dev/null",
				 sandbox_path(box, "random.bz2", path), NULL}),
		0);
	result = result_of(path);
	assert_int_equal(result.state, INSPECT_BAD);
	assert_non_null(strstr(result.error, "random.bz2: the bzip2 data is damaged before byte "));
}

static void refuses_problems(void **state)
{
	const struct sandbox *box = *state;
	struct inspect_result result;
	char path[PATH_MAX], tree[PATH_MAX];

	assert_int_equal(
		sandbox_run((const char *const[]){"tar", "-cPf", sandbox_path(box, "up.tar", path),
			"-C", sandbox_path(box, "tree", tree), "--transform=s|^|../|", "etc/hello",
			NULL}),
		0);
	result = result_of(path);
	assert_int_equal(result.state, INSPECT_BAD);
	assert_string_equal(result.error, "up.tar: ../etc/hello: a name with \"..\"");
	assert_string_equal(result.totals.problems[0].code, "path");

	/* compressed, but not a tar archive */
	assert_int_equal(sandbox_run((const char *const[]){"sh", "-c",
				 "head -c 9000000 /dev/zero | tr '\\0' 'q' | gzip -c >\"$0\"",
				 sandbox_path(box, "text.gz", path), NULL}),
		0);
	result = result_of(path);
	assert_int_equal(result.state, INSPECT_BAD);
	assert_string_equal(result.error, "text.gz: the content is not a tar archive");
}

/* ---- sidecars ---- */

#define HEX "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef"

static void honours_sidecars(void **state)
{
	const struct sandbox *box = *state;
	struct inspect_result result;
	char path[PATH_MAX], other[PATH_MAX];
	struct diag diag;

	sandbox_dir(box, "s");
	assert_int_equal(sandbox_run((const char *const[]){"sh", "-c",
				 "cd \"$0\" && cp ../tiny.tar a.tar && cp ../gnu.tar b.tar && "
				 "sha256sum a.tar b.tar >SHA256SUMS",
				 sandbox_path(box, "s", path), NULL}),
		0);
	result = result_of(sandbox_path(box, "s/a.tar", path));
	assert_int_equal(result.archives.list[0].sidecar, SIDECAR_OK);
	assert_int_equal(result.state, INSPECT_OK);
	assert_string_equal(result.archives.list[0].sidecar_name, "SHA256SUMS");
	sandbox_file(box, "s/a.tar.sha256", HEX "  a.tar\n");
	result = result_of(path);
	assert_int_equal(result.archives.list[0].sidecar, SIDECAR_WRONG);
	assert_int_equal(result.state, INSPECT_BAD);
	assert_non_null(strstr(result.error, "a.tar: the SHA-256 in a.tar.sha256 does not match"));
	result = result_of(sandbox_path(box, "s/b.tar", other));
	assert_int_equal(result.archives.list[0].sidecar, SIDECAR_OK);
	sandbox_file(box, "s/a.tar.sha256", "no digest\n");
	assert_null(inspect_one(0, path, &diag));
	assert_non_null(strstr(diag.text, "the digest file a.tar.sha256 next to "));
}

/* ---- while it runs ---- */

static void may_be_freed_at_any_time(void **state)
{
	const struct sandbox *box = *state;
	int reactor = reactor_new();
	char path[PATH_MAX];
	struct diag diag;

	(void)sandbox_path(box, "pax.tar.xz", path);
	for (int events = 0; events < 8; events++) {
		struct inspect *inspect = inspect_one(reactor, path, &diag);
		struct inspect_result result;

		assert_non_null(inspect);
		inspect_result(inspect, &result);
		for (int i = 0; i < events && result.state == INSPECT_RUNNING; i++) {
			assert_true(reactor_dispatch(reactor, 10000) >= 0);
			inspect_result(inspect, &result);
		}
		inspect_free(inspect);
	}
	inspect_free(NULL);
	(void)close(reactor);
	/* No child and no descriptor is leaked. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	reactor = dup(0);
	assert_true(reactor < 8);
	(void)close(reactor);
}

static void runs_several_at_once(void **state)
{
	static const char *const names[] = {"pax.tar", "pax.tar.gz", "tiny.tar.xz"};
	const struct sandbox *box = *state;
	struct inspect *running[ARRAY_SIZE(names)];
	struct inspect_result result;
	int reactor = reactor_new(), ended = 0;
	char path[PATH_MAX];
	struct diag diag;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		running[i] = inspect_one(reactor, sandbox_path(box, names[i], path), &diag);
		assert_non_null(running[i]);
		inspect_on_end(running[i], count_end, &ended);
	}
	while (ended < (int)ARRAY_SIZE(names))
		assert_true(reactor_dispatch(reactor, 20000) > 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		inspect_result(running[i], &result);
		assert_int_equal(result.state, INSPECT_OK);
		inspect_free(running[i]);
	}
	(void)close(reactor);
}

static void needs_no_pidfd(void **state)
{
	const struct sandbox *box = *state;
	struct inspect_result result;
	char path[PATH_MAX];

	old_kernel = true;
	result = result_of(sandbox_path(box, "pax.tar.gz", path));
	old_kernel = false;
	assert_int_equal(result.state, INSPECT_OK);
}

static void notices_a_change_during_the_scan(void **state)
{
	const struct sandbox *box = *state;
	int reactor = reactor_new(), ended = 0;
	char path[PATH_MAX], tiny[PATH_MAX];
	struct diag diag;
	struct inspect_result result;
	struct inspect *inspect;

	assert_int_equal(
		sandbox_run((const char *const[]){"cp", sandbox_path(box, "tiny.tar", tiny),
			sandbox_path(box, "moving.tar", path), NULL}),
		0);
	inspect = inspect_one(reactor, path, &diag);
	assert_non_null(inspect);
	inspect_on_end(inspect, count_end, &ended);
	assert_int_equal(truncate(path, 512), 0);
	while (ended == 0)
		assert_true(reactor_dispatch(reactor, 20000) > 0);
	inspect_result(inspect, &result);
	assert_int_equal(result.state, INSPECT_BAD);
	assert_string_equal(result.error, "moving.tar: the file changed while it was read");
	inspect_free(inspect);
	(void)close(reactor);
}

/* ---- several archives ---- */

/* Lists tiny.tar for the root, and an archive for each of the folders b and c. NULL: no third one. */
static struct archive_list list_of(const struct sandbox *box, const char *second, const char *third)
{
	struct archive_list archives;
	char path[PATH_MAX];

	archive_list_make(&archives, sandbox_path(box, "gnu.tar", path), NULL);
	for (const char *name = second; name; name = name == third ? NULL : third) {
		struct archive *archive = &archives.list[archives.count++];

		STR_COPY(archive->path, sandbox_path(box, name, path));
		STR_COPY(archive->folder, archives.count == 2 ? "b" : "c");
		STR_COPY(archive->partition, archive->folder);
	}
	return archives;
}

static struct inspect_result result_of_list(const struct archive_list *archives)
{
	int reactor = reactor_new();
	struct inspect_result result;

	inspect_free(inspect_list(reactor, archives, &result));
	(void)close(reactor);
	return result;
}

static void reads_archives_into_one_manifest(void **state)
{
	const struct archive_list archives = list_of(*state, "pax.tar.gz", "tiny.tar.xz");
	struct inspect_result result, alone;
	int reactor = reactor_new();
	struct inspect *inspect = inspect_list(reactor, &archives, &result);
	struct manifest *manifest = inspect_manifest(inspect);
	uint64_t entries = 0, stream = 0, bytes = 0;

	if (result.state != INSPECT_OK)
		fail_msg("%s", result.error);
	assert_true(manifest_has(manifest, "etc/hello"));
	assert_true(manifest_has(manifest, "b/etc/hello"));
	assert_int_equal(result.archives.count, 3);
	for (uint32_t i = 0; i < 3; i++) {
		const struct archive *archive = &result.archives.list[i];

		alone = result_of(archives.list[i].path);
		assert_string_equal(archive->sha256, alone.archives.list[0].sha256);
		assert_int_equal(archive->stream_bytes, alone.totals.stream_bytes);
		assert_int_equal(archive->entries, alone.totals.entries);
		assert_int_equal(archive->block_bytes, alone.totals.block_bytes);
		assert_int_equal(archive->inodes, alone.totals.entries - alone.totals.hardlinks);
		assert_string_equal(archive->folder, i == 0 ? "" : i == 1 ? "b" : "c");
		entries += archive->entries;
		stream += archive->stream_bytes;
		bytes += archive->id.size_bytes;
	}
	assert_int_equal(result.totals.entries, entries);
	assert_int_equal(result.totals.stream_bytes, stream);
	assert_int_equal(result.archive_total, bytes);
	assert_int_equal(result.archive_done, bytes);
	inspect_free(inspect);
	(void)close(reactor);
}

/* Each damage is that of the second archive, and named so. */
static void names_the_archive_that_is_bad(void **state)
{
	static const struct {
		const char *make, *error;
	} cases[] = {
		{"head -c 300 pax.tar.gz >second", "second: the gzip data"},
		{"{ head -c 2000 pax.tar.gz; head -c 1000 /dev/zero; tail -c +3001 pax.tar.gz; } >second",
			"second: the gzip data"},
		{"head -c 1024 pax.tar >second", "second: "},
		{"mkdir -p in && cd in && tar --format=ustar -P -cf ../second ../pax.tar",
			"second: "},
	};
	const struct sandbox *box = *state;
	char script[400];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		/* Whether the last one is read is up to the reader; it is never to blame. */
		for (unsigned with_third = 0; with_third < 2; with_third++) {
			struct archive_list archives =
				list_of(box, "second", with_third ? "pax.tar.xz" : NULL);
			struct inspect_result result;

			STR_FORMAT(script, "cd \"$0\" && %s", cases[i].make);
			assert_int_equal(sandbox_run((const char *const[]){
						 "sh", "-c", script, box->dir, NULL}),
				0);
			result = result_of_list(&archives);
			if (result.state != INSPECT_BAD ||
				!str_has_prefix(result.error, cases[i].error))
				fail_msg("case %zu: %s", i, result.error);
		}
	}
}

static void notices_a_change_of_the_second_archive(void **state)
{
	const struct sandbox *box = *state;
	int reactor = reactor_new(), ended = 0;
	struct archive_list archives;
	struct inspect_result result;
	struct inspect *inspect;
	struct diag diag;

	assert_int_equal(sandbox_run((const char *const[]){"sh", "-c",
				 "cp \"$0/tiny.tar\" \"$0/moving.tar\"", box->dir, NULL}),
		0);
	archives = list_of(box, "moving.tar", NULL);
	inspect = inspect_new(reactor, &archives, NULL, NULL, &diag);
	assert_non_null(inspect);
	inspect_on_end(inspect, count_end, &ended);
	assert_int_equal(truncate(archives.list[1].path, 512), 0);
	while (ended == 0)
		assert_true(reactor_dispatch(reactor, 20000) > 0);
	inspect_result(inspect, &result);
	assert_int_equal(result.state, INSPECT_BAD);
	assert_string_equal(result.error, "moving.tar: the file changed while it was read");
	inspect_free(inspect);
	(void)close(reactor);
}

static void honours_the_sidecar_of_the_second_archive(void **state)
{
	const struct archive_list archives = list_of(*state, "two/a.tar", "tiny.tar.gz");
	const struct sandbox *box = *state;
	struct inspect_result result;

	sandbox_dir(box, "two");
	assert_int_equal(sandbox_run((const char *const[]){"sh", "-c",
				 "cd \"$0/two\" && cp ../tiny.tar a.tar && md5sum a.tar >a.tar.md5",
				 box->dir, NULL}),
		0);
	result = result_of_list(&archives);
	assert_int_equal(result.state, INSPECT_OK);
	assert_int_equal(result.archives.list[0].sidecar, SIDECAR_NONE);
	assert_int_equal(result.archives.list[1].sidecar, SIDECAR_OK);
	assert_int_equal(result.archives.list[2].sidecar, SIDECAR_NONE);
	assert_string_equal(result.warnings.list[result.warnings.count - 1].code, "weak-digest");
	sandbox_file(box, "two/a.tar.sha256", HEX "  a.tar\n");
	result = result_of_list(&archives);
	assert_int_equal(result.archives.list[1].sidecar, SIDECAR_WRONG);
	assert_true(str_has_prefix(result.error, "a.tar: the SHA-256 in a.tar.sha256"));
}

static void a_second_archive_that_is_missing_is_named(void **state)
{
	const struct archive_list archives = list_of(*state, "none.tar", NULL);
	struct diag diag;

	assert_null(inspect_new(0, &archives, NULL, NULL, &diag));
	assert_non_null(strstr(diag.text, "/none.tar cannot be opened"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes_good_archives),
		cmocka_unit_test(notices_every_cut_through_a_decompressor),
		cmocka_unit_test(refuses_damage),
		cmocka_unit_test(finds_the_cause_behind_bad_tar),
		cmocka_unit_test(refuses_problems),
		cmocka_unit_test(honours_sidecars),
		cmocka_unit_test(may_be_freed_at_any_time),
		cmocka_unit_test(runs_several_at_once),
		cmocka_unit_test(needs_no_pidfd),
		cmocka_unit_test(notices_a_change_during_the_scan),
		cmocka_unit_test(reads_archives_into_one_manifest),
		cmocka_unit_test(names_the_archive_that_is_bad),
		cmocka_unit_test(notices_a_change_of_the_second_archive),
		cmocka_unit_test(honours_the_sidecar_of_the_second_archive),
		cmocka_unit_test(a_second_archive_that_is_missing_is_named),
	};

	return cmocka_run_group_tests_name("inspect", tests, sandbox_archives, sandbox_teardown);
}
