/* SPDX-License-Identifier: MIT */
/* Fuzzes os_release_name with any bytes. */
#include "core/bootcheck/os_release.h"

#include "device/base/util.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char name[48], again[48];

	os_release_name((const char *)data, size, name, sizeof(name));
	assert(strlen(name) < sizeof(name));
	(void)STR_COPY(again, name);
	str_sanitise(again);
	assert(strcmp(name, again) == 0);
	return 0;
}
