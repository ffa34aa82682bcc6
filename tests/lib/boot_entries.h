/* SPDX-License-Identifier: MIT */
/* boot_entries - shows boot entries as text, so that a test of a parser can compare them. */
#ifndef TESTS_BOOT_ENTRIES_H
#define TESTS_BOOT_ENTRIES_H

#include "core/bootcheck/boot_entry.h"
#include "tests/lib/sandbox.h"

#include "device/base/util.h"

struct boot_entries {
	char text[16384];
	unsigned count, stop_at; /* stop_at: end the parser with 7 at this entry */
};

SANDBOX_CALL void boot_entries_add(struct boot_entries *seen, const char *name, const char *value)
{
	size_t used = strlen(seen->text);

	if (value)
		(void)str_format(
			seen->text + used, sizeof(seen->text) - used, " %s=%s", name, value);
}

/* For each entry: its line, "*" if it is the default, its title in brackets, its parts, and "?" with
 * the letters of unknown parts (Kernel, Initrd, Fdt, Overlay, Command line). */
SANDBOX_CALL int boot_entries_note(void *arg, const struct boot_entry *entry)
{
	static const char letters[] = "KIFOC";
	struct boot_entries *seen = arg;
	size_t used = strlen(seen->text);
	char unknown[8] = "";

	assert_non_null(entry->title);
	assert_int_equal(entry->unknown & ~(unsigned)BOOT_ALL, 0);
	(void)str_format(seen->text + used, sizeof(seen->text) - used, "%u%s[%s]", entry->line,
		entry->is_default ? "*" : "", entry->title);
	boot_entries_add(seen, "on", entry->root);
	boot_entries_add(seen, "kernel", entry->kernel);
	for (size_t i = 0; i < entry->initrd_count; i++)
		boot_entries_add(seen, "initrd", entry->initrds[i]);
	boot_entries_add(seen, "fdt", entry->fdt);
	boot_entries_add(seen, "fdtdir", entry->fdt_dir);
	for (size_t i = 0; i < entry->overlay_count; i++)
		boot_entries_add(seen, "overlay", entry->overlays[i]);
	boot_entries_add(seen, "options", entry->command_line);
	for (size_t i = 0, at = 0; letters[i]; i++)
		if (entry->unknown & 1U << i)
			unknown[at++] = letters[i];
	used = strlen(seen->text);
	(void)str_format(seen->text + used, sizeof(seen->text) - used, "%s%s\n",
		*unknown ? " ?" : "", unknown);
	return ++seen->count == seen->stop_at ? 7 : 0;
}

#endif
