/* SPDX-License-Identifier: MIT */
/*
 * tar_entry - one entry of a tar archive, with all its headers applied: a value.
 */
#ifndef CORE_FORMAT_TAR_ENTRY_H
#define CORE_FORMAT_TAR_ENTRY_H

#include "core/format/tar_need.h"
#include "core/format/xattr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Its strings are valid until the next one is read. */
struct tar_entry {
	const char *path, *link; /* as in the archive; "" if there is none */
	/* '0' file, '1' hard link, '2' symlink, '3' and '4' device node, '5' folder, '6' FIFO; all
	 * others are as in the archive, and unknown. */
	char type;
	uint32_t mode; /* 07777 */
	int64_t uid, gid;
	int64_t mtime_s;
	uint32_t mtime_ns;
	uint64_t size; /* of a file, with its holes; else 0 */
	int64_t major, minor;
	struct xattr *xattrs; /* borrowed; no name occurs twice */
	size_t xattr_count;
	const char *acls[2]; /* the text of an ACL, by enum acl_kind; or NULL */
	bool sparse;
	uint64_t needs; /* TAR_NEED_BIT of each need that the headers have */
	/* Why its headers cannot be trusted: a phrase; or NULL. */
	const char *fault;
};

/* Keeps the first fault. @phrase is borrowed. */
static inline void tar_entry_blame(struct tar_entry *entry, const char *phrase)
{
	if (!entry->fault)
		entry->fault = phrase;
}

#endif
