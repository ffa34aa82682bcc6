/* SPDX-License-Identifier: MIT */
#include "core/plan/loader_check.h"

#include "device/base/human.h"
#include "device/base/util.h"

#include <string.h>
#include <strings.h>

static const struct {
	const char *name, *phrase;
} fates[] = {
	[LOADER_ERASED] = {"erased", "will be erased"},
	[LOADER_REPLACED] = {"replaced", "will be replaced"},
	[LOADER_STAYS] = {"stays", "stays"},
	[LOADER_STARTS_FIRST] = {"starts-first", "stays, and will be started first"},
};

const char *loader_fate_name(enum loader_fate fate)
{
	return fates[fate].name;
}

void loader_row_phrase(const struct loader_row *row, char *ret, size_t size)
{
	char what[96];

	disk_loader_phrase(&row->loader, what, sizeof(what));
	if (strcmp(row->place, "user") == 0)
		(void)str_format(ret, size, "%s at %s: %s", what,
			human_exact(row->loader.offset_bytes).s, fates[row->fate].phrase);
	else
		(void)str_format(
			ret, size, "%s, %s: %s", row->place, what, fates[row->fate].phrase);
}

const char *loader_setting_phrase(const struct disk *target, const struct layout *layout)
{
	static const char *const phrases[] = {
		[EMMC_BOOT_KEEP] = "",
		[EMMC_BOOT_NONE] = "boot from eMMC disabled",
		[EMMC_BOOT_BOOT0] = "the eMMC boots from boot0",
		[EMMC_BOOT_BOOT1] = "the eMMC boots from boot1",
		[EMMC_BOOT_USER] = "the eMMC boots from the user area",
	};

	return target->kind == DISK_EMMC ? phrases[layout->emmc.boot] : "";
}

/* ---- firmware ---- */

/* Raspberry Pi: bootcode.bin, or start*.elf where that is in an EEPROM, or neither on the latest
 * board, which reads config.txt. TI: MLO, and tiboot3.bin. Xilinx and SAMA5: BOOT.BIN. */
static bool is_firmware_name(const char *name)
{
	static const char *const names[] = {
		"bootcode.bin", "config.txt", "MLO", "tiboot3.bin", "BOOT.BIN"};
	size_t length = strlen(name);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	if (strncasecmp(name, "EFI/", 4) == 0)
		return length > 8 && strcasecmp(name + length - 4, ".efi") == 0;
	return strncasecmp(name, "start", 5) == 0 && length > 9 &&
	       strcasecmp(name + length - 4, ".elf") == 0;
}

bool loader_is_firmware(const struct layout_partition *partition, const char *path)
{
	const char *mount = partition->mount;
	size_t length;

	if (partition->fs != FS_VFAT || mount[0] != '/')
		return false;
	length = strlen(++mount);
	if (length > 0 && (strncmp(path, mount, length) != 0 || path[length] != '/'))
		return false;
	return is_firmware_name(path + (length > 0 ? length + 1 : 0));
}

/* ---- fates ---- */

static void add_row(struct loader_check *check, const char *place, const struct disk_loader *loader,
	enum loader_fate fate)
{
	if (check->count < LOADER_ROWS_MAX)
		check->rows[check->count++] =
			(struct loader_row){.place = place, .loader = *loader, .fate = fate};
}

static bool has_blob_over(const struct layout *layout, uint64_t offset)
{
	for (size_t i = 0; i < layout->blob_count; i++) {
		const struct layout_blob *blob = &layout->blobs[i];

		if (blob->target == BLOB_DISK && offset >= blob->offset_bytes &&
			offset - blob->offset_bytes < blob->size_bytes)
			return true;
	}
	return false;
}

static bool has_blob_in(const struct layout *layout, enum blob_target target)
{
	for (size_t i = 0; i < layout->blob_count; i++)
		if (layout->blobs[i].target == target)
			return true;
	return false;
}

/* The area that the card presents after the install. */
static enum disk_boot_enable enable_after(const struct disk *target, const struct layout *layout)
{
	static const enum disk_boot_enable set[] = {
		[EMMC_BOOT_NONE] = BOOT_ENABLE_NONE,
		[EMMC_BOOT_BOOT0] = BOOT_ENABLE_BOOT0,
		[EMMC_BOOT_BOOT1] = BOOT_ENABLE_BOOT1,
		[EMMC_BOOT_USER] = BOOT_ENABLE_USER,
	};

