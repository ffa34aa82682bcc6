/* SPDX-License-Identifier: MIT */
#include "core/archive/source.h"

#include "core/process/reactor.h"
#include "device/base/util.h"
#include "tests/lib/sandbox.h"

#include <errno.h>
#include <sys/mman.h>

static void recognises_formats_by_content(void **state)
{
	static const struct {
		const char *magic;
		size_t offset, size; /* of the head */
		enum compression compression;
		const char *what;
	} cases[] = {
		{"\x1f\x8b\x08", 0, 20, COMPRESSION_GZIP, NULL},
		{"\xfd"
		 "7zXZ",
			0, 20, COMPRESSION_XZ, NULL},
		{"\x28\xb5\x2f\xfd", 0, 20, COMPRESSION_ZSTD, NULL},
		{"BZh9", 0, 20, COMPRESSION_BZIP2, NULL},
		{"\x04\x22\x4d\x18", 0, 20, COMPRESSION_LZ4, NULL},
		{"LZIP", 0, 20, COMPRESSION_LZIP, NULL},
		{"ustar", 257, 2048, COMPRESSION_NONE, NULL},
		{"ustar", 257, 512, COMPRESSION_NONE, NULL},
		{"ustar", 257, 511, COMPRESSION_COUNT, NULL},
		{"\x1f\x8b", 0, 1, COMPRESSION_COUNT, NULL},
		{"PK\3\4", 0, 300, COMPRESSION_COUNT, "a zip archive"},
		{"hsqs", 0, 300, COMPRESSION_COUNT, "a squashfs image"},
		{"\x53\xef", 1080, 2048, COMPRESSION_COUNT,
			"an ext2, ext3 or ext4 filesystem image"},
		{"\x55\xaa", 510, 2048, COMPRESSION_COUNT, "a disk image"},
		{"\x55\xaa", 510, 511, COMPRESSION_COUNT, NULL},
		{"", 0, 2048, COMPRESSION_COUNT, NULL}, /* zeros */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned char head[SOURCE_HEAD_BYTES] = {0};
		enum compression compression = COMPRESSION_COUNT;
		const char *what = NULL;
		int r;

		memcpy(head + cases[i].offset, cases[i].magic, strlen(cases[i].magic));
		r = source_sniff(head, cases[i].size, &compression, &what);
		assert_int_equal(r, cases[i].compression == COMPRESSION_COUNT ? -EINVAL : 0);
		assert_int_equal(compression, cases[i].compression);
		if (!cases[i].what != !what || (what && strcmp(what, cases[i].what) != 0))
			fail_msg("case %zu: %s", i, what ? what : "nothing");
	}
}

static int sniff(const unsigned char head[512])
{
	enum compression compression = COMPRESSION_COUNT;
	const char *what;
	int r = source_sniff(head, 512, &compression, &what);

	assert_int_equal(compression, r == 0 ? COMPRESSION_NONE : COMPRESSION_COUNT);
	return r;
}

/* Computes the checksum of a header over signed or unsigned bytes; the field is blank. */
static int sum_of(const unsigned char head[512], bool is_signed)
{
	int sum = 8 * ' ';

	for (size_t i = 0; i < 512; i++)
		if (i < 148 || i >= 156)
			sum += is_signed ? (signed char)head[i] : head[i];
	return sum;
}

static void recognises_a_header_without_magic(void **state)
{
	static const struct {
		int width;
		const char *end;
	} forms[] = {{6, ""}, {6, " "}, {7, ""}, {5, " "}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms) * 2; i++) {
		unsigned char head[512] = "etc/h\xc3\xa9llo";
		char sum[9] = "";

		(void)snprintf(sum, sizeof(sum), "%*o%s", forms[i / 2].width,
			(unsigned)sum_of(head, i % 2), forms[i / 2].end);
		memcpy(head + 148, sum, 8);
		assert_int_equal(sniff(head), 0);
		head[0]++;
		assert_int_equal(sniff(head), -EINVAL);
	}
}

