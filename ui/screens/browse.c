/* SPDX-License-Identifier: MIT */
#include "ui/screens/browse.h"

#include "core/archive/compression.h"
#include "device/base/utf8.h"
#include "device/base/util.h"
#include "device/usage/media.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const suffixes[] = {".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.zst",
	".tzst", ".tar.bz2", ".tbz2", ".tbz", ".tar.lz4", ".tar.lz", ".tlz"};

bool browse_is_archive_name(const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		size_t tail = strlen(suffixes[i]);

		if (length > tail && strcasecmp(name + length - tail, suffixes[i]) == 0)
			return true;
	}
	return false;
}

static bool looks_like_archive(int dir_fd, const char *name)
{
	unsigned char bytes[512];
	_cleanup_close_ int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	enum compression compression;
	const struct compression_stranger *what;
	ssize_t size;

	if (fd < 0)
		return false;
	size = read(fd, bytes, sizeof(bytes));
	return size > 0 && compression_sniff(bytes, (size_t)size, &compression, &what) == 0;
}

struct listing {
	struct browse_entry *entries;
	size_t count, room, left_out;
	size_t looked, others; /* opened files; entries that are not archives */
};

static struct browse_entry *add_entry(
	struct listing *list, enum browse_kind kind, const char *name, const char *path)
{
	struct browse_entry *entry;

	if (list->count >= BROWSE_ENTRIES_MAX) {
		list->left_out++;
		return NULL;
	}
	if (list->count == list->room) {
		size_t room = list->room ? list->room * 2 : 32;
		struct browse_entry *more = reallocarray(list->entries, room, sizeof(*more));

		if (!more)
			return NULL;
		list->entries = more;
		list->room = room;
	}
	entry = &list->entries[list->count];
	*entry = (struct browse_entry){.kind = kind};
	/* A truncated name or path would open another file. */
	if (!STR_COPY(entry->name, name) || !STR_COPY(entry->path, path))
		return NULL;
	list->count++;
	return entry;
}

static void add_media(struct listing *list, int root)
{
	struct media media;

	if (root < 0 || media_load(root, &media) < 0)
		return;
	for (size_t i = 0; i < media.count; i++) {
		const struct medium *medium = &media.list[i];
		struct browse_entry *entry =
			add_entry(list, BROWSE_MEDIUM, medium->point, medium->point);

		if (entry)
			(void)STR_FORMAT(entry->note, "%s, %s%s%s", medium->disk_name,
				disk_kind_label(medium->kind), medium->model[0] ? ", " : "",
				medium->model);
	}
	media_finish(&media);
}

static void join(const char *dir, const char *name, char *ret, size_t size)
{
	if (!str_format(ret, size, "%s%s%s", dir, dir[1] ? "/" : "", name))
		*ret = '\0';
}

static void add_file(
	struct listing *list, const char *dir, int dir_fd, const char *name, bool any_file)
{
	struct browse_entry *entry;
	enum browse_kind kind = BROWSE_OTHER;
	struct stat st;
	char path[512];

	if (fstatat(dir_fd, name, &st, 0) < 0)
		return;
	join(dir, name, path, sizeof(path));
	if (!path[0]) {
		list->left_out++;
		return;
	}
	if (S_ISDIR(st.st_mode))
		kind = BROWSE_FOLDER;
	else if (!S_ISREG(st.st_mode))
		return; /* never open devices, sockets and pipes */
	else if (any_file)
		kind = BROWSE_FILE;
	else if (browse_is_archive_name(name))
		kind = BROWSE_ARCHIVE;
	else if (st.st_size > 0 && list->looked++ < BROWSE_MAGIC_MAX &&
		 looks_like_archive(dir_fd, name))
		kind = BROWSE_ARCHIVE;
	if (kind == BROWSE_OTHER && list->others++ >= BROWSE_OTHERS_MAX) {
		list->left_out++;
		return;
	}
	entry = add_entry(list, kind, name, path);
	if (entry) {
		entry->size_bytes = (uint64_t)st.st_size;
		entry->mtime = st.st_mtime;
	}
}

static int entry_order(const void *left, const void *right)
{
	const struct browse_entry *a = left, *b = right;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return strverscmp(a->name, b->name);
}

static size_t first_cursor(const struct listing *list, const char *select)
{
	size_t file = SIZE_MAX;

	for (size_t i = 0; i < list->count; i++) {
		if (select && strcmp(list->entries[i].name, select) == 0)
			return i;
		if (file == SIZE_MAX && (list->entries[i].kind == BROWSE_ARCHIVE ||
						list->entries[i].kind == BROWSE_FILE))
			file = i;
	}
	return file != SIZE_MAX ? file : 0;
}

