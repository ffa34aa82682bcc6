/* SPDX-License-Identifier: MIT */
#include "core/archive/compression.h"

#include "device/base/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BZIP2_BLOCK "\x31\x41\x59\x26\x53\x59"

static void recognises_formats_by_content(void **state)
{
	static const struct {
		const char *magic;
		size_t offset, size; /* of the head */
		enum compression compression;
		const char *what;
	} cases[] = {
		{"\x1f\x8b\x08", 0, 20, COMPRESSION_GZIP, NULL},
		{"\x1f\x8b\x07", 0, 20, COMPRESSION_COUNT, NULL}, /* no deflate */
		{"\xfd"
		 "7zXZ",
			0, 20, COMPRESSION_XZ, NULL},
		{"\x28\xb5\x2f\xfd", 0, 20, COMPRESSION_ZSTD, NULL},
		{"BZh9" BZIP2_BLOCK, 0, 20, COMPRESSION_BZIP2, NULL},
		{"BZh1\x17\x72\x45\x38\x50\x90", 0, 20, COMPRESSION_BZIP2, NULL}, /* no data */
		{"BZh9", 0, 20, COMPRESSION_COUNT, NULL},
		{"BZh0" BZIP2_BLOCK, 0, 20, COMPRESSION_COUNT, NULL},
		{"BZh91AY", 0, 512, COMPRESSION_COUNT, NULL},
		{"\x04\x22\x4d\x18", 0, 20, COMPRESSION_LZ4, NULL},
		{"LZIP\1", 0, 20, COMPRESSION_LZIP, NULL},
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
		{"\x1f\x9d\x90", 0, 300, COMPRESSION_COUNT, "a compress (.Z) file"},
		{"\x02\x21\x4c\x18", 0, 300, COMPRESSION_COUNT,
			"an lz4 file in its legacy format, which has no checksums"},
		{"\x27\xb5\x2f\xfd", 0, 300, COMPRESSION_COUNT,
			"a zstd file from before version 0.8"},
		{"", 0, 2048, COMPRESSION_COUNT, NULL}, /* zeros */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned char head[COMPRESSION_HEAD_BYTES] = {0};
		enum compression compression = COMPRESSION_COUNT;
		const struct compression_stranger *what = NULL;
		int r;

		memcpy(head + cases[i].offset, cases[i].magic, strlen(cases[i].magic));
		r = compression_sniff(head, cases[i].size, &compression, &what);
		assert_int_equal(r, cases[i].compression == COMPRESSION_COUNT ? -EINVAL : 0);
		assert_int_equal(compression, cases[i].compression);
		if (!cases[i].what != !what || (what && strcmp(what->what, cases[i].what) != 0))
			fail_msg("case %zu: %s", i, what ? what->what : "nothing");
	}
}

static int sniff(const unsigned char head[512])
{
	enum compression compression = COMPRESSION_COUNT;
	const struct compression_stranger *what;
	int r = compression_sniff(head, 512, &compression, &what);

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

static void write_sum(unsigned char head[512], int width, const char *end, bool is_signed)
{
	char sum[16] = "";

	(void)snprintf(sum, sizeof(sum), "%*o%s", width, (unsigned)sum_of(head, is_signed), end);
	memcpy(head + 148, sum, 8);
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

		write_sum(head, forms[i / 2].width, forms[i / 2].end, i % 2);
		assert_int_equal(sniff(head), 0);
		head[0]++;
		assert_int_equal(sniff(head), -EINVAL);
	}
}

