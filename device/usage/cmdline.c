/* SPDX-License-Identifier: MIT */
#include "device/usage/cmdline.h"

#include "device/base/util.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BLOCK_EXT_MAJOR 259 /* partitions and disks of any driver: linux/major.h */

/* Parameters that name the medium of the system, or the one it was started from. */
static const struct parameter {
	const char *key;
	bool is_root;		   /* a value of unknown form is a device, too */
	bool is_table;		   /* the value has several words, separated by blanks */
	enum cmdline_kind implied; /* kind of the bare value, if not CMDLINE_NODE */
} parameters[] = {
	{.key = "root", .is_root = true},
	{.key = "mount.usr"},
	{.key = "resume"},
	{.key = "overlayroot"},
	{.key = "live-media"},
	{.key = "cryptdevice"},
	{.key = "rd.luks.uuid", .implied = CMDLINE_UUID},
	{.key = "kern_guid", .implied = CMDLINE_PARTUUID}, /* ChromeOS: of the kernel's partition */
	/* ChromeOS: "1 vroot none ro 1,0 1740800 verity payload=PARTUUID=... hashtree=..." */
	{.key = "dm", .is_table = true},
	{.key = "dm-mod.create", .is_table = true},
};

/* Prefixes of a device. */
static const char *const wrappers[] = {"live:", "block:", "overlay:", "device:", "crypt:", "dev=",
	"payload=", "hashtree=", "luks-"};

/* Prefixes of values that are not on a disk of this machine. */
static const char *const elsewhere[] = {"/dev/nfs", "/dev/cifs", "/dev/ram", "/dev/root",
	"/dev/mtd", "/dev/ubi", "nfs", "cifs", "smb", "ubi", "mtd", "nbd", "iscsi", "http", "ftp",
	"dhcp", "tmpfs", "ramfs", "none", "virtiofs", "9p"};

static const struct tag {
	const char *prefix;
	enum cmdline_kind kind;
} tags[] = {
	{"PARTUUID=", CMDLINE_PARTUUID},
	{"PARTLABEL=", CMDLINE_PARTLABEL},
	{"UUID=", CMDLINE_UUID},
	{"LABEL=", CMDLINE_LABEL},
	{"CDLABEL=", CMDLINE_LABEL},
	{"/dev/disk/by-partuuid/", CMDLINE_PARTUUID},
	{"/dev/disk/by-partlabel/", CMDLINE_PARTLABEL},
	{"/dev/disk/by-uuid/", CMDLINE_UUID},
	{"/dev/disk/by-label/", CMDLINE_LABEL},
};

/* udev and initramfs-tools write a blank as "\x20". */
static void unescape(char *text)
{
	char *to = text;

	for (const char *p = text; *p; to++) {
		unsigned byte;

		if (p[0] == '\\' && p[1] == 'x' && isxdigit((unsigned char)p[2]) &&
			isxdigit((unsigned char)p[3]) && sscanf(p + 2, "%2x", &byte) == 1 &&
			byte > 0) {
			*to = (char)byte;
			p += 4;
		} else {
			*to = *p++;
		}
	}
	*to = '\0';
}

/* "b302": root= with only hex digits is a device number as the kernel packs it. */
static bool parse_packed(const char *text, struct cmdline_device *ret)
{
	size_t length = strspn(text, "0123456789abcdefABCDEF");
	unsigned long number;

	if (length < 3 || length > 8 || text[length] != '\0')
		return false;
	number = strtoul(text, NULL, 16);
	ret->kind = CMDLINE_NUMBER;
	ret->major = (uint32_t)(number >> 8 & 0xfff);
	ret->minor = (uint32_t)((number & 0xff) | (number >> 12 & 0xfff00));
	return true;
}

/* Finds the kind of the name at @word and moves @word behind its prefix. False if it is not a
 * device. */
static bool parse_kind(const struct parameter *parameter, const char **word, bool first,
	struct cmdline_device *ret)
{
	unsigned major, minor;

