/* SPDX-License-Identifier: MIT */
#include "device/usage/media.h"

#include "device/base/util.h"
#include "device/disk/disk_scan.h"
#include "device/disk/wholedisk.h"
#include "device/usage/mountinfo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool has_point(const struct media *media, const char *point)
{
	for (size_t i = 0; i < media->count; i++)
		if (strcmp(media->list[i].point, point) == 0)
			return true;
	return false;
}

/* Reads the disk of a mount. False if it is not a removable one. */
static bool read_medium(int root, const struct mountinfo_entry *mount, struct medium *ret)
{
	char names[1][sizeof(ret->disk_name)];
	struct disk disk;

	if (wholedisk_of(root, mount->major, mount->minor, names, 1) != 1 ||
		disk_scan_name(root, names[0], &disk) < 0 ||
		!(disk.removable || disk.kind == DISK_USB || disk.kind == DISK_SD))
		return false;
	ret->kind = disk.kind;
	(void)STR_COPY(ret->disk_name, disk.name);
	(void)STR_COPY(ret->model, disk.model);
	return STR_COPY(ret->point, mount->point); /* a path that was cut would lead elsewhere */
}

static int add_mount(struct media *media, int root, const struct mountinfo_entry *mount)
{
	struct medium medium, *list;

	if (strcmp(mount->point, "/") == 0 || path_is_below(mount->point, "/boot") ||
		has_point(media, mount->point) || !read_medium(root, mount, &medium))
		return 0;
	list = reallocarray(media->list, media->count + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	list[media->count++] = medium;
	media->list = list;
	return 0;
}

int media_load(int root, struct media *ret)
{
	struct media media = {0};
	struct mountinfo mounts;
	int r = mountinfo_load(root, "proc/self/mountinfo", &mounts);

	if (r < 0)
		return r;
	for (size_t i = 0; i < mounts.count && r == 0; i++)
		r = add_mount(&media, root, &mounts.entries[i]);
	mountinfo_finish(&mounts);
	if (r < 0) {
		media_finish(&media);
		return r;
	}
	*ret = media;
	return 0;
}

void media_finish(struct media *media)
{
	free(media->list);
	*media = (struct media){0};
}