	if (target->kind != DISK_EMMC || layout->emmc.boot == EMMC_BOOT_KEEP)
		return target->content.boot_enable;
	return set[layout->emmc.boot];
}

static const struct {
	const char *name;
	enum blob_target blob;
	enum disk_boot_enable enable;
} areas[] = {
	{"boot0", BLOB_BOOT0, BOOT_ENABLE_BOOT0},
	{"boot1", BLOB_BOOT1, BOOT_ENABLE_BOOT1},
};

/* An empty area is of interest only if it is started. */
static void add_area(struct loader_check *check, const struct disk *target,
	const struct layout *layout, size_t i)
{
	const struct disk_loader *loader = &target->content.boot[i];
	bool is_enabled = enable_after(target, layout) == areas[i].enable;
	enum loader_fate fate = is_enabled ? LOADER_STARTS_FIRST : LOADER_STAYS;

	if (has_blob_in(layout, areas[i].blob))
		fate = LOADER_REPLACED;
	if (loader->kind == LOADER_UNREAD ||
		(loader->kind == LOADER_EMPTY && fate != LOADER_STARTS_FIRST))
		return;
	add_row(check, areas[i].name, loader, fate);
}

/* ---- the judgement ---- */

/* The loader of a boot ROM that the target loses, or NULL. */
static const struct loader_row *find_loss(const struct loader_check *check)
{
	for (uint32_t i = 0; i < check->count; i++)
		if (check->rows[i].fate == LOADER_ERASED &&
			loader_role(check->rows[i].loader.kind) == LOADER_BY_ROM)
			return &check->rows[i];
	return NULL;
}

/* LOADER_ERROR, unless a boot area that stays starts the board (LOADER_FINE), or may
 * (LOADER_WARNING). */
static enum loader_severity severity_by_areas(
	const struct disk *target, const struct loader_check *check)
{
	enum loader_severity severity = LOADER_ERROR;

	for (size_t i = 0; i < ARRAY_SIZE(target->boot); i++)
		if (target->boot[i].name[0] && target->content.boot[i].kind == LOADER_UNREAD)
			severity = LOADER_WARNING;
	for (uint32_t i = 0; i < check->count; i++) {
		const struct loader_row *row = &check->rows[i];

		if (row->fate < LOADER_STAYS || row->loader.kind == LOADER_EMPTY)
			continue;
		if (row->fate == LOADER_STARTS_FIRST)
			return LOADER_FINE;
		severity = LOADER_WARNING;
	}
	return severity;
}

static void judge(const struct disk *target, const struct layout *layout, bool has_firmware,
	struct loader_check *check)
{
	const struct loader_row *loss = find_loss(check);
	enum loader_severity severity = severity_by_areas(target, check);

	if (!loss || layout->blob_count > 0 || has_firmware || severity == LOADER_FINE)
		return;
	if (target->kind != DISK_EMMC)
		severity = LOADER_WARNING;
	check->severity = severity;
	(void)STR_FORMAT(check->text,
		"%s loses its %s, and layout %s writes none: %s. Choose a layout with its boot loader%s.",
		target->name, loader_label(loss->loader.kind), layout->name,
		severity == LOADER_ERROR ? "the board would not start"
					 : "a board that starts from it will not any more",
		severity == LOADER_ERROR ? ", or allow it (--allow unbootable)" : "");
}

void loader_check(enum scope scope, const struct disk *target, const struct layout *layout,
	bool has_firmware, struct loader_check *ret)
{
	static const enum loader_fate fates_beside[SCOPE_COUNT] = {[SCOPE_ALL] = LOADER_ERASED,
		[SCOPE_BOOT] = LOADER_STAYS,
		[SCOPE_IMAGES] = LOADER_ERASED,
		[SCOPE_FILES] = LOADER_ERASED};
	const struct disk_content *content = &target->content;

	*ret = (struct loader_check){0};
	for (uint32_t i = 0; i < content->loader_count && i < DISK_LOADERS_MAX; i++)
		add_row(ret, "user", &content->loaders[i],
			has_blob_over(layout, content->loaders[i].offset_bytes)
				? LOADER_REPLACED
				: fates_beside[scope]);
	for (size_t i = 0; i < ARRAY_SIZE(areas); i++)
		add_area(ret, target, layout, i);
	judge(target, layout, has_firmware, ret);
}
