/* SPDX-License-Identifier: MIT */
#include "core/archive/sidecar.h"

#include "device/base/util.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_MAX   MIB(1)
#define HEX_DIGITS (SHA256_HEX - 1)

/* Copies a digest in lower case; false if @text does not begin with one. */
static bool copy_hex(const char *text, char ret[SHA256_HEX])
{
	for (size_t i = 0; i < HEX_DIGITS; i++) {
		if (!isxdigit((unsigned char)text[i]))
			return false;
		ret[i] = (char)tolower((unsigned char)text[i]);
	}
	ret[HEX_DIGITS] = '\0';
	return !isxdigit((unsigned char)text[HEX_DIGITS]);
}

/* Splits "HEX  name", "HEX *name", "HEX" or "SHA256 (name) = HEX". False for any other line. */
static bool parse_line(char *line, char ret_hex[SHA256_HEX], const char **ret_name)
{
	static const char tag[] = "SHA256 (";

	if (strncmp(line, tag, sizeof(tag) - 1) == 0) {
		char *close = strrchr(line, ')');

		if (!close || strncmp(close, ") = ", 4) != 0 || !copy_hex(close + 4, ret_hex))
			return false;
		*close = '\0';
		*ret_name = line + sizeof(tag) - 1;
		return true;
	}
	if (!copy_hex(line, ret_hex))
		return false;
	line += HEX_DIGITS;
	if (line[0] == ' ' && (line[1] == ' ' || line[1] == '*'))
		line += 2;
	else if (*line != '\0')
		return false;
	*ret_name = line;
	return true;
}

bool sidecar_parse(const char *text, const char *name, bool lone, char ret[SHA256_HEX])
{
	_cleanup_free_ char *copy = strdup(text);
	char hex[SHA256_HEX] = "", other[SHA256_HEX] = "";
	size_t others = 0;

	for (char *rest = copy, *line; (line = strsep(&rest, "\n")) != NULL;) {
		const char *named;

		line[strcspn(line, "\r")] = '\0';
		if (!parse_line(line, hex, &named))
			continue;
		while (strncmp(named, "./", 2) == 0)
			named += 2;
		if (strcmp(named, name) == 0) {
			memcpy(ret, hex, sizeof(hex));
			return true;
		}
		memcpy(other, hex, sizeof(hex));
		others++;
	}
	if (!lone || others != 1)
		return false;
	memcpy(ret, other, sizeof(other));
	return true;
}

/* Reads a small text file; the caller frees *ret. 0 or -errno. */
static int read_text(const char *path, char **ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > TEXT_MAX)
		return -EINVAL;
	text = calloc(1, (size_t)st.st_size + 1);
	if (!text)
		return -ENOMEM;
	r = read_full(fd, text, (size_t)st.st_size);
	if (r < 0)
		return r;
	*ret = text;
	text = NULL;
	return 0;
}

int sidecar_find(const char *archive_path, char ret[SHA256_HEX], char *ret_name)
{
	const char *slash = strrchr(archive_path, '/');
	const char *base = slash ? slash + 1 : archive_path;
	_cleanup_free_ char *own = NULL, *sums = NULL;
	char path[PATH_MAX];
	int r;

	if (!STR_FORMAT(path, "%s.sha256", archive_path))
		return -ENAMETOOLONG;
	r = read_text(path, &own);
	if (r == 0) {
		if (!sidecar_parse(own, base, true, ret))
			return -EINVAL;
		(void)str_format(ret_name, NAME_MAX + 1, "%s.sha256", base);
		return 1;
	}
	if (r != -ENOENT && r != -ENAMETOOLONG)
		return r;
	if (!STR_FORMAT(path, "%.*sSHA256SUMS", (int)(base - archive_path), archive_path))
		return -ENAMETOOLONG;
	r = read_text(path, &sums);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (!sidecar_parse(sums, base, false, ret))
		return 0;
	(void)str_copy(ret_name, NAME_MAX + 1, "SHA256SUMS");
	return 1;
}
