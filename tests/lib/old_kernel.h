/* SPDX-License-Identifier: MIT */
/* old_kernel - makes this test's kernel one before 5.3: without pidfd_open, as the C library's
 * syscall(), which is replaced here, reports it. */
#ifndef TESTS_OLD_KERNEL_H
#define TESTS_OLD_KERNEL_H

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool old_kernel;

long syscall(long number, ...)
{
	long (*real)(long number, ...);
	void *symbol = dlsym(RTLD_NEXT, "syscall");
	long args[6];
	va_list list;

	if (old_kernel && number == SYS_pidfd_open) {
		errno = ENOSYS;
		return -1;
	}
	va_start(list, number);
	for (size_t i = 0; i < 6; i++)
		args[i] = va_arg(list, long);
	va_end(list);
	memcpy(&real, &symbol, sizeof(real)); /* ISO C has no cast from an object to a function */
	return real(number, args[0], args[1], args[2], args[3], args[4], args[5]);
}

#endif
