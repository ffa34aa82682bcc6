/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/os_release.h"

#include "core/bootcheck/lines.h"

#include "device/base/util.h"

#include <string.h>

#define VALUE_BYTES 128

enum key {
	KEY_NAME,
	KEY_VERSION_ID,
	KEY_VERSION_CODENAME,
	KEY_BUILD_ID,
	KEY_PRETTY_NAME,
	KEY_ID,
	KEY_COUNT,
};

static const char *const keys[KEY_COUNT] = {
	[KEY_NAME] = "NAME",
	[KEY_VERSION_ID] = "VERSION_ID",
	[KEY_VERSION_CODENAME] = "VERSION_CODENAME",
	[KEY_BUILD_ID] = "BUILD_ID",
	[KEY_PRETTY_NAME] = "PRETTY_NAME",
	[KEY_ID] = "ID",
};

/* Removes quotes and backslashes in place, up to the first blank outside of quotes. */
static void unquote(char *value)
{
	char quote = '\0', *to = value;

	for (const char *p = value; *p; p++) {
		if (quote == '\0' && strchr(" \t", *p))
			break;
		if (*p == quote)
			quote = '\0';
		else if (quote == '\0' && strchr("\"'", *p))
			quote = *p;
		else if (*p == '\\' && quote != '\'' && p[1] != '\0')
			*to++ = *++p;
		else
			*to++ = *p;
	}
	*to = '\0';
}

static void cut_end(char *name, const char *end)
{
	size_t length = strlen(name), of_end = strlen(end);

	if (length > of_end && strcmp(name + length - of_end, end) == 0)
		name[length - of_end] = '\0';
}

static void shorten(char *name)
{
	char *bracket = strstr(name, " (");

	if (bracket && bracket > name)
		*bracket = '\0';
	cut_end(name, " GNU/Linux");
	cut_end(name, " Linux");
}

static void read_values(const char *text, size_t size, char values[KEY_COUNT][VALUE_BYTES])
{
	struct lines lines;

	lines_begin(&lines, text, size);
	for (char *line; (line = lines_next(&lines));) {
		char *value = strchr(line, '=');

		if (!value)
			continue;
		*value++ = '\0';
		unquote(value);
		for (size_t i = 0; i < KEY_COUNT; i++)
			if (strcmp(line, keys[i]) == 0)
				(void)STR_COPY(values[i], value);
	}
}

void os_release_name(const char *text, size_t size, char *ret, size_t ret_size)
{
	char values[KEY_COUNT][VALUE_BYTES] = {{0}};
	const char *version = values[KEY_VERSION_ID], *name = values[KEY_NAME];

	read_values(text, size, values);
	shorten(values[KEY_NAME]);
	if (*version == '\0')
		version = values[KEY_VERSION_CODENAME];
	if (strcmp(values[KEY_BUILD_ID], "rolling") == 0)
		version = "";
	if (*name == '\0') {
		name = *values[KEY_PRETTY_NAME] ? values[KEY_PRETTY_NAME] : values[KEY_ID];
		version = "";
	}
	(void)str_format(ret, ret_size, "%s%s%s", name, *version ? " " : "", version);
	str_sanitise(ret);
}
