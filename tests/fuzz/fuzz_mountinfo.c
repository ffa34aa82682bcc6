/* SPDX-License-Identifier: MIT */
/* Fuzzes the parser, lookups and disk resolution with any bytes as /proc/self/mountinfo. */
#include "tests/fuzz/fuzz_machine.h"

#include "device/usage/mountinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mountinfo mounts;
	struct inuse inuse;

	if (machine_root < 0)
		machine_build_usual();
	machine_file("proc/self/mountinfo", data, size);
	if (mountinfo_load(machine_root, "proc/self/mountinfo", &mounts) == 0) {
		for (size_t i = 0; i < mounts.count; i++) {
			const struct mountinfo_entry *entry = &mounts.entries[i];

			assert(entry->point && entry->fs_type && entry->source && entry->options);
			assert(mountinfo_of_id(&mounts, entry->id));
			if (entry->point[0] == '/')
				assert(mountinfo_of_path(&mounts, entry->point));
		}
		mountinfo_finish(&mounts);
	}
	machine_use(&inuse);
	inuse_finish(&inuse);
	return 0;
}
