/* SPDX-License-Identifier: MIT */
#include "device/base/settings.h"

#include "device/base/sysroot.h"
#include "device/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define VM "proc/sys/vm/"

/* Enough to keep a device's queue full, and little to flush at the end. Measured with tar on fast
 * and slow (40 MB/s) loop devices: 0.6 to 1.0 of the time without the limit, and a fortieth of
 * the flush. */
#define DISK_DIRTY_BYTES "33554432"
/* Larger, because all devices share this limit. */
#define GLOBAL_DIRTY_BYTES	"67108864"
#define GLOBAL_BACKGROUND_BYTES "16777216"

/* One line of the journal. The strings point into lines.text. */
struct line {
	pid_t pid;	/* 0: restored */
	uint64_t start; /* start time of that process, to detect a reused pid; 0: unknown */
	char *path, *value;
};

/* The journal while it is locked: its lines, oldest change first. */
struct lines {
	int fd; /* locked */
	char *text;
	struct line *line;
	size_t count;
};

int settings_open(struct settings_journal *journal, int root, const char *journal_path)
{
	char dir[sizeof(journal->path)];
	char *slash;

	journal->root = root;
	if (!STR_COPY(journal->path, journal_path))
		return -ENAMETOOLONG;
	(void)STR_COPY(dir, journal_path);
	slash = strrchr(dir, '/');
	if (!slash || slash == dir)
		return 0;
	*slash = '\0';
	return mkdir(dir, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

static void lines_finish(struct lines *lines)
{
	free(lines->line);
	free(lines->text);
	close_fd(&lines->fd);
}

/* Splits the text into lines. Malformed lines (a write torn by a power cut) are skipped. */
static int lines_parse(struct lines *lines)
{
	char *save = NULL;

	for (char *at = strtok_r(lines->text, "\n", &save); at; at = strtok_r(NULL, "\n", &save)) {
		char *path = strchr(at, '\t'), *value = path ? strchr(path + 1, '\t') : NULL;
		char *colon = strchr(at, ':');
		uint64_t pid, start = 0;
		struct line *larger;

		if (!value)
			continue;
		*path++ = '\0';
		*value++ = '\0';
		if (colon && colon < path)
			*colon++ = '\0';
		if (str_to_u64(at, 10, &pid) < 0 || pid == 0 || pid > INT_MAX || !colon ||
			str_to_u64(colon, 10, &start) < 0)
			continue;
		larger = reallocarray(lines->line, lines->count + 1, sizeof(*larger));
		if (!larger)
			return -ENOMEM;
		lines->line = larger;
		lines->line[lines->count++] = (struct line){(pid_t)pid, start, path, value};
	}
	return 0;
}

static int lines_load(const struct settings_journal *journal, struct lines *lines)
{
	struct stat held, named;
	int r;

	*lines = (struct lines){.fd = -1};
	for (;;) {
		lines->fd = open(
			journal->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (lines->fd < 0 || flock(lines->fd, LOCK_EX) < 0 || fstat(lines->fd, &held) < 0)
			break;
		/* lines_keep() replaces the file: make sure that the current one is locked. */
		if (stat(journal->path, &named) == 0 && named.st_ino == held.st_ino &&
			named.st_dev == held.st_dev) {
			lines->text = calloc(1, (size_t)held.st_size + 1);
			r = lines->text
				    ? pread_full(lines->fd, lines->text, (size_t)held.st_size, 0)
				    : -ENOMEM;
			if (r == 0)
				r = lines_parse(lines);
			if (r < 0)
				lines_finish(lines);
			return r;
		}
		close_fd(&lines->fd);
	}
	r = -errno;
	close_fd(&lines->fd);
	return r;
}

static int write_line(int fd, pid_t pid, uint64_t start, const char *path, const char *value)
{
	char text[PATH_MAX + 256];

	if (!STR_FORMAT(text, "%d:%" PRIu64 "\t%s\t%s\n", (int)pid, start, path, value))
		return -ENAMETOOLONG;
	return write_full(fd, text, strlen(text));
}

/* Replaces the journal by the lines that still have a pid. On error the old journal remains. */
static int lines_keep(const struct settings_journal *journal, const struct lines *lines)
{
	_cleanup_close_ int fd = -1;
	char path[sizeof(journal->path) + 8];
	int r = 0;

	(void)STR_FORMAT(path, "%s.new", journal->path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	for (size_t i = 0; r == 0 && i < lines->count; i++) {
		const struct line *line = &lines->line[i];

		if (line->pid != 0)
			r = write_line(fd, line->pid, line->start, line->path, line->value);
	}
	if (r == 0 && (fsync(fd) < 0 || rename(path, journal->path) < 0))
		r = -errno;
	return r;
}

/* Start time of @pid in clock ticks (proc(5), field 22 of stat). 0 if the process does not exist
 * or is a zombie: its parent may never reap it (init=/bin/sh). */
static uint64_t start_of(pid_t pid)
{
	char path[32], text[1024] = "", *at;
	uint64_t start = 0;
	ssize_t length;

	STR_FORMAT(path, "/proc/%d/stat", (int)pid);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	length = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	at = length > 0 ? strrchr(text, ')') : NULL;
	if (!at || strchr("ZX", at[2]))
		return 0;
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (!at)
		return 0;
	at[1 + strcspn(at + 1, " ")] = '\0';
	return str_to_u64(at + 1, 10, &start) < 0 ? 0 : start;
}

static bool is_gone(const struct line *line)
{
	return start_of(line->pid) != line->start;
}

static int write_setting(int root, const char *path, const char *value)
{
	_cleanup_close_ int fd = openat(root, path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	return fd < 0 ? -errno : write_full(fd, value, strlen(value));
}

/* The first line for @path, or NULL. */
static const struct line *find_line(const struct lines *lines, const char *path)
{
	for (size_t i = 0; i < lines->count; i++) {
		if (lines->line[i].pid != 0 && strcmp(lines->line[i].path, path) == 0)
			return &lines->line[i];
	}
	return NULL;
}

/* One change. The journal holds the old value of @key, and a restore writes it back to @key. @key
 * differs from @path if the kernel shows one setting in two units and only the file @key can
 * express the old value (vm.dirty_ratio and vm.dirty_bytes). */
struct change {
	const char *key, *path, *value;
};

#define CHANGES_MAX 2
#define VALUE_MAX   128

/* Appends the old values to the journal, all of them before the first change. */
static int note(const struct settings_journal *journal, const struct lines *lines,
	const struct change *changes, size_t count, char old[][VALUE_MAX])
{
	for (size_t i = 0; i < count; i++) {
		/*
		 * If another process has changed the setting, the journal has the original value.
		 */
		const struct line *first = find_line(lines, changes[i].key);
		int r = 0;

		if (first)
			(void)str_copy(old[i], VALUE_MAX, first->value);
		else
			r = sysroot_read(journal->root, old[i], VALUE_MAX, "%s", changes[i].key);
		if (r == 0)
			r = write_line(
				lines->fd, getpid(), start_of(getpid()), changes[i].key, old[i]);
		if (r < 0)
			return r;
	}
	return fsync(lines->fd) < 0 ? -errno : 0;
}

/* Makes all changes or none. */
static int apply(struct settings_journal *journal, const struct change *changes, size_t count)
{
	char old[CHANGES_MAX][VALUE_MAX];
	struct lines lines;
	off_t end;
	int r;

	r = lines_load(journal, &lines);
	if (r < 0)
		return r;
	end = lseek(lines.fd, 0, SEEK_END);
	r = note(journal, &lines, changes, count, old);
	for (size_t i = 0; r == 0 && i < count; i++) {
		r = write_setting(journal->root, changes[i].path, changes[i].value);
		while (r < 0 && i > 0) {
			i--;
			(void)write_setting(journal->root, changes[i].key, old[i]);
		}
	}
	if (r < 0 && ftruncate(lines.fd, end) < 0)
		r = -errno;
	lines_finish(&lines);
	return r;
}

int settings_set(struct settings_journal *journal, const char *path, const char *value)
{
	const struct change one = {path, path, value};

	return apply(journal, &one, 1);
}

/* Restores and removes the lines of this process or, if @stale, of all processes that are gone. */
static int restore(struct settings_journal *journal, bool stale)
{
	struct lines lines;
	bool any = false;
	int r, first_error = 0;

	r = lines_load(journal, &lines);
	if (r < 0)
		return r;
	for (size_t i = lines.count; i-- > 0;) {
		struct line *line = &lines.line[i];

		if (stale ? !is_gone(line) : line->pid != getpid())
			continue;
		line->pid = 0;
		any = true;
		/*
		 * Another process still needs the changed value; its line has the same old value.
		 */
		if (find_line(&lines, line->path))
			continue;
		r = write_setting(journal->root, line->path, line->value);
		if (r < 0 && r != -ENOENT && first_error == 0)
			first_error = r;
	}
	r = any ? lines_keep(journal, &lines) : 0;
	lines_finish(&lines);
	return first_error < 0 ? first_error : r;
}

int settings_restore(struct settings_journal *journal)
{
	return restore(journal, false);
}

int settings_restore_stale(struct settings_journal *journal)
{
	return restore(journal, true);
}

int settings_write_back_early(struct settings_journal *journal, const char *disk_name)
{
	char strict[128], ratio[128], bytes[128], old[VALUE_MAX];
	const struct change own[] = {
		{strict, strict,
			"1"}, /* first: otherwise max_bytes applies only near vm's own limit */
		{ratio, bytes, DISK_DIRTY_BYTES},
	};
	static const struct change global[] = {
		{VM "dirty_background_ratio", VM "dirty_background_bytes", GLOBAL_BACKGROUND_BYTES},
		{VM "dirty_ratio", VM "dirty_bytes", GLOBAL_DIRTY_BYTES},
	};
	int r;

	(void)STR_FORMAT(strict, "sys/block/%s/bdi/strict_limit", disk_name);
	(void)STR_FORMAT(ratio, "sys/block/%s/bdi/max_ratio_fine", disk_name);
	(void)STR_FORMAT(bytes, "sys/block/%s/bdi/max_bytes", disk_name);
	r = apply(journal, own, ARRAY_SIZE(own));
	if (r != -ENOENT)
		return r;
	/* Keep limits in bytes that the owner of the system or another job has set. */
	for (size_t i = 0; i < ARRAY_SIZE(global); i++) {
		r = sysroot_read(journal->root, old, sizeof(old), "%s", global[i].key);
		if (r < 0 || strcmp(old, "0") == 0)
			return r;
	}
	return apply(journal, global, ARRAY_SIZE(global));
}