	for (size_t i = 0; i < ARRAY_SIZE(elsewhere); i++)
		if (str_has_prefix(*word, elsewhere[i]))
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		if (!str_has_prefix(*word, tags[i].prefix))
			continue;
		ret->kind = tags[i].kind;
		*word += strlen(tags[i].prefix);
		return true;
	}
	if (sscanf(*word, "/dev/block/%u:%u", &major, &minor) == 2 ||
		(isdigit((unsigned char)**word) && sscanf(*word, "%u:%u", &major, &minor) == 2)) {
		ret->kind = CMDLINE_NUMBER;
		ret->major = major;
		ret->minor = minor;
		return true;
	}
	if (str_has_prefix(*word, "/dev/")) {
		ret->kind = CMDLINE_NODE;
		return true;
	}
	if (!parameter->is_root || !first)
		return false;
	if (!parse_packed(*word, ret))
		ret->kind = CMDLINE_OPAQUE;
	return true;
}

/* Parses one word of a parameter's value. False if it is not a device. */
static bool parse_word(
	const struct parameter *parameter, const char *word, bool first, struct cmdline_device *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(wrappers); i++) {
		if (str_has_prefix(word, wrappers[i])) {
			word += strlen(wrappers[i]);
			i = (size_t)-1; /* "device:dev=": check for another prefix */
		}
	}
	ret->kind = parameter->implied;
	if (word[0] == '\0' ||
		(parameter->implied == CMDLINE_NODE && !parse_kind(parameter, &word, first, ret)))
		return false;
	/* A name that is too long cannot be searched for. */
	if (!STR_COPY(ret->value, word))
		ret->kind = CMDLINE_OPAQUE;
	if (ret->kind != CMDLINE_NODE)
		unescape(ret->value);
	return ret->value[0] != '\0';
}

struct visit {
	int (*each)(void *arg, const struct cmdline_device *name);
	void *arg;
};

static int parse_value(const struct parameter *parameter, char *value, const struct visit *visit)
{
	const char *between = parameter->is_table ? ",; " : ",;";
	char *state = NULL;
	bool first = true;
	int r = 0;

	for (char *word = strtok_r(value, between, &state); word && r == 0;
		word = strtok_r(NULL, between, &state)) {
		struct cmdline_device name = {0};

		if (parse_word(parameter, word, first, &name)) {
			(void)STR_FORMAT(name.text, "%s=%s", parameter->key, word);
			str_sanitise(name.text);
			r = visit->each(visit->arg, &name);
		}
		first = false;
	}
	return r;
}

/* Splits off the next parameter in place and removes its quotes. As in the kernel's next_arg(), a
 * blank between quotes belongs to the value. NULL at the end. */
static char *next_parameter(char **rest)
{
	char *p = *rest + strspn(*rest, " \t\n"), *start = p, *to = p;
	bool quoted = false;

	if (*p == '\0')
		return NULL;
	for (; *p && (quoted || !strchr(" \t\n", *p)); p++) {
		if (*p == '"')
			quoted = !quoted;
		else
			*to++ = *p;
	}
	*rest = *p ? p + 1 : p;
	*to = '\0';
	return start;
}

int cmdline_each(
	const char *cmdline, int (*each)(void *arg, const struct cmdline_device *name), void *arg)
{
	const struct visit visit = {.each = each, .arg = arg};
	_cleanup_free_ char *text = strdup(cmdline);
	char *rest = text, *value;
	int r = 0;

	if (!text)
		return -ENOMEM;
	for (char *word; r == 0 && (word = next_parameter(&rest));) {
		value = strchr(word, '=');
		if (!value)
			continue;
		*value++ = '\0';
		for (size_t i = 0; i < ARRAY_SIZE(parameters) && r == 0; i++)
			if (strcmp(parameters[i].key, word) == 0)
				r = parse_value(&parameters[i], value, &visit);
	}
	return r;
}

bool cmdline_find(const char *cmdline, const char *key, char *ret, size_t size)
{
	_cleanup_free_ char *text = strdup(cmdline);
	char *rest = text;
	bool found = false;

	(void)str_copy(ret, size, "");
	if (!text)
		return false;
	for (char *word; (word = next_parameter(&rest)) && strcmp(word, "--") != 0;) {
		size_t length = strcspn(word, "=");

		if (strlen(key) == length && strncmp(word, key, length) == 0)
			found = str_copy(ret, size, word + length + (word[length] == '='));
	}
	if (!found)
		(void)str_copy(ret, size, "");
	return found;
}

