/* SPDX-License-Identifier: MIT */
#include "core/archive/source.h"

#include "core/process/reactor.h"
#include "device/base/util.h"
#include "tests/lib/sandbox.h"

#include <errno.h>
#include <sys/mman.h>

static void expect_refusal(const struct sandbox *box, const char *name, int error, const char *said)
{
	char path[PATH_MAX];
	struct diag diag = {0};
	struct source source;

	assert_int_equal(source_open(&source, sandbox_path(box, name, path), NULL, &diag), error);
	if (!strstr(diag.text, said) || !strstr(diag.text, box->dir))
		fail_msg("\"%s\" does not say \"%s\"", diag.text, said);
}

static void reports_what_it_cannot_open(void **state)
{
	const struct sandbox *box = *state;
	char path[PATH_MAX];

	expect_refusal(box, "nowhere.tar", -ENOENT, "No such file");
	expect_refusal(box, "tree", -EISDIR, "a directory");
	assert_int_equal(mkfifo(sandbox_path(box, "fifo", path), 0600), 0);
	expect_refusal(box, "fifo", -EINVAL, "not a regular file");
	sandbox_file(box, "empty.tar", "");
	expect_refusal(box, "empty.tar", -EINVAL, "is empty");
	sandbox_file(box, "text.tar.gz", "This is a text.\n");
	expect_refusal(box, "text.tar.gz", -EINVAL, "not a tar archive; boardstrap installs");
	sandbox_file(box, "rootfs.tar", "PK\3\4 and so on");
	expect_refusal(box, "rootfs.tar", -EINVAL, "is a zip archive; boardstrap installs");
	sandbox_file(box, "rootfs.tar.Z", "\x1f\x9d\x90 and so on");
	expect_refusal(
		box, "rootfs.tar.Z", -EINVAL, "is a compress (.Z) file; pack it again: zcat");
	if (child_find_program("lzip", path, sizeof(path)) < 0 &&
		child_find_program("plzip", path, sizeof(path)) < 0) {
		sandbox_file(box, "rootfs.tar.lz", "LZIP\1");
		expect_refusal(box, "rootfs.tar.lz", -ENOPKG, "package lzip");
	} else {
		print_message("SKIPPED a missing decompressor: lzip is installed\n");
	}
}

static void on_exit_count(struct child *child)
{
	++*(int *)child->spec.owner;
}

/* Reads the stream while the reactor runs. Returns the number of bytes, and whether they equal
 * those of the plain archive @twin. */
static uint64_t drain(int reactor, int stream, const int *ended, int twin, bool *ret_same)
{
	static unsigned char ours[65536], theirs[65536];
	uint64_t total = 0;
	ssize_t length;

	*ret_same = true;
	while ((length = read(stream, ours, sizeof(ours))) > 0) {
		if (pread_full(twin, theirs, (size_t)length, total) < 0 ||
			memcmp(ours, theirs, (size_t)length) != 0)
			*ret_same = false;
		total += (uint64_t)length;
	}
	while (ended && *ended == 0)
		assert_true(reactor_dispatch(reactor, 10000) >= 0);
	return total;
}

static void streams_every_compression(void **state)
{
	static const struct {
		const char *name;
		enum compression compression;
	} cases[] = {
		{"pax.tar", COMPRESSION_NONE},
		{"pax.tar.gz", COMPRESSION_GZIP},
		{"pax.tar.xz", COMPRESSION_XZ},
		{"pax.tar.zst", COMPRESSION_ZSTD},
		{"pax.tar.bz2", COMPRESSION_BZIP2},
		{"pax.tar.lz4", COMPRESSION_LZ4},
		{"pax.tar.lz", COMPRESSION_LZIP},
	};
	const struct sandbox *box = *state;
	int reactor = reactor_new(), twin = openat(box->root, "pax.tar", O_RDONLY | O_CLOEXEC);
	off_t size = lseek(twin, 0, SEEK_END);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char path[PATH_MAX];
		struct diag diag = {0};
		struct source source;

		if (access(sandbox_path(box, cases[i].name, path), R_OK) < 0) {
			print_message(
				"SKIPPED %s: its compressor is not installed\n", cases[i].name);
			continue;
		}
		assert_int_equal(source_open(&source, path, NULL, &diag), 0);
		assert_int_equal(source.compression, cases[i].compression);
		for (int round = 0; round < 2; round++) { /* each from the beginning */
			int ended = 0, stream = -1;
			bool same;

			assert_int_equal(
				source_stream(&source, reactor, on_exit_count, &ended, &stream), 0);
			assert_int_equal(source_position(&source) > source.id.size_bytes, 0);
			assert_true(fcntl(stream, F_GETFD) & FD_CLOEXEC);
			assert_int_equal(drain(reactor, stream, source.compression ? &ended : NULL,
						 twin, &same),
				size);
			assert_true(same);
			assert_int_equal(source_position(&source), source.id.size_bytes);
			if (!source_ok(&source, &diag))
				fail_msg("%s: %s", cases[i].name, diag.text);
			(void)close(stream);
		}
		assert_true(source_unchanged(&source));
		source_close(&source);
		source_close(&source);
	}
	(void)close(twin);
	(void)close(reactor);
}

