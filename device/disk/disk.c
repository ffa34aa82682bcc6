/* SPDX-License-Identifier: MIT */
#include "device/disk/disk.h"

#include "device/base/human.h"
#include "device/base/util.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const struct {
	const char *name, *label;
} kinds[DISK_KIND_COUNT] = {
	[DISK_EMMC] = {"emmc", "eMMC"},
	[DISK_SD] = {"sd", "SD"},
	[DISK_USB] = {"usb", "USB"},
	[DISK_FIXED] = {"disk", "disk"},
	[DISK_LOOP] = {"loop", "loop"},
	[DISK_IMAGE] = {"image", "image"},
	[DISK_OTHER] = {"other", "other"},
};

static const struct {
	const char *name, *advice;
} reasons[REASON_COUNT] = {
	[REASON_SYSTEM] = {"system", "Choose another device"},
	[REASON_ROOT_NAMED] = {"root-named",
		"Choose another device, or allow it explicitly (--allow root-named)"},
	[REASON_SOURCE] = {"source", "Copy that file to another device first"},
	[REASON_MOUNTED] = {"mounted", "Unmount it first"},
	[REASON_SWAP] = {"swap", "Switch that swap off first (swapoff)"},
	[REASON_HOLDER] = {"holder", "Stop what uses it first"},
	[REASON_LOOP] = {"loop", "Detach the loop device first (losetup -d)"},
	[REASON_BUSY] = {"busy", "Find the program that uses it (fuser, lsof) and stop it first"},
	[REASON_READ_ONLY] = {"read-only", "Remove its write protection"},
	[REASON_NO_MEDIUM] = {"no-medium",
		"Insert a card if it is a reader, or choose another device"},
	[REASON_TOO_SMALL] = {"too-small", "Choose a larger device"},
	[REASON_WORN] = {"worn", "Replace it, or allow it explicitly (--allow worn)"},
	[REASON_KIND] = {"kind", "Choose another device"},
	[REASON_UNKNOWN] = {"unknown",
		"Choose another device, as this one is refused as a precaution"},
};

const char *disk_kind_name(enum disk_kind kind)
{
	return kind < DISK_KIND_COUNT ? kinds[kind].name : "other";
}

const char *disk_kind_label(enum disk_kind kind)
{
	return kind < DISK_KIND_COUNT ? kinds[kind].label : "other";
}

static const struct bus {
	const char *prefix, *port; /* prefix of the kernel name, substring of the sysfs path */
	const char *name, *label;
} buses[] = {
	{"nvme", "", "nvme", "NVMe"},
	{"vd", "", "virtio", "virtio"},
	{"xvd", "", "xen", "Xen"},
	{"sd", "/ata", "sata", "SATA"},
	{"sd", "ufs", "ufs", "UFS"}, /* "1d84000.ufshc" */
	{"sd", "", "scsi", "SCSI"},
};

static const struct bus *find_bus(const struct disk *disk)
{
	for (size_t i = 0; i < ARRAY_SIZE(buses) && disk->kind == DISK_FIXED; i++)
		if (str_has_prefix(disk->name, buses[i].prefix) &&
			strstr(disk->id.devpath, buses[i].port))
			return &buses[i];
	return NULL;
}

const char *disk_bus(const struct disk *disk)
{
	const struct bus *bus = find_bus(disk);

	return bus ? bus->name : NULL;
}

const char *disk_label(const struct disk *disk)
{
	const struct bus *bus = find_bus(disk);

	return bus ? bus->label : disk_kind_label(disk->kind);
}

enum disk_kind disk_kind_parse(const char *name)
{
	enum disk_kind kind = 0;

	while (kind < DISK_KIND_COUNT && strcmp(kinds[kind].name, name) != 0)
		kind++;
	return kind;
}

static const struct {
	const char *word;
	unsigned bit;
} allow_words[] = {
	{"worn", ALLOW_WORN},
	{"root-named", ALLOW_ROOT_NAMED},
	{"foreign-attributes", ALLOW_FOREIGN_ATTRIBUTES},
	{"unbootable", ALLOW_UNBOOTABLE},
};

/* The bit of @word in --allow, or 0. */
static unsigned allow_bit(const char *word)
{
	enum disk_kind kind = disk_kind_parse(word);

	for (size_t i = 0; i < ARRAY_SIZE(allow_words); i++)
		if (strcmp(allow_words[i].word, word) == 0)
			return allow_words[i].bit;
	return kind < DISK_OTHER ? 1u << kind : 0;
}

