/* SPDX-License-Identifier: MIT */
/*
 * manifest_record - the memory file of a manifest: records, one for each entry, and a hash table of
 * them by folder and name. Internal to the manifest: manifest_add.c fills it, manifest_each.c reads
 * it.
 */
#ifndef CORE_MANIFEST_MANIFEST_RECORD_H
#define CORE_MANIFEST_MANIFEST_RECORD_H

#include "core/manifest/manifest.h"
#include "device/base/util.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_UNIT 8 /* alignment of records; a record number is an offset in units */

/* The beginning of the memory file, followed by the records and the index. */
struct manifest_header {
	struct manifest_totals totals;
	uint64_t used;	/* end of the records */
	uint64_t slots; /* in the index after them, a power of two; 0 before manifest_seal */
};

enum record_flag {
	RECORD_IMPLIED = 1,  /* a parent directory without an entry */
	RECORD_REPLACED = 2, /* a later entry has the same path */
	RECORD_PARENT = 4,   /* has entries below it */
	RECORD_LINKED = 8,   /* hard links refer to it */
	RECORD_XATTRS = 16,  /* has a digest of attributes */
	RECORD_CONTENT = 32, /* has the content of the file */
};

/* A record holds the last part of its path, so that a long path costs little. */
struct record {
	uint32_t bytes;	 /* of the whole record */
	uint16_t flags;	 /* enum record_flag */
	uint8_t type;	 /* enum manifest_type */
	uint8_t archive; /* its number */
	uint32_t node;	 /* the first record of the same path */
	uint32_t parent; /* the node of its directory; 0: this is the root */
	uint32_t target; /* of a hard link: the record of the file */
	uint32_t names;	 /* of the file, after manifest_seal */
	uint32_t mode, uid, gid, mtime_ns;
	int64_t mtime_s;
	uint64_t size, block_bytes;
	uint32_t major, minor;
	uint32_t xattr_count, xattr_labels, xattr_bytes;
	struct program program;
	/* The digests that it has; its name; its link; its content. */
	char data[];
};

struct manifest {
	int fd;
	struct manifest_header *map;
	size_t mapped;
	uint64_t limit;	 /* of the records and the index */
	uint32_t *index; /* hash table, parent and name to record; on the heap until sealed */
	size_t slots, filled;
	bool sealed;
	char (*paths)[PATH_MAX]; /* of the entry that manifest_each passes on, and of its link */
	unsigned strip;		 /* parts of names to leave out */
	uint32_t archive;	 /* number of the archive that is read, */
	const char *folder;	 /* and the path that its names are relative to */
	bool (*keeps)(const char *path, uint64_t size);
	uint64_t kept; /* bytes of content */
};

/* The offset of the first record in the file. */
#define RECORDS_START                                                                              \
	((sizeof(struct manifest_header) + RECORD_UNIT - 1) / RECORD_UNIT * RECORD_UNIT)

static inline const struct record *record_at(const struct manifest *manifest, uint32_t number)
{
	return (const void *)((const char *)manifest->map + (uint64_t)number * RECORD_UNIT);
}

static inline struct record *record_edit(struct manifest *manifest, uint32_t number)
{
	return (void *)((char *)manifest->map + (uint64_t)number * RECORD_UNIT);
}

/* A part of a path, without a NUL. */
struct record_part {
	const char *at;
	size_t size;
};

/* Takes the first part off a normalised path. A slash at the end stays, and gives parts without a
 * name. */
struct record_part record_next_part(const char **path);

/* Appends a record, which replaces an earlier one of that name. *ret_number (may be NULL) receives
 * its number. Records may move. 0 or -errno. */
_must_check_ int record_append(struct manifest *manifest, uint32_t parent, struct record_part name,
	const struct manifest_entry *entry, uint32_t flags, uint32_t target, uint32_t *ret_number);

/* The number of the last record for a name in a folder, or for a path; or 0. */
uint32_t record_find_in(const struct manifest *manifest, uint32_t parent, struct record_part name);
uint32_t record_find(const struct manifest *manifest, const char *path);
/* The record after @record, or the first for NULL; NULL at the end. */
const struct record *record_next(const struct manifest *manifest, const struct record *record);
uint32_t record_number(const struct manifest *manifest, const struct record *record);
/* The number of the record of its file: equal for all names of one. */
uint32_t record_inode(const struct manifest *manifest, const struct record *record);

const char *record_name(const struct record *record); /* the last part of its path */
const char *record_link(const struct record *record); /* the target of a symlink, or "" */
/* The entry of a record, without its path. */
struct manifest_entry record_entry(const struct record *record);
/* Writes the path of a record at the end of @ret, and returns where it begins. */
const char *record_path(
	const struct manifest *manifest, const struct record *record, char ret[PATH_MAX]);

#endif
