/* SPDX-License-Identifier: MIT */
/* Fuzzes uboot_env_read with any bytes. */
#include "core/bootcheck/uboot_env.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct uboot_env env;

	uboot_env_read(&env, "uEnv.txt", (const char *)data, size);
	assert(env.count <= UBOOT_ENV_VARIABLES_MAX);
	for (size_t i = 0; i < env.count; i++) {
		assert(*env.variables[i].name);
		assert(uboot_env_get(&env, env.variables[i].name) == env.variables[i].value);
		(void)strlen(env.variables[i].value);
	}
	return 0;
}
