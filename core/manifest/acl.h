/* SPDX-License-Identifier: MIT */
/*
 * acl - converts a POSIX ACL of an archive entry to the kernel's xattr format, so that archive and
 * medium compare byte by byte (include/uapi/linux/posix_acl_xattr.h: version 2; entries sorted by
 * tag, then by user or group ID).
 */
#ifndef CORE_MANIFEST_ACL_H
#define CORE_MANIFEST_ACL_H

#include "device/base/util.h"

#include <archive_entry.h>
#include <stddef.h>
#include <stdint.h>

enum acl_kind { ACL_ACCESS, ACL_DEFAULT };

/*
 * Builds the value of the xattr in *ret, which the caller frees. Returns its size; 0 if @entry has
 * no such list, or an access list that is equivalent to the mode; -ENOENT if it names a user or
 * group that is unknown on this machine, and therefore to tar; or -ENOMEM.
 */
_must_check_ int acl_value(struct archive_entry *entry, enum acl_kind kind, void **ret);

/* Returns @mode with the group bits that stat(2) shows: those of the mask, if @entry has an access
 * list with one. */
uint32_t acl_mode(struct archive_entry *entry, uint32_t mode);

#endif
