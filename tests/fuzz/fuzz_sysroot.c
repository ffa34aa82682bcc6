/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the scan of a whole machine, given as lines "path=value" and "path>target"
 * (fuzz_machine.h): attributes with any content, missing attributes, folders instead of files,
 * links in cycles and out of the tree. Every second input runs without openat2, so that links are
 * resolved by the fallback.
 */
#include "tests/fuzz/fuzz_machine.h"
#include "tests/lib/old_kernel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = machine_string(data, size);

	machine_open();
	old_kernel = size % 2 == 0;
	machine_build(text);
	machine_judge();
	machine_clear();
	free(text);
	return 0;
}
