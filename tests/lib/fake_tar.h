/* SPDX-License-Identifier: MIT */
/* fake_tar - finds the fake tar (fake_tar.c) in the directory of the test program. */
#ifndef TESTS_FAKE_TAR_H
#define TESTS_FAKE_TAR_H

#include "device/base/util.h"

#include <limits.h>
#include <setjmp.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static inline const char *fake_tar_path(void)
{
	static char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 16);

	assert_true(n > 0);
	path[n] = '\0';
	str_copy(strrchr(path, '/') + 1, 16, "fake_tar");
	if (access(path, X_OK) < 0)
		fail_msg("%s is missing: build it first", path);
	return path;
}

#endif