/* Writes @data to the file "bad", reads it as an archive of at most @memory, and returns whether the
 * decompressor was content. */
static bool read_through(const struct sandbox *box, int reactor, const void *data, size_t size,
	uint64_t memory, struct diag *diag)
{
	const struct archive_options options = {.memory_bytes = memory};
	char path[PATH_MAX];
	struct source source;
	int ended = 0, stream, fd;
	bool same, ok;

	fd = open(sandbox_path(box, "bad", path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_int_equal(write_full(fd, data, size), 0);
	(void)close(fd);
	*diag = (struct diag){0};
	assert_int_equal(source_open(&source, path, &options, diag), 0);
	assert_int_equal(source_stream(&source, reactor, on_exit_count, &ended, &stream), 0);
	(void)drain(reactor, stream, &ended, -1, &same);
	ok = source_ok(&source, diag);
	(void)close(stream);
	source_close(&source);
	return ok;
}

/* A file of the sandbox; 0 if it is missing, since its compressor is not installed. */
static size_t load(const struct sandbox *box, const char *name, unsigned char *ret, size_t size)
{
	_cleanup_close_ int fd = openat(box->root, name, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, ret, size);

	if (length <= 0)
		print_message("SKIPPED %s: its compressor is not installed\n", name);
	return length > 0 ? (size_t)length : 0;
}

/* A cut and a flip are named with the format and the place, in no program's own words. */
static void reports_bad_data(void **state)
{
	static const struct {
		const char *name, *format;
	} cases[] = {{"tiny.tar.gz", "gzip"}, {"tiny.tar.xz", "xz"}, {"tiny.tar.zst", "zstd"},
		{"tiny.tar.bz2", "bzip2"}, {"tiny.tar.lz4", "lz4"}, {"tiny.tar.lz", "lzip"}};
	const struct sandbox *box = *state;
	int reactor = reactor_new();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned char data[4096];
		size_t size = load(box, cases[i].name, data, sizeof(data));
		struct diag diag;
		char expected[128];

		if (size == 0)
			continue;
		assert_false(read_through(box, reactor, data, size - 7, 0, &diag));
		STR_FORMAT(expected, "the %s data is cut short: it ends at byte %zu of %zu; copy",
			cases[i].format, size - 7, size - 7);
		if (!strstr(diag.text, expected))
			fail_msg("%s", diag.text);
		data[size / 2] ^= 0xff;
		data[size / 2 + 1] ^= 0xff;
		assert_false(read_through(box, reactor, data, size, 0, &diag));
		STR_FORMAT(expected, "the %s data is damaged before byte ", cases[i].format);
		if (!strstr(diag.text, expected))
			fail_msg("%s", diag.text);
	}
	(void)close(reactor);
}

/* pigz reports flags that do not exist as a file that is too short. */
static void data_that_is_not_read_is_not_missing(void **state)
{
	static const unsigned char data[MIB(1)] = {0x1f, 0x8b, 8, 0xe0};
	int reactor = reactor_new();
	struct diag diag;

	assert_false(read_through(*state, reactor, data, sizeof(data), 0, &diag));
	if (!strstr(diag.text, "the gzip data is damaged before byte "))
		fail_msg("%s", diag.text);
	(void)close(reactor);
}

/* Padding and other data after the end are ignored where the program of the format ignores them. */
static void treats_what_follows_as_the_programs_do(void **state)
{
	static const struct {
		const char *name;
		bool zeros, garbage;
	} cases[] = {{"tiny.tar.gz", true, true}, {"tiny.tar.bz2", true, true},
		{"tiny.tar.xz", true, false}, {"tiny.tar.zst", false, false},
		{"tiny.tar.lz4", false, false}, {"tiny.tar.lz", true, true}};
	const struct sandbox *box = *state;
	int reactor = reactor_new();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned char data[8192] = {0};
		size_t size = load(box, cases[i].name, data, 2048);
		struct diag diag;

		if (size == 0)
			continue;
		memset(data + size, 0, sizeof(data) - size);
		assert_int_equal(read_through(box, reactor, data, size + 1000 / 4 * 4, 0, &diag),
			cases[i].zeros);
		memcpy(data + size, "garbage-in-words", 16);
		assert_int_equal(
			read_through(box, reactor, data, size + 16, 0, &diag), cases[i].garbage);
		if (strcmp(cases[i].name, "tiny.tar.zst") == 0 ||
			strcmp(cases[i].name, "tiny.tar.lz4") == 0)
			assert_non_null(
				strstr(diag.text, "is followed by other data, before byte"));
		memmove(data + size, data, size); /* a second member */
		assert_true(read_through(box, reactor, data, 2 * size, 0, &diag));
	}
	(void)close(reactor);
}

