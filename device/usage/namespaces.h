/* SPDX-License-Identifier: MIT */
/*
 * namespaces - the mount tables of a machine, each once: ours, that of process 1, and those of the
 * other processes in namespaces of their own (services, containers, another installer's engine).
 */
#ifndef DEVICE_USAGE_NAMESPACES_H
#define DEVICE_USAGE_NAMESPACES_H

#include "device/base/util.h"

#include <stddef.h>

/*
 * Calls @each for the namespace of every process but 1 and ourselves, once for each, with the path of
 * its table ("proc/123/mountinfo") and who it is, for people ("dockerd, process 123"; sanitised).
 * Stops and returns its value where @each returns non-zero. Without root rights others' are not
 * visible, and are left out. 0 or -errno.
 */
_must_check_ int namespaces_each_other(
	int root, int (*each)(void *arg, const char *table, const char *who), void *arg);

#endif
