/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/fstab.h"

#include "core/bootcheck/lines.h"

#include <string.h>

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* "\040" is a blank. The byte 0 cannot be in a field, so that "\000" stays. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *p = text; *p; to++) {
		unsigned byte = 0;

		if (p[0] == '\\' && is_octal(p[1]) && is_octal(p[2]) && is_octal(p[3]))
			byte = (unsigned)(p[1] - '0') << 6 | (unsigned)(p[2] - '0') << 3 |
			       (unsigned)(p[3] - '0');
		*to = byte > 0 && byte < 256 ? (char)byte : *p;
		p += byte > 0 && byte < 256 ? 4 : 1;
	}
	*to = '\0';
}

/* mount(8) takes "/boot/" for "/boot". */
static void trim_slashes(char *mount)
{
	size_t length = strlen(mount);

	while (length > 1 && mount[length - 1] == '/')
		mount[--length] = '\0';
}

/* LABEL="name" is LABEL=name. */
static void unquote_tag(char *source)
{
	char *value = strchr(source, '=');
	size_t length = value ? strlen(value) : 0;

	if (length < 3 || !strchr("\"'", value[1]) || value[length - 1] != value[1])
		return;
	memmove(value + 1, value + 2, length - 3);
	value[length - 2] = '\0';
}

int fstab_each(const char *text, size_t size, int (*each)(void *arg, const struct fstab_line *line),
	void *arg)
{
	struct lines lines;
	int r = 0;

	lines_begin(&lines, text, size);
	for (char *rest; r == 0 && (rest = lines_next(&lines));) {
		char *fields[4] = {0};

		if (*rest == '#' || lines.is_cut)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
			fields[i] = word_next(&rest);
			if (fields[i])
				unescape(fields[i]);
		}
		if (!fields[1])
			continue;
		unquote_tag(fields[0]);
		trim_slashes(fields[1]);
		r = each(arg, &(struct fstab_line){
				      .line = lines.number,
				      .source = fields[0],
				      .mount = fields[1],
				      .type = fields[2] ? fields[2] : "",
				      .options = fields[3] ? fields[3] : "",
			      });
	}
	return r;
}

bool fstab_has_option(const char *options, const char *option)
{
	size_t length = strlen(option);
	bool quoted = false, begins = true;

	for (const char *p = options; *p; p++) {
		if (begins && strncmp(p, option, length) == 0 &&
			(p[length] == ',' || p[length] == '\0'))
			return true;
		if (*p == '"')
			quoted = !quoted;
		begins = *p == ',' && !quoted;
	}
	return false;
}
