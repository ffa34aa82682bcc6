/* SPDX-License-Identifier: MIT */
#include "device/base/sysroot.h"

#include "device/base/util.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#define LINKS_MAX 40 /* the kernel's limit (MAXSYMLINKS) */

/* O_NONBLOCK: a FIFO in a recorded tree must not block. */
#define READ_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

int sysroot_open(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 ? fd : -errno;
}

/* Resolves every symbolic link of @path by text, as if @root were "/". The resolved part contains
 * no links, so ".." removes its last component, and has no effect at the root. */
static int resolve(int root, const char *path, char ret[PATH_MAX])
{
	char rest[PATH_MAX], joined[PATH_MAX], target[PATH_MAX];
	size_t done = 0;
	unsigned links = 0;
	char *p = rest;

	if (!STR_COPY(rest, path))
		return -ENAMETOOLONG;
	ret[0] = '\0';
	while (*(p += strspn(p, "/"))) {
		size_t length = strcspn(p, "/"), before = done;
		const char *after = p + length;
		ssize_t n;

		if (length == 2 && p[0] == '.' && p[1] == '.') {
			char *slash = strrchr(ret, '/');

			done = slash ? (size_t)(slash - ret) : 0;
			ret[done] = '\0';
		} else if (!(length == 1 && p[0] == '.')) {
			if (!str_format(ret + done, PATH_MAX - done, "%s%.*s", done > 0 ? "/" : "",
				    (int)length, p))
				return -ENAMETOOLONG;
			n = readlinkat(root, ret, target, sizeof(target) - 1);
			if (n >= 0) {
				target[n] = '\0';
				if (++links > LINKS_MAX)
					return -ELOOP;
				if (!STR_FORMAT(joined, "%s%s", target, after))
					return -ENAMETOOLONG;
				done = target[0] == '/' ? 0 : before;
				ret[done] = '\0';
				(void)STR_COPY(rest, joined);
				p = rest;
				continue;
			}
			done += strlen(ret + done);
		}
		p += length;
	}
	if (done == 0)
		(void)str_copy(ret, PATH_MAX, ".");
	return 0;
}

static int open_by_hand(int root, const char *path, int flags)
{
	char resolved[PATH_MAX];
	int r = resolve(root, path, resolved);
	int fd;

	if (r < 0)
		return r;
	fd = openat(root, resolved, flags | O_NOFOLLOW);
	return fd >= 0 ? fd : -errno;
}

/* Opens @path as if @root were "/". fd or -errno. */
static int open_in_root(int root, const char *path, int flags)
{
	struct open_how how = {.flags = (uint64_t)flags, .resolve = RESOLVE_IN_ROOT};
	long fd;

	fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
	if (fd >= 0)
		return (int)fd;
	/* Before 5.6 the call does not exist, and old sandboxes forbid it. EAGAIN: a component
	 * was renamed during the lookup. */
	if (errno == ENOSYS || errno == EPERM || errno == EAGAIN)
		return open_by_hand(root, path, flags);
	return -errno;
}

static int open_formatted(int root, int flags, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));
static int open_formatted(int root, int flags, const char *format, va_list args)
{
	char path[PATH_MAX];

	if (!str_vformat(path, sizeof(path), format, args))
		return -ENAMETOOLONG;
	return open_in_root(root, path, flags);
}

