/* SPDX-License-Identifier: MIT */
#include "core/format/acl.h"

#include "device/base/util.h"

#include <endian.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#define VERSION	     2u
#define HEAD_BYTES   4u
#define ITEM_BYTES   8u
#define TEXT_MAX     256 /* of one entry */
#define PERM_LETTERS 3

/* The kernel's tags. */
enum tag {
	USER_OBJ = 0x01,
	USER = 0x02,
	GROUP_OBJ = 0x04,
	GROUP = 0x08,
	MASK = 0x10,
	OTHER = 0x20,
};

struct item {
	uint16_t tag, perm;
	uint32_t id;
};

static struct item item_at(const void *value, size_t i)
{
	const char *at = (const char *)value + HEAD_BYTES + ITEM_BYTES * i;
	struct item item;

	memcpy(&item.tag, at, 2);
	memcpy(&item.perm, at + 2, 2);
	memcpy(&item.id, at + 4, 4);
	return (struct item){le16toh(item.tag), le16toh(item.perm), le32toh(item.id)};
}

static size_t item_count(size_t size)
{
	return (size - HEAD_BYTES) / ITEM_BYTES;
}

static void encode(const struct item *items, size_t count, char *to)
{
	uint32_t version = htole32(VERSION);

	memcpy(to, &version, HEAD_BYTES);
	for (size_t i = 0; i < count; i++) {
		uint16_t tag = htole16(items[i].tag), perm = htole16(items[i].perm);
		uint32_t id = htole32(items[i].id);

		memcpy(to + HEAD_BYTES + ITEM_BYTES * i, &tag, 2);
		memcpy(to + HEAD_BYTES + ITEM_BYTES * i + 2, &perm, 2);
		memcpy(to + HEAD_BYTES + ITEM_BYTES * i + 4, &id, 4);
	}
}

static int compare_items(const void *a, const void *b)
{
	const struct item *left = a, *right = b;

	if (left->tag != right->tag)
		return left->tag < right->tag ? -1 : 1;
	return left->id < right->id ? -1 : left->id > right->id;
}

bool acl_is_valid(const void *value, size_t size)
{
	unsigned seen = 0;
	uint32_t version;

	if (size < HEAD_BYTES || (size - HEAD_BYTES) % ITEM_BYTES != 0)
		return false;
	memcpy(&version, value, HEAD_BYTES);
	if (le32toh(version) != VERSION)
		return false;
	for (size_t i = 0; i < item_count(size); i++) {
		struct item item = item_at(value, i), before;
		bool named = item.tag == USER || item.tag == GROUP;

		if (item.perm > 7 || item.tag == 0 || item.tag > OTHER ||
			(item.tag & (item.tag - 1)) != 0 || (named && item.id == UINT32_MAX))
			return false;
		if (i > 0) {
			before = item_at(value, i - 1);
			if (before.tag > item.tag ||
				(before.tag == item.tag && (!named || before.id >= item.id)))
				return false;
		}
		seen |= item.tag;
	}
	return (seen & (USER_OBJ | GROUP_OBJ | OTHER)) == (USER_OBJ | GROUP_OBJ | OTHER) &&
	       (!(seen & (USER | GROUP)) || (seen & MASK));
}

bool acl_is_mode(size_t size)
{
	return item_count(size) == 3;
}

uint32_t acl_mode(const void *value, size_t size, uint32_t mode)
{
	uint32_t user = 0, group = 0, other = 0;

	for (size_t i = 0; i < item_count(size); i++) {
		struct item item = item_at(value, i);

		if (item.tag == USER_OBJ)
			user = item.perm;
		else if (item.tag == GROUP_OBJ || item.tag == MASK) /* the mask comes later */
			group = item.perm;
		else if (item.tag == OTHER)
			other = item.perm;
	}
	return (mode & ~0777u) | user << 6 | group << 3 | other;
}

/* ---- text ---- */

static bool to_id(const char *text, uint32_t *ret)
{
	uint64_t id;

	if (str_to_u64(text, 10, &id) < 0 || id >= UINT32_MAX)
		return false;
	*ret = (uint32_t)id;
	return true;
}

