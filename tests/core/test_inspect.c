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

/* Inspects to the end. NULL if it cannot start. */
static struct inspect *inspect_all(int reactor, const char *path, struct inspect_result *ret)
{
	struct diag diag = {0};
	struct inspect *inspect = inspect_new(reactor, path, NULL, &diag);
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
		assert_int_equal(strlen(result.sha256), 64);
		assert_int_equal(result.sidecar, SIDECAR_NONE);
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
		assert_int_equal(strlen(result.sha256), 64);
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
	assert_int_equal(result.sidecar, SIDECAR_OK);
	assert_int_equal(result.state, INSPECT_OK);
	assert_string_equal(result.sidecar_name, "SHA256SUMS");
	sandbox_file(box, "s/a.tar.sha256", HEX "  a.tar\n");
	result = result_of(path);
	assert_int_equal(result.sidecar, SIDECAR_WRONG);
	assert_int_equal(result.state, INSPECT_BAD);
	assert_non_null(strstr(result.error, "a.tar: the SHA-256 in a.tar.sha256 does not match"));
	result = result_of(sandbox_path(box, "s/b.tar", other));
	assert_int_equal(result.sidecar, SIDECAR_OK);
	sandbox_file(box, "s/a.tar.sha256", "no digest\n");
	assert_null(inspect_new(0, path, NULL, &diag));
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
		struct inspect *inspect = inspect_new(reactor, path, NULL, &diag);
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
		running[i] = inspect_new(reactor, sandbox_path(box, names[i], path), NULL, &diag);
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
	inspect = inspect_new(reactor, path, NULL, &diag);
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
	};

	return cmocka_run_group_tests_name("inspect", tests, sandbox_archives, sandbox_teardown);
}
