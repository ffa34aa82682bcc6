/* SPDX-License-Identifier: MIT */
/* namespaces - finds the mount tables of processes in other mount namespaces (services,
 * containers, another install's engine), each namespace once. */
#ifndef DEVICE_USAGE_NAMESPACES_H
#define DEVICE_USAGE_NAMESPACES_H

#include "device/base/util.h"

#include <stddef.h>

/*
 * Calls @each once for every mount namespace except those of process 1 and of the caller, with
 * the path of a table relative to @root ("proc/123/mountinfo") and the owner for people ("dockerd,
 * process 123"; sanitised). The strings are valid only during the call. Stops at
 * the first non-zero value of @each and returns it. Namespaces of other users are visible only to
 * root, and skipped otherwise. 0 or -errno.
 */
_must_check_ int namespaces_each_other(
	int root, int (*each)(void *arg, const char *table, const char *who), void *arg);

#endif
