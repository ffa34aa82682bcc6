/* SPDX-License-Identifier: MIT */
#include "device/kernel/kmsg.h"

#include "device/base/util.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The kernel's limit for a record with its properties (PRINTK_MESSAGE_MAX; CONSOLE_EXT_LOG_MAX
 * before 6.3 is 8192). Reads into a smaller buffer fail with EINVAL. */
#define RECORD_MAX 8192

/* --- one record --- */

/* Parses a decimal number that is followed by @end and moves @at behind it. */
static bool parse_number(const char **at, const char *limit, char end, uint64_t *ret)
{
	const char *c = *at;
	uint64_t value = 0;

	for (; c < limit && isdigit((unsigned char)*c); c++) {
		if (__builtin_mul_overflow(value, 10u, &value) ||
			__builtin_add_overflow(value, (unsigned)(*c - '0'), &value))
			return false;
	}
	if (c == *at || c == limit || *c != end)
		return false;
	*at = c + 1;
	*ret = value;
	return true;
}

static int hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte for an escape of the kernel, "\x0a"; -1 if @at is not an escape. */
static int escaped_byte(const char *at, const char *limit)
{
	int high, low;

	if (limit - at < 4 || at[0] != '\\' || at[1] != 'x')
		return -1;
	high = hex_digit(at[2]);
	low = hex_digit(at[3]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* Copies up to the end of the line, with escapes resolved. */
static void copy_text(const char *at, const char *limit, char *ret, size_t size)
{
	size_t length = 0;

	while (at < limit && *at != '\n' && length < size - 1) {
		int byte = escaped_byte(at, limit);

		ret[length] = byte < 0 ? *at : (char)byte;
		/* Joins the lines of a message. */
		if (ret[length] == '\n' || ret[length] == '\t')
			ret[length] = ' ';
		else if (ret[length] == '\0')
			ret[length] = '?';
		length++;
		at += byte < 0 ? 1 : 4;
	}
	while (length > 0 && ret[length - 1] == ' ')
		length--;
	ret[length] = '\0';
	str_sanitise(ret);
}

bool kmsg_parse(const char *record, size_t size, struct kmsg_record *ret)
{
	const char *at = record, *limit = record + size, *text = memchr(record, ';', size);
	struct kmsg_record found = {0};
	uint64_t priority;

	if (!text || !parse_number(&at, limit, ',', &priority) ||
		!parse_number(&at, limit, ',', &found.sequence) ||
		!parse_number(&at, limit, ',', &found.usec) || at > text)
		return false;
	found.level = priority & 7;
	found.facility = (unsigned)(priority >> 3);
	copy_text(text + 1, limit, found.text, sizeof(found.text));
	*ret = found;
	return true;
}

/* --- the log --- */

int kmsg_open(int root)
{
	int fd = openat(root, "dev/kmsg", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	/* Skip older messages. A pipe, in tests, has none. */
	(void)lseek(fd, 0, SEEK_END);
	return fd;
}

int kmsg_next(int fd, struct kmsg_record *ret)
{
	char record[RECORD_MAX];

	for (;;) {
		ssize_t size = read(fd, record, sizeof(record));

		if (size > 0 && kmsg_parse(record, (size_t)size, ret))
			return 1;
		if (size == 0)
			return -ENODATA;
		if (size > 0 || errno == EINTR)
			continue;
		if (errno == EAGAIN)
			return 0;
		/* EPIPE: messages were overwritten; the next read returns the oldest that is
		 * left. */
		if (errno != EPIPE)
			return -errno;
	}
}

/* --- matching a disk --- */

/* "mmc1", not "mmc1:0001" or "mmc_host". */
static bool is_mmc_host(const char *name)
{
	return strncmp(name, "mmc", 3) == 0 && name[3] && !name[3 + strspn(name + 3, "0123456789")];
}

/* "1-1.4", not "1-1.4:1.0". */
static bool is_usb_port(const char *name)
{
	size_t bus = strspn(name, "0123456789");

	return bus > 0 && name[bus] == '-' && name[bus + 1] &&
	       !name[bus + 1 + strspn(name + bus + 1, "0123456789.")];
}

void kmsg_names(const struct disk *disk, struct kmsg_names *ret)
{
	char path[sizeof(disk->id.devpath)], *save = NULL;

	*ret = (struct kmsg_names){0};
	(void)STR_COPY(ret->disk, disk->name);
	(void)STR_COPY(path, disk->id.devpath);
	for (char *name = strtok_r(path, "/", &save); name; name = strtok_r(NULL, "/", &save)) {
		if (is_mmc_host(name))
			(void)STR_COPY(ret->host, name);
		else if (is_usb_port(name))
			(void)STR_COPY(ret->port, name);
	}
}

static bool is_word_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* End of a word that begins with the name of a disk, whose last character is @last: skips a
 * partition number ("p2" or "2") or the name of an area ("boot0"). */
static const char *skip_part(const char *at, char last)
{
	static const char *const areas[] = {"boot0", "boot1", "rpmb", "gp0", "gp1", "gp2", "gp3"};
	const char *digits = at;

	for (size_t i = 0; i < ARRAY_SIZE(areas); i++)
		if (strncmp(at, areas[i], strlen(areas[i])) == 0)
			return at + strlen(areas[i]);
	if (isdigit((unsigned char)last)) {
		if (*at != 'p' || !isdigit((unsigned char)at[1]))
			return at;
		digits++;
	}
	while (isdigit((unsigned char)*digits))
		digits++;
	return digits;
}

/* True if @text contains @name as a word; with @parts, also as a partition or an area of it. */
static bool has_word(const char *text, const char *name, bool parts)
{
	size_t length = strlen(name);

	if (length == 0)
		return false;
	for (const char *at = text; (at = strstr(at, name)); at++) {
		const char *end = at + length;

		if (at > text && is_word_byte(at[-1]))
			continue;
		if (parts)
			end = skip_part(end, name[length - 1]);
		if (!is_word_byte(*end))
			return true;
	}
	return false;
}

bool kmsg_is_about(const char *text, const struct kmsg_names *names)
{
	size_t length = strlen(names->port);

	if (has_word(text, names->disk, true) || has_word(text, names->host, false))
		return true;
	/* "usb 1-1: ...". If a hub is at the port, 1-1.2 is another device. */
	return length > 0 && strncmp(text, "usb ", 4) == 0 &&
	       strncmp(text + 4, names->port, length) == 0 && text[4 + length] == ':';
}

bool kmsg_is_news(const struct kmsg_record *record, const struct kmsg_names *names)
{
	static const char *const words[] = {"removed", "disconnect", "reset", "new"};
	/* A failed discard or write of zeroes: the kernel or mkfs falls back to plain writes. */
	static const char harmless[] = "operation not supported error, ";

	if (record->facility != 0 || !kmsg_is_about(record->text, names) ||
		strncmp(record->text, harmless, strlen(harmless)) == 0)
		return false;
	if (record->level <= KMSG_WARNING)
		return true;
	for (size_t i = 0; record->level <= KMSG_INFO && i < ARRAY_SIZE(words); i++)
		if (has_word(record->text, words[i], false))
			return true;
	return false;
}
