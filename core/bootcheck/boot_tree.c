/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/boot_tree.h"

#include "device/base/util.h"

#include <limits.h>
#include <string.h>

#define LINKS_MAX 40 /* Linux: MAXSYMLINKS */

/* The state of a walk: where it is in the archive, and the path that is left. */
struct walk {
	const struct boot_tree *tree;
	const char *root; /* of the filesystem in the archive: "boot", or "" */
	char at[PATH_MAX];
	char rest[PATH_MAX];
	unsigned links;
};

static bool is_vfat(const struct boot_tree *tree, const char *path)
{
	size_t i = layout_partition_of(tree->layout, path);

	return i < tree->layout->count && tree->layout->partitions[i].fs == FS_VFAT;
}

static bool is_visible(const struct boot_tree *tree, const char *path)
{
	return tree->partition == BOOT_TREE_ALL ||
	       layout_partition_of(tree->layout, path) == tree->partition;
}

static bool find(const struct boot_tree *tree, const char *path, struct manifest_entry *ret)
{
	char target[PATH_MAX];

	if (!is_visible(tree, path))
		return false;
	if (!manifest_find(tree->manifest, path, ret) &&
		!(is_vfat(tree, path) && manifest_find_case(tree->manifest, path, ret)))
		return false;
	if (ret->type != MANIFEST_HARDLINK)
		return true;
	return STR_COPY(target, ret->link) && manifest_find(tree->manifest, target, ret);
}

/* Replaces the walk's rest by @path, followed by what is left of it. */
static bool prepend(struct walk *walk, const char *path)
{
	char left[PATH_MAX];

	if (path[0] == '/')
		STR_COPY(walk->at, walk->root);
	return STR_COPY(left, walk->rest) && STR_FORMAT(walk->rest, "%s/%s", path, left);
}

static void go_up(struct walk *walk)
{
	char *slash = strrchr(walk->at, '/');

	if (strlen(walk->at) <= strlen(walk->root))
		return;
	if (slash)
		*slash = '\0';
	else
		walk->at[0] = '\0';
}

/* Cuts the first part off the rest. False at the end. */
static bool next_part(struct walk *walk, char part[NAME_MAX + 1])
{
	char *from = walk->rest + strspn(walk->rest, "/");
	size_t length = strcspn(from, "/");

	if (length == 0 || length > NAME_MAX)
		return false;
	memcpy(part, from, length);
	part[length] = '\0';
	memmove(walk->rest, from + length, strlen(from + length) + 1);
	return true;
}

/* Goes to @part of the folder that the walk is in. */
static bool step(struct walk *walk, const char *part, struct manifest_entry *ret)
{
	char path[PATH_MAX], link[PATH_MAX];

	if (strcmp(part, ".") == 0)
		return true;
	if (strcmp(part, "..") == 0) {
		go_up(walk);
		return true;
	}
	if (!STR_FORMAT(path, "%s%s%s", walk->at, *walk->at ? "/" : "", part) ||
		!find(walk->tree, path, ret))
		return false;
	if (ret->type == MANIFEST_SYMLINK)
		return ++walk->links <= LINKS_MAX && STR_COPY(link, ret->link) &&
		       prepend(walk, link);
	/* The name in the archive may differ in case. */
	return STR_COPY(walk->at, ret->path);
}

bool boot_tree_find(const struct boot_tree *tree, const char *folder, const char *path,
	struct manifest_entry *ret)
{
	struct walk walk = {.tree = tree, .root = ""};
	char part[NAME_MAX + 1];

	if (tree->partition != BOOT_TREE_ALL)
		walk.root = tree->layout->partitions[tree->partition].mount + 1;
	STR_COPY(walk.at, walk.root);
	if (!STR_FORMAT(walk.rest, "%s/%s", path[0] == '/' ? "" : folder, path))
		return false;
	while (next_part(&walk, part))
		if (!step(&walk, part, ret))
			return false;
	/* A part that is too long is left. */
	return walk.rest[strspn(walk.rest, "/")] == '\0' && find(tree, walk.at, ret);
}
