/* SPDX-License-Identifier: MIT */
/* Fuzzes grub_cfg_each with any bytes. */
#include "core/bootcheck/grub_cfg.h"

#include "tests/fuzz/fuzz_boot_entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned defaults = 0;

	assert(grub_cfg_each((const char *)data, size, fuzz_boot_entry, &defaults) == 0);
	return 0;
}
