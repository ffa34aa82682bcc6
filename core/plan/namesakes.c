/* SPDX-License-Identifier: MIT */
#include "core/plan/namesakes.h"

#include "device/base/utf8.h"
#include "device/base/util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a, 64 bits. */
#define HASH_BEGIN UINT64_C(0xcbf29ce484222325)
#define HASH_PRIME UINT64_C(0x100000001b3)

/* A path: of an entry, or the first bytes of it. */
struct name {
	uint64_t folded; /* of the path with its last part in lower case */
	uint64_t exact;
	uint32_t number; /* of the entry */
	uint32_t length; /* of the path */
};

struct names {
	const struct layout *layout;
	size_t index;
	struct name *list;
	size_t count, room;
};

static uint64_t hash(uint64_t so_far, uint32_t point)
{
	return (so_far ^ point) * HASH_PRIME;
}

/* The capitals of the code pages that short names are in, and how far their small letters are behind them. */
static uint32_t lower(uint32_t point)
{
	static const struct {
		uint32_t first, last, distance;
	} capitals[] = {{'A', 'Z', 32}, {0xc0, 0xd6, 32}, {0xd8, 0xde, 32}, /* Latin */
		{0x391, 0x3a9, 32},					    /* Greek */
		{0x400, 0x40f, 80}, {0x410, 0x42f, 32}};		    /* Cyrillic */

	for (size_t i = 0; i < ARRAY_SIZE(capitals); i++)
		if (point >= capitals[i].first && point <= capitals[i].last)
			return point + capitals[i].distance;
	return point;
}

static int add(struct names *names, const struct name *name)
{
	if (names->count == names->room) {
		size_t room = names->room ? 2 * names->room : 256;
		struct name *list = reallocarray(names->list, room, sizeof(*list));

		if (!list)
			return -ENOMEM;
		names->list = list;
		names->room = room;
	}
	names->list[names->count++] = *name;
	return 0;
}

/* Adds the entry and its parents inside of the partition. */
static int add_entry(void *arg, const struct manifest_entry *entry)
{
	struct names *names = arg;
	const char *path = entry->path;
	size_t at = strlen(names->layout->partitions[names->index].mount + 1);
	struct name name = {HASH_BEGIN, HASH_BEGIN, entry->number, 0};
	int r = 0;

	if (layout_partition_of(names->layout, path) != names->index)
		return 0;
	at += path[at] == '/';
	while (r == 0 && path[at]) {
		uint32_t point = (unsigned char)path[at];
		size_t length = utf8_decode(path + at, &point);

		at += length ? length : 1;
		name.folded = hash(name.folded, lower(point));
		name.exact = hash(name.exact, point);
		if (path[at] != '/' && path[at] != '\0')
			continue;
		name.length = (uint32_t)at;
		r = add(names, &name);
		name.folded = name.exact;
	}
	return r;
}

static int by_value(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int by_path(const void *a, const void *b)
{
	const struct name *one = a, *other = b;
	int r = by_value(one->folded, other->folded);

	if (r == 0)
		r = by_value(one->exact, other->exact);
	return r ? r : by_value(one->number, other->number);
}

static int by_entry(const void *a, const void *b)
{
	const struct name *one = a, *other = b;
	int r = by_value(one->folded, other->folded);

	return r ? r : by_value(one->number, other->number);
}

static void sort(struct names *names, int (*order)(const void *a, const void *b))
{
	if (names->count > 0)
		qsort(names->list, names->count, sizeof(*names->list), order);
}

/* Keeps one of each path, with its first entry; namesakes are then beside each other, the earliest first. */
static void group(struct names *names)
{
	size_t count = 0;

	sort(names, by_path);
	for (size_t i = 0; i < names->count; i++)
		if (count == 0 || names->list[count - 1].folded != names->list[i].folded ||
			names->list[count - 1].exact != names->list[i].exact)
			names->list[count++] = names->list[i];
	names->count = count;
	sort(names, by_entry);
}

static void take_path(
	const struct manifest *manifest, const struct name *name, char *ret, size_t size)
{
	(void)str_format(
		ret, size, "%.*s", (int)name->length, manifest_path(manifest, name->number));
}

bool namesakes_find(const struct manifest *manifest, const struct layout *layout, size_t index,
	struct namesakes *ret)
{
	struct names names = {.layout = layout, .index = index};
	const struct name *first = NULL;
	uint64_t count = 0;

	if (manifest_each(manifest, add_entry, &names) < 0)
		names.count = 0;
	group(&names);
	for (size_t i = 1; i < names.count; i++) {
		const struct name *name = &names.list[i];

		if (name->folded != name[-1].folded)
			continue;
		count++;
		if (!first || name->number < first->number)
			first = name;
	}
	if (first) {
		ret->count = count;
		take_path(manifest, first, ret->path, sizeof(ret->path));
		take_path(manifest, first - 1, ret->other, sizeof(ret->other));
	}
	free(names.list);
	return first != NULL;
}
