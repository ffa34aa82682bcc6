/* SPDX-License-Identifier: MIT */
/* util - helpers for every layer: cleanup, bounded strings, full reads and writes, time. */
#ifndef DEVICE_BASE_UTIL_H
#define DEVICE_BASE_UTIL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The object that contains @member, from a pointer to that member. */
#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

/* Closes *fd unless it is negative and sets it to -1. Preserves errno. */
void close_fd(int *fd);
/* Frees the pointer at @ptr_to_ptr, the address of a pointer, and sets it to NULL. */
void free_ptr(void *ptr_to_ptr);

#define _cleanup_close_ __attribute__((cleanup(close_fd)))
#define _cleanup_free_	__attribute__((cleanup(free_ptr)))

/* Marks a function whose result must be used or cast to void. Not warn_unused_result in gcc,
 * which rejects the cast (gcc bug 25509). */
#ifdef __clang__
#define _must_check_ __attribute__((warn_unused_result))
#else
#define _must_check_ __extension__ [[nodiscard]]
#endif

/* Transfers ownership of a descriptor: returns it and sets *fd to -1. */
static inline int take_fd(int *fd)
{
	int taken = *fd;
	*fd = -1;
	return taken;
}

/* Bounded copy and format into a char array, always terminated. Return false if the text was cut.
 * STR_COPY and STR_FORMAT use the size of the array. */
bool str_copy(char *to, size_t size, const char *from);
bool str_format(char *to, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
bool str_vformat(char *to, size_t size, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));
#define STR_COPY(to, from)  str_copy((to), sizeof(to), (from))
#define STR_FORMAT(to, ...) str_format((to), sizeof(to), __VA_ARGS__)

/* Copies @text with its NUL behind the first *used of the @size bytes of @store, and counts it to
 * *used. Returns the copy; NULL if it does not fit, and nothing is changed. */
const char *str_keep(char *store, size_t size, size_t *used, const char *text);

bool str_has_prefix(const char *text, const char *prefix);

/* True if @path is @dir or below it: "/boot/efi" is below "/boot", "/bootx" is not. Every path is
 * below "". Both paths are absolute or relative to the same directory; neither ends in a slash. */
bool path_is_below(const char *path, const char *dir);
/* Writes the absolute form of @path to @ret: its real path; if it does not exist, below the working folder.
 * False if it is too long: @ret is then cut. */
bool path_make_absolute(const char *path, char *ret, size_t size);

/* Replaces unprintable characters and bytes that are not valid UTF-8 by '?', in place. Makes text
 * from a medium or from another program safe to print on a terminal. */
void str_sanitise(char *text);

/* Parses the whole string as an unsigned number in @base (0: C notation). 0, -EINVAL or -ERANGE. */
_must_check_ int str_to_u64(const char *text, int base, uint64_t *ret_value);

/* Parses a size: a decimal number, and s (sectors of 512 bytes), k or K, M or G for powers of 1024.
 * 0, -EINVAL or -ERANGE; @ret_bytes is then unchanged. */
_must_check_ int str_to_bytes(const char *text, uint64_t *ret_bytes);

/* Read or write all of @size bytes; retry after short counts and EINTR. 0, -errno, or -ENODATA if
 * a read reached the end of the file. */
_must_check_ int read_full(int fd, void *buf, size_t size);
_must_check_ int write_full(int fd, const void *buf, size_t size);
_must_check_ int pread_full(int fd, void *buf, size_t size, uint64_t offset_bytes);
_must_check_ int pwrite_full(int fd, const void *buf, size_t size, uint64_t offset_bytes);

/* True if the running kernel is of that release, or later. */
bool kernel_is_at_least(unsigned major, unsigned minor);

/* CLOCK_MONOTONIC in milliseconds. */
uint64_t now_ms(void);

#endif
