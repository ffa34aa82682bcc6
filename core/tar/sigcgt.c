/* SPDX-License-Identifier: MIT */
#include "core/tar/sigcgt.h"

#include "device/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Finds the value of the line "NAME:\tVALUE". NULL if it is missing. */
static const char *field(const char *status, const char *name)
{
	size_t length = strlen(name);

	for (const char *line = status; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, length) == 0 && line[length] == ':')
			return line + length + 1 + strspn(line + length + 1, " \t");
	}
	return NULL;
}

/* Parses a signal set: hexadecimal, bit 0 is signal 1. */
static bool mask_field(const char *status, const char *name, uint64_t *ret_mask)
{
	const char *text = field(status, name);
	char *end;

	if (!text)
		return false;
	*ret_mask = strtoull(text, &end, 16);
	return end != text && (*end == '\n' || *end == '\0');
}

enum sigcgt sigcgt_parse(const char *status, int signal)
{
	const char *state = field(status, "State");
	uint64_t bit = UINT64_C(1) << (signal - 1), blocked, caught;

	if (!state || !mask_field(status, "SigBlk", &blocked) ||
		!mask_field(status, "SigCgt", &caught))
		return SIGCGT_UNREADABLE;
	if (*state == 'Z' || *state == 'X')
		return SIGCGT_GONE; /* a zombie still shows its handlers */
	if (!(caught & bit))
		return SIGCGT_NOT_CAUGHT;
	return blocked & bit ? SIGCGT_BLOCKED : SIGCGT_CAUGHT;
}

enum sigcgt sigcgt_read(int proc_root, pid_t pid, int signal)
{
	_cleanup_close_ int fd = -1;
	char path[48], status[8192];
	ssize_t n;

	STR_FORMAT(path, "proc/%d/status", (int)pid);
	fd = openat(proc_root, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ESRCH ? SIGCGT_GONE : SIGCGT_UNREADABLE;
	/* A single read returns the text that the kernel generates at once, so the fields match. */
	n = read(fd, status, sizeof(status) - 1);
	if (n < 0)
		return errno == ESRCH ? SIGCGT_GONE : SIGCGT_UNREADABLE;
	status[n] = '\0';
	return sigcgt_parse(status, signal);
}
