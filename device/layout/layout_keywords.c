/* SPDX-License-Identifier: MIT */
#include "device/layout/layout_keywords.h"

#include "device/base/util.h"
#include "device/layout/id.h"

#include <assert.h>
#include <string.h>

/* Maximum of a size or offset, so that sums of several cannot overflow. */
#define LARGEST_BYTES (UINT64_C(1) << 56)

static void *field(const struct layout_keyword *word, void *object)
{
	return (char *)object + word->offset;
}

static bool take_text(const struct layout_keyword *word, const char *text, void *object)
{
	return str_copy(field(word, object), word->size, text);
}

static bool take_size(const struct layout_keyword *word, const char *text, void *object)
{
	uint64_t *bytes = field(word, object);

	return str_to_bytes(text, bytes) == 0 && *bytes <= LARGEST_BYTES;
}

/* layout_file makes a blob of it. */
static bool take_image(const struct layout_keyword *word, const char *text, void *object)
{
	(void)word;
	(void)object;
	return text[0] != '\0' && strlen(text) < sizeof(((struct layout_blob *)0)->file);
}

/* layout_file takes the path itself: relative ones begin at its folder. */
static bool take_archive(const struct layout_keyword *word, const char *text, void *object)
{
	(void)word;
	(void)object;
	return text[0] != '\0' && strlen(text) < sizeof(((struct layout_archive *)0)->file);
}

/* layout_copy takes it. */
static bool take_files(const struct layout_keyword *word, const char *text, void *object)
{
	(void)word;
	(void)object;
	return text[0] != '\0';
}

/* A size, or "file". */
static bool take_partition_size(const struct layout_keyword *word, const char *text, void *object)
{
	struct layout_partition *p = object;

	p->fits_blob = strcmp(text, "file") == 0;
	return p->fits_blob || take_size(word, text, object);
}

static bool take_bool(const struct layout_keyword *word, const char *text, void *object)
{
	bool *value = field(word, object);

	*value = strcmp(text, "true") == 0;
	return *value || strcmp(text, "false") == 0;
}

static bool take_table(const struct layout_keyword *word, const char *text, void *object)
{
	enum table_kind *table = field(word, object);

	*table = strcmp(text, "mbr") == 0 ? TABLE_MBR : TABLE_GPT;
	return *table == TABLE_MBR || strcmp(text, "gpt") == 0;
}

static bool take_format(const struct layout_keyword *word, const char *text, void *object)
{
	enum fs_kind *fs = field(word, object);

	*fs = fs_parse(text);
	return *fs != FS_KIND_COUNT;
}

/* The value "random" leaves the ID open, as no value does. */
#define RANDOM "random"

/* Accepts every form in which a filesystem or a table has IDs: which one it must be may not be known yet.
 * layout_file checks UUIDs of filesystems and of the disk at the end of the section, layout_check
 * PARTUUIDs. */
static bool take_fs_id(const struct layout_keyword *word, const char *text, void *object)
{
	char *id = field(word, object);

	return strcmp(text, RANDOM) == 0 || id_of_uuid(text, id) || id_of_fs(FS_VFAT, text, id);
}

static bool take_partition_id(const struct layout_keyword *word, const char *text, void *object)
{
	char *id = field(word, object);

	return strcmp(text, RANDOM) == 0 || id_of_partition(TABLE_GPT, text, id) ||
	       id_of_partition(TABLE_MBR, text, id);
}

static bool take_disk_id(const struct layout_keyword *word, const char *text, void *object)
{
	char *id = field(word, object);

	return strcmp(text, RANDOM) == 0 || id_of_disk(TABLE_GPT, text, id) ||
	       id_of_disk(TABLE_MBR, text, id);
}

static bool take_identity(const struct layout_keyword *word, const char *text, void *object)
{
	enum layout_identity *identity = field(word, object);

	*identity = strcmp(text, "new") == 0 ? LAYOUT_IDENTITY_NEW : LAYOUT_IDENTITY_ARCHIVE;
	return *identity == LAYOUT_IDENTITY_NEW || strcmp(text, "archive") == 0;
}

static bool take_machine(const struct layout_keyword *word, const char *text, void *object)
{
	enum machine *machine = field(word, object);

	*machine = machine_find(text);
	return *machine != MACHINE_UNKNOWN;
}

struct type {
	const char *name, *guid;
	uint8_t mbr;
};

/* GUIDs: UEFI Specification 2.10, table 5.7 (esp); Discoverable Partitions Specification of the
 * UAPI group (root-*, swap, home, xbootldr); U-Boot, include/part_efi.h (data, linux, uboot-env). */
