/* SPDX-License-Identifier: MIT */
/*
 * xattr - one extended attribute: a value.
 */
#ifndef CORE_FORMAT_XATTR_H
#define CORE_FORMAT_XATTR_H

#include <stddef.h>

#define XATTR_ACL_ACCESS  "system.posix_acl_access"
#define XATTR_ACL_DEFAULT "system.posix_acl_default"

struct xattr {
	const char *name;
	const void *value;
	size_t size;
};

#endif
