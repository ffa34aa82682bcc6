/* SPDX-License-Identifier: MIT */
/* fuzz_boot_entry - what holds for every boot_entry, for the fuzzers of boot files. */
#ifndef TESTS_FUZZ_BOOT_ENTRY_H
#define TESTS_FUZZ_BOOT_ENTRY_H

#include "core/bootcheck/boot_entry.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads every string of the entry; arg counts the default entries, of which there is one at most. */
static int fuzz_boot_entry(void *arg, const struct boot_entry *entry)
{
	unsigned *defaults = arg;
	size_t bytes = strlen(entry->title);
	const char *const parts[] = {
		entry->kernel, entry->fdt, entry->fdt_dir, entry->command_line};

	*defaults += entry->is_default;
	assert(*defaults <= 1);
	assert(entry->line > 0);
	assert((entry->unknown & ~(unsigned)BOOT_ALL) == 0);
	assert(entry->initrd_count <= BOOT_INITRDS_MAX);
	assert(entry->overlay_count <= BOOT_OVERLAYS_MAX);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		bytes += parts[i] ? strlen(parts[i]) : 0;
	for (size_t i = 0; i < entry->initrd_count; i++)
		bytes += strlen(entry->initrds[i]);
	for (size_t i = 0; i < entry->overlay_count; i++)
		bytes += strlen(entry->overlays[i]);
	assert(bytes < 1 << 20);
	return 0;
}

#endif
