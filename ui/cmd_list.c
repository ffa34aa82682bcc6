/* SPDX-License-Identifier: MIT */
#include "ui/cmd_list.h"

#include "core/err.h"
#include "core/inventory.h"
#include "core/json.h"
#include "core/reactor.h"
#include "device/sysfs.h"
#include "device/util.h"
#include "ui/options.h"
#include "ui/text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Loops and what nobody would install to are in the way, unless asked for. */
static bool is_shown(const struct disk *disk, const struct options *options)
{
	bool rare = disk->kind == DISK_LOOP || disk->kind == DISK_OTHER;

	return options->all || !rare || (options->allow & (1u << disk->kind));
}

/* ---- for programs ---- */

static void write_level(struct json *json, const char *key, int level)
{
	if (level > 0)
		json_u64(json, key, (unsigned)level);
	else
		json_null(json, key);
}

/* One word: what the whole disk holds, or why that is not known. */
static const char *content_word(const struct disk_content *content)
{
	static const char *const words[] = {
		[CONTENT_BLANK] = "blank",
		[CONTENT_AMBIVALENT] = "ambivalent",
		[CONTENT_DENIED] = "denied",
		[CONTENT_UNREADABLE] = "unreadable",
		[CONTENT_SILENT] = "silent",
	};
	bool known = content->state == CONTENT_TABLE || content->state == CONTENT_FILESYSTEM;

	return known ? content->type : words[content->state];
}

static void write_partition(struct json *json, const struct disk_partition *partition)
{
	json_begin_object(json, NULL);
	json_u64(json, "number", partition->number);
	json_u64(json, "start", partition->start * SECTOR_BYTES);
	json_u64(json, "size", partition->sectors * SECTOR_BYTES);
	json_string(json, "name", partition->name);
	json_string(json, "type", partition->type);
	json_string(json, "uuid", partition->uuid);
	json_string(json, "fs_type", partition->fs_type);
	json_string(json, "fs_label", partition->fs_label);
	json_end_object(json);
}

static void write_lists(struct json *json, const struct disk *disk)
{
	json_begin_array(json, "partitions");
	for (uint32_t i = 0; i < disk->content.partition_count && i < DISK_PARTITIONS_MAX; i++)
		write_partition(json, &disk->content.partitions[i]);
	json_end_array(json);

	json_begin_array(json, "boot_areas");
	for (size_t i = 0; i < ARRAY_SIZE(disk->boot); i++) {
		if (!disk->boot[i].name[0])
			continue;
		json_begin_object(json, NULL);
		json_string(json, "name", disk->boot[i].name);
		json_u64(json, "size", disk->boot[i].size_bytes);
		json_end_object(json);
	}
	json_end_array(json);

	json_string(json, "verdict", disk->reason_count == 0 ? "ok" : "refused");
	json_begin_array(json, "reasons");
	for (uint32_t i = 0; i < disk->reason_count; i++) {
		json_begin_object(json, NULL);
		json_string(json, "code", reason_name(disk->reasons[i].code));
		json_string(json, "text", disk->reasons[i].text);
		json_end_object(json);
	}
	json_end_array(json);
}

static void write_disk(struct json *json, const struct disk *disk)
{
	json_begin_object(json, NULL);
	json_string(json, "name", disk->name);
	json_string(json, "path", disk->path);
	json_string(json, "kind", disk_kind_name(disk->kind));
	json_u64(json, "size", disk->size_bytes);
	json_string(json, "model", disk->model);
	json_string(json, "serial", disk->id.serial);
	json_string(json, "cid", disk->id.cid);
	json_string(json, "vendor", disk->vendor);
	/* The words of the eMMC's two kinds of cells: tenths of the life used, 11 beyond it. */
	json_begin_object(json, "life_time");
	write_level(json, "a", disk->life_time_a);
	write_level(json, "b", disk->life_time_b);
	json_end_object(json);
	write_level(json, "pre_eol", disk->pre_eol);
	json_string(json, "content", content_word(&disk->content));
	json_string(json, "warning", disk->warning);
	write_lists(json, disk);
	json_end_object(json);
}

static void write_json(const struct inventory *inventory, const struct options *options)
{
	struct json json;

	json_init(&json, stdout);
	json_begin_object(&json, NULL);
	json_begin_array(&json, "disks");
	for (size_t i = 0; i < inventory_count(inventory); i++)
		if (is_shown(inventory_disk(inventory, i), options))
			write_disk(&json, inventory_disk(inventory, i));
	json_end_array(&json);
	json_end_object(&json);
	json_end_line(&json);
}

/* ---- for people ---- */

enum { NAME, KIND, SIZE, MODEL, IDENTITY, CONTENT, COLUMNS };

struct line {
	char cells[COLUMNS][128];
};

static const struct line heading = {{"NAME", "KIND", "SIZE", "MODEL", "IDENTITY", "CONTENT"}};

