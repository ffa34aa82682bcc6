/* SPDX-License-Identifier: MIT */
/*
 * A whole machine of any shape, as lines "path=value" and "path>target" (fuzz_machine.h): attributes with
 * anything in them, missing ones, folders for files, links in circles and out of the tree. Every
 * second one without openat2, since links are resolved by hand then.
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