/* The first name of a tar may begin like a codec's magic. */
static void a_name_is_no_magic(void **state)
{
	static const char *const names[] = {"BZh91AY", "\x1f\x8b", "LZIP", "PK\3\4"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		unsigned char head[512] = "";

		memcpy(head, names[i], strlen(names[i]));
		memcpy(head + 257, "ustar\00000", 8);
		(void)snprintf(
			(char *)head + 148, 8, "%06o", (unsigned)sum_of(head, false) & 0777777u);
		assert_int_equal(sniff(head), 0);
	}
}

/* Blocks that are not a header, although their sum may match. */
static void rejects_other_files(void **state)
{
	unsigned char head[512];

	(void)state;
	memset(head, ' ', sizeof(head));
	assert_int_equal(sniff(head), -EINVAL);
	memset(head, '0', sizeof(head));
	assert_int_equal(sniff(head), -EINVAL);
	/* Signed bytes with a sum of 0, which is the value of an empty field. */
	memset(head, 0, sizeof(head));
	memset(head, 0x80, 2);
	assert_int_equal(sum_of(head, true), 0);
	assert_int_equal(sniff(head), -EINVAL);
	memcpy(head + 148, "a text\n", 7);
	assert_int_equal(sniff(head), -EINVAL);
	memcpy(head + 148, "00000 0", 7);
	assert_int_equal(sniff(head), -EINVAL);
	memcpy(head + 148, "00000\0", 7);
	assert_int_equal(sniff(head), 0);
}

static void expect_refusal(const struct sandbox *box, const char *name, int error, const char *said)
{
	char path[PATH_MAX];
	struct diag diag = {0};
	struct source source;

	assert_int_equal(source_open(&source, sandbox_path(box, name, path), &diag), error);
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
		assert_int_equal(source_open(&source, path, &diag), 0);
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

static void reports_bad_data(void **state)
{
	static const char *const names[] = {
		"tiny.tar.gz", "tiny.tar.xz", "tiny.tar.zst", "tiny.tar.bz2", "tiny.tar.lz4"};
	const struct sandbox *box = *state;
	int reactor = reactor_new();

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		unsigned char data[4096];
		int fd = openat(box->root, names[i], O_RDONLY | O_CLOEXEC);
		ssize_t size = fd < 0 ? -1 : read(fd, data, sizeof(data) - 8);

		if (size < 0) {
			print_message("SKIPPED %s: its compressor is not installed\n", names[i]);
			continue;
		}
		(void)close(fd);
		memcpy(data + size, "garbage", 7);
		for (int garbage = 0; garbage < 2; garbage++) {
			char path[PATH_MAX];
			struct diag diag = {0};
			struct source source;
			int ended = 0, stream;
			bool same;

			fd = open(sandbox_path(box, "bad", path),
				O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
			assert_int_equal(
				write_full(fd, data, (size_t)size + (garbage ? 7 : (size_t)-7)), 0);
			(void)close(fd);
			assert_int_equal(source_open(&source, path, &diag), 0);
			assert_int_equal(
				source_stream(&source, reactor, on_exit_count, &ended, &stream), 0);
			(void)drain(reactor, stream, &ended, -1, &same);
			if (source_ok(&source, &diag) || !*diag.text)
				fail_msg("%s with %s passed (%s)", names[i],
					garbage ? "garbage" : "a cut", diag.text);
			(void)close(stream);
			source_close(&source);
		}
	}
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
	assert_int_equal(source_open(&source, path, &diag), 0);
	assert_true(source_unchanged(&source));
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, "", 1), 1);
	(void)close(fd);
	assert_false(source_unchanged(&source));
	source_close(&source);

	assert_int_equal(source_open(&source, path, &diag), 0);
	assert_int_equal(rename(path, sandbox_path(box, "away.tar", other)), 0);
	assert_false(source_unchanged(&source));
	source_close(&source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recognises_formats_by_content),
		cmocka_unit_test(recognises_a_header_without_magic),
		cmocka_unit_test(a_name_is_no_magic),
		cmocka_unit_test(rejects_other_files),
		cmocka_unit_test(reports_what_it_cannot_open),
		cmocka_unit_test(streams_every_compression),
		cmocka_unit_test(reports_bad_data),
		cmocka_unit_test(notices_a_changed_file),
	};

	return cmocka_run_group_tests_name("source", tests, sandbox_archives, sandbox_teardown);
}
