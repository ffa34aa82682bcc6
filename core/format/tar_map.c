/* SPDX-License-Identifier: MIT */
#include "core/format/tar_map.h"

#include "core/format/tar_header.h"
#include "core/format/tar_input.h"

#include <errno.h>
#include <stdlib.h>

const char tar_map_bad[] = "the map of a sparse file is damaged";
static const char too_many[] = "a sparse file has more than a million parts";

int tar_map_add(struct tar_map *map, struct tar_input *input, int64_t offset, int64_t size)
{
	const struct tar_extent *last = map->count ? &map->extents[map->count - 1] : NULL;
	uint64_t from = last ? last->offset + last->size : 0;

	if (offset < 0 || size < 0 || (uint64_t)offset < from || offset > INT64_MAX - size)
		return tar_input_fail(input, "damaged", tar_map_bad);
	if (map->count == TAR_MAP_EXTENTS_MAX)
		return tar_input_fail(input, "size", too_many);
	if (map->count == map->capacity) {
		size_t capacity = map->capacity ? 2 * map->capacity : 64;
		struct tar_extent *grown = reallocarray(map->extents, capacity, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		map->extents = grown;
		map->capacity = capacity;
	}
	map->extents[map->count++] = (struct tar_extent){(uint64_t)offset, (uint64_t)size};
	return 0;
}

/* The blocks that precede the content, as lines of a number. */
struct lines {
	struct tar_input *input;
	uint64_t *left;
	size_t at;
	unsigned char block[TAR_BLOCK];
};

/* Returns the byte, or an error. */
static int take_byte(struct lines *lines)
{
	ssize_t length;

	if (lines->at == TAR_BLOCK) {
		if (*lines->left < TAR_BLOCK)
			return tar_input_fail(lines->input, "damaged", tar_map_bad);
		length = tar_input_copy(lines->input, lines->block, TAR_BLOCK);
		if (length < TAR_BLOCK)
			return length < 0 ? (int)length : tar_input_fail_truncated(lines->input);
		*lines->left -= TAR_BLOCK;
		lines->at = 0;
	}
	return lines->block[lines->at++];
}

static int take_number(struct lines *lines, int64_t *ret)
{
	int64_t number = 0;

	for (size_t digits = 0;; digits++) {
		int byte = take_byte(lines);

		if (byte < 0)
			return byte;
		if (byte == '\n' && digits > 0)
			break;
		if (byte < '0' || byte > '9' || __builtin_mul_overflow(number, 10, &number) ||
			__builtin_add_overflow(number, byte - '0', &number))
			return tar_input_fail(lines->input, "damaged", tar_map_bad);
	}
	*ret = number;
	return 0;
}

int tar_map_read(struct tar_map *map, struct tar_input *input, uint64_t *left)
{
	struct lines lines = {.input = input, .left = left, .at = TAR_BLOCK};
	int64_t count, offset, size;
	int r = take_number(&lines, &count);

	if (r == 0 && count > TAR_MAP_EXTENTS_MAX)
		r = tar_input_fail(input, "size", too_many);
	for (; r == 0 && count > 0; count--) {
		r = take_number(&lines, &offset);
		if (r == 0)
			r = take_number(&lines, &size);
		if (r == 0)
			r = tar_map_add(map, input, offset, size);
	}
	return r;
}

int tar_map_read_old(struct tar_map *map, struct tar_input *input, const unsigned char *header,
	int64_t *ret_size)
{
	enum { FIRST = 386, FIRST_COUNT = 4, MORE_FLAG = 482, REAL_SIZE = 483 };
	enum { NEXT_COUNT = 21, NEXT_FLAG = 504, PART_BYTES = 24, NUMBER_BYTES = 12 };
	unsigned char block[TAR_BLOCK];
	const unsigned char *part = header + FIRST;
	size_t count = FIRST_COUNT;
	bool more = header[MORE_FLAG] != 0;
	ssize_t length;

	if (!tar_header_number(header + REAL_SIZE, NUMBER_BYTES, ret_size))
		return tar_input_fail(input, "damaged", tar_map_bad);
	for (;;) {
		for (size_t i = 0; i < count && part[i * PART_BYTES + NUMBER_BYTES] != '\0'; i++) {
			int64_t offset, size;
			int r;

			if (!tar_header_number(part + i * PART_BYTES, NUMBER_BYTES, &offset) ||
				!tar_header_number(
					part + i * PART_BYTES + NUMBER_BYTES, NUMBER_BYTES, &size))
				return tar_input_fail(input, "damaged", tar_map_bad);
			r = tar_map_add(map, input, offset, size);
			if (r < 0)
				return r;
		}
		if (!more)
			return 0;
		length = tar_input_copy(input, block, TAR_BLOCK);
		if (length < TAR_BLOCK)
			return length < 0 ? (int)length : tar_input_fail_truncated(input);
		part = block;
		count = NEXT_COUNT;
		more = block[NEXT_FLAG] != 0;
	}
}

int tar_map_check(
	const struct tar_map *map, struct tar_input *input, uint64_t content, int64_t real_size)
{
	uint64_t sum = 0, end = 0;

	for (size_t i = 0; i < map->count; i++) {
		sum += map->extents[i].size;
		end = map->extents[i].offset + map->extents[i].size;
	}
	if (real_size < 0 || end > (uint64_t)real_size || sum != content)
		return tar_input_fail(input, "damaged", tar_map_bad);
	return 0;
}

bool tar_map_is_plain(const struct tar_map *map, int64_t real_size)
{
	uint64_t sum = 0, end = 0;

	for (size_t i = 0; i < map->count; i++) {
		if (sum % TAR_BLOCK != 0 && map->extents[i].size > 0)
			return false;
		sum += map->extents[i].size;
		end = map->extents[i].offset + map->extents[i].size;
	}
	return map->count > 0 && end == (uint64_t)real_size;
}