static const struct type types[] = {
	{"linux", "0fc63daf-8483-4772-8e79-3d69d8477de4", 0x83},
	{"esp", "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", 0xef},
	{"data", "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7", 0x0c},
	{"swap", "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f", 0x82},
	{"root-arm", "69dad710-2ce4-4e3c-b16c-21a1d49abed3", 0x83},
	{"root-arm64", "b921b045-1df0-41c3-af44-4c6f280d3fae", 0x83},
	{"root-riscv64", "72ec70a6-cf74-40e6-bd49-4bda08e8f224", 0x83},
	{"root-x86-64", "4f68bce3-e8cd-4db1-96e7-fbcaf984b709", 0x83},
	{"root-x86", "44479540-f297-41b2-9af7-d131d5f0458a", 0x83},
	{"root-loongarch64", "77055800-792c-4f94-b39a-98c91b762bb6", 0x83},
	{"home", "933ac7e1-2eb4-4f13-b844-0e14e2aef915", 0x83},
	{"xbootldr", "bc13c2ff-59e6-4262-a352-b275fd6f7172", 0xea},
	{"uboot-env", "3de21764-95bd-54bd-a5c3-4abe786f38a8", 0xda},
};

static bool set_type(struct layout_partition *p, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (strcmp(types[i].name, name) != 0)
			continue;
		STR_COPY(p->type_guid, types[i].guid);
		p->type_mbr = types[i].mbr;
		return true;
	}
	return false;
}

void layout_default_type(struct layout_partition *partition)
{
	static const char *const names[FS_KIND_COUNT] = {
		[FS_NONE] = "linux",
		[FS_EXT4] = "linux",
		[FS_VFAT] = "data",
		[FS_F2FS] = "linux",
		[FS_BTRFS] = "linux",
		[FS_SWAP] = "swap",
	};

	assert(partition->fs < FS_KIND_COUNT);
	(void)set_type(partition, names[partition->fs]);
}

bool layout_take_type(struct layout_partition *p, const char *text)
{
	uint64_t byte = 0;

	if (set_type(p, text) || id_of_uuid(text, p->type_guid))
		return true;
	if (!str_has_prefix(text, "0x") || strlen(text) != strlen("0x##") ||
		str_to_u64(text + 2, 16, &byte) < 0)
		return false;
	p->type_mbr = (int)byte;
	return true;
}

static bool take_type(const struct layout_keyword *word, const char *text, void *object)
{
	(void)word;
	return layout_take_type(object, text);
}

/* A name or a byte, but not 0: that entry would be empty for firmware. */
static bool take_mbr_type(const struct layout_keyword *word, const char *text, void *object)
{
	struct layout_partition *p = object, named = {.type_mbr = LAYOUT_NO_TYPE};

	if (!take_type(word, text, &named) || named.type_mbr <= 0)
		return false;
	p->type_hybrid = (uint8_t)named.type_mbr;
	return true;
}

static bool take_target(const struct layout_keyword *word, const char *text, void *object)
{
	static const char *const names[] = {
		[BLOB_DISK] = "disk", [BLOB_BOOT0] = "boot0", [BLOB_BOOT1] = "boot1"};
	static const char prefix[] = "partition:";
	struct layout_blob *blob = object;

	(void)word;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		blob->target = (enum blob_target)i;
		if (strcmp(text, names[i]) == 0)
			return true;
	}
	blob->target = BLOB_PARTITION;
	return strncmp(text, prefix, strlen(prefix)) == 0 &&
	       STR_COPY(blob->partition, text + strlen(prefix));
}

static bool take_boot(const struct layout_keyword *word, const char *text, void *object)
{
	static const char *const names[] = {[EMMC_BOOT_KEEP] = "keep",
		[EMMC_BOOT_NONE] = "none",
		[EMMC_BOOT_BOOT0] = "boot0",
		[EMMC_BOOT_BOOT1] = "boot1",
		[EMMC_BOOT_USER] = "user"};
	enum emmc_boot *boot = field(word, object);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		*boot = (enum emmc_boot)i;
		if (strcmp(text, names[i]) == 0)
			return true;
	}
	return false;
}

static bool take_ack(const struct layout_keyword *word, const char *text, void *object)
{
	static const char *const names[] = {
		[EMMC_ACK_KEEP] = "keep", [EMMC_ACK_ON] = "on", [EMMC_ACK_OFF] = "off"};
	enum emmc_ack *ack = field(word, object);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		*ack = (enum emmc_ack)i;
		if (strcmp(text, names[i]) == 0)
			return true;
	}
	return false;
}

/* Three words as in `mmc bootbus set`: the mode (bits 4:3), whether the bus width is kept after
 * boot (bit 2), the width (bits 1:0). JESD84-B51, BOOT_BUS_CONDITIONS [177]. */
static bool take_boot_bus(const struct layout_keyword *word, const char *text, void *object)
{
	static const struct {
		unsigned shift;
		const char *names[3];
	} parts[] = {
		{3, {"single_backward", "single_hs", "dual"}},
		{2, {"x1", "retain", "retain"}},
		{0, {"x1", "x4", "x8"}},
	};
	struct layout_emmc *emmc = object;

	(void)word;
	if (strcmp(text, "keep") == 0)
		return true;
	emmc->set_boot_bus = true;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		size_t length = strcspn(text, " "), j = 0;

		while (j < ARRAY_SIZE(parts[i].names) &&
			(strlen(parts[i].names[j]) != length ||
				strncmp(text, parts[i].names[j], length) != 0))
			j++;
		if (j == ARRAY_SIZE(parts[i].names))
			return false;
		emmc->boot_bus |= (uint8_t)(j << parts[i].shift);
		text += length;
		if (*text && i + 1 < ARRAY_SIZE(parts))
			text++;
	}
	return *text == '\0';
}

