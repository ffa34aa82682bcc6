/* SPDX-License-Identifier: MIT */
/*
 * old_kernel - simulates a kernel before 5.3, without pidfd_open, openat2 and LOOP_CONFIGURE, by
 * replacing syscall() and ioctl() of the C library.
 */
#ifndef TESTS_OLD_KERNEL_H
#define TESTS_OLD_KERNEL_H

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool old_kernel;

/* Loads the replaced function. ISO C has no cast from an object to a function pointer. */
#define OLD_KERNEL_REAL(pointer, name)                                                             \
	do {                                                                                       \
		void *symbol_ = dlsym(RTLD_NEXT, name);                                            \
                                                                                                   \
		memcpy(&(pointer), &symbol_, sizeof(pointer));                                     \
	} while (0)

long syscall(long number, ...)
{
	static long (*real)(long number, ...);
	long args[4]; /* the maximum used here: reading more may be undefined */
	va_list list;

	if (old_kernel && (number == SYS_pidfd_open || number == SYS_openat2)) {
		errno = ENOSYS;
		return -1;
	}
	if (!real)
		OLD_KERNEL_REAL(real, "syscall");
	va_start(list, number);
	for (size_t i = 0; i < 4; i++)
		args[i] = va_arg(list, long);
	va_end(list);
	return real(number, args[0], args[1], args[2], args[3]);
}

#define OLD_KERNEL_LOOP_CONFIGURE 0x4C0A

int ioctl(int fd, unsigned long request, ...)
{
	static int (*real)(int fd, unsigned long request, ...);
	va_list list;
	void *arg;

	if (old_kernel && request == OLD_KERNEL_LOOP_CONFIGURE) {
		errno = EINVAL;
		return -1;
	}
	if (!real)
		OLD_KERNEL_REAL(real, "ioctl");
	va_start(list, request);
	arg = va_arg(list, void *);
	va_end(list);
	return real(fd, request, arg);
}

#endif
