/* SPDX-License-Identifier: MIT */
#include "device/disk/loader_scan.h"

#include "device/base/util.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STEP_BYTES    KIB(256)
#define BOOT_CODE_END 440u    /* of an MBR; its disk ID and table follow */
#define VERSION_BYTES MIB(1)  /* searched for the version of a loader */
#define TABLE_MAX     MIB(1)  /* more entries of a GPT are nonsense */
#define TAIL_BYTES    KIB(20) /* of the backup GPT, with 4096-byte sectors */

/* A byte range [start, end). */
struct range {
	uint64_t start, end;
};

/* All that is not outside: the table and the partitions. */
struct taken {
	size_t count;
	struct range ranges[2 + DISK_PARTITIONS_MAX];
};

static void take(struct taken *taken, uint64_t start, uint64_t bytes)
{
	if (bytes > 0 && taken->count < ARRAY_SIZE(taken->ranges))
		taken->ranges[taken->count++] = (struct range){start, start + bytes};
}

/* Returns the end of the range that holds @offset, or @offset if it is outside of all. */
static uint64_t end_of_taken(const struct taken *taken, uint64_t offset)
{
	for (size_t i = 0; i < taken->count; i++)
		if (offset >= taken->ranges[i].start && offset < taken->ranges[i].end)
			return taken->ranges[i].end;
	return offset;
}

/* ---- the table ---- */

static uint64_t le64_at(const unsigned char *data)
{
	uint64_t value;

	memcpy(&value, data, sizeof(value));
	return le64toh(value);
}

static uint32_t le32_at(const unsigned char *data)
{
	uint32_t value;

	memcpy(&value, data, sizeof(value));
	return le32toh(value);
}

/* The header of a GPT with sectors of @sector_bytes, and its entries, wherever they are. */
static bool take_gpt(int fd, uint64_t sector_bytes, struct taken *taken)
{
	unsigned char header[92];
	uint64_t bytes;

	if (pread_full(fd, header, sizeof(header), sector_bytes) != 0 ||
		memcmp(header, "EFI PART", 8) != 0)
		return false;
	bytes = (uint64_t)le32_at(header + 80) * le32_at(header + 84);
	bytes = (bytes + sector_bytes - 1) / sector_bytes * sector_bytes;
	take(taken, sector_bytes, sector_bytes);
	take(taken, le64_at(header + 72) * sector_bytes, bytes < TABLE_MAX ? bytes : TABLE_MAX);
	return true;
}

static void take_all(int fd, const struct disk_content *content, struct taken *taken)
{
	if (!take_gpt(fd, SECTOR_BYTES, taken))
		(void)take_gpt(fd, 4096, taken);
	for (uint32_t i = 0; i < content->partition_count && i < DISK_PARTITIONS_MAX; i++)
		take(taken, content->partitions[i].start * SECTOR_BYTES,
			content->partitions[i].sectors * SECTOR_BYTES);
}

/* ---- the list ---- */

/* Adds a loader in the order of offsets, unless the list is full or has it. */
static void add(struct disk_content *content, enum loader_kind kind, uint64_t offset)
{
	uint32_t at = 0;

	while (at < content->loader_count && content->loaders[at].offset_bytes < offset)
		at++;
	if (content->loader_count == DISK_LOADERS_MAX ||
		(at < content->loader_count && content->loaders[at].offset_bytes == offset))
		return;
	memmove(&content->loaders[at + 1], &content->loaders[at],
		(content->loader_count - at) * sizeof(content->loaders[0]));
	content->loaders[at] = (struct disk_loader){.kind = kind, .offset_bytes = offset};
	content->loader_count++;
}

static enum loader_kind read_kind(int fd, uint64_t offset, uint64_t size_bytes)
{
	unsigned char block[LOADER_BLOCK_BYTES];