#define IN(type, member) offsetof(struct type, member), sizeof(((struct type *)0)->member)
#define BYTES		 "a size in bytes, or with a suffix: s (512 bytes), K, M or G"
#define FS_ID		 "random or a UUID (XXXX-XXXX for vfat), not all zeros"
#define PARTITION_ID	 "random or a UUID (XXXXXXXX-NN on an MBR), not all zeros"
#define DISK_ID		 "random or a UUID (8 hexadecimal digits for an MBR), not all zeros"
#define MACHINE		 "the name of a Debian architecture, such as amd64, arm64, armhf or riscv64"

const struct layout_keyword layout_keywords[] = {
	{SECTION_DISK, "table", take_table, IN(layout, table), "gpt or mbr"},
	{SECTION_DISK, "align", take_size, IN(layout, align_bytes), BYTES},
	{SECTION_DISK, "min-size", take_size, IN(layout, min_bytes), BYTES},
	{SECTION_DISK, "id", take_disk_id, IN(layout, disk_uuid), DISK_ID},
	{SECTION_DISK, "gpt-entries", take_size, IN(layout, gpt_entries_bytes), BYTES},
	{SECTION_DISK, "identity", take_identity, IN(layout, identity), "archive or new"},
	{SECTION_DISK, "machine", take_machine, IN(layout, machine), MACHINE},

	{SECTION_PARTITION, "size", take_partition_size, IN(layout_partition, size_bytes),
		BYTES ", or file"},
	{SECTION_PARTITION, "offset", take_size, IN(layout_partition, offset_bytes), BYTES},
	{SECTION_PARTITION, "align", take_size, IN(layout_partition, align_bytes), BYTES},
	{SECTION_PARTITION, "min", take_size, IN(layout_partition, min_bytes), BYTES},
	{SECTION_PARTITION, "grow", take_bool, IN(layout_partition, grow), "true or false"},
	{SECTION_PARTITION, "bootable", take_bool, IN(layout_partition, bootable), "true or false"},
	{SECTION_PARTITION, "type", take_type, 0, 0,
		"linux, esp, data, swap, root-ARCH, home, xbootldr, uboot-env, a byte like 0x83, or a GUID"},
	{SECTION_PARTITION, "mbr-type", take_mbr_type, 0, 0,
		"linux, esp, data, swap, uboot-env or a byte like 0x0c"},
	{SECTION_PARTITION, "format", take_format, IN(layout_partition, fs),
		"ext4, vfat, f2fs, btrfs, swap or none"},
	{SECTION_PARTITION, "label", take_text, IN(layout_partition, label), "at most 16 bytes"},
	{SECTION_PARTITION, "mount", take_text, IN(layout_partition, mount), "at most 31 bytes"},
	{SECTION_PARTITION, "image", take_image, 0, 0, "at most 255 bytes"},
	{SECTION_PARTITION, "archive", take_archive, 0, 0, "at most 511 bytes"},
	{SECTION_PARTITION, "files", take_files, 0, 0,
		"a list such as { \"Image\", \"extlinux/extlinux.conf=menu.conf\" }"},
	{SECTION_PARTITION, "mkfs-options", take_text, IN(layout_partition, mkfs_options),
		"at most 95 bytes"},
	{SECTION_PARTITION, "uuid", take_fs_id, IN(layout_partition, fs_uuid), FS_ID},
	{SECTION_PARTITION, "partuuid", take_partition_id, IN(layout_partition, partuuid),
		PARTITION_ID},

	{SECTION_BLOB, "file", take_text, IN(layout_blob, file), "at most 255 bytes"},
	{SECTION_BLOB, "target", take_target, 0, 0, "disk, boot0, boot1 or partition:NAME"},
	{SECTION_BLOB, "offset", take_size, IN(layout_blob, offset_bytes), BYTES},
	{SECTION_BLOB, "max", take_size, IN(layout_blob, max_bytes), BYTES},

	{SECTION_EMMC, "boot-enable", take_boot, IN(layout_emmc, boot),
		"boot0, boot1, user, none or keep"},
	{SECTION_EMMC, "boot-ack", take_ack, IN(layout_emmc, ack), "on, off or keep"},
	{SECTION_EMMC, "boot-bus", take_boot_bus, 0, 0,
		"keep, or three words like \"single_hs x1 x4\""},
	{.name = NULL},
};

_Static_assert(ARRAY_SIZE(layout_keywords) <= LAYOUT_KEYWORDS_MAX, "a bit for each word");

const struct layout_keyword *layout_keyword_find(enum layout_section section, const char *name)
{
	for (const struct layout_keyword *word = layout_keywords; word->name; word++)
		if (word->section == section && strcmp(word->name, name) == 0)
			return word;
	return NULL;
}

bool layout_keyword_is_list(const struct layout_keyword *word)
{
	return word->take == take_files;
}
