/* SPDX-License-Identifier: MIT */
/* sysroot - reads files below a root directory. boardstrap reads facts of the machine only
 * through the root fd, never from a literal /sys or /proc, so that a recorded machine (--sysroot)
 * can replace the running one. */
#ifndef DEVICE_BASE_SYSROOT_H
#define DEVICE_BASE_SYSROOT_H

#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Opens the root directory for all other calls: "/" or a recorded tree. fd or -errno. */
_must_check_ int sysroot_open(const char *dir);

/* Reads the file whose path below @root is formatted from @format ("sys/block/%s/size") into
 * @buf, without trailing newlines, cut to @size, always terminated. Symbolic links are resolved
 * as if @root were "/". 0, or -errno (-ENOENT: no such attribute) with @buf "". */
_must_check_ int sysroot_read(int root, char *buf, size_t size, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* The same for a number, in C notation. -EINVAL if it is not a number, -ERANGE beyond 64 bits. */
_must_check_ int sysroot_read_u64(int root, uint64_t *ret_value, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Returns the number, or 0 if it cannot be read: for an attribute where 0 means the same. */
uint64_t sysroot_number(int root, const char *format, ...) __attribute__((format(printf, 2, 3)));
/*
 * Reads a whole file of any size. The caller frees *ret_text; @ret_size may be NULL. 0 or -errno.
 */
_must_check_ int sysroot_read_all(int root, char **ret_text, size_t *ret_size, const char *format,
	...) __attribute__((format(printf, 4, 5)));
/* True if the path exists, links followed. */
bool sysroot_exists(int root, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Reads the target of a symbolic link, unresolved. 0, or -errno (-ENAMETOOLONG: @buf is too
 * small). */
_must_check_ int sysroot_link(int root, char *buf, size_t size, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Calls @each for every entry of a directory except "." and "..", in the order of strverscmp(3).
 * Stops at the first non-zero value of @each and returns it. 0 or -errno. */
_must_check_ int sysroot_each(int root, int (*each)(void *arg, const char *name), void *arg,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Reads a device number from a "dev" attribute ("179:0"). -EINVAL if it is not one. */
_must_check_ int sysroot_read_devno(int root, uint32_t *ret_major, uint32_t *ret_minor,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Removes blanks at both ends, in place: attributes of fixed width are padded. */
void sysroot_trim(char *text);

/* True if @root is the running machine: its proc is a procfs. Otherwise device nodes and system
 * calls give no information about the machine. */
bool sysroot_is_live(int root);

#endif
