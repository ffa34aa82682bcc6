/* SPDX-License-Identifier: MIT */
/* Fuzzes fstab_each and fstab_has_option with any bytes. */
#include "core/bootcheck/fstab.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int check(void *arg, const struct fstab_line *line)
{
	unsigned *last = arg;

	assert(line->line > *last);
	*last = line->line;
	assert(*line->mount || *line->source);
	(void)fstab_has_option(line->options, "nofail");
	(void)fstab_has_option(line->options, line->type);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned last = 0;

	assert(fstab_each((const char *)data, size, check, &last) == 0);
	return 0;
}
