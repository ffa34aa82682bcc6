/* SPDX-License-Identifier: MIT */
#include "core/archive/compression.h"

#include "core/format/tar_header.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAMS_MAX 3

static uint64_t little_endian(const unsigned char *bytes, size_t count)
{
	uint64_t value = 0;

	for (size_t i = count; i > 0; i--)
		value = value << 8 | bytes[i - 1];
	return value;
}

/* ---- marks ---- */

static bool is_bzip2(const unsigned char *head, size_t size)
{
	static const unsigned char block[] = {0x31, 0x41, 0x59, 0x26, 0x53, 0x59};
	static const unsigned char end[] = {0x17, 0x72, 0x45, 0x38, 0x50, 0x90};

	return size >= 10 && memcmp(head, "BZh", 3) == 0 && head[3] >= '1' && head[3] <= '9' &&
	       (memcmp(head + 4, block, sizeof(block)) == 0 ||
		       memcmp(head + 4, end, sizeof(end)) == 0);
}

/* lzma_alone(5): a byte below 225, the size of the dictionary, and the size of the data or -1. Like
 * xz, accepts only sizes that encoders write. */
static bool is_lzma(const unsigned char *head, size_t size)
{
	uint64_t dictionary, content, high;

	if (size < 14 || head[0] >= 9 * 5 * 5 || head[13] != 0)
		return false;
	dictionary = little_endian(head + 1, 4);
	content = little_endian(head + 5, 8);
	for (high = dictionary; high & (high - 1);)
		high &= high - 1;
	return dictionary >= KIB(4) &&
	       (dictionary == UINT32_MAX || dictionary == high || dictionary == high + high / 2) &&
	       (content == UINT64_MAX || (content > 0 && content < GIB(256)));
}

/* ---- memory ---- */

static uint64_t gzip_memory(const unsigned char *head, size_t size)
{
	(void)head;
	(void)size;
	return MIB(1); /* a window of 32 KiB, and the buffers of pigz */
}

static uint64_t bzip2_memory(const unsigned char *head, size_t size)
{
	(void)head;
	(void)size;
	return MIB(4); /* bzip2(1): 100 KiB and four times the block of at most 900 KiB */
}

static uint64_t lz4_memory(const unsigned char *head, size_t size)
{
	(void)head;
	(void)size;
	return MIB(9); /* two blocks of at most 4 MiB */
}

/* RFC 8878, 3.1.1.1: the window is in its descriptor, or is the whole content of a single
 * segment. */
static uint64_t zstd_memory(const unsigned char *head, size_t size)
{
	static const size_t id_bytes[] = {0, 1, 2, 4}, content_bytes[] = {1, 2, 4, 8};
	uint64_t window = 0;

	if (size >= 6 && !(head[4] & 0x20)) {
		window = UINT64_C(1) << (10 + (head[5] >> 3));
		window += window / 8 * (head[5] & 7);
	} else if (size >= 5) {
		size_t at = 5 + id_bytes[head[4] & 3], bytes = content_bytes[head[4] >> 6];

		if (size >= at + bytes)
			window = little_endian(head + at, bytes) + (bytes == 2 ? 256 : 0);
	}
	return window > UINT64_MAX - MIB(1) ? UINT64_MAX : window + MIB(1);
}

/* Parses the next variable-length number of the xz format. False if it is incomplete. */
static bool xz_number(const unsigned char *bytes, size_t size, size_t *at, uint64_t *ret)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 63 && *at < size; shift += 7) {
		unsigned char byte = bytes[(*at)++];

		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret = value;
			return true;
		}
	}
	return false;
}

/* The xz file format, 3.1 and 5.3.1: the first block header lists the filters, and the properties of
 * LZMA2 are the size of its dictionary. */
