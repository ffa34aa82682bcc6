/* SPDX-License-Identifier: MIT */
#include "core/format/tar_header.h"

#include "device/base/util.h"

#include <errno.h>
#include <string.h>

/* Places of the fields in the block. */
enum place {
	NAME = 0,
	MODE = 100,
	UID = 108,
	GID = 116,
	SIZE = 124,
	MTIME = 136,
	CHECKSUM = 148,
	TYPE = 156,
	LINK = 157,
	MAGIC = 257,
	MAJOR = 329,
	MINOR = 337,
	PREFIX = 345,
	SPARSE_MORE = 482, /* of GNU */
	SPARSE_SIZE = 483,
	REST = 500,
};

enum { NAME_BYTES = 100, PREFIX_BYTES = 155, NUMBER_BYTES = 8, LONG_BYTES = 12 };

static bool is_empty(const unsigned char *from, size_t size)
{
	return from[0] == 0 && memcmp(from, from + 1, size - 1) == 0;
}

bool tar_header_is_zero(const unsigned char block[TAR_BLOCK])
{
	return is_empty(block, TAR_BLOCK);
}

/* The first byte holds the mark 0x80 and the sign; two's complement, most significant byte first. */
static bool base256(const unsigned char *field, size_t size, int64_t *ret)
{
	bool negative = (field[0] & 0x40) != 0;
	/* The mark is removed, and the sign is in its place. */
	unsigned char first = negative ? field[0] : field[0] & 0x7f;
	uint64_t value = negative ? UINT64_MAX : 0;

	for (size_t i = 0; i < size; i++) {
		if (value >> 56 != (negative ? 0xff : 0))
			return false;
		value = value << 8 | (i == 0 ? first : field[i]);
	}
	if ((value >> 63 != 0) != negative)
		return false;
	*ret = (int64_t)value;
	return true;
}

bool tar_header_number(const unsigned char *field, size_t size, int64_t *ret)
{
	uint64_t value = 0;
	size_t at = 0, digits = 0;

	if (field[0] & 0x80)
		return base256(field, size, ret);
	/* GNU tar takes the NUL for the end of the field before it, others read 0. */
	if (field[0] == '\0' && field[1] != '\0')
		return false;
	while (at < size && field[at] == ' ')
		at++;
	for (; at < size && field[at] >= '0' && field[at] <= '7'; at++, digits++)
		value = value << 3 | (uint64_t)(field[at] - '0'); /* at most 12 digits */
	if (at < size && field[at] != '\0' && field[at] != ' ')
		return false;
	if (digits == 0 && (at == size || field[at] != '\0'))
		return false; /* blanks alone */
	*ret = (int64_t)value;
	return true;
}

static bool check_sum(const unsigned char *block, struct tar_header *ret)
{
	static const unsigned char empty[NUMBER_BYTES];
	int64_t sum = 0, signed_sum = 0, expected;

	for (size_t i = 0; i < TAR_BLOCK; i++) {
		unsigned char byte = i >= CHECKSUM && i < TYPE ? ' ' : block[i];

		sum += byte;
		signed_sum += (signed char)byte;
	}
	if (memcmp(block + CHECKSUM, empty, sizeof(empty)) == 0 ||
		!tar_header_number(block + CHECKSUM, NUMBER_BYTES, &expected))
		return false;
	ret->signed_sum = expected != sum;
	return expected == sum || expected == signed_sum;
}

static enum tar_format find_format(const unsigned char *block)
{
	if (memcmp(block + MAGIC, "ustar  ", 8) == 0)
		return TAR_FORMAT_GNU;
	return memcmp(block + MAGIC, "ustar", 5) == 0 ? TAR_FORMAT_USTAR : TAR_FORMAT_V7;
}

static void copy_name(const unsigned char *block, struct tar_header *ret)
{
	size_t used = 0;

	if (ret->format == TAR_FORMAT_USTAR && block[PREFIX] != '\0') {
		used = strnlen((const char *)block + PREFIX, PREFIX_BYTES);
		memcpy(ret->name, block + PREFIX, used);
		ret->name[used++] = '/';
	}
	memcpy(ret->name + used, block + NAME, NAME_BYTES);
}

/* Toybox sums the first 500 bytes, wants a blank or a zero at the start of the sum, and uses the
 * prefix in each format. */
static bool has_odd_bytes(const unsigned char *block, enum tar_format format)
{
	bool is_magic = block[MAGIC] == '\0' || format != TAR_FORMAT_V7;

	return !is_empty(block + REST, TAR_BLOCK - REST) || !is_magic ||
	       (block[CHECKSUM] != ' ' && block[CHECKSUM] != '0') ||
	       (format == TAR_FORMAT_V7 && block[PREFIX] != '\0');
}

int tar_header_parse(const unsigned char block[TAR_BLOCK], struct tar_header *ret)
{
	struct tar_header header = {.type = (char)block[TYPE], .format = find_format(block)};
	bool device = header.type == '3' || header.type == '4';
	int64_t mode = 0;
	const struct {
		enum place place;
		size_t size;
		const char *fault;
		int64_t *to;
	} numbers[] = {
		{MODE, NUMBER_BYTES, "its mode is no number", &mode},
		{UID, NUMBER_BYTES, "its user ID is no number", &header.uid},
		{GID, NUMBER_BYTES, "its group ID is no number", &header.gid},
		{SIZE, LONG_BYTES, "its size is no number", &header.size},
		{MTIME, LONG_BYTES, "its modification time is no number", &header.mtime},
		{MAJOR, NUMBER_BYTES, "its device number is no number", &header.major},
		{MINOR, NUMBER_BYTES, "its device number is no number", &header.minor},
	};

	if (!check_sum(block, &header))
		return -EBADMSG;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (tar_header_number(block + numbers[i].place, numbers[i].size, numbers[i].to))
			continue;
		if (numbers[i].place >= MAJOR && !device)
			header.odd_nodes = true;
		else if (!header.fault)
			header.fault = numbers[i].fault;
	}
	header.mode = (uint32_t)mode & 07777;
	header.gnu_times = header.format == TAR_FORMAT_GNU && block[PREFIX] != '\0';
	header.odd_prefix = header.format == TAR_FORMAT_USTAR && block[MAGIC + 5] != '\0' &&
			    block[PREFIX] != '\0';
	header.no_name = block[NAME] == '\0';
	header.odd_bytes = has_odd_bytes(block, header.format);
	/* bsdtar believes them of each type. */
	if (header.format == TAR_FORMAT_GNU && header.type != 'S' && !header.fault &&
		(block[SPARSE_MORE] != 0 || !is_empty(block + SPARSE_SIZE, LONG_BYTES)))
		header.fault = "its header has the size of a sparse file, which it is not";
	copy_name(block, &header);
	memcpy(header.link, block + LINK, NAME_BYTES);
	*ret = header;
	return 0;
}
