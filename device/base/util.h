/* SPDX-License-Identifier: MIT */
/*
 * util - the few helpers that every layer uses: cleanup, bounded strings, full reads and writes.
 */
#ifndef DEVICE_BASE_UTIL_H
#define DEVICE_BASE_UTIL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The object that holds @member, from a pointer to that member. */
#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

/* Closes the descriptor at @fd unless it is negative, keeps errno, sets it to -1. */
void close_fd(int *fd);
void free_ptr(void *ptr_to_ptr);

#define _cleanup_close_ __attribute__((cleanup(close_fd)))
#define _cleanup_free_	__attribute__((cleanup(free_ptr)))
#define _must_check_	__attribute__((warn_unused_result))

/* Hands a descriptor or pointer on: returns it and leaves nothing behind to clean up. */
static inline int take_fd(int *fd)
{
	int taken = *fd;
	*fd = -1;
	return taken;
}

/*
 * Bounded copy and format into a char array; always terminated. Return false where text was cut.
 * STR_COPY and STR_FORMAT take the size from the array itself.
 */
bool str_copy(char *to, size_t size, const char *from);
bool str_format(char *to, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
bool str_vformat(char *to, size_t size, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));
#define STR_COPY(to, from)  str_copy((to), sizeof(to), (from))
#define STR_FORMAT(to, ...) str_format((to), sizeof(to), __VA_ARGS__)

/* Replaces control bytes and bytes that are no valid UTF-8, in place, by '?': text that came from
 * a medium or from another program is safe on a terminal afterwards. */
void str_sanitise(char *text);

/* Parses a whole string as an unsigned number in @base (0: as in C). 0, or -EINVAL, -ERANGE. */
int str_to_u64(const char *text, int base, uint64_t *ret_value);

/* Reads or writes all of @size bytes across short counts and EINTR. 0, -errno, or -ENODATA where a
 * read met the end first. */
int read_full(int fd, void *buf, size_t size);
int write_full(int fd, const void *buf, size_t size);
int pread_full(int fd, void *buf, size_t size, uint64_t offset_bytes);
int pwrite_full(int fd, const void *buf, size_t size, uint64_t offset_bytes);

/* CLOCK_MONOTONIC in milliseconds. */
uint64_t now_ms(void);

#endif