int browse_open(struct browse *browse, int root, const char *dir, const char *select)
{
	struct listing list = {0};
	const struct dirent *item;
	char up[512];
	DIR *stream;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	stream = fdopendir(fd);
	if (!stream) {
		int error = -errno;

		(void)close(fd);
		return error;
	}
	add_media(&list, root);
	if (dir[1] && browse_resolve(dir, "..", up, sizeof(up)))
		(void)add_entry(&list, BROWSE_UP, "../", up);
	while ((item = readdir(stream))) {
		if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0 ||
			(item->d_name[0] == '.' && !browse->hidden))
			continue;
		add_file(&list, dir, dirfd(stream), item->d_name, browse->any_file);
	}
	(void)closedir(stream);
	if (list.count > 0)
		qsort(list.entries, list.count, sizeof(*list.entries), entry_order);
	free(browse->entries);
	browse->entries = list.entries;
	browse->count = list.count;
	browse->left_out = list.left_out;
	browse->cursor = first_cursor(&list, select);
	if (browse->dir != dir)
		STR_COPY(browse->dir, dir);
	return 0;
}

void browse_finish(struct browse *browse)
{
	free(browse->entries);
	*browse = (struct browse){0};
}

bool browse_resolve(const char *dir, const char *text, char *ret, size_t size)
{
	char path[1024], out[512] = "";
	char *rest = path, *part;

	if (!STR_FORMAT(path, "%s/%s", text[0] == '/' ? "" : dir, text))
		return false;
	while ((part = strsep(&rest, "/"))) {
		size_t length = strlen(out);

		if (part[0] == '\0' || strcmp(part, ".") == 0)
			continue;
		if (strcmp(part, "..") == 0) {
			char *slash = strrchr(out, '/');

			if (slash)
				*slash = '\0';
		} else if (!str_format(out + length, sizeof(out) - length, "/%s", part)) {
			return false;
		}
	}
	return str_copy(ret, size, out[0] ? out : "/");
}

/* Returns the length of the common prefix, in whole characters. */
static size_t common_length(const char *a, const char *b)
{
	size_t length = 0;

	while (a[length] && a[length] == b[length])
		length++;
	return utf8_start(a, length);
}

static int name_order(const void *left, const void *right)
{
	return strverscmp(left, right);
}

static bool is_folder(int dir_fd, const char *name)
{
	struct stat st;

	return fstatat(dir_fd, name, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

/* Adds a matching name, and reduces @best to the prefix that all names have in common. */
static void add_name(
	struct browse_names *names, char *best, size_t size, int dir_fd, const char *name)
{
	if (names->count == 0)
		(void)str_copy(best, size, name);
	else
		best[common_length(best, name)] = '\0';
	if (names->count < BROWSE_NAMES_MAX)
		STR_FORMAT(names->names[names->count], "%s%s", name,
			is_folder(dir_fd, name) ? "/" : "");
	names->count++;
}

size_t browse_complete(const char *dir, char *text, size_t size, struct browse_names *ret_names)
{
	char *slash = strrchr(text, '/'), *name = slash ? slash + 1 : text;
	char parent[512], prefix[512], best[256] = "";
	size_t length = strlen(name);
	const struct dirent *item;
	DIR *stream;

	ret_names->count = 0;
	STR_FORMAT(prefix, "%.*s", (int)(name - text), text);
	if (!browse_resolve(dir, prefix, parent, sizeof(parent)))
		return 0;
	stream = opendir(parent);
	if (!stream)
		return 0;
	while ((item = readdir(stream)))
		if (strncmp(item->d_name, name, length) == 0 &&
			(item->d_name[0] != '.' || name[0] == '.') &&
			strcmp(item->d_name, ".") != 0 && strcmp(item->d_name, "..") != 0)
			add_name(ret_names, best, sizeof(best), dirfd(stream), item->d_name);
	if (ret_names->count > 0 && strlen(best) + (size_t)(name - text) + 2 <= size) {
		(void)str_copy(name, size - (size_t)(name - text), best);
		if (ret_names->count == 1 && is_folder(dirfd(stream), best))
			(void)strcat(name, "/");
	}
	(void)closedir(stream);
	qsort(ret_names->names,
		ret_names->count < BROWSE_NAMES_MAX ? ret_names->count : BROWSE_NAMES_MAX,
		sizeof(ret_names->names[0]), name_order);
	return ret_names->count;
}

void browse_expand(const char *home, char *text, size_t size)
{
	size_t length = strlen(text);

	if (home[0] && length > 0 && text[length - 1] == '~' &&
		(length == 1 || text[length - 2] == '/'))
		(void)str_copy(text, size, home);
}

const char *browse_child(const char *above, const char *path)
{
	size_t length = strcmp(above, "/") == 0 ? 0 : strlen(above);

	if (strncmp(above, path, length) != 0 || path[length] != '/' || path[length + 1] == '\0' ||
		strchr(path + length + 1, '/'))
		return NULL;
	return path + length + 1;
}
