/* SPDX-License-Identifier: MIT */
/*
 * acl - a POSIX access control list of an archive's entry in the form that the kernel stores it in, so
 * that the two compare as bytes (include/uapi/linux/posix_acl_xattr.h: version 2, entries in the
 * order of their tags, those of users and groups by their numbers).
 */
#ifndef CORE_MANIFEST_ACL_H
#define CORE_MANIFEST_ACL_H

#include "device/base/util.h"

#include <archive_entry.h>
#include <stddef.h>
#include <stdint.h>

enum acl_kind { ACL_ACCESS, ACL_DEFAULT };

/*
 * Makes the value of the attribute; *ret is the caller's to free. Returns its size, 0 where @entry has
 * no such list (an access list that says no more than the mode is none); -ENOENT where it names a
 * user or group that this machine does not know, as tar would not; or -ENOMEM.
 */
_must_check_ int acl_value(struct archive_entry *entry, enum acl_kind kind, void **ret);

/* With an access list a mode's group bits are those of its mask: @mode corrected so. */
uint32_t acl_mode(struct archive_entry *entry, uint32_t mode);

#endif
