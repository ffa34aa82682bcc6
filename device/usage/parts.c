/* SPDX-License-Identifier: MIT */
#include "device/usage/parts.h"

#include "device/base/sysroot.h"
#include "device/base/util.h"

#include <stdlib.h>
#include <string.h>

void parts_use_load(int root, struct parts_use *ret)
{
	*ret = (struct parts_use){0};
	if (mountinfo_load(root, "proc/self/mountinfo", &ret->mounts) < 0)
		ret->mounts = (struct mountinfo){0};
	if (sysroot_read_all(root, &ret->swaps, NULL, "proc/swaps") < 0)
		ret->swaps = NULL;
}

void parts_use_finish(struct parts_use *use)
{
	mountinfo_finish(&use->mounts);
	free(use->swaps);
	*use = (struct parts_use){0};
}

/* ---- mount points ---- */

/* A filesystem on several devices, as btrfs, has a number of its own; its source is one of them. */
static bool is_mounted(const struct mountinfo_entry *mount, const char *node, const char *number)
{
	char own[24];

	if (mount->major == 0)
		return strcmp(mount->source, node) == 0;
	(void)STR_FORMAT(own, "%u:%u", mount->major, mount->minor);
	return strcmp(own, number) == 0;
}

/* A line of /proc/swaps begins with the node. */
static bool is_swap(const char *swaps, const char *node)
{
	size_t length = strlen(node);

	for (const char *line = swaps; line && *line;) {
		if (strncmp(line, node, length) == 0 &&
			(line[length] == ' ' || line[length] == '\t'))
			return true;
		line = strchr(line, '\n');
		line += line ? 1 : 0;
	}
	return false;
}

/* A point is listed once, however many filesystems are mounted over each other there. */
static void add_mount(struct part *part, const char *point)
{
	char text[sizeof(part->mounts[0])];

	(void)STR_COPY(text, point);
	str_sanitise(text);
	for (uint32_t i = 0; i < part->mount_count && i < PART_MOUNTS_MAX; i++)
		if (strcmp(part->mounts[i], text) == 0)
			return;
	if (part->mount_count < PART_MOUNTS_MAX)
		(void)STR_COPY(part->mounts[part->mount_count], text);
	part->mount_count++;
}

static void find_mounts(int root, const struct parts_use *use, struct part *part)
{
	char node[sizeof(part->name) + 8], number[24] = "";

	(void)STR_FORMAT(node, "/dev/%s", part->name);
	for (char *p = node; *p; p++)
		if (*p == '!')
			*p = '/';
	(void)sysroot_read(root, number, sizeof(number), "sys/class/block/%s/dev", part->name);
	for (size_t i = 0; i < use->mounts.count; i++) {
		const struct mountinfo_entry *mount = &use->mounts.entries[i];

		if (is_mounted(mount, node, number))
			add_mount(part, mount->point);
	}
	if (is_swap(use->swaps, node))
		add_mount(part, "[SWAP]");
}

/* ---- partitions ---- */

static void add(int root, const struct parts_use *use, const struct disk *disk,
	const struct disk_partition *partition, struct parts *ret)
{
	struct part *part;

	ret->total++;
	if (ret->count == DISK_PARTITIONS_MAX)
		return;
	part = &ret->list[ret->count++];
	*part = (struct part){.partition = *partition};
	disk_partition_name(disk->name, partition->number, part->name);
	find_mounts(root, use, part);
}

struct kernel_walk {
	int root;
	const struct parts_use *use;
	const struct disk *disk;
	struct parts *parts;
};

static int add_known(void *arg, const char *name)
{
	const struct kernel_walk *walk = arg;
	const char *disk = walk->disk->name;
	struct disk_partition partition = {0};

	if (!str_has_prefix(name, disk) ||
		!sysroot_exists(walk->root, "sys/block/%s/%s/partition", disk, name))
		return 0;
	partition.number =
		(uint32_t)sysroot_number(walk->root, "sys/block/%s/%s/partition", disk, name);
	partition.start = sysroot_number(walk->root, "sys/block/%s/%s/start", disk, name);
	partition.sectors = sysroot_number(walk->root, "sys/block/%s/%s/size", disk, name);
	add(walk->root, walk->use, walk->disk, &partition, walk->parts);
	return 0;
}

void parts_of(int root, const struct parts_use *use, const struct disk *disk, struct parts *ret)
{
	const struct disk_content *content = &disk->content;
	struct kernel_walk walk = {root, use, disk, ret};
	enum content_state state = content->state;

	*ret = (struct parts){0};
	if (state == CONTENT_TABLE) {
		for (uint32_t i = 0; i < content->partition_count && i < DISK_PARTITIONS_MAX; i++)
			add(root, use, disk, &content->partitions[i], ret);
		ret->total = content->partition_count;
	} else if (state != CONTENT_BLANK && state != CONTENT_FILESYSTEM) {
		(void)sysroot_each(root, add_known, &walk, "sys/block/%s", disk->name);
	}
}
