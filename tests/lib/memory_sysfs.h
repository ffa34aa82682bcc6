/* SPDX-License-Identifier: MIT */
/*
 * memory_sysfs - device/base/sysroot for a test program, with one root more: MEMORY_ROOT is the tree that
 * memory_tree points to. All other roots go to the real functions, which are here as real_*. The
 * program defines every function of sysfs.h so that the library's is not linked; the modules above it
 * are the library's own.
 */
#ifndef TESTS_MEMORY_SYSFS_H
#define TESTS_MEMORY_SYSFS_H

#define sysroot_open	   real_open_root
#define sysroot_read	   real_read
#define sysroot_read_u64   real_read_u64
#define sysroot_read_all   real_read_all
#define sysroot_exists	   real_exists
#define sysroot_link	   real_link
#define sysroot_each	   real_each
#define sysroot_read_devno real_read_devno
#define sysroot_trim	   real_trim
#define sysroot_is_live	   real_is_live
#include "device/base/sysroot.c"
#undef sysroot_open
#undef sysroot_read
#undef sysroot_read_u64
#undef sysroot_read_all
#undef sysroot_exists
#undef sysroot_link
#undef sysroot_each
#undef sysroot_read_devno
#undef sysroot_trim
#undef sysroot_is_live
#undef DEVICE_BASE_SYSROOT_H
#include "device/base/sysroot.h"

#include "tests/lib/tree.h"

#define MEMORY_ROOT (-1000)

static const struct tree *memory_tree;

#define FORMAT_PATH(path, format)                                                                  \
	char path[PATH_MAX];                                                                       \
	va_list args_;                                                                             \
                                                                                                   \
	va_start(args_, format);                                                                   \
	(void)str_vformat(path, sizeof(path), format, args_);                                      \
	va_end(args_)

static const struct node *memory_find(const char *path, bool keep_last)
{
	return tree_find(memory_tree, memory_tree->root, path, keep_last, LINKS_MAX);
}

/* The file at @path, or NULL and the error. */
static const char *memory_text(const char *path, int *ret_error)
{
	const struct node *node = memory_find(path, false);

	*ret_error = !node ? -ENOENT : node->text ? 0 : -EISDIR;
	return *ret_error == 0 ? node->text : NULL;
}

int sysroot_open(const char *dir)
{
	return real_open_root(dir);
}

static int read_path(int root, char *buf, size_t size, const char *path)
{
	const char *text;
	size_t length;
	int r;

	if (root != MEMORY_ROOT)
		return real_read(root, buf, size, "%s", path);
	text = memory_text(path, &r);
	(void)str_copy(buf, size, text ? text : "");
	length = strlen(buf);
	while (length > 0 && buf[length - 1] == '\n')
		buf[--length] = '\0';
	return r;
}

int sysroot_read(int root, char *buf, size_t size, const char *format, ...)
{
	FORMAT_PATH(path, format);

	return read_path(root, buf, size, path);
}

int sysroot_read_u64(int root, uint64_t *ret_value, const char *format, ...)
{
	FORMAT_PATH(path, format);
	char text[64];
	int r = read_path(root, text, sizeof(text), path);

	if (r < 0)
		return r;
	real_trim(text);
	return str_to_u64(text, 0, ret_value);
}

int sysroot_read_devno(int root, uint32_t *ret_major, uint32_t *ret_minor, const char *format, ...)
{
	FORMAT_PATH(path, format);
	unsigned major, minor;
	char text[32], end;
	int r = read_path(root, text, sizeof(text), path);

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
	FORMAT_PATH(path, format);
	const char *text;
	int r;

	if (root != MEMORY_ROOT)
		return real_read_all(root, ret_text, ret_size, "%s", path);
	text = memory_text(path, &r);
	if (r < 0)
		return r;
	*ret_text = strdup(text);
	if (ret_size)
		*ret_size = strlen(text);
	return *ret_text ? 0 : -ENOMEM;
}

bool sysroot_exists(int root, const char *format, ...)
{
	FORMAT_PATH(path, format);

	return root == MEMORY_ROOT ? memory_find(path, false) != NULL
				   : real_exists(root, "%s", path);
}

int sysroot_link(int root, char *buf, size_t size, const char *format, ...)
{
	FORMAT_PATH(path, format);
	const struct node *node;

	if (root != MEMORY_ROOT)
		return real_link(root, buf, size, "%s", path);
	node = memory_find(path, true);
	if (!node)
		return -ENOENT;
	if (!node->link)
		return -EINVAL;
	return str_copy(buf, size, node->link) ? 0 : -ENAMETOOLONG;
}

static int compare_names(const void *a, const void *b)
{
	return strverscmp(*(const char *const *)a, *(const char *const *)b);
}

int sysroot_each(
	int root, int (*each)(void *arg, const char *name), void *arg, const char *format, ...)
{
	FORMAT_PATH(path, format);
	const struct node *dir;
	const char *names[256];
	size_t count = 0;
	int r = 0;

	if (root != MEMORY_ROOT)
		return real_each(root, each, arg, "%s", path);
	dir = memory_find(path, false);
	if (!dir)
		return -ENOENT;
	if (dir->text)
		return -ENOTDIR;
	for (const struct node *node = dir->child; node && count < ARRAY_SIZE(names);
		node = node->next)
		names[count++] = node->name;
	qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 0; i < count && r == 0; i++)
		r = each(arg, names[i]);
	return r;
}

void sysroot_trim(char *text)
{
	real_trim(text);
}

bool sysroot_is_live(int root)
{
	return root != MEMORY_ROOT && real_is_live(root);
}

#endif