/* Reads until @size bytes or the end of the file. Number of bytes, or -errno. */
static ssize_t read_some(int fd, char *buf, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, buf + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static int read_formatted(int root, char *buf, size_t size, const char *format, va_list args)
	__attribute__((format(printf, 4, 0)));
static int read_formatted(int root, char *buf, size_t size, const char *format, va_list args)
{
	_cleanup_close_ int fd = open_formatted(root, READ_FLAGS, format, args);
	ssize_t n;

	buf[0] = '\0';
	if (fd < 0)
		return fd;
	n = read_some(fd, buf, size - 1);
	if (n < 0) {
		buf[0] = '\0';
		return (int)n;
	}
	while (n > 0 && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return 0;
}

int sysroot_read(int root, char *buf, size_t size, const char *format, ...)
{
	va_list args;
	int r;

	va_start(args, format);
	r = read_formatted(root, buf, size, format, args);
	va_end(args);
	return r;
}

static int read_number(int root, uint64_t *ret_value, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));

static int read_number(int root, uint64_t *ret_value, const char *format, va_list args)
{
	char text[64];
	int r = read_formatted(root, text, sizeof(text), format, args);

	if (r < 0)
		return r;
	sysroot_trim(text);
	return str_to_u64(text, 0, ret_value);
}

int sysroot_read_u64(int root, uint64_t *ret_value, const char *format, ...)
{
	va_list args;
	int r;

	va_start(args, format);
	r = read_number(root, ret_value, format, args);
	va_end(args);
	return r;
}

uint64_t sysroot_number(int root, const char *format, ...)
{
	uint64_t value = 0;
	va_list args;

	va_start(args, format);
	if (read_number(root, &value, format, args) < 0)
		value = 0;
	va_end(args);
	return value;
}

int sysroot_read_devno(int root, uint32_t *ret_major, uint32_t *ret_minor, const char *format, ...)
{
	unsigned major, minor;
	char text[32], end;
	va_list args;
	int r;

	va_start(args, format);
	r = read_formatted(root, text, sizeof(text), format, args);
	va_end(args);
	if (r < 0)
		return r;
	if (sscanf(text, "%u:%u%c", &major, &minor, &end) != 2)
		return -EINVAL;
	*ret_major = major;
	*ret_minor = minor;
	return 0;
}

int sysroot_read_all(int root, char **ret_text, size_t *ret_size, const char *format, ...)
{
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *text = NULL;
	size_t size = 0, room = 4096;
	va_list args;

	va_start(args, format);
	fd = open_formatted(root, READ_FLAGS, format, args);
	va_end(args);
	if (fd < 0)
		return fd;
	for (;;) {
		char *larger = realloc(text, room);
		ssize_t n;

		if (!larger)
			return -ENOMEM;
		text = larger;
		n = read_some(fd, text + size, room - 1 - size);
		if (n < 0)
			return (int)n;
		size += (size_t)n;
		if (size < room - 1)
			break;
		room *= 2;
	}
	text[size] = '\0';
	if (ret_size)
		*ret_size = size;
	*ret_text = text;
	text = NULL;
	return 0;
}

bool sysroot_exists(int root, const char *format, ...)
{
	_cleanup_close_ int fd = -1;
	va_list args;

	va_start(args, format);
	fd = open_formatted(root, O_PATH | O_CLOEXEC, format, args);
	va_end(args);
	return fd >= 0;
}

int sysroot_link(int root, char *buf, size_t size, const char *format, ...)
{
	_cleanup_close_ int folder = -1;
	char path[PATH_MAX], *slash;
	const char *name = path;
	va_list args;
	ssize_t n;
	bool fits;

	va_start(args, format);
	fits = str_vformat(path, sizeof(path), format, args);
	va_end(args);
	if (!fits)
		return -ENAMETOOLONG;
	while ((slash = strrchr(path, '/')) && slash[1] == '\0')
		*slash = '\0';
	if (slash) {
		*slash = '\0';
		name = slash + 1;
	}
	folder = open_in_root(root, slash ? path : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return folder;
	n = readlinkat(folder, name, buf, size);
	if (n < 0)
		return -errno;
	if ((size_t)n >= size)
		return -ENAMETOOLONG;
	buf[n] = '\0';
	return 0;
}

static int not_dots(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

int sysroot_each(
	int root, int (*each)(void *arg, const char *name), void *arg, const char *format, ...)
{
	_cleanup_close_ int fd = -1;
	struct dirent **entries;
	va_list args;
	int count, r = 0;

	va_start(args, format);
	fd = open_formatted(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC, format, args);
	va_end(args);
	if (fd < 0)
		return fd;
	count = scandirat(fd, ".", &entries, not_dots, versionsort);
	if (count < 0)
		return -errno;
	for (int i = 0; i < count; i++) {
		if (r == 0)
			r = each(arg, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return r;
}

void sysroot_trim(char *text)
{
	size_t length = strlen(text), lead = strspn(text, " \t\n");

	while (length > lead && strchr(" \t\n", text[length - 1]))
		length--;
	memmove(text, text + lead, length - lead);
	text[length - lead] = '\0';
}

bool sysroot_is_live(int root)
{
	_cleanup_close_ int fd = open_in_root(root, "proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	return fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}
