/* SPDX-License-Identifier: MIT */
#include "core/format/pixz.h"

#include "device/base/util.h"

#include <string.h>

#define BLOCK	 512
#define END_MARK 1024

/* 0xDBAE14D62E324CA6, little-endian; "write.c" of pixz has it. */
static const unsigned char magic[8] = {0xa6, 0x4c, 0x32, 0x2e, 0xd6, 0x14, 0xae, 0xdb};

/* Returns how many bytes at the end are zeros. */
static size_t zeros_at_end(const unsigned char *bytes, size_t size)
{
	size_t end = size;

	while (end > 0 && bytes[end - 1] == 0)
		end--;
	return size - end;
}

/* Goes on with a magic number, which may be split between two calls. */
static void match(struct pixz *pixz, uint64_t at, const unsigned char *bytes, size_t size)
{
	size_t rest = sizeof(magic) - pixz->matched, part = size < rest ? size : rest;

	if (memcmp(magic + pixz->matched, bytes, part) != 0) {
		pixz->matched = 0;
		pixz->zeros = 0;
		return;
	}
	pixz->matched += part;
	if (pixz->matched < sizeof(magic))
		return;
	pixz->index_at = at;
	pixz->index_zeros = pixz->zeros;
	pixz->matched = 0;
}

/* Takes bytes of one block. */
static void look_in_block(struct pixz *pixz, const unsigned char *bytes, size_t size)
{
	size_t zeros;

	if (pixz->matched > 0)
		match(pixz, pixz->offset - pixz->matched, bytes, size);
	else if (pixz->offset % BLOCK == 0 && pixz->zeros >= END_MARK && bytes[0] == magic[0])
		match(pixz, pixz->offset, bytes, size);
	pixz->offset += size;
	if (pixz->matched > 0)
		return; /* the zeros before it are needed when it is complete */
	zeros = zeros_at_end(bytes, size);
	pixz->zeros = zeros == size ? pixz->zeros + size : zeros;
}

void pixz_look(struct pixz *pixz, const unsigned char *bytes, size_t size)
{
	while (size > 0) {
		size_t part = BLOCK - pixz->offset % BLOCK;

		if (part > size)
			part = size;
		look_in_block(pixz, bytes, part);
		bytes += part;
		size -= part;
	}
}

bool pixz_follows(const struct pixz *pixz, uint64_t mark)
{
	return pixz->index_at >= mark + END_MARK && pixz->index_at - pixz->index_zeros <= mark;
}
