/* SPDX-License-Identifier: MIT */
#include "device/resolve.h"

#include "device/sysfs.h"
#include "device/util.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

void resolve_path(struct resolver *resolver, const char *path)
{
	const struct mountinfo_entry *mount = mountinfo_of_path(resolver->mounts, path);

	if (mount)
		resolve_mount(resolver, mount);
	else
		resolver->unresolved = true;
}

static void resolve_disk(struct resolver *resolver, const char *name)
{
	struct stack_loop loop;

	for (size_t i = 0; i < resolver->count; i++)
		if (strcmp(resolver->disks[i], name) == 0)
			return;
	if (resolver->count == ARRAY_SIZE(resolver->disks)) {
		resolver->unresolved = true;
		return;
	}
	(void)STR_COPY(resolver->disks[resolver->count++], name);
	if (!resolver->through_files || stack_read_loop(resolver->root, name, &loop) < 0 ||
		loop.block_major > 0)
		return;
	if (loop.file_major > 0)
		resolve_number(resolver, loop.file_major, loop.file_minor);
	else
		resolve_path(resolver, loop.backing);
}

void resolve_number(struct resolver *resolver, uint32_t major, uint32_t minor)
{
	char names[STACK_DISKS_MAX][32];
	int count = stack_whole_disks(resolver->root, major, minor, names, ARRAY_SIZE(names));

	if (count < 0)
		resolver->unresolved = true;
	for (int i = 0; i < count; i++)
		resolve_disk(resolver, names[i]);
}

/* A filesystem in memory, or on another machine, or on raw flash. */
static void resolve_nothing(struct resolver *resolver, const struct mountinfo_entry *mount)
{
	(void)resolver;
	(void)mount;
}

/* Device nodes with colons between them: bcachefs has several. "/dev/root" is no node. */
static void resolve_source(struct resolver *resolver, const struct mountinfo_entry *mount)
{
	char source[PATH_MAX], *rest = source, *node;
	uint32_t major, minor;

	if (!STR_COPY(source, mount->source))
		resolver->unresolved = true;
	while ((node = strsep(&rest, ":"))) {
		if (stack_node_number(resolver->root, node, &major, &minor) == 0)
			resolve_number(resolver, major, minor);
		else
			resolver->unresolved = true;
	}
}

struct members {
	struct resolver *resolver;
	const char *uuid;
	uint32_t major, minor; /* of the member that is known */
	bool found;
};

static int match_member(void *arg, const char *name)
{
	struct members *members = arg;
	uint32_t major, minor;

	if (sysfs_read_devno(
		    members->resolver->root, &major, &minor, "sys/class/block/%s/dev", name) == 0 &&
		major == members->major && minor == members->minor)
		members->found = true;
	return members->found;
}

static int resolve_member(void *arg, const char *name)
{
	struct members *members = arg;
	uint32_t major, minor;

	if (sysfs_read_devno(
		    members->resolver->root, &major, &minor, "sys/class/block/%s/dev", name) == 0)
		resolve_number(members->resolver, major, minor);
	else
		members->resolver->unresolved = true;
	return 0;
}

static int resolve_if_member(void *arg, const char *uuid)
{
	struct members *members = arg;
	int root = members->resolver->root;

	(void)sysfs_each(root, match_member, members, "sys/fs/btrfs/%s/devices", uuid);
	if (members->found)
		(void)sysfs_each(root, resolve_member, members, "sys/fs/btrfs/%s/devices", uuid);
	return members->found;
}

/* mountinfo names one device of a btrfs; sysfs knows the others. */
static void resolve_btrfs(struct resolver *resolver, const struct mountinfo_entry *mount)
{
	struct members members = {.resolver = resolver};

	resolve_source(resolver, mount);
	if (stack_node_number(resolver->root, mount->source, &members.major, &members.minor) == 0)
		(void)sysfs_each(resolver->root, resolve_if_member, &members, "sys/fs/btrfs");
}

/* Paths with colons between them; a backslash takes a colon's meaning away. */
static void resolve_paths(struct resolver *resolver, char *paths)
{
	char *to = paths, *start = paths;

	for (const char *p = paths;; p++) {
		if (*p == '\\' && p[1]) {
			*to++ = *++p;
		} else if (*p == ':' || *p == '\0') {
			bool end = *p == '\0';

			*to = '\0';
			if (*start)
				resolve_path(resolver, start);
			if (end)
				return;
			start = ++to;
		} else {
			*to++ = *p;
		}
	}
}

static void resolve_overlay(struct resolver *resolver, const struct mountinfo_entry *mount)
{
	static const char *const keys[] = {"lowerdir=", "lowerdir+=", "datadir+=", "upperdir="};
	_cleanup_free_ char *options = strdup(mount->options);
	char *rest = options, *option;
	bool any = false;

	while ((option = strsep(&rest, ","))) {
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
			size_t length = strlen(keys[i]);

			if (strncmp(option, keys[i], length) != 0)
				continue;
			any = true;
			mountinfo_unescape(option + length);
			resolve_paths(resolver, option + length);
		}
	}
	if (!any)
		resolver->unresolved = true;
}

/* Filesystems without a device number of their own. What is not listed has its devices for a
 * source, or cannot be told. */
static const struct filesystem {
	const char *type;
	void (*resolve)(struct resolver *resolver, const struct mountinfo_entry *mount);
} filesystems[] = {
	{"rootfs", resolve_nothing},
	{"tmpfs", resolve_nothing},
	{"ramfs", resolve_nothing},
	{"devtmpfs", resolve_nothing},
	{"autofs", resolve_nothing},
	{"nfs", resolve_nothing},
	{"nfs4", resolve_nothing},
	{"cifs", resolve_nothing},
	{"9p", resolve_nothing},
	{"virtiofs", resolve_nothing},
	{"ubifs", resolve_nothing},
	{"btrfs", resolve_btrfs},
	{"overlay", resolve_overlay},
};

/* In a container the layers of the root overlay have paths of the host, which here lead to the
 * overlay itself; without a memory, dozens of layers would lead there again and again. */
static void resolve_anonymous(struct resolver *resolver, const struct mountinfo_entry *mount)
{
	void (*resolve)(struct resolver *, const struct mountinfo_entry *) = resolve_source;
	size_t seen = 0;

	while (seen < resolver->seen_count && resolver->seen[seen].mount != mount)
		seen++;
	if (seen == RESOLVE_MOUNTS_MAX ||
		(seen < resolver->seen_count && resolver->seen[seen].active))
		resolver->unresolved = true;
	if (seen == RESOLVE_MOUNTS_MAX || seen < resolver->seen_count)
		return;
	resolver->seen_count++;
	resolver->seen[seen].mount = mount;
	resolver->seen[seen].active = true;
	for (size_t i = 0; i < ARRAY_SIZE(filesystems); i++)
		if (strcmp(filesystems[i].type, mount->fs_type) == 0)
			resolve = filesystems[i].resolve;
	resolve(resolver, mount);
	resolver->seen[seen].active = false;
}

void resolve_mount(struct resolver *resolver, const struct mountinfo_entry *mount)
{
	if (mount->major > 0)
		resolve_number(resolver, mount->major, mount->minor);
	else
		resolve_anonymous(resolver, mount);
}
