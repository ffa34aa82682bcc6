/* SPDX-License-Identifier: MIT */
#include "core/manifest/acl.h"

#include "device/base/util.h"

#include <archive.h>
#include <endian.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#define VERSION 2u

struct item {
	uint16_t tag, perm;
	uint32_t id;
};

static const int types[] = {
	[ACL_ACCESS] = ARCHIVE_ENTRY_ACL_TYPE_ACCESS,
	[ACL_DEFAULT] = ARCHIVE_ENTRY_ACL_TYPE_DEFAULT,
};

static const struct {
	int tag; /* libarchive's */
	uint16_t kernel;
} tags[] = {
	{ARCHIVE_ENTRY_ACL_USER_OBJ, 0x01},
	{ARCHIVE_ENTRY_ACL_USER, 0x02},
	{ARCHIVE_ENTRY_ACL_GROUP_OBJ, 0x04},
	{ARCHIVE_ENTRY_ACL_GROUP, 0x08},
	{ARCHIVE_ENTRY_ACL_MASK, 0x10},
	{ARCHIVE_ENTRY_ACL_OTHER, 0x20},
};

/* Finds the ID of an ACL entry: the number in the archive, else its name is looked up on this
 * machine, as tar does. 0 or -ENOENT. */
static int find_id(int tag, int number, const char *name, uint32_t *ret)
{
	const struct passwd *user;
	const struct group *group;

	*ret = UINT32_MAX;
	if (tag != ARCHIVE_ENTRY_ACL_USER && tag != ARCHIVE_ENTRY_ACL_GROUP)
		return 0;
	if (number >= 0) {
		*ret = (uint32_t)number;
		return 0;
	}
	user = name && tag == ARCHIVE_ENTRY_ACL_USER ? getpwnam(name) : NULL;
	group = name && tag == ARCHIVE_ENTRY_ACL_GROUP ? getgrnam(name) : NULL;
	if (user)
		*ret = user->pw_uid;
	else if (group)
		*ret = group->gr_gid;
	else
		return -ENOENT;
	return 0;
}

static int compare_items(const void *a, const void *b)
{
	const struct item *left = a, *right = b;

	if (left->tag != right->tag)
		return left->tag < right->tag ? -1 : 1;
	return left->id < right->id ? -1 : left->id > right->id;
}

static void encode(const struct item *items, size_t count, unsigned char *to)
{
	uint32_t version = htole32(VERSION);

	memcpy(to, &version, sizeof(version));
	for (size_t i = 0; i < count; i++) {
		uint16_t tag = htole16(items[i].tag), perm = htole16(items[i].perm);
		uint32_t id = htole32(items[i].id);

		memcpy(to + 4 + 8 * i, &tag, 2);
		memcpy(to + 6 + 8 * i, &perm, 2);
		memcpy(to + 8 + 8 * i, &id, 4);
	}
}

static int collect(struct archive_entry *entry, enum acl_kind kind, struct item *items)
{
	int count = 0, type, perm, tag, number, r;
	const char *name;

	while (archive_entry_acl_next(entry, types[kind], &type, &perm, &tag, &number, &name) ==
		ARCHIVE_OK) {
		for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
			if (tags[i].tag != tag)
				continue;
			items[count].tag = tags[i].kernel;
			items[count].perm = (uint16_t)(perm & 7);
			r = find_id(tag, number, name, &items[count++].id);
			if (r < 0)
				return r;
		}
	}
	return count;
}

int acl_value(struct archive_entry *entry, enum acl_kind kind, void **ret)
{
	_cleanup_free_ struct item *items = NULL;
	int count;

	*ret = NULL;
	if (!(archive_entry_acl_types(entry) & types[kind]))
		return 0;
	count = archive_entry_acl_reset(entry, types[kind]);
	if (count <= 0)
		return 0;
	/* libarchive also returns the three entries of the mode. */
	items = calloc((size_t)count + 3, sizeof(*items));
	if (!items)
		return -ENOMEM;
	count = collect(entry, kind, items);
	if (count <= 0)
		return count;
	if (kind == ACL_ACCESS && count <= 3)
		return 0;
	qsort(items, (size_t)count, sizeof(*items), compare_items);
	*ret = malloc(4 + 8 * (size_t)count);
	if (!*ret)
		return -ENOMEM;
	encode(items, (size_t)count, *ret);
	return 4 + 8 * count;
}

uint32_t acl_mode(struct archive_entry *entry, uint32_t mode)
{
	int type, perm, tag, number;
	const char *name;

	if (!(archive_entry_acl_types(entry) & ARCHIVE_ENTRY_ACL_TYPE_ACCESS))
		return mode;
	(void)archive_entry_acl_reset(entry, ARCHIVE_ENTRY_ACL_TYPE_ACCESS);
	while (archive_entry_acl_next(entry, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, &type, &perm, &tag,
		       &number, &name) == ARCHIVE_OK)
		if (tag == ARCHIVE_ENTRY_ACL_MASK)
			return (mode & ~070u) | (uint32_t)(perm & 7) << 3;
	return mode;
}