/* The name of the first file is no mark of a format, if the header is valid. */
static void a_valid_header_wins(void **state)
{
	static const char *const names[] = {"BZh91AY&SY", "\x1f\x8b\x08", "LZIP\1",
		"\x28\xb5\x2f\xfd", "PK\3\4", "07070", "\x1f\x9d", "!<arch>\n", "\x04\x22\x4d\x18"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		unsigned char head[512] = {0};

		memcpy(head, names[i], strlen(names[i]));
		memcpy(head + 257, "ustar", 5);
		write_sum(head, 6, "", false);
		if (sniff(head) != 0)
			fail_msg("case %zu", i);
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
	memcpy(head + 148, "00000 \0", 7);
	assert_int_equal(sniff(head), 0);
}

/* lzma_alone: the properties byte, the dictionary, the size, and the first byte of the data. */
static void recognises_lzma_like_xz(void **state)
{
	static const struct {
		unsigned char head[14];
		bool is;
	} cases[] = {
		{{0x5d, 0, 0, 0x80, 0, 255, 255, 255, 255, 255, 255, 255, 255, 0}, true},
		{{0x5d, 0, 0, 0xc0, 0, 0, 0x28, 0, 0, 0, 0, 0, 0, 0}, true},
		{{0x6c, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}, true},
		{{0xe1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}, false},
		{{0x5d, 0, 0, 0x81, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}, false},
		{{0x5d, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0}, false},
		{{0x5d, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1}, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		enum compression compression;
		const struct compression_stranger *what;

		assert_int_equal(
			compression_sniff(cases[i].head, 14, &compression, &what), -EINVAL);
		if (!what != !cases[i].is)
			fail_msg("case %zu", i);
		assert_true(!what || (strstr(what->what, "lzma") && strstr(what->advice, "xz")));
	}
}

static void looks_behind_skippable_frames(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		uint64_t skip;
		enum compression compression;
	} cases[] = {
		{"\x50\x2a\x4d\x18\4\0\0\0....\x28\xb5\x2f\xfd\0", 17, 12, COMPRESSION_ZSTD},
		{"\x5f\x2a\x4d\x18\0\0\0\0\x04\x22\x4d\x18\0", 13, 8, COMPRESSION_LZ4},
		{"\x50\x2a\x4d\x18\0\0\0\0\x5a\x2a\x4d\x18\0\0\0\0\x04\x22\x4d\x18", 20, 8,
			COMPRESSION_LZ4},
		{"\x50\x2a\x4d\x18\0\0\0\0\x1f\x8b\x08\0", 12, 8, COMPRESSION_COUNT},
		{"\x50\x2a\x4d\x18\xff\xff\xff\xff....", 12, 8 + (uint64_t)UINT32_MAX,
			COMPRESSION_ZSTD},
		{"\x60\x2a\x4d\x18\4\0\0\0....\x28\xb5\x2f\xfd", 16, 0, COMPRESSION_COUNT},
		{"\x50\x2a\x4d\x18\4\0\0", 7, 0, COMPRESSION_COUNT},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const unsigned char *head = (const unsigned char *)cases[i].bytes;
		enum compression compression = COMPRESSION_COUNT;
		const struct compression_stranger *what;

		assert_int_equal(compression_skip(head, cases[i].size), cases[i].skip);
		(void)!compression_sniff(head, cases[i].size, &compression, &what);
		if (compression != cases[i].compression)
			fail_msg("case %zu", i);
	}
}

/* Headers that zstd, xz and lzip wrote, and the figures that `zstd -lv` and `xz -lvv` print for
 * them; 1 MiB is for buffers. */
static void reads_the_memory_from_headers(void **state)
{
	static const struct {
		enum compression compression;
		const char *head;
		size_t size;
		uint64_t bytes;
	} cases[] = {
		{COMPRESSION_NONE, "", 0, 0},
		{COMPRESSION_ZSTD, "\x28\xb5\x2f\xfd\x04\xa8", 6, GIB(2)},
		{COMPRESSION_ZSTD, "\x28\xb5\x2f\xfd\x04\x58", 6, MIB(2)},
		{COMPRESSION_ZSTD, "\x28\xb5\x2f\xfd\x04\x5c", 6, MIB(3)},
		{COMPRESSION_ZSTD, "\x28\xb5\x2f\xfd\xa4\0\0\0\1", 9, MIB(16)}, /* one segment */
		{COMPRESSION_ZSTD, "\x28\xb5\x2f\xfd\x60\0\1", 7, 512},
		{COMPRESSION_ZSTD, "\x28\xb5\x2f\xfd\xa3....\0\0\0\1", 13, MIB(16)}, /* an ID */
		{COMPRESSION_ZSTD, "\x28\xb5\x2f\xfd\xe0\xff\xff\xff\xff\xff\xff\xff\xff", 13,
			UINT64_MAX - MIB(1)},
		{COMPRESSION_ZSTD, "\x28\xb5\x2f\xfd\xe0\xff", 6, 0}, /* cut */
		{COMPRESSION_XZ,
			"\xfd"
			"7zXZ\0\0\4\xe6\xd6\xb4\x46\2\0\x21\1\x16",
			17, MIB(8)},
		{COMPRESSION_XZ,
			"\xfd"
			"7zXZ\0\0\4\xe6\xd6\xb4\x46\2\0\x21\1\x1c",
			17, MIB(64)},
		{COMPRESSION_XZ,
			"\xfd"
			"7zXZ\0\0\4\xe6\xd6\xb4\x46\2\0\x21\1\x17",
			17, MIB(12)},
		{COMPRESSION_XZ,
			"\xfd"
			"7zXZ\0\0\4\xe6\xd6\xb4\x46\2\0\x21\1\x28",
			17, UINT32_MAX},
		/* Both sizes, and BCJ before LZMA2. */
		{COMPRESSION_XZ,
			"\xfd"
			"7zXZ\0\0\4\xe6\xd6\xb4\x46\4\xc1\x80\1\xff\2\4\0\x21\1\x16",
			23, MIB(8)},
		{COMPRESSION_XZ,
			"\xfd"
			"7zXZ\0\0\4\xe6\xd6\xb4\x46\2\0\x21",
			15, 0}, /* cut */
		{COMPRESSION_XZ,
			"\xfd"
			"7zXZ\0\0\4\xe6\xd6\xb4\x46\0\1\0\0",
			16, 0}, /* no block */
		{COMPRESSION_LZIP, "LZIP\1\x17", 6, MIB(8)},
		{COMPRESSION_LZIP, "LZIP\1\x37", 6, MIB(8) - MIB(8) / 16},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t bytes = compression_memory(cases[i].compression,
				 (const unsigned char *)cases[i].head, cases[i].size),
			 expected = cases[i].compression ? cases[i].bytes + MIB(1) : 0;

		if (bytes != expected)
			fail_msg("case %zu: %llu", i, (unsigned long long)bytes);
	}
	for (enum compression i = COMPRESSION_GZIP; i < COMPRESSION_COUNT; i++) {
		assert_in_range(compression_memory(i, (const unsigned char *)"", 0), 1, MIB(9));
		assert_non_null(compression_program(i, 0));
		assert_non_null(compression_package(i));
	}
}

/* As the programs printed them in the C locale. */
static void knows_what_programs_say(void **state)
{
	static const struct {
		const char *said;
		enum compression_fault fault;
	} cases[] = {
		{"gzip: stdin: decompression OK, trailing garbage ignored", FAULT_PADDING},
		{"gzip: stdin: decompression OK, trailing zero bytes ignored", FAULT_PADDING},
		{"bzip2: (stdin): trailing garbage after EOF ignored", FAULT_PADDING},
		{"pbzip2: *ERROR during BZ2_bzDecompress - trailing garbage: ret=4; block=0",
			FAULT_TRAILING},
		{"pbzip2: *ERROR on decompress - last in segment reached before BZ_STREAM_END: ret=0",
			FAULT_CUT},
		{"pbzip2: *ERROR during BZ2_bzDecompress - failure exit code: ret=-4",
			FAULT_DAMAGED},
		{"lbzip2: stdin: compressed data error: unexpected end of file", FAULT_CUT},
		{"lbzip2: stdin: compressed data error: block CRC mismatch", FAULT_DAMAGED},
		{"bzip2: Compressed file ends unexpectedly;", FAULT_CUT},
		{"bzip2: Data integrity error when decompressing.", FAULT_DAMAGED},
		{"gzip: stdin: unexpected end of file", FAULT_CUT},
		{"gzip: stdin: invalid compressed data--crc error", FAULT_DAMAGED},
		{"pigz: skipping: <stdin>: corrupted -- missing trailer", FAULT_CUT},
		{"pigz: skipping: <stdin> unrecognized format", FAULT_CUT},
		{"pigz: skipping: <stdin>: corrupted -- incomplete deflate data", FAULT_CUT},
		{"pigz: skipping: <stdin>: corrupted -- crc32 mismatch", FAULT_DAMAGED},
		{"xz: (stdin): Unexpected end of input", FAULT_CUT},
		{"xz: (stdin): Compressed data is corrupt", FAULT_DAMAGED},
		{"xz: (stdin): Memory usage limit reached", FAULT_MEMORY},
		{"/*stdin*\\ : Read error (39) : premature end ", FAULT_CUT},
		{"zstd: /*stdin*\\: unsupported format ", FAULT_TRAILING},
		{"/*stdin*\\ : Decoding error (36) : Frame requires too much memory for decoding ",
			FAULT_MEMORY},
		{"/*stdin*\\ : Decoding error (36) : Restored data doesn't match checksum ",
			FAULT_DAMAGED},
		{"Error 66 : Decompression error : ERROR_contentChecksum_invalid ", FAULT_DAMAGED},
		{"/*stdin*\\ : Decoding error (36) : Dictionary mismatch", FAULT_OTHER},
		{"Error 68 : Unfinished stream ", FAULT_CUT},
		{"(stdin): File ends unexpectedly at pos 100", FAULT_CUT},
		{"(stdin): Trailer truncated at trailer position 17; some checks may fail.",
			FAULT_CUT},
		{"(stdin): Decoder error at pos 700337", FAULT_DAMAGED},
		{"Error 40 : Unrecognized header : Magic Number unreadable ", FAULT_TRAILING},
		{"gzip: stdin is encrypted -- not supported", FAULT_DAMAGED},
		{"gzip: stdin has flags 0x80 -- not supported", FAULT_DAMAGED},
		{"", FAULT_OTHER},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (compression_fault(COMPRESSION_NONE, cases[i].said) != cases[i].fault)
			fail_msg("%s", cases[i].said);
	/* lz4 does not report other data after the end. */
	assert_int_equal(compression_fault(COMPRESSION_LZ4, ""), FAULT_TRAILING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recognises_formats_by_content),
		cmocka_unit_test(recognises_a_header_without_magic),
		cmocka_unit_test(a_valid_header_wins),
		cmocka_unit_test(rejects_other_files),
		cmocka_unit_test(recognises_lzma_like_xz),
		cmocka_unit_test(looks_behind_skippable_frames),
		cmocka_unit_test(reads_the_memory_from_headers),
		cmocka_unit_test(knows_what_programs_say),
	};

	return cmocka_run_group_tests_name("compression", tests, NULL, NULL);
}
