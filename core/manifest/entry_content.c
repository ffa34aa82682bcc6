/* SPDX-License-Identifier: MIT */
#include "core/manifest/entry_content.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int entry_content_init(struct entry_content *ret)
{
	return sha256_init(&ret->sha);
}

static void drop_kept(struct entry_content *content)
{
	free(content->kept);
	content->kept = NULL;
}

void entry_content_finish(struct entry_content *content)
{
	drop_kept(content);
	sha256_finish(&content->sha);
}

int entry_content_begin(struct entry_content *content, struct manifest *manifest, const char *path,
	const struct manifest_entry *entry)
{
	drop_kept(content);
	content->size = content->head_bytes = entry->size;
	if (content->head_bytes > sizeof(content->head))
		content->head_bytes = sizeof(content->head);
	memset(content->head, 0, content->head_bytes);
	content_begin(&content->content, &content->sha);
	if (!manifest_keeps(manifest, path, entry->size))
		return 0;
	content->kept = calloc(1, entry->size + 1);
	return content->kept ? 0 : -ENOMEM;
}

/* Copies the part of the data at @offset that is in the first @end bytes. */
static void copy_part(void *to, uint64_t end, uint64_t offset, const void *data, size_t size)
{
	if (offset < end)
		memcpy((char *)to + offset, data, size < end - offset ? size : end - offset);
}

void entry_content_add(
	struct entry_content *content, uint64_t offset, const void *data, size_t size)
{
	content_add_hole(&content->content, offset - content->content.at);
	content_add(&content->content, data, size);
	copy_part(content->head, content->head_bytes, offset, data, size);
	if (content->kept)
		copy_part(content->kept, content->size, offset, data, size);
}

int entry_content_end(struct entry_content *content, struct manifest_entry *entry)
{
	content_add_hole(&content->content, content->size - content->content.at);
	entry->program = program_identify(content->head, content->head_bytes);
	entry->content = content->kept;
	return content_end(&content->content, entry->digest);
}
