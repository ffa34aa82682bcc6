/* SPDX-License-Identifier: MIT */
#include "device/usage/mountinfo.h"

#include "device/base/sysroot.h"
#include "device/base/util.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void mountinfo_unescape(char *text)
{
	char *to = text;

	for (const char *p = text; *p; to++) {
		if (p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' && p[2] <= '7' &&
			p[3] >= '0' && p[3] <= '7') {
			*to = (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
			p += 4;
		} else {
			*to = *p++;
		}
	}
	*to = '\0';
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw": any number of optional fields
 * precede the hyphen, and the source may be empty. */
static bool parse_line(char *line, struct mountinfo_entry *ret)
{
	char *fields[5], *tail[3], *field;
	unsigned major, minor;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (!(fields[i] = strsep(&line, " ")))
			return false;
	do {
		field = strsep(&line, " ");
	} while (field && strcmp(field, "-") != 0);
	for (size_t i = 0; i < ARRAY_SIZE(tail); i++)
		if (!(tail[i] = strsep(&line, " ")))
			return false;
	if (sscanf(fields[2], "%u:%u", &major, &minor) != 2)
		return false;
	mountinfo_unescape(fields[4]);
	mountinfo_unescape(tail[0]);
	mountinfo_unescape(tail[1]);
	/* The options stay escaped, as a comma in a path is escaped, too. */
	*ret = (struct mountinfo_entry){
		.id = atoi(fields[0]),
		.major = major,
		.minor = minor,
		.point = fields[4],
		.fs_type = tail[0],
		.source = tail[1],
		.options = tail[2],
	};
	return true;
}

int mountinfo_load(int root, const char *path, struct mountinfo *ret)
{
	struct mountinfo mounts = {0};
	char *state = NULL;
	size_t lines = 1;
	int r = sysroot_read_all(root, &mounts.text, NULL, "%s", path);

	if (r < 0)
		return r;
	for (const char *p = mounts.text; *p; p++)
		lines += *p == '\n';
	mounts.entries = calloc(lines, sizeof(*mounts.entries));
	if (!mounts.entries) {
		mountinfo_finish(&mounts);
		return -ENOMEM;
	}
	for (char *line = strtok_r(mounts.text, "\n", &state); line;
		line = strtok_r(NULL, "\n", &state))
		if (parse_line(line, &mounts.entries[mounts.count]))
			mounts.count++;
	*ret = mounts;
	return 0;
}

void mountinfo_finish(struct mountinfo *mounts)
{
	free(mounts->entries);
	free(mounts->text);
	*mounts = (struct mountinfo){0};
}

const struct mountinfo_entry *mountinfo_of_path(const struct mountinfo *mounts, const char *path)
{
	const struct mountinfo_entry *best = NULL;
	size_t best_length = 0;

	for (size_t i = 0; i < mounts->count; i++) {
		const char *point = mounts->entries[i].point;
		size_t length = strlen(point);

		if (path[0] == '/' && path_is_below(path, strcmp(point, "/") == 0 ? "" : point) &&
			length >= best_length) {
			best = &mounts->entries[i];
			best_length = length;
		}
	}
	return best;
}

const struct mountinfo_entry *mountinfo_of_id(const struct mountinfo *mounts, int id)
{
	for (size_t i = 0; i < mounts->count; i++)
		if (mounts->entries[i].id == id)
			return &mounts->entries[i];
	return NULL;
}
