/* SPDX-License-Identifier: MIT */
/* Fuzzes raspberry_config_read, with includes of the same file, and raspberry_command_line. */
#include "core/bootcheck/raspberry.h"

#include "tests/fuzz/fuzz_boot_entry.h"

struct input {
	const uint8_t *data;
	size_t size;
};

static bool include_itself(void *arg, const char *path, const char **ret_text, size_t *ret_size)
{
	const struct input *input = arg;

	*ret_text = (const char *)input->data;
	*ret_size = input->size;
	return *path != '?';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct raspberry_config config;
	struct input input = {.data = data, .size = size};
	unsigned defaults = 0;
	char line[128];

	raspberry_config_read(&config, (const char *)data, size, include_itself, &input);
	(void)fuzz_boot_entry(&defaults, &config.draft.entry);
	assert(defaults == 1 && config.command_line_file && config.overlay_prefix);
	(void)strlen(config.command_line_file);
	(void)strlen(config.os_prefix ? config.os_prefix : "");
	(void)raspberry_command_line((const char *)data, size, line, sizeof(line));
	assert(strlen(line) < sizeof(line));
	return 0;
}