static uint64_t xz_memory(const unsigned char *head, size_t size)
{
	size_t at = 14;
	uint64_t skipped, id, bytes;
	unsigned flags;

	if (size < at || head[12] == 0) /* 0: an index, there are no blocks */
		return MIB(1);
	flags = head[13];
	for (unsigned sizes = (flags >> 6 & 1) + (flags >> 7); sizes > 0; sizes--)
		if (!xz_number(head, size, &at, &skipped))
			return MIB(1);
	for (unsigned filter = 0; filter <= (flags & 3); filter++) {
		if (!xz_number(head, size, &at, &id) || !xz_number(head, size, &at, &bytes) ||
			bytes > size - at)
			break;
		if (id == 0x21 && bytes == 1) {
			unsigned code = head[at] & 0x3f;

			return MIB(1) +
			       (code >= 40 ? UINT32_MAX
					   : (uint64_t)(2 | (code & 1)) << (code / 2 + 11));
		}
		at += bytes;
	}
	return MIB(1);
}

/* The lzip format: bits 0 to 4 are a power of two, and bits 5 to 7 sixteenths of it less. */
static uint64_t lzip_memory(const unsigned char *head, size_t size)
{
	uint64_t dictionary = size > 5 ? UINT64_C(1) << (head[5] & 31) : 0;

	return MIB(1) + dictionary - dictionary / 16 * (size > 5 ? head[5] >> 5 : 0);
}

/* ---- the formats ---- */

static const struct format {
	const char *name;
	unsigned char magic[6];
	size_t magic_bytes;
	bool (*is)(const unsigned char *head, size_t size); /* instead of the magic; or NULL */
	uint64_t (*memory)(const unsigned char *head, size_t size);
	const char *advice; /* for less memory */
	struct decompressor programs[PROGRAMS_MAX];
	const char *package;
} formats[COMPRESSION_COUNT] = {
	[COMPRESSION_NONE] = {.name = "none"},
	[COMPRESSION_GZIP] = {.name = "gzip",
		.magic = {0x1f, 0x8b, 8},
		.magic_bytes = 3,
		.memory = gzip_memory,
		.programs = {{"pigz", {"-dc"}, NULL}, {"gzip", {"-dc"}, NULL}},
		.package = "gzip"},
	[COMPRESSION_XZ] = {.name = "xz",
		.magic = {0xfd, '7', 'z', 'X', 'Z', 0},
		.magic_bytes = 6,
		.memory = xz_memory,
		.advice = "a smaller dictionary, as in `xz -6`",
		.programs = {{"xz", {"-dc"}, "--memory="}},
		.package = "xz-utils"},
	[COMPRESSION_ZSTD] = {.name = "zstd",
		.magic = {0x28, 0xb5, 0x2f, 0xfd},
		.magic_bytes = 4,
		.memory = zstd_memory,
		.advice = "a smaller window, as in `zstd -19` without --long",
		.programs = {{"zstd", {"-dcq"}, "--memory="}},
		.package = "zstd"},
	/* pbzip2 last: it fails on padding, and on many files that it did not write it is not
	 * faster. */
	[COMPRESSION_BZIP2] = {.name = "bzip2",
		.is = is_bzip2,
		.memory = bzip2_memory,
		.programs = {{"lbzip2", {"-dc"}, NULL}, {"bzip2", {"-dc"}, NULL},
			{"pbzip2", {"-dc"}, NULL}},
		.package = "bzip2"},
	[COMPRESSION_LZ4] = {.name = "lz4",
		.magic = {0x04, 0x22, 0x4d, 0x18},
		.magic_bytes = 4,
		.memory = lz4_memory,
		.programs = {{"lz4", {"-dc"}, NULL}},
		.package = "lz4"},
	[COMPRESSION_LZIP] = {.name = "lzip",
		.magic = {'L', 'Z', 'I', 'P', 1},
		.magic_bytes = 5,
		.memory = lzip_memory,
		.advice = "a smaller dictionary, as in `lzip -6`",
		.programs = {{"plzip", {"-dc"}, NULL}, {"lzip", {"-dc"}, NULL}},
		.package = "lzip"},
};

