/* SPDX-License-Identifier: MIT */
/*
 * manifest - what the archive holds, entry by entry, as libarchive reads it: the reference that the
 * medium is verified against. It lies in a mapped memory file that child processes share, so the
 * engine's own memory stays small however large the archive is.
 */
#ifndef CORE_MANIFEST_H
#define CORE_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MANIFEST_DIGEST_BYTES 32 /* SHA-256 */

enum manifest_type {
	MANIFEST_FILE, MANIFEST_DIR, MANIFEST_SYMLINK, MANIFEST_HARDLINK,
	MANIFEST_CHAR, MANIFEST_BLOCK, MANIFEST_FIFO, MANIFEST_TYPE_COUNT
};

/* What was wrong with the archive: inspect shows them, plan_check refuses on any. */
struct manifest_problem {
	char code[24];  /* "truncated", "path", "type", "case", ... : stable words for --json */
	char path[160]; /* sanitised, may be "" */
	char text[160]; /* a phrase */
};
#define MANIFEST_PROBLEMS_MAX 16

/* Sums over the archive: a flat value. */
struct manifest_totals {
	uint64_t stream_bytes;  /* of the tar stream, rounded up to the 10,240-byte record that GNU
				   tar counts in */
	uint64_t content_bytes; /* of all regular files */
	uint64_t block_bytes;   /* content in 4 KiB blocks, and a block a directory: space needed */
	uint64_t entries, files, dirs, symlinks, hardlinks, devices, xattrs, acls, sparse;
	uint32_t problem_count; /* may exceed the array */
	struct manifest_problem problems[MANIFEST_PROBLEMS_MAX];
};

struct manifest; /* opaque: the mapping */

/* Makes an empty one in a memory file (memfd_create). NULL and errno on failure. */
struct manifest *manifest_new(void);
void manifest_free(struct manifest *manifest);
const struct manifest_totals *manifest_totals(const struct manifest *manifest);

/*
 * Reads the tar stream at @fd to its end and fills @manifest: in a work child, the parent sees the
 * result through the shared mapping after manifest_refresh. @progress (may be NULL) is called now
 * and then with the stream's bytes; non-zero stops with -ECANCELED. Paths that leave the target
 * ("..", absolute, through a symlink of the archive itself), unsupported types, a missing
 * end-of-archive mark, and data behind it are problems in the totals. 0; -EBADMSG where the stream is
 * no sound tar archive, with the sentence in @why; or -errno.
 */
int manifest_read(struct manifest *manifest, int fd, int (*progress)(void *arg, uint64_t bytes),
	void *arg, char *why, size_t why_size);
int manifest_refresh(struct manifest *manifest);

/* One entry; the strings lie in the mapping. Of paths given twice only the last counts. */
struct manifest_entry {
	const char *path;   /* relative, without "./" and trailing "/"; "" is the root itself */
	const char *link;   /* target of a symlink, or path of the file a hard link names; else "" */
	enum manifest_type type;
	uint32_t mode;      /* permission bits, 07777 */
	uint32_t uid, gid;
	int64_t mtime_s;
	uint32_t mtime_ns;
	uint64_t size;
	uint32_t major, minor; /* of a device node */
	uint32_t xattr_count;
	unsigned char digest[MANIFEST_DIGEST_BYTES];       /* of a regular file's content */
	unsigned char xattr_digest[MANIFEST_DIGEST_BYTES]; /* see manifest_xattr_digest */
};

/* Calls @each for every entry that counts, in the archive's order; stops at non-zero. */
int manifest_each(const struct manifest *manifest,
	int (*each)(void *arg, const struct manifest_entry *entry), void *arg);
/* True where @path is an entry. */
bool manifest_has(const struct manifest *manifest, const char *path);

#endif
