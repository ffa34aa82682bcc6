/* SPDX-License-Identifier: MIT */
/*
 * manifest - the list of all entries of the archives, as a tar extracts them: the reference that the
 * medium is verified against. It is a memory file that child processes map and share. The memory of
 * the engine stays small for an archive of any size: the totals are in the first pages, and the
 * others are touched only to read entries. The file has a limit (manifest_limit).
 */
#ifndef CORE_MANIFEST_MANIFEST_H
#define CORE_MANIFEST_MANIFEST_H

#include "core/format/tar_need.h"
#include "core/manifest/program.h"
#include "core/manifest/sha256.h"
#include "device/base/diag.h"
#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MANIFEST_DIGEST_BYTES SHA256_BYTES
#define MANIFEST_NO_ARCHIVE   UINT8_MAX /* in place of a number: the entry comes from no archive */

enum manifest_type {
	MANIFEST_FILE,
	MANIFEST_DIR,
	MANIFEST_SYMLINK,
	MANIFEST_HARDLINK,
	MANIFEST_CHAR,
	MANIFEST_BLOCK,
	MANIFEST_FIFO,
	MANIFEST_TYPE_COUNT
};

/*
 * An error in the archive. inspect reports them, and plan_check refuses an archive with any.
 * Codes: "format" not a tar archive, "empty" no entries, "damaged" a bad header or bad data,
 * "truncated" no end mark, "trailing" data after the end mark other than zeros, "path" a name that
 * leaves the target or is invalid, "link" a hard link to a file that does not precede it, "type"
 * an entry that tar cannot create or verify cannot compare, "size" headers, a map or a list of
 * entries that are too large.
 */
struct manifest_problem {
	uint32_t archive; /* number of the archive (manifest_set_archive) */
	char code[24];
	char path[160]; /* sanitised, may be "" */
	char text[160]; /* a phrase */
};
#define MANIFEST_PROBLEMS_MAX 16

/* Entries that need something of the tar that extracts them. */
struct manifest_need {
	uint64_t count;
	uint32_t archive; /* number of the archive of the first of them */
	char path[96];	  /* of that, sanitised */
};

/* Sums over the archives, as a flat value. The parent sees them grow while a child reads. */
struct manifest_totals {
	/* Each tar stream including its end mark, rounded up to the 10,240-byte records of GNU tar's
	 * count. Padding after that record is excluded, because tar does not read it. */
	uint64_t stream_bytes;
	uint64_t content_bytes; /* of all regular files, including holes */
	uint64_t block_bytes;	/* space needed: content without holes in blocks of 4 KiB, and one
				   block for each directory */
	uint64_t entries, files, dirs, symlinks, hardlinks;
	uint64_t devices;	       /* device nodes and FIFOs */
	uint64_t xattrs, acls, sparse; /* entries that have them */
	uint64_t dotted;	       /* names that begin with "./", or are "." */
	uint64_t stripped;	       /* entries left out by manifest_strip, without folders */
	uint64_t copies;	       /* entries that come from no archive */
	struct manifest_need needs[TAR_NEED_COUNT];
	uint32_t problem_count; /* may exceed the array */
	struct manifest_problem problems[MANIFEST_PROBLEMS_MAX];
};

struct manifest; /* opaque: the mapping */

/* Creates an empty manifest in a memory file (memfd_create). NULL and errno on failure. */
struct manifest *manifest_new(void);
/* Frees it and keeps errno; NULL is allowed. */
void manifest_free(struct manifest *manifest);
/* Bounds the bytes that the list of entries may need: at first a quarter of the machine's memory, at
 * most MANIFEST_BYTES_MAX. An archive with more fails to be read. */
void manifest_set_limit(struct manifest *manifest, uint64_t bytes);
uint64_t manifest_limit(const struct manifest *manifest);
#define MANIFEST_BYTES_MAX GIB(1)
/* The descriptor of the memory file, borrowed. A work child that fills the manifest must keep it
 * open. */
int manifest_fd(const struct manifest *manifest);
const struct manifest_totals *manifest_totals(const struct manifest *manifest);

/*
 * Reads the tar stream @fd to its end into the empty @manifest. If a work child does that, the
 * parent calls manifest_refresh to see the entries. @progress (may be NULL) is called about every
 * 200 ms with the bytes read; if it returns non-zero, reading stops with -ECANCELED. Returns 0 if
 * the stream is complete; the totals may then contain problems of unsafe or unsupported entries.
 * -EBADMSG if it is not a valid tar archive, with the message in @diag and a problem ("format",
 * "empty", "damaged", "truncated" or "trailing"); or -errno. Names are the raw bytes of the
 * archive in every locale.
 */
_must_check_ int manifest_read(struct manifest *manifest, int fd,
	int (*progress)(void *arg, uint64_t bytes), void *arg, struct diag *diag);
/* The same for one archive of several, which are read one after another: @manifest may have entries
 * already, and needs manifest_complete after the last one. */
_must_check_ int manifest_append(struct manifest *manifest, int fd,
	int (*progress)(void *arg, uint64_t bytes), void *arg, struct diag *diag);
/* Seals it (manifest_seal); -EBADMSG with the message in @diag if the list is larger than its limit. */
_must_check_ int manifest_complete(struct manifest *manifest, struct diag *diag);
/* Maps the entries that a child has written. 0; -ENODATA if it did not seal the manifest; or
 * -errno. */
_must_check_ int manifest_refresh(struct manifest *manifest);