	if (offset + sizeof(block) > size_bytes ||
		pread_full(fd, block, sizeof(block), offset) != 0)
		return LOADER_EMPTY;
	return loader_at(LOADER_IN_DISK, offset, block);
}

/* Loaders that are started from where they are: by a ROM, or by the firmware of a PC. */
static void find_at_places(int fd, uint64_t size_bytes, struct disk_content *content)
{
	for (size_t i = 0; i < LOADER_PLACES; i++) {
		enum loader_kind kind = read_kind(fd, loader_places[i], size_bytes);

		if (loader_role(kind) == LOADER_BY_ROM || loader_role(kind) == LOADER_BY_BIOS)
			add(content, kind, loader_places[i]);
	}
	for (uint32_t i = 0; i < content->partition_count && i < DISK_PARTITIONS_MAX; i++) {
		uint64_t start = content->partitions[i].start * SECTOR_BYTES;
		enum loader_kind kind = read_kind(fd, start, size_bytes);

		if (loader_role(kind) == LOADER_BY_ROM)
			add(content, kind, start);
	}
}

/* ---- outside the partitions ---- */

/* What a block outside is: of the first one, with a table, only the code counts. */
static enum loader_kind kind_outside(
	const struct disk_content *content, uint64_t offset, const unsigned char *block)
{
	enum loader_kind kind;

	if (offset > 0 || content->state != CONTENT_TABLE)
		return loader_at(LOADER_IN_DISK, offset, block);
	kind = loader_is_empty(block, BOOT_CODE_END) ? LOADER_EMPTY
						     : loader_at(LOADER_IN_DISK, 0, block);
	return kind == LOADER_DATA ? LOADER_BOOT_CODE : kind;
}

static bool has_kind(const struct disk_content *content, enum loader_kind kind)
{
	for (uint32_t i = 0; i < content->loader_count; i++)
		if (content->loaders[i].kind == kind)
			return true;
	return false;
}

/* True if a known loader, whose rest may be at @offset, begins before. */
static bool follows_loader(const struct disk_content *content, uint64_t offset)
{
	for (uint32_t i = 0; i < content->loader_count; i++)
		if (content->loaders[i].offset_bytes < offset &&
			loader_role(content->loaders[i].kind) != LOADER_BY_NONE)
			return true;
	return false;
}

/* Adds the first image of each kind, since an image may hold others, and the first data that is not
 * the rest of a loader. */
static void add_outside(struct disk_content *content, enum loader_kind kind, uint64_t offset)
{
	if (kind != LOADER_EMPTY && !has_kind(content, kind) &&
		(kind != LOADER_DATA || !follows_loader(content, offset)))
		add(content, kind, offset);
}

static void search_outside(int fd, uint64_t end, struct disk_content *content)
{
	_cleanup_free_ unsigned char *data = malloc(STEP_BYTES);
	uint64_t late_ms = now_ms() + LOADER_SCAN_MS;
	struct taken taken = {0};

	take_all(fd, content, &taken);
	for (uint64_t at = 0; data && at < end && now_ms() < late_ms;) {
		uint64_t next = end_of_taken(&taken, at);
		uint64_t size = end - at < STEP_BYTES ? end - at : STEP_BYTES;

		if (next > at) {
			at = next;
			continue;
		}
		size -= size % LOADER_BLOCK_BYTES;
		if (size == 0 || pread_full(fd, data, size, at) != 0)
			return;
		for (uint64_t i = 0; i < size; i += LOADER_BLOCK_BYTES)
			if (end_of_taken(&taken, at + i) == at + i)
				add_outside(
					content, kind_outside(content, at + i, data + i), at + i);
		at += size;
	}
}

/* True if all partitions are known, and a table if there is one. */
static bool can_search_outside(const struct disk_content *content)
{
	return content->state == CONTENT_BLANK ||
	       (content->state == CONTENT_TABLE &&
		       content->partition_count <= DISK_PARTITIONS_MAX &&
		       (strcmp(content->type, "gpt") == 0 || strcmp(content->type, "dos") == 0));
}

