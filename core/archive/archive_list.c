/* SPDX-License-Identifier: MIT */
#include "core/archive/archive_list.h"

#include "device/base/util.h"
#include "device/layout/layout_archive.h"

#include <string.h>

/* Parents come before the folders in them. */
static void add(struct archive_list *list, const char *path, const struct layout_partition *p)
{
	uint32_t at = list->count++;
	struct archive *archive;

	for (; at > 1 && strlen(list->list[at - 1].folder) > strlen(p->mount + 1); at--)
		list->list[at] = list->list[at - 1];
	archive = &list->list[at];
	*archive = (struct archive){0};
	STR_COPY(archive->path, path);
	STR_COPY(archive->partition, p->name);
	STR_COPY(archive->folder, p->mount + 1);
}

void archive_list_make(struct archive_list *ret, const char *main, const struct layout *layout)
{
	size_t root = layout ? layout_partition_of(layout, "") : 0;

	memset(ret, 0, sizeof(*ret));
	if (!main && layout)
		main = layout_archive_of(layout, root);
	STR_COPY(ret->list[0].path, main ? main : "");
	ret->count = 1;
	for (size_t i = 0; layout && i < layout->archive_count; i++) {
		const struct layout_archive *archive = &layout->archives[i];

		if (archive->partition != root)
			add(ret, archive->file, &layout->partitions[archive->partition]);
	}
}

bool archive_list_equal(const struct archive_list *a, const struct archive_list *b)
{
	if (a->count != b->count)
		return false;
	for (uint32_t i = 0; i < a->count; i++)
		if (strcmp(a->list[i].path, b->list[i].path) != 0 ||
			strcmp(a->list[i].folder, b->list[i].folder) != 0)
			return false;
	return true;
}

uint32_t archive_list_of(const struct archive_list *archives, const char *mount)
{
	for (uint32_t i = 1; i < archives->count; i++)
		if (strcmp(archives->list[i].folder, mount + 1) == 0)
			return i;
	return 0;
}

uint64_t archive_list_bytes(const struct archive_list *archives)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < archives->count; i++)
		bytes += archives->list[i].id.size_bytes;
	return bytes;
}

const char *archive_name(const struct archive *archive)
{
	const char *slash = strrchr(archive->path, '/');

	return slash ? slash + 1 : archive->path;
}
