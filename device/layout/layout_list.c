/* SPDX-License-Identifier: MIT */
#include "device/layout/layout_list.h"

#include "device/base/util.h"
#include "device/layout/genimage_text.h"
#include "device/layout/layout_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTION "partition"

static int is_candidate(const struct dirent *entry)
{
	return layout_has_suffix(entry->d_name);
}

/* True if a line begins with the head of a partition section. */
static bool has_section(const char *text)
{
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += strspn(line, " \t\r\n");
		if (str_has_prefix(line, SECTION) && line[strlen(SECTION)] &&
			strchr(" \t\"'", line[strlen(SECTION)]))
			return true;
	}
	return false;
}

static bool is_layout(const char *path)
{
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *text = NULL;
	struct stat st;

	/* Opening a device may have effects. */
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > LAYOUT_FILE_MAX)
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	text = calloc(1, (size_t)st.st_size + 1);
	return fd >= 0 && text && read_full(fd, text, (size_t)st.st_size) == 0 &&
	       (has_section(text) || genimage_text_is(text));
}

size_t layout_list(const char *dir, size_t max, char (*ret)[256])
{
	struct dirent **entries;
	_cleanup_free_ char *absolute = realpath(dir, NULL);
	int found = absolute ? scandir(absolute, &entries, is_candidate, versionsort) : -1;
	size_t count = 0;

	for (int i = 0; i < found; i++) {
		char path[256];

		if (STR_FORMAT(path, "%s/%s", absolute, entries[i]->d_name) && is_layout(path)) {
			if (count < max)
				STR_COPY(ret[count], path);
			count++;
		}
		free(entries[i]);
	}
	if (found >= 0)
		free(entries);
	return count;
}