static void fill_line(const struct disk *disk, struct line *ret)
{
	const struct reason *reason = disk->reasons;

	*ret = (struct line){0};
	(void)STR_COPY(ret->cells[NAME], disk->name);
	(void)STR_COPY(ret->cells[KIND], disk_kind_label(disk->kind));
	if (disk->size_bytes > 0)
		(void)STR_COPY(ret->cells[SIZE], text_size(disk->size_bytes).s);
	(void)STR_COPY(ret->cells[MODEL], disk->model);
	disk_identity_short(disk, ret->cells[IDENTITY]);
	if (disk->reason_count > 0)
		(void)STR_FORMAT(ret->cells[CONTENT], "refused: %s", reason->text);
	else if (disk->content.state == CONTENT_PENDING)
		(void)STR_COPY(ret->cells[CONTENT], "not read"); /* a recorded machine */
	else
		disk_content_phrase(
			&disk->content, ret->cells[CONTENT], sizeof(ret->cells[CONTENT]));
}

/* Columns of a terminal, near enough: bytes that begin a character. */
static int width_of(const char *text)
{
	int width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static void print_line(const struct line *line, const int *widths)
{
	for (int i = 0; i < COLUMNS; i++) {
		const char *text = line->cells[i];
		int pad = widths[i] - width_of(text);

		if (i == COLUMNS - 1)
			printf("%s\n", text);
		else if (i == SIZE)
			printf("%*s%s  ", pad, "", text);
		else
			printf("%s%*s  ", text, pad, "");
	}
}

static void widen(int *widths, const struct line *line)
{
	for (int i = 0; i < COLUMNS; i++)
		if (widths[i] < width_of(line->cells[i]))
			widths[i] = width_of(line->cells[i]);
}

static void print_table(const struct inventory *inventory, const struct options *options)
{
	int widths[COLUMNS] = {0};
	size_t shown = 0, denied = 0;
	struct line line;

	widen(widths, &heading);
	for (size_t i = 0; i < inventory_count(inventory); i++) {
		const struct disk *disk = inventory_disk(inventory, i);

		if (!is_shown(disk, options))
			continue;
		fill_line(disk, &line);
		widen(widths, &line);
		shown++;
		denied += disk->content.state == CONTENT_DENIED;
	}
	if (shown == 0) {
		puts("No disk found.");
		return;
	}
	print_line(&heading, widths);
	for (size_t i = 0; i < inventory_count(inventory); i++) {
		if (!is_shown(inventory_disk(inventory, i), options))
			continue;
		fill_line(inventory_disk(inventory, i), &line);
		print_line(&line, widths);
	}
	/* The table goes to whoever reads it, this to the person. */
	(void)fflush(stdout);
	if (denied > 0)
		fprintf(stderr, "%zu of them could not be read: %s\n", denied,
			geteuid() == 0 ? "no permission, even for root (a container?)"
				       : "that needs root");
}

/* The list, complete; NULL with the sentence said. */
static struct inventory *take_inventory(int reactor, int root, const struct options *options)
{
	struct inventory *inventory = inventory_new(reactor, root, !options->sysroot);
	int r;

	if (!inventory) {
		perror("boardstrap list");
		return NULL;
	}
	inventory_set_rules(inventory, options->allow, 0, NULL, 0);
	r = inventory_refresh(inventory, false);
	while (r >= 0 && !inventory_is_settled(inventory))
		r = reactor_dispatch(reactor, -1);
	if (r >= 0)
		return inventory;
	fprintf(stderr, "boardstrap list: the disks in %s cannot be listed: %s\n",
		options->sysroot ? options->sysroot : "/sys", strerror(-r));
	inventory_free(inventory);
	return NULL;
}

int cmd_list(int argc, char **argv)
{
	struct options options = {0};
	_cleanup_close_ int root = -1, reactor = -1;
	struct inventory *inventory;
	char why[160];

	if (options_parse(COMMAND_LIST, argc, argv, &options, why, sizeof(why)) < 0) {
		fprintf(stderr, "boardstrap list: %s\n", why);
		return EXIT_REFUSED;
	}
	if (options.help) {
		options_help(stdout, COMMAND_LIST);
		return EXIT_OK;
	}
	root = sysfs_open_root(options.sysroot ? options.sysroot : "/");
	if (root < 0) {
		fprintf(stderr, "boardstrap list: cannot open %s: %s\n",
			options.sysroot ? options.sysroot : "/", strerror(-root));
		return EXIT_REFUSED;
	}
	reactor = reactor_new();
	inventory = reactor >= 0 ? take_inventory(reactor, root, &options) : NULL;
	if (!inventory)
		return EXIT_REFUSED;
	if (options.json)
		write_json(inventory, &options);
	else
		print_table(inventory, &options);
	inventory_free(inventory);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("boardstrap list");
		return EXIT_REFUSED;
	}
	return EXIT_OK;
}
