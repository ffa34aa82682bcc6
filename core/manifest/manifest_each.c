/* SPDX-License-Identifier: MIT */
/* The entries of a sealed manifest. */
#include "core/manifest/manifest_record.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

/* Returns the entry of a record, with its path, and with hard links resolved. */
static struct manifest_entry decode(const struct manifest *manifest, const struct record *record)
{
	struct manifest_entry entry = record_entry(record);
	const struct record *target;
	uint32_t inode = record_inode(manifest, record);

	if (entry.type == MANIFEST_HARDLINK) {
		target = record_at(manifest, record->target);
		if (target->flags & RECORD_REPLACED)
			entry = record_entry(target);
		else
			entry.link = record_path(manifest, target, manifest->paths[1]);
	}
	entry.archive = record->archive;
	entry.path = record_path(manifest, record, manifest->paths[0]);
	entry.number = record_number(manifest, record);
	entry.inode = inode;
	entry.names = record_at(manifest, inode)->names;
	return entry;
}

/* Calls @each for the records of entries with this flag RECORD_REPLACED. */
static int each_entry(const struct manifest *manifest, uint16_t replaced,
	int (*each)(void *arg, const struct manifest_entry *entry), void *arg)
{
	const struct record *record = NULL;
	int r = 0;

	while (r == 0 && (record = record_next(manifest, record)) != NULL)
		if ((record->flags & (RECORD_IMPLIED | RECORD_REPLACED)) == replaced) {
			struct manifest_entry entry = decode(manifest, record);

			r = each(arg, &entry);
		}
	return r;
}

int manifest_each(const struct manifest *manifest,
	int (*each)(void *arg, const struct manifest_entry *entry), void *arg)
{
	return each_entry(manifest, 0, each, arg);
}

int manifest_each_replaced(const struct manifest *manifest,
	int (*each)(void *arg, const struct manifest_entry *entry), void *arg)
{
	return each_entry(manifest, RECORD_REPLACED, each, arg);
}

int manifest_each_dir(
	const struct manifest *manifest, int (*each)(void *arg, const char *path), void *arg)
{
	const struct record *record = NULL;
	int r = 0;

	while (r == 0 && (record = record_next(manifest, record)) != NULL)
		if (record->type == MANIFEST_DIR && !(record->flags & RECORD_REPLACED))
			r = each(arg, record_path(manifest, record, manifest->paths[0]));
	return r;
}

bool manifest_has(const struct manifest *manifest, const char *path)
{
	return record_find(manifest, path) != 0;
}

bool manifest_find(const struct manifest *manifest, const char *path, struct manifest_entry *ret)
{
	uint32_t number = record_find(manifest, path);

	if (number == 0)
		return false;
	*ret = decode(manifest, record_at(manifest, number));
	return true;
}

bool manifest_find_case(
	const struct manifest *manifest, const char *path, struct manifest_entry *ret)
{
	const struct record *record = NULL;
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	while ((record = record_next(manifest, record)) != NULL)
		if (!(record->flags & RECORD_REPLACED) &&
			strcasecmp(record_name(record), name) == 0 &&
			strcasecmp(record_path(manifest, record, manifest->paths[0]), path) == 0) {
			*ret = decode(manifest, record);
			return true;
		}
	return false;
}

const char *manifest_path(const struct manifest *manifest, uint32_t number)
{
	return record_path(manifest, record_at(manifest, number), manifest->paths[0]);
}

bool manifest_find_obstacle(
	const struct manifest *manifest, const char *path, struct manifest_entry *ret)
{
	const struct record *record = NULL;

	while ((record = record_next(manifest, record)) != NULL)
		if (record->type != MANIFEST_DIR &&
			path_is_below(path, record_path(manifest, record, manifest->paths[0]))) {
			*ret = decode(manifest, record);
			return true;
		}
	return false;
}