/* @wanted may have a suffix: "/PARTNROFF=1", ":crypt:discard". */
static bool is_wanted(const char *wanted, const char *found)
{
	size_t length = strlen(found);

	return length > 0 && strncasecmp(wanted, found, length) == 0 &&
	       (wanted[length] == '\0' || strchr(":/", wanted[length]));
}

static const char *partition_value(const struct disk_partition *partition, enum cmdline_kind kind)
{
	switch (kind) {
	case CMDLINE_PARTUUID:
		return partition->uuid;
	case CMDLINE_PARTLABEL:
		return partition->name;
	case CMDLINE_UUID:
		return partition->fs_uuid;
	case CMDLINE_LABEL:
		return partition->fs_label;
	case CMDLINE_NODE:
	case CMDLINE_NUMBER:
	case CMDLINE_OPAQUE:
		break;
	}
	return "";
}

bool cmdline_matches(const struct cmdline_device *name, const struct disk_content *content)
{
	if ((name->kind == CMDLINE_UUID && is_wanted(name->value, content->uuid)) ||
		(name->kind == CMDLINE_LABEL && is_wanted(name->value, content->label)))
		return true;
	for (uint32_t i = 0; i < content->partition_count && i < DISK_PARTITIONS_MAX; i++)
		if (is_wanted(name->value, partition_value(&content->partitions[i], name->kind)))
			return true;
	return false;
}

/* Kernel names of disks, by driver. If they end in a digit, a partition has a "p": "mmcblk0p1",
 * "sda1". */
static const struct family {
	const char *prefix;
	bool ends_in_digit;
} families[] = {{"mmcblk", true}, {"nvme", true}, {"sr", true}, {"sd", false}, {"hd", false},
	{"vd", false}, {"xvd", false}};

static const struct family *find_family(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (str_has_prefix(name, families[i].prefix))
			return &families[i];
	return NULL;
}

/* The number of the partition @name, which may have a suffix (":crypt"); 0 for the whole disk. */
static unsigned partition_number(const struct family *family, const char *name)
{
	size_t start = strcspn(name, ":");

	while (start > 0 && isdigit((unsigned char)name[start - 1]))
		start--;
	if (family->ends_in_digit &&
		(start < 2 || name[start - 1] != 'p' || !isdigit((unsigned char)name[start - 2])))
		return 0;
	return (unsigned)strtoul(name + start, NULL, 10);
}

static bool may_have_partition(const struct disk_content *content, unsigned number)
{
	switch (content->state) {
	case CONTENT_BLANK:
		return false;
	case CONTENT_FILESYSTEM:
		return number == 0;
	case CONTENT_TABLE:
		for (uint32_t i = 0; i < content->partition_count && i < DISK_PARTITIONS_MAX; i++)
			if (content->partitions[i].number == number)
				return true;
		return content->partition_count > DISK_PARTITIONS_MAX;
	case CONTENT_PENDING:
	case CONTENT_AMBIVALENT:
	case CONTENT_DENIED:
	case CONTENT_UNREADABLE:
	case CONTENT_SILENT:
		break;
	}
	return true;
}

static bool may_be_node(const char *path, const struct disk *disk)
{
	const char *name = path + strlen("/dev/");
	const struct family *family = find_family(name);

	return !family ||
	       (str_has_prefix(disk->name, family->prefix) &&
		       may_have_partition(&disk->content, partition_number(family, name)));
}

/* A number does not show the partition, and shows the driver only if the driver has its own
 * major. */
static bool may_be_number(uint32_t major, const struct disk *disk)
{
	return disk->content.state != CONTENT_BLANK &&
	       (major == disk->id.major || major == BLOCK_EXT_MAJOR);
}

bool cmdline_may_be_on(const struct cmdline_device *name, const struct disk *disk)
{
	char gap[48];

	switch (name->kind) {
	case CMDLINE_NODE:
		return may_be_node(name->value, disk);
	case CMDLINE_NUMBER:
		return may_be_number(name->major, disk);
	case CMDLINE_PARTUUID:
	case CMDLINE_PARTLABEL:
	case CMDLINE_UUID:
	case CMDLINE_LABEL:
		return disk_content_has_gap(&disk->content, gap);
	case CMDLINE_OPAQUE:
		break;
	}
	return true;
}
