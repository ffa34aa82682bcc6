/* SPDX-License-Identifier: MIT */
#include "device/usage/backing.h"

#include "device/base/sysroot.h"
#include "device/base/util.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

void backing_add_path(struct backing *backing, const char *path)
{
	const struct mountinfo_entry *mount = mountinfo_of_path(backing->mounts, path);

	if (mount)
		backing_add_mount(backing, mount);
	else
		backing->unresolved = true;
}

static void resolve_disk(struct backing *backing, const char *name)
{
	struct wholedisk_loop loop;

	for (size_t i = 0; i < backing->count; i++)
		if (strcmp(backing->disks[i], name) == 0)
			return;
	if (backing->count == ARRAY_SIZE(backing->disks)) {
		backing->unresolved = true;
		return;
	}
	(void)STR_COPY(backing->disks[backing->count++], name);
	if (!backing->through_files || wholedisk_read_loop(backing->root, name, &loop) < 0 ||
		loop.block_major > 0)
		return;
	if (loop.file_major > 0)
		backing_add_number(backing, loop.file_major, loop.file_minor);
	else
		backing_add_path(backing, loop.backing);
}

void backing_add_number(struct backing *backing, uint32_t major, uint32_t minor)
{
	char names[WHOLEDISK_MAX][32];
	int count = wholedisk_of(backing->root, major, minor, names, ARRAY_SIZE(names));

	if (count < 0)
		backing->unresolved = true;
	for (int i = 0; i < count; i++)
		resolve_disk(backing, names[i]);
}

/* A filesystem in memory, on another machine or on raw flash has no disk. */
static void resolve_nothing(struct backing *backing, const struct mountinfo_entry *mount)
{
	(void)backing;
	(void)mount;
}

/* The source is a device node, or several separated by colons (bcachefs). "/dev/root" is not a
 * node. */
static void resolve_source(struct backing *backing, const struct mountinfo_entry *mount)
{
	char source[PATH_MAX], *rest = source, *node;
	uint32_t major, minor;

	if (!STR_COPY(source, mount->source))
		backing->unresolved = true;
	while ((node = strsep(&rest, ":"))) {
		if (wholedisk_node_number(backing->root, node, &major, &minor) == 0)
			backing_add_number(backing, major, minor);
		else
			backing->unresolved = true;
	}
}

/* Place in sysfs of the members of a filesystem on several devices, of which mountinfo may name
 * only one. A device number is in "<dir>/<uuid><list>/<member><dev>". */
struct family {
	const char *dir, *list, *member, *dev;
};
static const struct family btrfs = {"sys/fs/btrfs", "/devices", "", "/dev"};
static const struct family bcachefs = {"sys/fs/bcachefs", "", "dev-", "/block/dev"};

struct members {
	struct backing *backing;
	const struct family *family;
	const char *uuid;
	uint32_t major, minor; /* of the member in mountinfo */
	bool found;
};

static bool is_member(const struct members *members, const char *name)
{
	return strncmp(name, members->family->member, strlen(members->family->member)) == 0;
}

static int read_member(
	const struct members *members, const char *name, uint32_t *ret_major, uint32_t *ret_minor)
{
	const struct family *family = members->family;

	return sysroot_read_devno(members->backing->root, ret_major, ret_minor, "%s/%s%s/%s%s",
		family->dir, members->uuid, family->list, name, family->dev);
}

static int match_member(void *arg, const char *name)
{
	struct members *members = arg;
	uint32_t major, minor;

	members->found = is_member(members, name) &&
			 read_member(members, name, &major, &minor) == 0 &&
			 major == members->major && minor == members->minor;
	return members->found;
}

static int resolve_member(void *arg, const char *name)
{
	struct members *members = arg;
	uint32_t major, minor;

	if (!is_member(members, name))
		return 0;
	if (read_member(members, name, &major, &minor) == 0)
		backing_add_number(members->backing, major, minor);
	else
		members->backing->unresolved = true;
	return 0;
}

static int resolve_if_member(void *arg, const char *uuid)
{
	struct members *members = arg;
	const struct family *family = members->family;
	int root = members->backing->root;

	members->uuid = uuid;
	(void)sysroot_each(root, match_member, members, "%s/%s%s", family->dir, uuid, family->list);
	if (members->found)
		(void)sysroot_each(
			root, resolve_member, members, "%s/%s%s", family->dir, uuid, family->list);
	return members->found;
}

static void resolve_members(
	struct backing *backing, const struct mountinfo_entry *mount, const struct family *family)
{
	struct members members = {.backing = backing, .family = family};
	char first[PATH_MAX];

	resolve_source(backing, mount);
	(void)STR_COPY(first, mount->source);
	first[strcspn(first, ":")] = '\0';
	if (wholedisk_node_number(backing->root, first, &members.major, &members.minor) == 0)
		(void)sysroot_each(backing->root, resolve_if_member, &members, "%s", family->dir);
}

static void resolve_btrfs(struct backing *backing, const struct mountinfo_entry *mount)
{
	resolve_members(backing, mount, &btrfs);
}

static void resolve_bcachefs(struct backing *backing, const struct mountinfo_entry *mount)
{
	resolve_members(backing, mount, &bcachefs);
}

/* Resolves paths separated by colons; a backslash escapes a colon. */
static void resolve_paths(struct backing *backing, char *paths)
{
	char *to = paths, *start = paths;

	for (const char *p = paths;; p++) {
		if (*p == '\\' && p[1]) {
			*to++ = *++p;
		} else if (*p == ':' || *p == '\0') {
			bool end = *p == '\0';

			*to = '\0';
			if (*start)
				backing_add_path(backing, start);
			if (end)
				return;
			start = ++to;
		} else {
			*to++ = *p;
		}
	}
}

static void resolve_overlay(struct backing *backing, const struct mountinfo_entry *mount)
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
			resolve_paths(backing, option + length);
		}
	}
	if (!any)
		backing->unresolved = true;
}

/* Filesystems without a device number of their own. Others are resolved by their source. */
static const struct filesystem {
	const char *type;
	void (*resolve)(struct backing *backing, const struct mountinfo_entry *mount);
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
	{"bcachefs", resolve_bcachefs},
	{"overlay", resolve_overlay},
};

/* In a container, the layers of the root overlay have paths of the host, which lead back to the
 * overlay here. Each mount is resolved once: otherwise the time would grow exponentially with
 * the layers. */
static void resolve_anonymous(struct backing *backing, const struct mountinfo_entry *mount)
{
	void (*resolve)(struct backing *, const struct mountinfo_entry *) = resolve_source;
	size_t seen = 0;

	while (seen < backing->seen_count && backing->seen[seen].mount != mount)
		seen++;
	if (seen == BACKING_MOUNTS_MAX ||
		(seen < backing->seen_count && backing->seen[seen].active))
		backing->unresolved = true;
	if (seen == BACKING_MOUNTS_MAX || seen < backing->seen_count)
		return;
	backing->seen_count++;
	backing->seen[seen].mount = mount;
	backing->seen[seen].active = true;
	for (size_t i = 0; i < ARRAY_SIZE(filesystems); i++)
		if (strcmp(filesystems[i].type, mount->fs_type) == 0)
			resolve = filesystems[i].resolve;
	resolve(backing, mount);
	backing->seen[seen].active = false;
}

void backing_add_mount(struct backing *backing, const struct mountinfo_entry *mount)
{
	if (mount->major > 0)
		backing_add_number(backing, mount->major, mount->minor);
	else
		resolve_anonymous(backing, mount);
}
