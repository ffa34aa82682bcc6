/* SPDX-License-Identifier: MIT */
#include "device/base/util.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* Length of the valid UTF-8 sequence at @s that prints something, or 0. Overlong forms, surrogates
 * and the C1 controls are refused (RFC 3629 section 4). */
static size_t utf8_length(const unsigned char *s)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t least;
	} forms[] = {{0xe0, 0xc0, 0xa0}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		uint32_t point = s[0] & (unsigned char)~forms[i].mask;
		size_t n;

		if ((s[0] & forms[i].mask) != forms[i].lead)
			continue;
		for (n = 1; n <= i + 1; n++) {
			if ((s[n] & 0xc0) != 0x80)
				return 0;
			point = point << 6 | (s[n] & 0x3f);
		}
		/* Direction overrides would let a label rewrite the line it stands in. */
		if (point < forms[i].least || point > 0x10ffff ||
			(point >= 0xd800 && point < 0xe000) ||
			(point >= 0x200b && point <= 0x200f) ||
			(point >= 0x2028 && point <= 0x202e) ||
			(point >= 0x2066 && point <= 0x2069) || point == 0xfeff)
			return 0;
		return n;
	}
	return 0;
}

void str_sanitise(char *text)
{
	unsigned char *s = (unsigned char *)text;

	while (*s) {
		size_t n = *s < 0x80 ? (*s >= 0x20 && *s != 0x7f) : utf8_length(s);

		if (n == 0) {
			*s = '?';
			n = 1;
		}
		s += n;
	}
}

int str_to_u64(const char *text, int base, uint64_t *ret_value)
{
	unsigned long long value;
	char *end;

	/* strtoull takes a sign and leading blanks; a size or an offset has neither. */
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

uint64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}
