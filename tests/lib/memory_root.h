/* SPDX-License-Identifier: MIT */
/* memory_root - a root directory in memory: with the descriptor MEMORY_ROOT, device/base/sysroot
 * reads the tree that memory_tree points to. Replaces the C library's calls for descriptors of
 * that tree and passes on all others; sysroot and the modules above it are those of the program. */
#ifndef TESTS_MEMORY_ROOT_H
#define TESTS_MEMORY_ROOT_H

#include "tests/lib/tree.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#define MEMORY_ROOT  (-1000)
#define MEMORY_FD    (1 << 24) /* first descriptor for files of the tree */
#define MEMORY_FILES 16	       /* open at the same time: nested folders */
#define MEMORY_LINKS 40

static const struct tree *memory_tree;
static struct memory_file {
	const struct node *node; /* NULL: free */
	size_t offset;		 /* for the next read */
} memory_files[MEMORY_FILES];

/* Finds the C library's function. ISO C has no cast from an object to a function. */
#define REAL_CALL(pointer, name)                                                                   \
	do {                                                                                       \
		void *symbol_ = pointer ? NULL : dlsym(RTLD_NEXT, name);                           \
                                                                                                   \
		if (symbol_)                                                                       \
			memcpy(&(pointer), &symbol_, sizeof(pointer));                             \
	} while (0)

static int memory_fail(int error)
{
	errno = error;
	return -1;
}

static struct memory_file *memory_file(int fd)
{
	return fd >= MEMORY_FD ? &memory_files[fd - MEMORY_FD] : NULL;
}

static int memory_open(const char *path, uint64_t flags)
{
	const struct node *node =
		tree_find(memory_tree, memory_tree->root, path, false, MEMORY_LINKS);
	int i = 0;

	if (!node)
		return memory_fail(ENOENT);
	if ((flags & O_DIRECTORY) && node->text)
		return memory_fail(ENOTDIR);
	while (memory_files[i].node)
		assert_true(++i < MEMORY_FILES);
	memory_files[i] = (struct memory_file){.node = node};
	return MEMORY_FD + i;
}

long syscall(long number, ...)
{
	static long (*real)(long number, ...);
	long args[4]; /* the maximum of the calls used here: more may not be readable */
	va_list list;

	va_start(list, number);
	for (size_t i = 0; i < 4; i++)
		args[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_openat2 && (int)args[0] == MEMORY_ROOT)
		return memory_open(
			(const char *)args[1], ((const struct open_how *)args[2])->flags);
	REAL_CALL(real, "syscall");
	return real(number, args[0], args[1], args[2], args[3]);
}

int close(int fd)
{
	static int (*real)(int fd);
	struct memory_file *file = memory_file(fd);

	if (!file) {
		REAL_CALL(real, "close");
		return real(fd);
	}
	file->node = NULL;
	return 0;
}

ssize_t read(int fd, void *buf, size_t size)
{
	static ssize_t (*real)(int fd, void *buf, size_t size);
	struct memory_file *file = memory_file(fd);
	size_t rest;

	if (!file) {
		REAL_CALL(real, "read");
		return real(fd, buf, size);
	}
	if (!file->node->text)
		return memory_fail(EISDIR);
	rest = strlen(file->node->text + file->offset);
	if (rest < size)
		size = rest;
	memcpy(buf, file->node->text + file->offset, size);
	file->offset += size;
	return (ssize_t)size;
}

/* The tree's proc is not a procfs. */
int fstatfs(int fd, struct statfs *ret)
{
	static int (*real)(int fd, struct statfs *ret);

	if (!memory_file(fd)) {
		REAL_CALL(real, "fstatfs64");
		return real(fd, ret);
	}
	*ret = (struct statfs){0};
	return 0;
}

ssize_t readlinkat(int fd, const char *path, char *buf, size_t size)
{
	static ssize_t (*real)(int fd, const char *path, char *buf, size_t size);
	const struct memory_file *file = memory_file(fd);
	const struct node *node;
	size_t length;

	if (!file) {
		REAL_CALL(real, "readlinkat");
		return real(fd, path, buf, size);
	}
	node = tree_child(file->node, path, strlen(path));
	if (!node || !node->link)
		return memory_fail(node ? EINVAL : ENOENT);
	length = strlen(node->link);
	if (length > size)
		length = size;
	memcpy(buf, node->link, length);
	return (ssize_t)length;
}

int scandirat(int fd, const char *path, struct dirent ***ret,
	int (*is_wanted)(const struct dirent *entry),
	int (*compare)(const struct dirent **a, const struct dirent **b))
{
	static int (*real)(int fd, const char *path, struct dirent ***ret,
		int (*is_wanted)(const struct dirent *entry),
		int (*compare)(const struct dirent **a, const struct dirent **b));
	const struct memory_file *file = memory_file(fd);
	size_t count = 0;

	if (!file) {
		REAL_CALL(real, "scandirat64");
		return real(fd, path, ret, is_wanted, compare);
	}
	for (const struct node *node = file->node->child; node; node = node->next)
		count++;
	*ret = calloc(count + 1, sizeof(**ret));
	assert_non_null(*ret);
	count = 0;
	for (const struct node *node = file->node->child; node; node = node->next, count++) {
		size_t size = strlen(node->name) + 1;
		struct dirent *entry = malloc(offsetof(struct dirent, d_name) + size);

		assert_non_null(entry);
		memcpy(entry->d_name, node->name, size);
		(*ret)[count] = entry;
	}
	qsort(*ret, count, sizeof(**ret), (int (*)(const void *, const void *))compare);
	return (int)count;
}

#endif
