/* SPDX-License-Identifier: MIT */
/* Fuzzes loader_entry_each, loader_conf_default and loader_default_matches with any bytes. */
#include "core/bootcheck/loader_entry.h"

#include "tests/fuzz/fuzz_boot_entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned defaults = 0;
	char pattern[64];

	assert(loader_entry_each((const char *)data, size, fuzz_boot_entry, &defaults) == 0);
	assert(defaults == 0);
	if (loader_conf_default((const char *)data, size, pattern, sizeof(pattern)))
		assert(*pattern && strlen(pattern) < sizeof(pattern));
	(void)loader_default_matches("debian*", pattern);
	(void)loader_default_matches("a+b", "a+3-1.conf");
	return 0;
}
