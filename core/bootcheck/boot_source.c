/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/boot_source.h"

#include "device/base/util.h"
#include "device/layout/layout_table.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *prefix;
	enum boot_source_kind kind;
} prefixes[] = {
	{"UUID=", BOOT_SOURCE_UUID},
	{"LABEL=", BOOT_SOURCE_LABEL},
	{"PARTUUID=", BOOT_SOURCE_PARTUUID},
	{"PARTLABEL=", BOOT_SOURCE_PARTLABEL},
	{"/dev/disk/by-uuid/", BOOT_SOURCE_UUID},
	{"/dev/disk/by-label/", BOOT_SOURCE_LABEL},
	{"/dev/disk/by-partuuid/", BOOT_SOURCE_PARTUUID},
	{"/dev/disk/by-partlabel/", BOOT_SOURCE_PARTLABEL},
};

/* Kernel names of disks: the characters after the prefix, and whether a "p" separates the
 * number of a partition. */
static const struct disk_name {
	const char *prefix, *characters;
	bool separated;
} disk_names[] = {
	{"/dev/mmcblk", "0123456789", true},
	{"/dev/nvme", "0123456789n", true},
	{"/dev/sd", "abcdefghijklmnopqrstuvwxyz", false},
	{"/dev/vd", "abcdefghijklmnopqrstuvwxyz", false},
	{"/dev/hd", "abcdefghijklmnopqrstuvwxyz", false},
};

/* The number of the partition that "/dev/mmcblk0p2" names; 0 if it names none. */
static unsigned partition_number(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(disk_names); i++) {
		const struct disk_name *disk = &disk_names[i];
		const char *at = text + strlen(disk->prefix);
		uint64_t number;

		if (!str_has_prefix(text, disk->prefix))
			continue;
		at += strspn(at, disk->characters);
		if (disk->separated && *at++ != 'p')
			return 0;
		return strlen(at) <= 3 && str_to_u64(at, 10, &number) == 0 ? (unsigned)number : 0;
	}
	return 0;
}

/* Copies @text without the quotes around it, and with udev's \x20 and the like decoded. */
static bool copy_value(char ret[40], const char *text)
{
	size_t length = strlen(text), at = 0;

	if (length >= 2 && text[0] == '"' && text[length - 1] == '"') {
		text++;
		length -= 2;
	}
	for (size_t i = 0; i < length; i++) {
		char c = text[i];
		char digits[3] = {0};

		if (c == '\\' && i + 3 < length && text[i + 1] == 'x' &&
			isxdigit((unsigned char)text[i + 2]) &&
			isxdigit((unsigned char)text[i + 3])) {
			memcpy(digits, text + i + 2, 2);
			c = (char)strtoul(digits, NULL, 16);
			i += 3;
		}
		if (at + 1 >= 40 || c == '\0')
			return false;
		ret[at++] = c;
	}
	ret[at] = '\0';
	return at > 0;
}

struct boot_source boot_source_parse(const char *text)
{
	struct boot_source source = {.kind = BOOT_SOURCE_OTHER};

	/* Variables of a boot loader, and places in a template. */
	if (strpbrk(text, "$%@{}<>"))
		return source;
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (str_has_prefix(text, prefixes[i].prefix)) {
			if (copy_value(source.value, text + strlen(prefixes[i].prefix)) &&
				!strchr(source.value, '/')) /* "PARTUUID=.../PARTNROFF=1" */
				source.kind = prefixes[i].kind;
			return source;
		}
	source.number = partition_number(text);
	if (source.number > 0)
		source.kind = BOOT_SOURCE_NUMBER;
	return source;
}

static bool has_id(const struct boot_source *source, const struct layout_partition *partition)
{
	switch (source->kind) {
	case BOOT_SOURCE_UUID:
		return strcasecmp(source->value, partition->fs_uuid) == 0;
	case BOOT_SOURCE_LABEL:
		return strcmp(source->value, partition->label) == 0;
	case BOOT_SOURCE_PARTUUID:
		return strcasecmp(source->value, partition->partuuid) == 0;
	case BOOT_SOURCE_PARTLABEL:
		return strcmp(source->value, partition->name) == 0;
	case BOOT_SOURCE_NUMBER:
	case BOOT_SOURCE_OTHER:
		break;
	}
	return true;
}

bool boot_source_is(const struct boot_source *source, const struct layout *layout, size_t index)
{
	if (source->kind == BOOT_SOURCE_NUMBER)
		return source->number == table_number(layout, index);
	/* An MBR has no names of partitions. */
	if (source->kind == BOOT_SOURCE_PARTLABEL && layout->table == TABLE_MBR)
		return false;
	return has_id(source, &layout->partitions[index]);
}

bool boot_source_is_own(const struct boot_source *source, const struct layout *layout)
{
	if (source->kind == BOOT_SOURCE_OTHER)
		return true;
	for (size_t i = 0; i < layout->count; i++)
		if (boot_source_is(source, layout, i))
			return true;
	return false;
}
