/* SPDX-License-Identifier: MIT */
/*
 * xattrs - computes one digest over all extended attributes of a file, to compare archive and
 * medium. It includes file capabilities (security.capability) and POSIX ACLs in the kernel's
 * format. It excludes the other "system.*" attributes, which show data stored elsewhere, and the
 * labels that the kernel sets by itself (SELinux, Smack, IMA, EVM), unless the caller keeps them.
 * A NUL at the end of an SELinux label does not count.
 */
#ifndef CORE_MANIFEST_XATTRS_H
#define CORE_MANIFEST_XATTRS_H

#include "core/format/xattr.h"
#include "core/manifest/sha256.h"
#include "device/base/util.h"

#include <stdint.h>

/* Returns the kernel's own labels in the list, one bit each, for the @keep of xattrs_digest. */
unsigned xattrs_labels(const struct xattr *list, size_t count);

/*
 * Computes the digest over names and values, in any order; a name that occurs twice counts once.
 * Sorts @list in place. Leaves out labels that are not in @keep. @sha must be initialised
 * (sha256_init). Returns the number of attributes in the digest; if that is 0, @ret is all zeros.
 * Returns -EIO if libcrypto failed.
 */
_must_check_ int xattrs_digest(struct sha256 *sha, struct xattr *list, size_t count, unsigned keep,
	unsigned char ret[SHA256_BYTES]);

/* The attributes of one file, in buffers that are reused for the next. Initialise it with zeros. */
struct xattrs {
	struct xattr *list;
	size_t count;
	/* private */
	size_t capacity;
	char *names, *values;
	size_t names_size, values_size;
};

/* Reads the attributes of @name in the directory @dir_fd, without following a symlink. The list is
 * empty on a filesystem without attributes, and is valid until the next call. 0 or -errno. */
_must_check_ int xattrs_read(struct xattrs *xattrs, int dir_fd, const char *name);
/* Frees the buffers. */
void xattrs_finish(struct xattrs *xattrs);

#endif