/* Other formats that users may try, to name them in the error message. */
static const struct {
	size_t offset;
	const char *magic;
	size_t magic_bytes;
	struct compression_stranger stranger;
} strangers[] = {
	{0, "\x1f\x9d", 2, {"a compress (.Z) file", "pack it again: zcat FILE.Z | gzip >FILE.gz"}},
	{0, "\x1f\xa0", 2,
		{"an old compress (.Z) file", "pack it again: zcat FILE.Z | gzip >FILE.gz"}},
	{0, "\x1f\x1e", 2, {"a pack (.z) file", "pack it again: zcat FILE.z | gzip >FILE.gz"}},
	{0, "\x02\x21\x4c\x18", 4,
		{"an lz4 file in its legacy format, which has no checksums",
			"pack it again: lz4 -dc FILE | lz4 >FILE.lz4"}},
	{0, "\x89LZO", 4, {"an lzop file", "pack it again: lzop -dc FILE | gzip >FILE.gz"}},
	{0, "\xff\x06\0\0sNaPpY", 10, {"a snappy file", NULL}},
	{0, "BZ0", 3, {"a bzip file, older than bzip2", NULL}},
	{0, "PK\3\4", 4, {"a zip archive", NULL}},
	{0, "7z\xbc\xaf\x27\x1c", 6, {"a 7z archive", NULL}},
	{0, "Rar!", 4, {"a rar archive", NULL}},
	{0, "07070", 5, {"a cpio archive", NULL}},
	{0, "!<arch>\n", 8, {"a Debian package or an ar archive", NULL}},
	{0, "\xed\xab\xee\xdb", 4, {"an rpm package", NULL}},
	{0, "hsqs", 4, {"a squashfs image", NULL}},
	{0, "\x3a\xff\x26\xed", 4, {"an Android sparse image", NULL}},
	{0, "UBI#", 4, {"a UBI image", NULL}},
	{0,
		"\x7f"
		"ELF",
		4, {"a program", NULL}},
	{0, "-----BEGIN PGP", 14, {"an encrypted or signed file", NULL}},
	{1080, "\x53\xef", 2, {"an ext2, ext3 or ext4 filesystem image", NULL}},
	{510, "\x55\xaa", 2, {"a disk image", NULL}},
};

static const struct compression_stranger lzma_stranger = {
	"an lzma file, the predecessor of xz", "pack it again: xz -dc FILE.lzma | xz >FILE.xz"};
static const struct compression_stranger old_zstd_stranger = {
	"a zstd file from before version 0.8", "pack it again with a current zstd"};

const char *compression_name(enum compression compression)
{
	return formats[compression].name;
}

const struct decompressor *compression_program(enum compression compression, size_t index)
{
	const struct decompressor *program = &formats[compression].programs[index];

	return index < PROGRAMS_MAX && program->name ? program : NULL;
}

const char *compression_package(enum compression compression)
{
	return formats[compression].package;
}

uint64_t compression_memory(enum compression compression, const unsigned char *head, size_t size)
{
	return formats[compression].memory ? formats[compression].memory(head, size) : 0;
}

const char *compression_memory_advice(enum compression compression)
{
	return formats[compression].advice;
}

/* ---- recognising ---- */

static bool is_tar_header(const unsigned char *block)
{
	struct tar_header header;

	return tar_header_parse(block, &header) == 0;
}

static bool has_format(enum compression compression, const unsigned char *head, size_t size)
{
	const struct format *format = &formats[compression];

	if (format->is)
		return format->is(head, size);
	return size >= format->magic_bytes && memcmp(head, format->magic, format->magic_bytes) == 0;
}

static const struct compression_stranger *find_stranger(const unsigned char *head, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(strangers); i++)
		if (size >= strangers[i].offset + strangers[i].magic_bytes &&
			memcmp(head + strangers[i].offset, strangers[i].magic,
				strangers[i].magic_bytes) == 0)
			return &strangers[i].stranger;
	if (size >= 4 && head[0] >= 0x1e && head[0] <= 0x27 &&
		memcmp(head + 1, "\xb5\x2f\xfd", 3) == 0)
		return &old_zstd_stranger;
	return is_lzma(head, size) ? &lzma_stranger : NULL;
}

uint64_t compression_skip(const unsigned char *head, size_t size)
{
	if (size < 8 || (head[0] & 0xf0) != 0x50 || memcmp(head + 1, "\x2a\x4d\x18", 3) != 0)
		return 0;
	return 8 + little_endian(head + 4, 4);
}

