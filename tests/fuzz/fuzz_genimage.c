/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes genimage_read() with any bytes: they are refused with a message, or the layout has its limits, and no
 * longer refers to the text. Build with clang -fsanitize=fuzzer,address,undefined.
 */
#include "device/layout/genimage.h"
#include "device/layout/genimage_text.h"

#include "device/base/util.h"
#include "device/disk/disk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every second name is that of an image that is there. */
static bool has_image(void *arg, const char *partition, const char *image)
{
	(void)arg;
	(void)partition;
	return image[0] & 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct genimage_files files = {.folder = "/images", .has = has_image};
	static struct layout layout, placed;
	char *text = malloc(size + 1);
	struct diag diag = {.line = 0};
	int r;

	assert(text);
	memcpy(text, data, size);
	text[size] = '\0';
	(void)genimage_text_is(text);
	r = genimage_read(text, size, &files, &layout, &diag);
	free(text);
	if (r < 0) {
		assert(diag.line >= 0 && diag.text[0]);
		return 0;
	}
	assert(layout.count <= LAYOUT_PARTITIONS_MAX && layout.blob_count <= LAYOUT_BLOBS_MAX);
	for (size_t i = 0; i < layout.copy_count; i++)
		assert(layout.copies[i].partition < layout.count && layout.copies[i].name[0] &&
			layout.copies[i].file[0] == '/');
	for (size_t i = 0; i < layout.blob_count; i++) {
		assert(layout.blobs[i].file[0] || layout.blobs[i].target == BLOB_DISK);
		layout.blobs[i].size_bytes = 1000;
	}
	if (layout_place(&layout, GIB(4), SECTOR_BYTES, &placed, &diag) == 0)
		assert(placed.count == layout.count);
	return 0;
}
