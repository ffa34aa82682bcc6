/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/identities.h"

#include "core/bootcheck/boot_loaders.h"
#include "core/bootcheck/boot_source.h"
#include "core/bootcheck/fstab.h"
#include "device/base/util.h"
#include "device/usage/cmdline.h"

#include <string.h>

struct taking {
	const struct manifest *manifest;
	struct layout *layout;
	struct identity_sources *sources;
	const char *file; /* that is being read */
};

static void add_file(struct taking *taking, size_t index)
{
	char *files = taking->sources->files[index];
	size_t length = strlen(files), size = sizeof(taking->sources->files[index]);

	if (!strstr(files, taking->file))
		(void)str_format(
			files + length, size - length, "%s%s", length ? ", " : "", taking->file);
}

/* Gives partition @index the ID by which @text names it. */
static void take(struct taking *taking, size_t index, const char *text)
{
	static const enum layout_id kinds[] = {
		[BOOT_SOURCE_UUID] = LAYOUT_ID_FS_UUID,
		[BOOT_SOURCE_LABEL] = LAYOUT_ID_LABEL,
		[BOOT_SOURCE_PARTUUID] = LAYOUT_ID_PARTUUID,
	};
	const struct boot_source source = boot_source_parse(text);

	switch (source.kind) {
	case BOOT_SOURCE_UUID:
	case BOOT_SOURCE_LABEL:
	case BOOT_SOURCE_PARTUUID:
		if (layout_set_id(taking->layout, index, kinds[source.kind], source.value))
			add_file(taking, index);
		break;
	case BOOT_SOURCE_PARTLABEL:
	case BOOT_SOURCE_NUMBER:
	case BOOT_SOURCE_OTHER:
		break;
	}
}

static int take_entry(void *arg, const struct boot_entry *entry)
{
	struct taking *taking = arg;
	size_t root = layout_partition_of(taking->layout, "");
	char text[256];

	if (entry->is_default && entry->command_line && root < taking->layout->count &&
		cmdline_find(entry->command_line, "root", text, sizeof(text)))
		take(taking, root, text);
	return 0;
}

static int take_menu(void *arg, const struct boot_menu *menu, const char *reason)
{
	struct taking *taking = arg;

	taking->file = menu->file;
	return reason || !menu->text ? 0 : menu->loader->each(menu, take_entry, taking);
}

/* The index of the partition for swap that has no ID yet; or the number of partitions. */
static size_t next_swap(const struct layout *layout)
{
	size_t i = 0;

	while (i < layout->count &&
		(layout->partitions[i].fs != FS_SWAP || layout->partitions[i].fs_uuid[0]))
		i++;
	return i;
}

static int take_line(void *arg, const struct fstab_line *line)
{
	struct taking *taking = arg;
	const struct layout *layout = taking->layout;
	size_t i = 0;

	while (i < layout->count && strcmp(layout->partitions[i].mount, line->mount) != 0)
		i++;
	if (strcmp(line->type, "swap") == 0)
		i = next_swap(layout);
	if (i < layout->count)
		take(taking, i, line->source);
	return 0;
}

void identities_take(
	const struct manifest *manifest, struct layout *layout, struct identity_sources *ret)
{
	struct taking taking = {.manifest = manifest, .layout = layout, .sources = ret};
	struct manifest_entry fstab;

	*ret = (struct identity_sources){0};
	if (layout->identity == LAYOUT_IDENTITY_NEW)
		return;
	(void)!boot_menus_each(manifest, layout, take_menu, &taking);
	taking.file = "etc/fstab";
	if (manifest_find(manifest, taking.file, &fstab) && fstab.content)
		(void)!fstab_each(fstab.content, fstab.size, take_line, &taking);
}
