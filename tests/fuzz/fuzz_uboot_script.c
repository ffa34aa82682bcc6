/* SPDX-License-Identifier: MIT */
/* Fuzzes uboot_script_each, with and without the same bytes as the file that it imports. */
#include "core/bootcheck/uboot_script.h"

#include "tests/fuzz/fuzz_boot_entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct uboot_env env;
	unsigned defaults = 0;

	assert(uboot_script_each((const char *)data, size, NULL, fuzz_boot_entry, &defaults) == 0);
	defaults = 0;
	uboot_env_read(&env, "uEnv.txt", (const char *)data, size);
	assert(uboot_script_each((const char *)data, size, &env, fuzz_boot_entry, &defaults) == 0);
	return 0;
}
