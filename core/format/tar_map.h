/* SPDX-License-Identifier: MIT */
/*
 * tar_map - the map of a sparse file in a tar archive: the parts of the file that are in the archive,
 * one after the other; holes are between them. Source: the manual of GNU tar, "Storing Sparse Files".
 */
#ifndef CORE_FORMAT_TAR_MAP_H
#define CORE_FORMAT_TAR_MAP_H

#include "core/format/tar_input.h"
#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAR_MAP_EXTENTS_MAX (1u << 20)

struct tar_extent {
	uint64_t offset, size;
};

/* All zero: an empty map. The owner frees the extents. */
struct tar_map {
	struct tar_extent *extents;
	size_t count, capacity;
};

extern const char tar_map_bad[]; /* the phrase for a damaged map */

/* The functions return 0, -ENOMEM, an error of reading, or -EBADMSG: tar_input has the reason. */

/* Adds a part, which must be after the last one. */
_must_check_ int tar_map_add(
	struct tar_map *map, struct tar_input *input, int64_t offset, int64_t size);
/* Reads the map of version 1.0, which precedes the content, as lines of a number in whole blocks. They
 * are taken off @left, the bytes of the map and the content. */
_must_check_ int tar_map_read(struct tar_map *map, struct tar_input *input, uint64_t *left);
/* Reads the map of GNU's own format: four parts in the header block, 21 in each block after it. */
_must_check_ int tar_map_read_old(struct tar_map *map, struct tar_input *input,
	const unsigned char *header, int64_t *ret_real_size);
/* Checks that the parts are those of @content bytes, in a file of @real_size bytes. */
_must_check_ int tar_map_check(
	const struct tar_map *map, struct tar_input *input, uint64_t content, int64_t real_size);

/* True if the parts are blocks, but the last one, and it ends where the file does, as GNU tar writes
 * maps: it pads each part to a block, and makes a file end with its last part. */
bool tar_map_is_plain(const struct tar_map *map, int64_t real_size);

#endif
