/* SPDX-License-Identifier: MIT */
/*
 * tar_records - the records of a pax header, applied to the entry that follows it, or kept until its
 * other headers are known. A table has the keys.
 */
#ifndef CORE_FORMAT_TAR_RECORDS_H
#define CORE_FORMAT_TAR_RECORDS_H

#include "core/format/tar_entry.h"
#include "core/format/tar_header.h"
#include "core/format/tar_input.h"
#include "core/format/tar_map.h"
#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAR_RECORDS_GLOBAL_MAX KIB(64)
#define TAR_RECORDS_XATTRS_MAX 4096

/* All zero, with @input and @map (borrowed), before the first entry. */
struct tar_records {
	struct tar_input *input;
	struct tar_map *map;
	/* The values for the entry. */
	struct tar_entry *entry;
	const struct tar_header *header;
	const char *path, *link, *sparse_name, *selinux;    /* NULL: no record */
	int64_t size;					    /* in the archive; -1: no record */
	bool is_binary;					    /* its names are bytes */
	bool has_map, has_sparse;			    /* any record of a sparse file */
	int64_t map_major, map_minor, map_count, real_size; /* -1: no record */
	/* private */
	int64_t map_offset;    /* of the last record GNU.sparse.offset */
	int error;	       /* -errno */
	struct tar_store text; /* the strings of the entry; never grows while it is made */
	struct xattr *xattrs;
	bool from_libarchive[TAR_RECORDS_XATTRS_MAX]; /* parallel to xattrs: in its record alone */
	size_t xattr_capacity;
};

/* Begins with an entry, which is borrowed with its header until the next one. @room is enough for twice
 * the bytes of all records, and for all that is kept. 0 or -ENOMEM. */
_must_check_ int tar_records_begin(struct tar_records *records, const struct tar_header *header,
	struct tar_entry *entry, size_t room);
void tar_records_finish(struct tar_records *records); /* frees memory */
/* Applies the records of a header; bad ones are a fault of the entry. 0, -ENOMEM or -EBADMSG:
 * tar_input has the reason. */
_must_check_ int tar_records_apply(struct tar_records *records, const struct tar_store *from);
/* Copies a string into the room of the entry. */
const char *tar_records_keep(struct tar_records *records, const char *from, size_t size);
/* Settles attributes that are in two forms, SELinux labels and ACLs, after all records. 0 or
 * -ENOMEM. */
_must_check_ int tar_records_settle(struct tar_records *records);

/* Keeps in @global the records of a global header that matter. Sets *fault to a phrase if tars read
 * them in different ways. 0 or -ENOMEM. */
_must_check_ int tar_records_keep_global(
	const struct tar_store *from, struct tar_store *global, const char **fault);

#endif
