/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/uboot_env.h"

#include "core/bootcheck/lines.h"

#include "device/base/util.h"

#include <string.h>

static const char *keep(struct uboot_env *env, const char *text)
{
	return str_keep(env->text, sizeof(env->text), &env->used, text);
}

/* The index of @name, or env->count. */
static size_t find(const struct uboot_env *env, const char *name)
{
	size_t at = 0;

	while (at < env->count && strcmp(env->variables[at].name, name) != 0)
		at++;
	return at;
}

/* False if it does not fit. */
static bool set(struct uboot_env *env, const char *name, const char *value)
{
	size_t at = find(env, name);

	if (at == UBOOT_ENV_VARIABLES_MAX)
		return false;
	if (at == env->count)
		name = keep(env, name);
	else
		name = env->variables[at].name;
	value = keep(env, value);
	if (!name || !value)
		return false;
	env->count += at == env->count;
	env->variables[at] = (struct uboot_env_variable){.name = name, .value = value};
	return true;
}

/* False if a backslash at the end makes the next line part of the value. */
static bool unescape(char *value)
{
	char *to = value;

	for (const char *p = value; *p; p++) {
		if (*p == '\\' && *++p == '\0')
			return false;
		*to++ = *p;
	}
	*to = '\0';
	return true;
}

void uboot_env_read(struct uboot_env *env, const char *file, const char *text, size_t size)
{
	struct lines lines;

	*env = (struct uboot_env){.file = file};
	lines_begin(&lines, text, size);
	for (char *line; (line = lines_next(&lines));) {
		char *value = strchr(line, '=');

		if (*line == '#' || *line == '\0')
			continue;
		if (value)
			*value++ = '\0';
		/* U-Boot ends at a value without name. */
		env->is_cut |= *line == '\0' || lines.is_cut || (value && !unescape(value)) ||
			       !set(env, line, value ? value : "");
		if (env->is_cut)
			return;
	}
}

const char *uboot_env_get(const struct uboot_env *env, const char *name)
{
	size_t at = find(env, name);

	return at < env->count ? env->variables[at].value : NULL;
}
