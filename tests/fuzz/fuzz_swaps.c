/* SPDX-License-Identifier: MIT */
/* Fuzzes inuse_load() with any bytes as /proc/swaps of a typical machine. */
#include "tests/fuzz/fuzz_machine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct inuse inuse;

	if (machine_root < 0)
		machine_build_usual();
	machine_file("proc/swaps", data, size);
	machine_use(&inuse);
	inuse_finish(&inuse);
	return 0;
}
