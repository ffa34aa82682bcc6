/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/identities.h"

#include "core/bootcheck/boot_loaders.h"
#include "core/bootcheck/boot_rules.h"
#include "core/bootcheck/boot_source.h"
#include "core/bootcheck/fstab.h"
#include "device/base/util.h"
#include "device/usage/cmdline.h"

#include <string.h>

/* Entries that a loader takes by itself count first; those that it cannot load never. */
enum entry_pass { PASS_DEFAULT, PASS_OTHER, PASS_UNKNOWN, ENTRY_PASSES };
/* Lines that a system waits for count first, "noauto" never. */
enum line_pass { PASS_NEEDED, PASS_OPTIONAL, LINE_PASSES };

struct taking {
	struct layout *layout;
	struct identity_sources *sources;
	const char *file; /* that is being read */
	const struct boot_menu *menu;
	unsigned pass;
	size_t swaps; /* lines for swap so far */
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

static enum entry_pass pass_of(const struct boot_entry *entry)
{
	if (entry->unknown & BOOT_COMMAND_LINE)
		return PASS_UNKNOWN;
	return entry->is_default ? PASS_DEFAULT : PASS_OTHER;
}

static int take_entry(void *arg, const struct boot_entry *entry)
{
	struct taking *taking = arg;
	size_t root = layout_partition_of(taking->layout, "");
	char text[256];

	if (pass_of(entry) == taking->pass && entry->command_line && root < taking->layout->count &&
		cmdline_find(entry->command_line, "root", text, sizeof(text)) &&
		boot_rules_has_kernel(taking->menu, entry))
		take(taking, root, text);
	return 0;
}

static int take_menu(void *arg, const struct boot_menu *menu, const char *reason)
{
	struct taking *taking = arg;

	taking->menu = menu;
	taking->file = menu->file;
	return reason || !menu->text ? 0 : menu->loader->each(menu, take_entry, taking);
}

/* The index of the swap partition with that number, from 0; the number of partitions if there are fewer. */
static size_t find_swap(const struct layout *layout, size_t number)
{
	size_t i = 0;

	while (i < layout->count && (layout->partitions[i].fs != FS_SWAP || number-- > 0))
		i++;
	return i;
}

/* The partition that the line is for; the number of partitions if it is none of them. */
static size_t partition_of(struct taking *taking, const struct fstab_line *line)
{
	const struct layout *layout = taking->layout;
	size_t i = 0;

	if (strcmp(line->type, "swap") == 0)
		return boot_source_parse(line->source).kind == BOOT_SOURCE_OTHER
			       ? layout->count /* a file */
			       : find_swap(layout, taking->swaps++);
	while (i < layout->count && strcmp(layout->partitions[i].mount, line->mount) != 0)
		i++;
	return i;
}

static int take_line(void *arg, const struct fstab_line *line)
{
	struct taking *taking = arg;
	bool optional = fstab_has_option(line->options, "nofail");
	size_t i;

	if (fstab_has_option(line->options, "noauto"))
		return 0;
	i = partition_of(taking, line);
	/* A PARTUUID of an MBR is the ID of a whole disk, which may be another one. */
	if (optional && taking->layout->table == TABLE_MBR &&
		boot_source_parse(line->source).kind == BOOT_SOURCE_PARTUUID)
		return 0;
	if (i < taking->layout->count && optional == (taking->pass == PASS_OPTIONAL))
		take(taking, i, line->source);
	return 0;
}

static void take_fstab(const struct manifest *manifest, struct taking *taking)
{
	const struct boot_tree all = {manifest, taking->layout, BOOT_TREE_ALL};
	struct manifest_entry fstab;

	taking->file = "etc/fstab";
	if (!boot_tree_find(&all, "", "/etc/fstab", &fstab) || !fstab.content)
		return;
	for (taking->pass = 0; taking->pass < LINE_PASSES; taking->pass++) {
		taking->swaps = 0;
		(void)!fstab_each(fstab.content, fstab.size, take_line, taking);
	}
}

void identities_take(
	const struct manifest *manifest, struct layout *layout, struct identity_sources *ret)
{
	struct taking taking = {.layout = layout, .sources = ret};

	*ret = (struct identity_sources){0};
	if (layout->identity == LAYOUT_IDENTITY_NEW)
		return;
	for (taking.pass = 0; taking.pass < ENTRY_PASSES; taking.pass++)
		(void)!boot_menus_each(manifest, layout, take_menu, &taking);
	take_fstab(manifest, &taking);
}