/* One entry; its strings are valid until the next one is passed on. If a path occurs more than once,
 * the last entry counts. */
struct manifest_entry {
	const char *path; /* relative, without "./" and trailing "/"; "" is the root itself */
	/* The unchanged target of a symlink, or the path of the file that a hard link refers to,
	 * directly or through other hard links; else "". A hard link to a file that a later entry
	 * replaced is returned as that file. */
	const char *link;
	enum manifest_type type;
	uint32_t mode; /* permission bits, 07777 */
	uint32_t uid, gid;
	int64_t mtime_s;
	uint32_t mtime_ns;
	uint64_t size;
	uint64_t block_bytes;	/* of a file: the blocks of 4 KiB that its data needs */
	uint32_t major, minor;	/* of a device node */
	uint32_t number;	/* of this entry: manifest_path */
	uint32_t inode;		/* equal for all names of one file */
	uint32_t names;		/* of that file, with this one */
	uint32_t archive;	/* number of its archive (manifest_set_archive) */
	uint32_t xattr_count;	/* without ACLs */
	uint32_t xattr_bytes;	/* that ext4 needs for all of them, and for the ACLs */
	uint32_t xattr_labels;	/* xattrs_labels of the entry: the @keep of its digest */
	struct program program; /* of a file */
	const char *content;	/* of a file that manifest_keep has chosen: @size bytes; or NULL */
	unsigned char digest[MANIFEST_DIGEST_BYTES];	   /* of a file's content: content.h */
	unsigned char xattr_digest[MANIFEST_DIGEST_BYTES]; /* xattrs_digest */
};

/* Calls @each for every entry that was not replaced, in the order of the archive. Stops at a
 * non-zero result and returns it; else returns 0. */
_must_check_ int manifest_each(const struct manifest *manifest,
	int (*each)(void *arg, const struct manifest_entry *entry), void *arg);
/* The same for every entry that a later one replaced. */
_must_check_ int manifest_each_replaced(const struct manifest *manifest,
	int (*each)(void *arg, const struct manifest_entry *entry), void *arg);
/* The same for every directory of the archive: entries, the root, and parents that have no
 * entry. */
_must_check_ int manifest_each_dir(
	const struct manifest *manifest, int (*each)(void *arg, const char *path), void *arg);
/* The path of the entry with that number, valid until the next entry or path is asked for. */
const char *manifest_path(const struct manifest *manifest, uint32_t number);
/* True if @path is an entry, the root, or the parent of an entry. */
bool manifest_has(const struct manifest *manifest, const char *path);
/* Finds what the archive has at @path; links are not followed. A parent without an entry is a directory
 * of mode 0. Returns false, and leaves @ret, if there is nothing. The strings of @ret are valid until the
 * next entry or path is asked for, its content as long as the manifest. */
bool manifest_find(const struct manifest *manifest, const char *path, struct manifest_entry *ret);
/* The same for a path whose case does not count; looks at every entry. */
bool manifest_find_case(
	const struct manifest *manifest, const char *path, struct manifest_entry *ret);
/* Finds the first entry at @path, or at a parent of it, that is not a directory. Replaced entries
 * count, since tar creates them too. Returns false, and leaves @ret, if there is none. */
bool manifest_find_obstacle(
	const struct manifest *manifest, const char *path, struct manifest_entry *ret);

/* The functions below fill a manifest; manifest_read calls them. */

/* Begins the archive with that number: the names of the entries that are added from now on, and the
 * targets of hard links, are relative to @folder, a path of the tree ("": its root). Without a call all
 * is of archive 0, at the root. @folder is borrowed until the next call. For the process that reads
 * the archive. 0 or -errno. */
_must_check_ int manifest_set_archive(
	struct manifest *manifest, uint32_t number, const char *folder);
/* Leaves out the first @count parts of all names that are added from now on, and of the targets of
 * hard links, as tar does with --strip-components: "./" is a part, too, and an entry with no more
 * parts is left out. For the process that reads the archive. */
void manifest_strip(struct manifest *manifest, unsigned count);
/* Keeps the content of the files for which @keeps returns true; together at most MANIFEST_KEPT_MAX
 * bytes, the first ones. @path is that of an entry. For the process that reads the archive. */
#define MANIFEST_KEPT_MAX MIB(8)
void manifest_keep(struct manifest *manifest, bool (*keeps)(const char *path, uint64_t size));
/* True if the content of this file is to be kept: manifest_add then needs it. */
bool manifest_keeps(struct manifest *manifest, const char *raw_path, uint64_t size);
/* Adds an entry. @raw_path, and entry->link of a hard link, are the unchanged strings of the
 * archive; entry->path is ignored. An unsafe entry is added as a problem instead. 0 or -errno;
 * -EFBIG if the list is larger than its limit. */
_must_check_ int manifest_add(
	struct manifest *manifest, const char *raw_path, const struct manifest_entry *entry);
/* Adds a problem. It is counted even if the array is full. */
void manifest_complain(struct manifest *manifest, const char *code, const char *path,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Counts an entry that needs more of a tar than usual; not one that comes from no archive. */
void manifest_need(struct manifest *manifest, enum tar_need need, const char *path);
struct manifest_totals *manifest_edit_totals(struct manifest *manifest);
/* Writes the index and completes the manifest: no entry may be added after that. 0 or -errno; -EFBIG
 * if the list is larger than its limit. */
_must_check_ int manifest_seal(struct manifest *manifest);

#endif
