/* SPDX-License-Identifier: MIT */
/*
 * acl - converts the text of a POSIX ACL in an archive to the kernel's xattr format, so that archive
 * and medium compare byte by byte (include/uapi/linux/posix_acl_xattr.h: version 2; entries sorted
 * by tag, then by user or group ID).
 */
#ifndef CORE_FORMAT_ACL_H
#define CORE_FORMAT_ACL_H

#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum acl_kind { ACL_ACCESS, ACL_DEFAULT };

/*
 * Parses @text, as star, GNU tar and libarchive write it: entries "user:NAME:rwx", separated by
 * commas or newlines; star adds ":ID". Returns the size of the value of the xattr, in *ret, which
 * the caller frees; -EBADMSG if it is no complete list; -ENOENT if it names a user or group that is
 * unknown on this machine, and therefore to tar, or has another ID here; or -ENOMEM. Sets
 * *ret_numbered if each user and group has its ID and each permission its three letters, which
 * bsdtar needs.
 */
_must_check_ int acl_value(const char *text, void **ret, bool *ret_numbered);

/* True if @value is a list that the kernel accepts. */
bool acl_is_valid(const void *value, size_t size);
/* True if a valid access list of @size bytes has no more than the mode: the kernel then stores no list. */
bool acl_is_mode(size_t size);
/* Returns @mode with the permissions of the valid access list @value, as stat(2) shows them: the
 * group has those of the mask. */
uint32_t acl_mode(const void *value, size_t size, uint32_t mode);

#endif
