/* SPDX-License-Identifier: MIT */
/*
 * manifest - what the archive holds, entry by entry, as libarchive reads it: the reference that the
 * medium is verified against. It lies in a mapped memory file that child processes share, so the
 * engine's own memory stays small however large the archive is: a parent touches the first pages,
 * the rest only where it asks for entries.
 */
#ifndef CORE_MANIFEST_MANIFEST_H
#define CORE_MANIFEST_MANIFEST_H

#include "core/manifest/sha256.h"
#include "device/base/diag.h"
#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MANIFEST_DIGEST_BYTES SHA256_BYTES

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
 * What is wrong with the archive: inspect shows them, plan_check refuses on any. The codes:
 * "format" no tar archive, "empty" no entries, "damaged" a header or its data, "truncated" no end
 * mark, "trailing" data behind the end mark (padding with zeros is none), "path" a name that leaves
 * the target or cannot be made, "link" a hard link to what is not there before it, "type" what no
 * tar can make or we can't check, "size" a sparse file beyond reason.
 */
struct manifest_problem {
	char code[24];
	char path[160]; /* sanitised, may be "" */
	char text[160]; /* a phrase */
};
#define MANIFEST_PROBLEMS_MAX 16

/* Sums over the archive: a flat value. They grow while it is read, in the parent's view as well. */
struct manifest_totals {
	/* Of the tar stream up to its end mark, rounded up to the 10,240-byte record that GNU tar
	 * counts in; padding behind that record is not counted, for tar does not read it. */
	uint64_t stream_bytes;
	uint64_t content_bytes; /* of all regular files, holes included */
	uint64_t block_bytes;	/* content without holes in 4 KiB blocks, and a block a directory:
				   the space needed */
	uint64_t entries, files, dirs, symlinks, hardlinks;
	uint64_t devices;	       /* device nodes and FIFOs */
	uint64_t xattrs, acls, sparse; /* entries that have them */
	uint32_t problem_count;	       /* may exceed the array */
	struct manifest_problem problems[MANIFEST_PROBLEMS_MAX];
};

struct manifest; /* opaque: the mapping */

/* Makes an empty one in a memory file (memfd_create). NULL and errno on failure. */
struct manifest *manifest_new(void);
void manifest_free(struct manifest *manifest);
/* The memory file: a work child that fills the manifest must keep it open. */
int manifest_fd(const struct manifest *manifest);
const struct manifest_totals *manifest_totals(const struct manifest *manifest);

/*
 * Reads the tar stream at @fd to its end and fills @manifest, an empty one: in a work child, the
 * parent sees the result through the shared mapping after manifest_refresh. @progress (may be NULL)
 * is called now and then with the stream's bytes; non-zero stops with -ECANCELED.
 * 0 where the stream is whole; then unsafe or unsupported entries are problems in the totals.
 * -EBADMSG where it is no sound tar archive ("format", "empty", "damaged", "truncated", "trailing":
 * a problem too), with the sentence in @diag; or -errno.
 * Names are the raw bytes of the archive in any locale.
 */
_must_check_ int manifest_read(struct manifest *manifest, int fd,
	int (*progress)(void *arg, uint64_t bytes), void *arg, struct diag *diag);
/* Maps what a child has written. 0; -ENODATA where the manifest was not sealed; or -errno. */
_must_check_ int manifest_refresh(struct manifest *manifest);

/* One entry; the strings lie in the mapping. Of paths given twice only the last counts. */
struct manifest_entry {
	const char *path; /* relative, without "./" and trailing "/"; "" is the root itself */
	/* Target of a symlink as it is, or path of the file that a hard link names, found through
	 * other links to it; else "". A hard link to content that a later entry of the same path
	 * replaced is given as that file itself. */
	const char *link;
	enum manifest_type type;
	uint32_t mode; /* permission bits, 07777 */
	uint32_t uid, gid;
	int64_t mtime_s;
	uint32_t mtime_ns;
	uint64_t size;
	uint32_t major, minor; /* of a device node */
	uint32_t xattr_count;  /* access control lists are not counted */
	uint32_t xattr_labels; /* xattrs_labels of the entry: the @keep of its digest */
	unsigned char digest[MANIFEST_DIGEST_BYTES];	   /* of a regular file's content */
	unsigned char xattr_digest[MANIFEST_DIGEST_BYTES]; /* xattrs_digest */
};

/* Calls @each for every entry that counts, in the archive's order; stops at non-zero. */
_must_check_ int manifest_each(const struct manifest *manifest,
	int (*each)(void *arg, const struct manifest_entry *entry), void *arg);
/* The same for every directory that the archive makes: its entries, the root, and those that are
 * only implied by the paths of others. */
_must_check_ int manifest_each_dir(
	const struct manifest *manifest, int (*each)(void *arg, const char *path), void *arg);
/* True where @path is an entry, the root, or a directory implied by an entry. */
bool manifest_has(const struct manifest *manifest, const char *path);

/* For what fills a manifest (manifest_read, and a sidecar one day), in this order. */

/* Adds an entry, @raw_path and entry->link of a hard link as they stand in the archive; the entry's
 * own path is not read. What is unsafe becomes a problem. 0 or -errno. */
_must_check_ int manifest_add(
	struct manifest *manifest, const char *raw_path, const struct manifest_entry *entry);
void manifest_complain(struct manifest *manifest, const char *code, const char *path,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
struct manifest_totals *manifest_edit_totals(struct manifest *manifest);
/* Writes the index: nothing is added any more. 0 or -errno. */
_must_check_ int manifest_seal(struct manifest *manifest);

#endif
