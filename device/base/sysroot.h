/* SPDX-License-Identifier: MIT */
/*
 * sysroot - attribute reads below a root directory. Nothing in boardstrap opens a literal /sys or
 * /proc for facts: the root fd makes a recorded machine (--sysroot) as good as the running one.
 */
#ifndef DEVICE_BASE_SYSROOT_H
#define DEVICE_BASE_SYSROOT_H

#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Opens the root directory that all other calls take: "/" or a recorded tree. fd or -errno. */
_must_check_ int sysroot_open(const char *dir);

/*
 * Reads the file whose path below @root is formatted from @format ("sys/block/%s/size") into @buf,
 * without the trailing newline, always terminated. Symbolic links inside the tree resolve within
 * it. 0, or -errno (-ENOENT: no such attribute).
 */
_must_check_ int sysroot_read(int root, char *buf, size_t size, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* The same as a number in any C base. -EINVAL where it is none, -ERANGE beyond 64 bits. */
_must_check_ int sysroot_read_u64(int root, uint64_t *ret_value, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Reads a whole file of any size, malloc'ed for the caller to free; *ret_size may be NULL. */
_must_check_ int sysroot_read_all(int root, char **ret_text, size_t *ret_size, const char *format,
	...) __attribute__((format(printf, 4, 5)));
bool sysroot_exists(int root, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Target of a symbolic link, as it is stored. */
_must_check_ int sysroot_link(int root, char *buf, size_t size, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Calls @each for every entry of a directory but "." and "..", in the order of strverscmp.
 * Stops and returns its value where @each returns non-zero. */
_must_check_ int sysroot_each(int root, int (*each)(void *arg, const char *name), void *arg,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The device number in a "dev" attribute ("179:0"). -EINVAL where it is none. */
_must_check_ int sysroot_read_devno(int root, uint32_t *ret_major, uint32_t *ret_minor,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Removes blanks at both ends, in place: attributes of fixed width are padded. */
void sysroot_trim(char *text);

/* True where @root is a running machine: its proc is a procfs. Only then device nodes and system
 * calls say anything about it. */
bool sysroot_is_live(int root);

#endif