static void read_version(int fd, uint64_t size_bytes, uint64_t offset, char *ret)
{
	uint64_t size = size_bytes - offset < VERSION_BYTES ? size_bytes - offset : VERSION_BYTES;
	_cleanup_free_ unsigned char *data = malloc(size);

	if (data && pread_full(fd, data, size, offset) == 0)
		(void)loader_version(data, size, ret);
}

void loader_scan_disk(int fd, uint64_t size_bytes, struct disk_content *content)
{
	uint64_t end = size_bytes > TAIL_BYTES ? size_bytes - TAIL_BYTES : size_bytes;

	if (content->state != CONTENT_BLANK && content->state != CONTENT_TABLE)
		return;
	find_at_places(fd, size_bytes, content);
	if (can_search_outside(content))
		search_outside(fd, end < LOADER_SCAN_BYTES ? end : LOADER_SCAN_BYTES, content);
	for (uint32_t i = 0; i < content->loader_count; i++) {
		struct disk_loader *loader = &content->loaders[i];

		if (loader_role(loader->kind) == LOADER_BY_ROM) {
			read_version(fd, size_bytes, loader->offset_bytes, loader->version);
			break;
		}
	}
}

/* ---- boot areas ---- */

static void read_boot_area(const char *path, struct disk_loader *ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	_cleanup_free_ unsigned char *data = malloc(LOADER_SCAN_AREA_BYTES);
	struct disk_loader found = {.kind = LOADER_EMPTY};
	ssize_t size = fd < 0 || !data ? -1 : pread(fd, data, LOADER_SCAN_AREA_BYTES, 0);

	if (size < (ssize_t)LOADER_BLOCK_BYTES)
		return;
	for (uint64_t i = 0; i + LOADER_BLOCK_BYTES <= (uint64_t)size; i += LOADER_BLOCK_BYTES) {
		enum loader_kind kind = loader_at(LOADER_IN_BOOT_AREA, i, data + i);

		if (loader_role(kind) > loader_role(found.kind) ||
			(kind != LOADER_EMPTY && found.kind == LOADER_EMPTY))
			found = (struct disk_loader){.kind = kind, .offset_bytes = i};
	}
	(void)loader_version(data, (size_t)size, found.version);
	*ret = found;
}

static enum disk_boot_enable read_enable(const struct emmc_card *card)
{
	static const enum disk_boot_enable values[] = {
		[EXT_CSD_ENABLE_NONE] = BOOT_ENABLE_NONE,
		[EXT_CSD_ENABLE_BOOT0] = BOOT_ENABLE_BOOT0,
		[EXT_CSD_ENABLE_BOOT1] = BOOT_ENABLE_BOOT1,
		[EXT_CSD_ENABLE_USER] = BOOT_ENABLE_USER,
	};
	uint8_t ext_csd[EXT_CSD_BYTES];
	struct diag diag;

	if (ext_csd_read(card, ext_csd, NULL, &diag) < 0)
		return BOOT_ENABLE_UNKNOWN;
	return values[(ext_csd[EXT_CSD_PARTITION_CONFIG] & EXT_CSD_BOOT_ENABLE_MASK) >>
		      EXT_CSD_BOOT_ENABLE_SHIFT];
}

void loader_scan_boot_areas(
	const char *path, const struct emmc_card *card, struct disk_content *content)
{
	const char *slash = strrchr(path, '/');
	bool found = false;
	char area[300];

	if (!str_has_prefix(slash ? slash + 1 : path, "mmcblk"))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(content->boot); i++) {
		(void)STR_FORMAT(area, "%sboot%zu", path, i);
		read_boot_area(area, &content->boot[i]);
		found = found || content->boot[i].kind != LOADER_UNREAD;
	}
	if (found)
		content->boot_enable = read_enable(card);
}