int compression_sniff(const unsigned char *head, size_t size, enum compression *ret_compression,
	const struct compression_stranger **ret_what)
{
	uint64_t skipped = 0, frame;

	if (size >= TAR_BLOCK && is_tar_header(head)) {
		*ret_compression = COMPRESSION_NONE;
		return 0;
	}
	while ((frame = compression_skip(head + skipped, size - skipped)) > 0) {
		skipped += frame;
		if (skipped >= size) {
			*ret_compression = COMPRESSION_ZSTD;
			return 0;
		}
	}
	for (enum compression i = COMPRESSION_GZIP; i < COMPRESSION_COUNT; i++)
		if (has_format(i, head + skipped, size - skipped) &&
			(skipped == 0 || i == COMPRESSION_ZSTD || i == COMPRESSION_LZ4)) {
			*ret_compression = i;
			return 0;
		}
	/* "ustar" with a wrong checksum is a damaged archive, which manifest_read reports. */
	if (size >= TAR_BLOCK && memcmp(head + 257, "ustar", 5) == 0) {
		*ret_compression = COMPRESSION_NONE;
		return 0;
	}
	*ret_what = find_stranger(head, size);
	return -EINVAL;
}

/* ---- messages ---- */

enum compression_fault compression_fault(enum compression compression, const char *message)
{
	/* The first that matches counts. */
	static const struct {
		const char *phrase;
		enum compression_fault fault;
	} phrases[] = {
		{"ictionary mismatch", FAULT_OTHER},	/* zstd: compressed with a dictionary */
		{"before BZ_STREAM_END", FAULT_CUT},	/* pbzip2 */
		{"- trailing garbage", FAULT_TRAILING}, /* pbzip2 */
		{"garbage ignored", FAULT_PADDING},	/* gzip */
		{"EOF ignored", FAULT_PADDING},		/* bzip2 */
		{"bytes ignored", FAULT_PADDING},	/* gzip: "trailing zero bytes ignored" */
		{"unsupported format", FAULT_TRAILING}, /* zstd; the first frame was recognised */
		{"nrecognized header", FAULT_TRAILING}, /* lz4, the same */
		{"too much memory", FAULT_MEMORY},	/* zstd */
		{"Memory usage limit", FAULT_MEMORY},	/* xz */
		{"allocate memory", FAULT_MEMORY},	/* xz, zstd, lz4 */
		{"ot enough memory", FAULT_MEMORY},	/* lzip, pigz */
		{"emory exhausted", FAULT_MEMORY},	/* gzip */
		{"out of memory", FAULT_MEMORY}, {"premature end", FAULT_CUT}, /* zstd */
		{"nexpected end of", FAULT_CUT},			       /* gzip, xz */
		{"ends unexpectedly", FAULT_CUT},			       /* bzip2, lzip */
		{"missing trailer", FAULT_CUT},				       /* pigz */
		{"unrecognized format", FAULT_CUT},			       /* pigz */
		{"incomplete", FAULT_CUT},				       /* pigz */
		{"Unfinished stream", FAULT_CUT},			       /* lz4 */
		{"Trailer truncated", FAULT_CUT},			       /* lzip */
		{"corrupt", FAULT_DAMAGED},				       /* pigz, xz, zstd */
		{"Corrupt", FAULT_DAMAGED},				       /* lzip, zstd */
		{"ecompression error", FAULT_DAMAGED},			       /* lz4 */
		{"ecoding error", FAULT_DAMAGED},			       /* zstd */
		{"ecoder error", FAULT_DAMAGED},			       /* lzip */
		{"compressed data", FAULT_DAMAGED},			       /* gzip, lbzip2 */
		{"integrity error", FAULT_DAMAGED},			       /* bzip2 */
		{"failure exit code", FAULT_DAMAGED},			       /* pbzip2 */
		{"-- not supported", FAULT_DAMAGED},			       /* gzip: flags */
		{"ismatch", FAULT_DAMAGED},				       /* lzip */
	};

	/* It fails without a message only there. */
	if (compression == COMPRESSION_LZ4 && !*message)
		return FAULT_TRAILING;
	for (size_t i = 0; i < ARRAY_SIZE(phrases); i++)
		if (strstr(message, phrases[i].phrase))
			return phrases[i].fault;
	return FAULT_OTHER;
}
