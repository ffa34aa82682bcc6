/* SPDX-License-Identifier: MIT */
/*
 * entry_content - what the manifest needs to know of a file's content, while it is read once: the digest, the kind
 * of program, and all of it where that is to be kept.
 */
#ifndef CORE_MANIFEST_ENTRY_CONTENT_H
#define CORE_MANIFEST_ENTRY_CONTENT_H

#include "core/manifest/content.h"
#include "core/manifest/manifest.h"

struct entry_content {
	struct sha256 sha;
	struct content content;
	uint64_t size, head_bytes;
	unsigned char head[PROGRAM_HEAD_BYTES];
	char *kept; /* owned; NULL if it is not to be kept */
};

/* Allocates the digest. 0 or -ENOMEM. @ret must be all zeros before. */
_must_check_ int entry_content_init(struct entry_content *ret);
void entry_content_finish(struct entry_content *content);

/* Begins the file @path of @entry, whose size is set, and drops the one before. 0 or -ENOMEM. */
_must_check_ int entry_content_begin(struct entry_content *content, struct manifest *manifest,
	const char *path, const struct manifest_entry *entry);
/* Adds @size bytes at @offset, which is not before the end of the last ones: between them is a hole. */
void entry_content_add(
	struct entry_content *content, uint64_t offset, const void *data, size_t size);
/* Sets digest, program and content of @entry; the content is borrowed until the next begin or finish. 0 or
 * -EIO. */
_must_check_ int entry_content_end(struct entry_content *content, struct manifest_entry *entry);

#endif
