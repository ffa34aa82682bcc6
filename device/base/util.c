/* SPDX-License-Identifier: MIT */
#include "device/base/util.h"

#include "device/base/utf8.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

void close_fd(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
	errno = saved;
}

void free_ptr(void *ptr_to_ptr)
{
	void **ptr = ptr_to_ptr;

	free(*ptr);
	*ptr = NULL;
}

bool str_copy(char *to, size_t size, const char *from)
{
	size_t length = strnlen(from, size);
	bool fits = length < size;

	if (!fits)
		length = size - 1;
	memmove(to, from, length);
	to[length] = '\0';
	return fits;
}

bool str_vformat(char *to, size_t size, const char *format, va_list args)
{
	int length = vsnprintf(to, size, format, args);

	return length >= 0 && (size_t)length < size;
}

bool str_format(char *to, size_t size, const char *format, ...)
{
	va_list args;
	bool fits;

	va_start(args, format);
	fits = str_vformat(to, size, format, args);
	va_end(args);
	return fits;
}

const char *str_keep(char *store, size_t size, size_t *used, const char *text)
{
	size_t need = strlen(text) + 1;
	char *to = store + *used;

	if (need > size - *used)
		return NULL;
	*used += need;
	return memcpy(to, text, need);
}

bool str_has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool path_is_below(const char *path, const char *dir)
{
	size_t length = strlen(dir);

	return length == 0 ||
	       (strncmp(path, dir, length) == 0 && (path[length] == '/' || path[length] == '\0'));
}

bool path_make_absolute(const char *path, char *ret, size_t size)
{
	_cleanup_free_ char *real = realpath(path, NULL), *here = getcwd(NULL, 0);

	if (real)
		return str_copy(ret, size, real);
	if (path[0] == '/' || !here)
		return str_copy(ret, size, path);
	return str_format(ret, size, "%s/%s", here, path);
}

/* False for control characters (C0 and C1), invisible characters and changes of the text
 * direction: in a label they could rewrite the line around it. */
static bool is_printable(uint32_t point)
{
	static const struct {
		uint32_t first, last;
	} unsafe[] = {{0, 0x1f}, {0x7f, 0x9f}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069},
		{0xfeff, 0xfeff}};

	for (size_t i = 0; i < ARRAY_SIZE(unsafe); i++)
		if (point >= unsafe[i].first && point <= unsafe[i].last)
			return false;
	return true;
}

void str_sanitise(char *text)
{
	while (*text) {
		uint32_t point;
		size_t length = utf8_decode(text, &point);

		if (length == 0 || !is_printable(point)) {
			*text = '?';
			length = 1;
		}
		text += length;
	}
}

int str_to_u64(const char *text, int base, uint64_t *ret_value)
{
	unsigned long long value;
	char *end;

	/* strtoull accepts a sign and leading blanks. */
	if (!isxdigit((unsigned char)text[0]) || strchr(text, '-'))
		return -EINVAL;
	errno = 0;
	value = strtoull(text, &end, base);
	if (errno == ERANGE)
		return -ERANGE;
	if (end == text || *end != '\0')
		return -EINVAL;
	*ret_value = value;
	return 0;
}

int str_to_bytes(const char *text, uint64_t *ret_bytes)
{
	static const struct {
		char letter;
		unsigned shift;
	} units[] = {{'s', 9}, {'k', 10}, {'K', 10}, {'M', 20}, {'G', 30}};
	size_t length = strlen(text);
	unsigned shift = 0;
	char digits[24];
	uint64_t value;
	int r;

	for (size_t i = 0; length > 0 && i < ARRAY_SIZE(units); i++)
		if (text[length - 1] == units[i].letter)
			shift = units[i].shift;
	if (length >= sizeof(digits))
		return -EINVAL;
	(void)str_format(digits, sizeof(digits), "%.*s", (int)(length - (shift > 0)), text);
	r = str_to_u64(digits, 10, &value);
	if (r < 0)
		return r;
	if (value > UINT64_MAX >> shift)
		return -ERANGE;
	*ret_bytes = value << shift;
	return 0;
}

int read_full(int fd, void *buf, size_t size)
{
	char *p = buf;

	while (size > 0) {
		ssize_t n = read(fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ENODATA;
		p += n;
		size -= (size_t)n;
	}
	return 0;
}

int write_full(int fd, const void *buf, size_t size)
{
	const char *p = buf;

	while (size > 0) {
		ssize_t n = write(fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		p += n;
		size -= (size_t)n;
	}
	return 0;
}

int pread_full(int fd, void *buf, size_t size, uint64_t offset_bytes)
{
	char *p = buf;

	while (size > 0) {
		ssize_t n = pread(fd, p, size, (off_t)offset_bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ENODATA;
		p += n;
		offset_bytes += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

int pwrite_full(int fd, const void *buf, size_t size, uint64_t offset_bytes)
{
	const char *p = buf;

	while (size > 0) {
		ssize_t n = pwrite(fd, p, size, (off_t)offset_bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		p += n;
		offset_bytes += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

bool kernel_is_at_least(unsigned major, unsigned minor)
{
	struct utsname name;
	unsigned has_major, has_minor;

	if (uname(&name) < 0 || sscanf(name.release, "%u.%u", &has_major, &has_minor) != 2)
		return false;
	return has_major > major || (has_major == major && has_minor >= minor);
}

uint64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}