/* As pzstd and lz4 write them: the second beyond the bytes that are read at first. */
static void skips_skippable_frames(void **state)
{
	static const char *const names[] = {"tiny.tar.zst", "tiny.tar.lz4"};
	static const unsigned char small[] = {0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4};
	static const unsigned char large[] = {0x5f, 0x2a, 0x4d, 0x18, 0, 0x10, 0, 0};
	const struct sandbox *box = *state;
	int reactor = reactor_new();

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		unsigned char data[8192] = {0}, *at = data + sizeof(small);
		struct diag diag;
		size_t size;

		memcpy(data, small, sizeof(small));
		size = load(box, names[i], at, 2048);
		if (size == 0)
			continue;
		if (!read_through(box, reactor, data, sizeof(small) + size, 0, &diag))
			fail_msg("%s", diag.text);
		memcpy(at, large, sizeof(large));
		at += sizeof(large) + 0x1000;
		size = load(box, names[i], at, 2048);
		if (!read_through(box, reactor, data, (size_t)(at - data) + size, 0, &diag))
			fail_msg("%s", diag.text);
	}
	(void)close(reactor);
}

/* The header of a frame with a window of 2 GiB. */
static const unsigned char large_window[] = {0x28, 0xb5, 0x2f, 0xfd, 0, 0xa8, 1, 0, 0};

static void refuses_to_use_too_much_memory(void **state)
{
	struct archive_options options = {.memory_bytes = GIB(1)};
	const struct sandbox *box = *state;
	unsigned char data[4096];
	struct source source;
	struct diag diag = {0};
	char path[PATH_MAX];
	int reactor = reactor_new(), fd;
	size_t size;

	fd = open(sandbox_path(box, "large.zst", path), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_int_equal(write_full(fd, large_window, sizeof(large_window)), 0);
	(void)close(fd);
	assert_int_equal(source_open(&source, path, &options, &diag), -ENOMEM);
	assert_non_null(strstr(diag.text, "large.zst needs 2 GiB of memory"));
	assert_non_null(strstr(diag.text, "1 GiB are allowed"));
	assert_non_null(strstr(diag.text, "--memory 2049M"));
	options.memory_bytes = GIB(3);
	assert_int_equal(source_open(&source, path, &options, &diag), 0);
	source_close(&source);

	/* Only a later frame: the program refuses that. */
	size = load(box, "tiny.tar.zst", data, 2048);
	memcpy(data + size, large_window, sizeof(large_window));
	data[size + 5] = 0x80; /* 64 MiB: zstd allows 128 MiB by itself */
	assert_false(read_through(box, reactor, data, size + sizeof(large_window), MIB(16), &diag));
	assert_non_null(strstr(diag.text, "needs more memory than is allowed, before byte "));
	(void)close(reactor);
}

static void notices_a_changed_file(void **state)
{
	const struct sandbox *box = *state;
	char path[PATH_MAX], other[PATH_MAX];
	struct diag diag;
	struct source source;
	int fd;

	assert_int_equal(
		sandbox_run((const char *const[]){"cp", sandbox_path(box, "tiny.tar", other),
			sandbox_path(box, "copy.tar", path), NULL}),
		0);
	assert_int_equal(source_open(&source, path, NULL, &diag), 0);
	assert_true(source_unchanged(&source));
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, "", 1), 1);
	(void)close(fd);
	assert_false(source_unchanged(&source));
	source_close(&source);

	assert_int_equal(source_open(&source, path, NULL, &diag), 0);
	assert_int_equal(rename(path, sandbox_path(box, "away.tar", other)), 0);
	assert_false(source_unchanged(&source));
	source_close(&source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_what_it_cannot_open),
		cmocka_unit_test(streams_every_compression),
		cmocka_unit_test(reports_bad_data),
		cmocka_unit_test(data_that_is_not_read_is_not_missing),
		cmocka_unit_test(treats_what_follows_as_the_programs_do),
		cmocka_unit_test(skips_skippable_frames),
		cmocka_unit_test(refuses_to_use_too_much_memory),
		cmocka_unit_test(notices_a_changed_file),
	};

	return cmocka_run_group_tests_name("source", tests, sandbox_archives, sandbox_teardown);
}
