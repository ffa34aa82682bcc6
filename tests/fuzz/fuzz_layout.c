/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes layout_parse() with any bytes as a layout file: it is refused with a message, or it keeps
 * the promises of layout.h on disks of several sizes. Only the sizes of blob files are
 * read; the seeds use /usr/bin/env. Build with clang -fsanitize=fuzzer,address,undefined.
 */
#include "device/layout/layout_file.h"

#include "device/base/util.h"
#include "device/disk/disk.h"
#include "device/layout/layout_table.h"
#include "device/layout/mkfs.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Checks that partitions are on the disk, in order, and overlap neither each other nor a blob. */
static void check_places(const struct layout *l, uint64_t disk_bytes)
{
	uint64_t end = table_end_bytes(l) / SECTOR_BYTES;

	for (size_t i = 0; i < l->count; i++) {
		const struct layout_partition *p = &l->partitions[i];
		struct mkfs_command command;

		assert(p->start >= end && p->sectors > 0);
		end = p->start + p->sectors;
		for (size_t j = 0; j < l->blob_count; j++) {
			const struct layout_blob *b = &l->blobs[j];

			assert(b->target != BLOB_DISK || b->offset_bytes >= end * SECTOR_BYTES ||
				b->offset_bytes + b->size_bytes <= p->start * SECTOR_BYTES);
		}
		(void)mkfs_command(p, "/node", SECTOR_BYTES, &command);
	}
	assert(end * SECTOR_BYTES + (l->table == TABLE_GPT ? 33 * SECTOR_BYTES : 0) <= disk_bytes);
}

/* Gives every partition the ID in the last comment of the input, as far as it can have it: the layout
 * stays valid. */
static void check_ids(struct layout *l, const uint8_t *data, size_t size)
{
	struct diag diag;
	char value[64];
	size_t at = size;

	while (at > 0 && data[at - 1] != '#')
		at--;
	(void)STR_FORMAT(value, "%.*s", (int)(size - at), (const char *)data + at);
	for (size_t i = 0; i < l->count; i++)
		for (enum layout_id kind = LAYOUT_ID_FS_UUID; kind <= LAYOUT_ID_LABEL; kind++)
			(void)layout_set_id(l, i, kind, value);
	layout_assign_ids(l, layout_random);
	if (layout_check(l, &diag) < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t disks[] = {GIB(2), 7634944 * UINT64_C(512), GIB(64), GIB(4096)};
	struct layout layout, placed;
	struct diag diag = {.line = -1};
	uint64_t least;

	if (size > LAYOUT_FILE_MAX)
		return 0;
	if (layout_parse((const char *)data, size, "/usr/bin/x.conf", NULL, &layout, &diag) < 0) {
		assert(diag.line >= 0 && diag.text[0]);
		for (const char *c = diag.text; *c; c++)
			assert((unsigned char)*c >= ' ' && *c != '\x7f'); /* it may quote UTF-8 */
		return 0;
	}
	least = layout_min_bytes(&layout);
	assert(layout_place(&layout, least - 1, 0, &placed, &diag) < 0);
	if (layout_place(&layout, least, 0, &placed, &diag) < 0)
		abort();
	check_places(&placed, least);
	for (size_t i = 0; i < ARRAY_SIZE(disks); i++) {
		if (layout_place(&layout, disks[i], 0, &placed, &diag) < 0)
			continue;
		check_ids(&placed, data, size);
		check_places(&placed, disks[i]);
	}
	return 0;
}