/* Finds the ID of a named entry: a number, or a name that is looked up on this machine, as GNU tar
 * does. star and libarchive write the ID behind a name: it must be the same. bsdtar needs it there,
 * and stores it in an int. 0 or -ENOENT. */
static int find_id(
	bool is_user, const char *name, const char *number, uint32_t *ret, bool *numbered)
{
	const struct passwd *user;
	const struct group *group;
	uint32_t id = UINT32_MAX;
	bool has_id = number && to_id(number, &id);

	if (to_id(name, ret)) {
		*numbered &= *ret <= INT32_MAX && (!number || id == *ret);
		return 0;
	}
	user = is_user ? getpwnam(name) : NULL;
	group = is_user ? NULL : getgrnam(name);
	if (!user && !group)
		return -ENOENT;
	*ret = user ? user->pw_uid : group->gr_gid;
	*numbered &= has_id && id <= INT32_MAX;
	return number && id != *ret ? -ENOENT : 0;
}

static bool parse_perm(const char *text, uint16_t *ret)
{
	static const char letters[] = "xwr";

	*ret = 0;
	for (; *text; text++) {
		const char *letter = strchr(letters, *text);

		if (letter)
			*ret |= (uint16_t)(1u << (letter - letters));
		else if (*text != '-')
			return false;
	}
	return true;
}

/* Parses one entry, which it changes. 0, -EBADMSG or -ENOENT. */
static int parse_item(char *text, struct item *ret, bool *numbered)
{
	static const struct {
		const char *word, letter[2];
		uint16_t tag, named;
	} tags[] = {
		{"user", "u", USER_OBJ, USER},
		{"group", "g", GROUP_OBJ, GROUP},
		{"mask", "m", MASK, 0},
		{"other", "o", OTHER, 0},
	};
	char *word = strsep(&text, ":"), *name = strsep(&text, ":"), *perm = strsep(&text, ":");

	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		if (strcmp(word, tags[i].word) != 0 && strcmp(word, tags[i].letter) != 0)
			continue;
		if (!perm && tags[i].named == 0) { /* "mask:rwx" */
			perm = name;
			name = NULL;
		}
		if (!perm || !parse_perm(perm, &ret->perm))
			return -EBADMSG;
		*numbered &= strlen(perm) == PERM_LETTERS;
		ret->id = UINT32_MAX;
		ret->tag = tags[i].tag;
		if (!name || *name == '\0')
			return 0;
		if (tags[i].named == 0)
			return -EBADMSG;
		ret->tag = tags[i].named;
		return find_id(tags[i].named == USER, name, text, &ret->id, numbered);
	}
	return -EBADMSG;
}

int acl_value(const char *text, void **ret, bool *ret_numbered)
{
	_cleanup_free_ struct item *items = NULL;
	_cleanup_free_ char *value = NULL;
	size_t count = 0, room = 1, size;
	bool numbered = true;

	for (const char *c = text; *c; c++)
		room += *c == ',' || *c == '\n';
	items = calloc(room, sizeof(*items));
	if (!items)
		return -ENOMEM;
	while (*text) {
		size_t length = strcspn(text, ",\n"), used = strcspn(text, ",\n#");
		char entry[TEXT_MAX];
		int r;

		while (used > 0 && (text[used - 1] == ' ' || text[used - 1] == '\t'))
			used--;
		if (used >= sizeof(entry))
			return -EBADMSG;
		memcpy(entry, text, used);
		entry[used] = '\0';
		text += length + (text[length] != '\0');
		if (used == 0 && length == 0)
			continue;
		if (used == 0) /* a comment alone: libacl fails on it */
			return -EBADMSG;
		r = parse_item(entry, &items[count], &numbered);
		if (r < 0)
			return r;
		count++;
	}
	qsort(items, count, sizeof(*items), compare_items);
	size = HEAD_BYTES + ITEM_BYTES * count;
	value = malloc(size);
	if (!value)
		return -ENOMEM;
	encode(items, count, value);
	if (!acl_is_valid(value, size))
		return -EBADMSG;
	*ret = value;
	*ret_numbered = numbered;
	value = NULL;
	return (int)size;
}
