/* SPDX-License-Identifier: MIT */
/* Fuzzes uboot_script_open with any bytes. */
#include "core/bootcheck/uboot_image.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text;
	size_t text_size;

	(void)uboot_script_open(data, size, &text, &text_size);
	assert(text);
	assert(text_size == 0 || ((const uint8_t *)text >= data &&
					 (const uint8_t *)text + text_size <= data + size));
	return 0;
}
