/* SPDX-License-Identifier: MIT */
/*
 * xattrs - the extended attributes of one file as one digest, so that what the archive says and what
 * the medium holds compare as two values. File capabilities (security.capability) are among them, and
 * POSIX ACLs in the kernel's form. Not in the digest: the rest of "system.*", which is a view of
 * something else; and the labels that a kernel gives by itself (SELinux, Smack, IMA, EVM), unless they
 * are kept.
 */
#ifndef CORE_MANIFEST_XATTRS_H
#define CORE_MANIFEST_XATTRS_H

#include "core/manifest/sha256.h"
#include "device/base/util.h"

#include <stdint.h>

#define XATTR_ACL_ACCESS  "system.posix_acl_access"
#define XATTR_ACL_DEFAULT "system.posix_acl_default"

struct xattr {
	const char *name;
	const void *value;
	size_t size;
};

/* Which of the kernel's own labels are in the list: a bit each, for xattrs_digest's @keep. */
unsigned xattrs_labels(const struct xattr *list, size_t count);

/*
 * Digest over names and values, whatever their order; of a name given twice one counts. @list is
 * sorted in place. Labels not in @keep are left out. Returns how many attributes are in it, with
 * @ret all zero where that is 0, or -EIO.
 */
_must_check_ int xattrs_digest(struct sha256 *sha, struct xattr *list, size_t count, unsigned keep,
	unsigned char ret[SHA256_BYTES]);

/* The attributes of one file after the other, with one set of buffers; start with a zeroed one. */
struct xattrs {
	struct xattr *list;
	size_t count;
	/* inside */
	size_t capacity;
	char *names, *values;
	size_t names_size, values_size;
};

/* Reads those of @name below @dir_fd; a symlink's are its own. A filesystem without any has none.
 * 0 or -errno. */
_must_check_ int xattrs_read(struct xattrs *xattrs, int dir_fd, const char *name);
void xattrs_finish(struct xattrs *xattrs);

#endif