int disk_allow_parse(const char *names, unsigned *ret_allow, char ret_bad[32])
{
	unsigned set = 0;

	for (;;) {
		size_t length = strcspn(names, ",");
		unsigned bit;

		(void)str_format(ret_bad, 32, "%.*s", (int)length, names);
		bit = allow_bit(ret_bad);
		if (!bit)
			return -EINVAL;
		set |= bit;
		if (names[length] == '\0')
			break;
		names += length + 1;
	}
	*ret_allow = set;
	return 0;
}

const char *reason_name(enum reason_code code)
{
	return code < REASON_COUNT ? reasons[code].name : "unknown";
}

const char *reason_advice(enum reason_code code)
{
	return reasons[code < REASON_COUNT ? code : REASON_UNKNOWN].advice;
}

void disk_refuse(struct disk *disk, enum reason_code code, const char *format, ...)
{
	struct reason *reason;
	va_list args;

	if (disk->reason_count >= DISK_REASONS_MAX)
		return;
	reason = &disk->reasons[disk->reason_count++];
	reason->code = code;
	va_start(args, format);
	(void)str_vformat(reason->text, sizeof(reason->text), format, args);
	va_end(args);
}

bool disk_identity_equal(
	const struct disk_identity *a, const struct disk_identity *b, const char **ret_what)
{
	/* The most specific field comes first: another card differs in size and device number,
	 * too. */
	const struct {
		bool differs;
		const char *what;
	} fields[] = {
		{strcmp(a->cid, b->cid) != 0, "CID"},
		{strcmp(a->serial, b->serial) != 0, "serial number"},
		{a->size_bytes != b->size_bytes, "size"},
		{a->file_dev != b->file_dev || a->file_ino != b->file_ino, "file"},
		{strcmp(a->devpath, b->devpath) != 0, "port"},
		{a->diskseq != b->diskseq, "disk sequence number"},
		{a->major != b->major || a->minor != b->minor, "device number"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (!fields[i].differs)
			continue;
		if (ret_what)
			*ret_what = fields[i].what;
		return false;
	}
	return true;
}

/* The last four hex digits of the card's product serial number. If the kernel gives only the CID:
 * the number ends at byte 13 for an eMMC and at byte 12 for an SD card. */
static bool card_digits(const struct disk *disk, char ret[5])
{
	const struct disk_identity *id = &disk->id;
	size_t length = strlen(id->serial);

	if (strlen(id->cid) != 32)
		return false;
	if (strncmp(id->serial, "0x", 2) == 0 && length >= 6)
		memcpy(ret, id->serial + length - 4, 4);
	else
		memcpy(ret, id->cid + (disk->kind == DISK_SD ? 22 : 24), 4);
	ret[4] = '\0';
	for (char *p = ret; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return true;
}

#define NAME_PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+=,@%"

bool disk_confirm_word(const struct disk *disk, char ret[32])
{
	char digits[5];

	if (!card_digits(disk, digits)) {
		/* A file name may contain characters that are hard to type, or be cut. */
		bool plain = disk->kind != DISK_IMAGE ||
			     (strlen(disk->name) < sizeof(disk->name) - 1 &&
				     strspn(disk->name, NAME_PLAIN) == strlen(disk->name));

		(void)str_copy(ret, 32, plain ? disk->name : "image");
		return false;
	}
	(void)str_copy(ret, 32, digits);
	return true;
}

/* The port in a sysfs path: the last component like "1-1.4", without ":1.0" (an interface). */
static bool usb_port(const char *devpath, char *ret, size_t size)
{
	bool found = false;

	for (const char *p = devpath; *p;) {
		size_t length = strcspn(p, "/"), digits = strspn(p, "0123456789");

		if (digits > 0 && p[digits] == '-' && strspn(p, "0123456789-.") == length) {
			(void)str_format(ret, size, "%.*s", (int)length, p);
			found = true;
		}
		p += length + (p[length] == '/');
	}
	return found;
}

void disk_partition_name(const char *disk, unsigned number, char ret[DISK_PARTITION_NAME_MAX])
{
	size_t length = strlen(disk);
	bool digit = length > 0 && isdigit((unsigned char)disk[length - 1]);

	(void)str_format(ret, DISK_PARTITION_NAME_MAX, "%s%s%u", disk, digit ? "p" : "", number);
}

void disk_identity_short(const struct disk *disk, char ret[32])
{
	size_t length = strlen(disk->id.serial);
	char digits[5], port[27];

	if (card_digits(disk, digits))
		(void)str_format(ret, 32, "..%s", digits);
	else if (disk->kind == DISK_USB && usb_port(disk->id.devpath, port, sizeof(port)))
		(void)str_format(ret, 32, "usb %s", port);
	else if (length > 4)
		(void)str_format(ret, 32, "..%s", disk->id.serial + length - 4);
	else
		(void)str_copy(ret, 32, disk->id.serial);
}

/* "ext4 \"rootfs\"". Both @type and @label may be "". */
static void named_phrase(const char *type, const char *label, char *ret, size_t size)
{
	(void)str_format(
		ret, size, "%s%s%s%s", type, label[0] ? " \"" : "", label, label[0] ? "\"" : "");
}

/* "2 partitions, ext4 \"rootfs\"": shows the filesystem of the largest partition that has one. */
static void table_phrase(const struct disk_content *content, char *ret, size_t size)
{
	const struct disk_partition *largest = NULL;
	uint32_t count = content->partition_count;
	char fs[64] = "";

	for (uint32_t i = 0; i < count && i < DISK_PARTITIONS_MAX; i++) {
		const struct disk_partition *partition = &content->partitions[i];

		if (partition->fs_type[0] && (!largest || partition->sectors > largest->sectors))
			largest = partition;
	}
	if (largest)
		named_phrase(largest->fs_type, largest->fs_label, fs, sizeof(fs));
	if (count == 0)
		(void)str_format(ret, size, "empty %s table", content->type);
	else
		(void)str_format(ret, size, "%" PRIu32 " partition%s%s%s", count,
			count == 1 ? "" : "s", fs[0] ? ", " : "", fs);
}

void disk_content_phrase(const struct disk_content *content, char *ret, size_t size)
{
	static const char *const phrases[] = {
		[CONTENT_PENDING] = "reading",
		[CONTENT_BLANK] = "blank",
		[CONTENT_AMBIVALENT] = "ambiguous signatures",
		[CONTENT_DENIED] = "no permission to read",
		[CONTENT_UNREADABLE] = "unreadable",
		[CONTENT_SILENT] = "not answering",
	};

	switch (content->state) {
	case CONTENT_TABLE:
		table_phrase(content, ret, size);
		break;
	case CONTENT_FILESYSTEM:
		named_phrase(content->type, content->label, ret, size);
		break;
	case CONTENT_PENDING:
	case CONTENT_BLANK:
	case CONTENT_AMBIVALENT:
	case CONTENT_DENIED:
	case CONTENT_UNREADABLE:
	case CONTENT_SILENT:
		(void)str_copy(ret, size, phrases[content->state]);
		break;
	}
}

void disk_content_sentence(const struct disk_content *content, char *ret, size_t size)
{
	static const char *const sentences[] = {
		[CONTENT_PENDING] = "Its content is still being read.",
		[CONTENT_BLANK] = "It is blank.",
		[CONTENT_TABLE] = "It holds %s.",
		[CONTENT_FILESYSTEM] = "It holds %s.",
		[CONTENT_AMBIVALENT] = "It holds signatures of several filesystems.",
		[CONTENT_DENIED] = "Its content is not known: no permission to read it.",
		[CONTENT_UNREADABLE] = "Its content is not known: it cannot be read.",
		[CONTENT_SILENT] = "Its content is not known: it does not answer.",
	};
	const char *sentence = sentences[content->state], *at = strstr(sentence, "%s");
	char phrase[160];

	disk_content_phrase(content, phrase, sizeof(phrase));
	(void)str_format(ret, size, "%.*s%s%s", at ? (int)(at - sentence) : (int)strlen(sentence),
		sentence, at ? phrase : "", at ? at + 2 : "");
}

static bool is_container(const char *type)
{
	static const char *const types[] = {"crypto_LUKS", "BitLocker", "bcache", "drbd",
		"DM_integrity", "DM_snapshot_cow", "stratis", "vdo", "ceph_bluestore"};
	static const char member[] = "_member"; /* of LVM, zfs, and RAID of all vendors */
	size_t length = strlen(type), tail = strlen(member);

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return length > tail && strcmp(type + length - tail, member) == 0;
}

/* The first container, or NULL. */
static const char *find_container(const struct disk_content *content)
{
	if (is_container(content->type))
		return content->type;
	for (uint32_t i = 0; i < content->partition_count && i < DISK_PARTITIONS_MAX; i++)
		if (is_container(content->partitions[i].fs_type))
			return content->partitions[i].fs_type;
	return NULL;
}

bool disk_content_has_gap(const struct disk_content *content, char ret[48])
{
	const char *container = find_container(content);

	if (content->state != CONTENT_BLANK && content->state != CONTENT_TABLE &&
		content->state != CONTENT_FILESYSTEM)
		(void)str_copy(ret, 48, "unread");
	else if (content->partial || content->partition_count > DISK_PARTITIONS_MAX)
		(void)str_copy(ret, 48, "partly read");
	else if (container)
		(void)str_format(ret, 48, "has %s", container);
	else
		return false;
	return true;
}

const char *disk_emmc_version(const struct disk *disk)
{
	static const char *const versions[] = {
		[5] = "4.41", [6] = "4.5", [7] = "5.0", [8] = "5.1", [9] = "5.1"};
	int revision = disk->emmc_revision;

	if (revision < 0 || revision >= (int)ARRAY_SIZE(versions) || !versions[revision])
		return "";
	return versions[revision];
}

int disk_life_time(const struct disk *disk)
{
	return disk->life_time_a > disk->life_time_b ? disk->life_time_a : disk->life_time_b;
}

void disk_health_phrase(const struct disk *disk, char *ret, size_t size)
{
	static const char *const reserve[] = {
		"", ", reserve normal", ", reserve 80 % used", ", reserve 90 % used"};
	int used = disk_life_time(disk);
	const char *left = disk->pre_eol >= 0 && disk->pre_eol < (int)ARRAY_SIZE(reserve)
				   ? reserve[disk->pre_eol]
				   : "";

	if (used <= 0)
		(void)str_format(ret, size, "n/a%s", left);
	else if (used >= LIFE_TIME_EXCEEDED)
		(void)str_format(ret, size, "worn out%s", left);
	else
		(void)str_format(ret, size, "%d-%d %% used%s", (used - 1) * 10, used * 10, left);
}

void disk_boot_phrase(const struct disk *disk, char *ret, size_t size)
{
	size_t length = 0;

	(void)str_copy(ret, size, "none");
	for (size_t i = 0; i < ARRAY_SIZE(disk->boot); i++) {
		const struct disk_boot_area *area = &disk->boot[i];

		if (!area->name[0] || length >= size)
			continue;
		(void)str_format(ret + length, size - length, "%sboot%zu %s", length ? ", " : "", i,
			human_exact(area->size_bytes).s);
		length = strlen(ret);
	}
}

const char *disk_boot_enable_name(enum disk_boot_enable enable)
{
	static const char *const names[] = {
		[BOOT_ENABLE_NONE] = "none",
		[BOOT_ENABLE_BOOT0] = "boot0",
		[BOOT_ENABLE_BOOT1] = "boot1",
		[BOOT_ENABLE_USER] = "user",
	};

	return enable < ARRAY_SIZE(names) ? names[enable] : NULL;
}

void disk_loader_phrase(const struct disk_loader *loader, char *ret, size_t size)
{
	const char *version = loader->version;

	(void)str_format(ret, size, "%s%s%s%s", loader_label(loader->kind), version[0] ? " (" : "",
		version, version[0] ? ")" : "");
}

/* Appends a phrase to a list of them. */
static void list_phrase(char *list, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void list_phrase(char *list, size_t size, const char *format, ...)
{
	size_t length = strlen(list);
	va_list args;

	if (length > 0) {
		(void)str_format(list + length, size - length, ", ");
		length = strlen(list);
	}
	va_start(args, format);
	(void)str_vformat(list + length, size - length, format, args);
	va_end(args);
}

void disk_loaders_phrase(const struct disk_content *content, char *ret, size_t size)
{
	*ret = '\0';
	for (uint32_t i = 0; i < content->loader_count && i < DISK_LOADERS_MAX; i++)
		list_phrase(ret, size, "%s at %s", loader_label(content->loaders[i].kind),
			human_exact(content->loaders[i].offset_bytes).s);
}

void disk_boot_content_phrase(const struct disk_content *content, char *ret, size_t size)
{
	static const char *const first[] = {
		[BOOT_ENABLE_NONE] = "neither is started",
		[BOOT_ENABLE_BOOT0] = "boot0 starts first",
		[BOOT_ENABLE_BOOT1] = "boot1 starts first",
		[BOOT_ENABLE_USER] = "the user area starts first",
	};

	*ret = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(content->boot); i++)
		if (content->boot[i].kind != LOADER_UNREAD)
			list_phrase(
				ret, size, "boot%zu %s", i, loader_label(content->boot[i].kind));
	if (*ret && content->boot_enable != BOOT_ENABLE_UNKNOWN)
		list_phrase(ret, size, "%s", first[content->boot_enable]);
}
