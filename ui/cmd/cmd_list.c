/* SPDX-License-Identifier: MIT */
#include "ui/cmd/cmd_list.h"

#include "core/disks/inventory.h"
#include "core/install/err.h"
#include "core/process/reactor.h"
#include "core/report/event.h"
#include "core/report/json.h"
#include "core/service/service.h"
#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "device/usage/parts.h"
#include "ui/cmd/options.h"
#include "ui/lines/disk_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_MS 500 /* wait this long for probes, then print the table */

/* Hides loop devices and kinds that are never targets, unless --all or --allow names them. */
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

/* One word for the state of the content; NULL if it was not read. */
static const char *state_word(const struct disk_content *content)
{
	static const char *const words[] = {
		[CONTENT_BLANK] = "blank",
		[CONTENT_TABLE] = "table",
		[CONTENT_FILESYSTEM] = "filesystem",
		[CONTENT_AMBIVALENT] = "ambivalent",
		[CONTENT_DENIED] = "denied",
		[CONTENT_UNREADABLE] = "unreadable",
		[CONTENT_SILENT] = "silent",
	};

	return words[content->state];
}

/* The same, but the type for a table or a filesystem: "gpt", "ext4". */
static const char *content_word(const struct disk_content *content)
{
	bool known = content->state == CONTENT_TABLE || content->state == CONTENT_FILESYSTEM;

	return known ? content->type : state_word(content);
}

static void write_partition(struct json *json, const struct part *part)
{
	const struct disk_partition *partition = &part->partition;

	json_begin_object(json, NULL);
	json_u64(json, "number", partition->number);
	json_u64(json, "start", partition->start * SECTOR_BYTES);
	json_u64(json, "size", partition->sectors * SECTOR_BYTES);
	json_string(json, "name", partition->name);
	json_string(json, "type", partition->type);
	json_string(json, "uuid", partition->uuid);
	json_string(json, "fs_type", partition->fs_type);
	json_string(json, "fs_label", partition->fs_label);
	json_string(json, "fs_uuid", partition->fs_uuid);
	json_string(json, "device", part->name);
	json_begin_array(json, "mounts");
	for (uint32_t i = 0; i < part->mount_count && i < PART_MOUNTS_MAX; i++)
		json_string(json, NULL, part->mounts[i]);
	json_end_array(json);
	json_end_object(json);
}

/* Null if the area was not read, and if it is not known whether it is started. */
static void write_boot_content(struct json *json, const struct disk_content *content, size_t area)
{
	enum disk_boot_enable own = area == 0 ? BOOT_ENABLE_BOOT0 : BOOT_ENABLE_BOOT1;
	bool is_read = content->boot[area].kind != LOADER_UNREAD;

	json_string(json, "content", is_read ? loader_name(content->boot[area].kind) : NULL);
	json_string(json, "version", content->boot[area].version);
	if (content->boot_enable == BOOT_ENABLE_UNKNOWN)
		json_null(json, "enabled");
	else
		json_bool(json, "enabled", content->boot_enable == own);
}

static void write_lists(struct json *json, const struct disk *disk, const struct parts *parts)
{
	json_begin_array(json, "partitions");
	for (uint32_t i = 0; i < parts->count; i++)
		write_partition(json, &parts->list[i]);
	json_end_array(json);

	json_begin_array(json, "boot_areas");
	for (size_t i = 0; i < ARRAY_SIZE(disk->boot); i++) {
		if (!disk->boot[i].name[0])
			continue;
		json_begin_object(json, NULL);
		json_string(json, "name", disk->boot[i].name);
		json_u64(json, "size", disk->boot[i].size_bytes);
		write_boot_content(json, &disk->content, i);
		json_end_object(json);
	}
	json_end_array(json);
	json_string(json, "boot_enable", disk_boot_enable_name(disk->content.boot_enable));
	json_begin_array(json, "boot_loaders");
	for (uint32_t i = 0; i < disk->content.loader_count && i < DISK_LOADERS_MAX; i++) {
		json_begin_object(json, NULL);
		event_loader(json, &disk->content.loaders[i]);
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

static void write_disk(struct json *json, const struct disk *disk, const struct parts *parts)
{
	const char *version = disk_emmc_version(disk);

	json_begin_object(json, NULL);
	json_string(json, "name", disk->name);
	json_string(json, "path", disk->path);
	json_string(json, "kind", disk_kind_name(disk->kind));
	json_string(json, "bus", disk_bus(disk));
	json_u64(json, "size", disk->size_bytes);
	json_string(json, "model", disk->model);
	json_string(json, "serial", disk->id.serial);
	json_string(json, "cid", disk->id.cid);
	json_string(json, "vendor", disk->vendor);
	/* Memory types A and B (JEDEC JESD84-B51): 1 is up to 10 % used, 10 is 100 %, 11 more. */
	json_begin_object(json, "life_time");
	write_level(json, "a", disk->life_time_a);
	write_level(json, "b", disk->life_time_b);
	json_end_object(json);
	write_level(json, "pre_eol", disk->pre_eol);
	json_string(json, "content", content_word(&disk->content));
	json_string(json, "warning", disk->warning);
	json_string(json, "content_state", state_word(&disk->content));
	json_string(json, "label", disk->content.label);
	json_string(json, "emmc_version", version[0] ? version : NULL);
	json_bool(json, "read_only", disk->read_only);
	json_string(json, "port", disk->id.devpath);
	json_u64(json, "diskseq", disk->id.diskseq);
	/* May exceed the length of "partitions", which is limited. */
	json_u64(json, "partition_count", disk->content.partition_count);
	write_lists(json, disk, parts);
	json_end_object(json);
}

/* ---- the disks to show ---- */

/* The disks to show, and the limits of what could be read. */
struct shown {
	const struct disk **disks;
	struct parts *parts; /* of each disk, with the contents so far; parallel */
	size_t count;
	size_t denied;	/* disks whose content could not be read for lack of permission */
	bool user_only; /* mounts in namespaces of other users are not visible */
};

static void read_parts(int root, struct shown *shown)
{
	struct parts_use use;

	parts_use_load(root, &use);
	for (size_t i = 0; i < shown->count; i++)
		parts_of(root, &use, shown->disks[i], &shown->parts[i]);
	parts_use_finish(&use);
}

static void free_shown(struct shown *shown)
{
	free(shown->disks);
	free(shown->parts);
}

static int select_disks(int root, const struct inventory *inventory, const struct options *options,
	struct shown *ret)
{
	*ret = (struct shown){.user_only = !options->sysroot && geteuid() != 0};
	ret->disks = calloc(inventory_count(inventory) + 1, sizeof(*ret->disks));
	ret->parts = calloc(inventory_count(inventory) + 1, sizeof(*ret->parts));
	if (!ret->disks || !ret->parts) {
		free_shown(ret);
		return -ENOMEM;
	}
	for (size_t i = 0; i < inventory_count(inventory); i++) {
		const struct disk *disk = inventory_disk(inventory, i);

		if (!is_shown(disk, options))
			continue;
		ret->disks[ret->count++] = disk;
		ret->denied += disk->content.state == CONTENT_DENIED;
	}
	read_parts(root, ret);
	return 0;
}

static void write_json(const struct shown *shown, const struct options *options)
{
	struct json json;

	json_init(&json, stdout);
	json_begin_object(&json, NULL);
	json_begin_array(&json, "disks");
	for (size_t i = 0; i < shown->count; i++)
		write_disk(&json, shown->disks[i], &shown->parts[i]);
	json_end_array(&json);
	json_begin_array(&json, "not_seen");
	if (shown->denied > 0 || options->sysroot)
		json_string(&json, NULL, "contents");
	if (shown->user_only)
		json_string(&json, NULL, "namespaces");
	json_end_array(&json);
	json_end_object(&json);
	json_end_line(&json);
}

/* Goes to standard error, because the table may be piped to a program. */
static void print_limits(const struct shown *shown)
{
	(void)fflush(stdout);
	if (shown->denied > 0)
		fprintf(stderr, "boardstrap: the content of %zu disk%s could not be read: %s\n",
			shown->denied, shown->denied == 1 ? "" : "s",
			shown->user_only ? "that needs root"
					 : "permission denied, even for root (in a container?)");
	if (shown->user_only && shown->count > 0)
		fputs("boardstrap: mounts in other users' namespaces are not visible without root\n",
			stderr);
}

/* Waits for all probes, at most until @end_ms unless that is 0. Returns 0 or -errno. */
static int wait_for_probes(int reactor, const struct inventory *inventory, uint64_t end_ms)
{
	int r = 0;

	while (r >= 0 && !inventory_is_settled(inventory)) {
		uint64_t now = now_ms();

		if (end_ms && now >= end_ms)
			break;
		r = reactor_dispatch(reactor, end_ms ? (int)(end_ms - now) : -1);
	}
	return r < 0 ? r : 0;
}

/* Prints a disk whose probe has ended after the table. */
static void print_late(int root, const struct disk *disk, bool brief)
{
	_cleanup_free_ struct parts *parts = brief ? NULL : calloc(1, sizeof(*parts));
	struct parts_use use;

	if (parts) {
		parts_use_load(root, &use);
		parts_of(root, &use, disk, parts);
		parts_use_finish(&use);
	}
	disk_table_print_late(stdout, disk, parts);
}

/* Prints the table at once with the contents known so far, so that one bad card does not delay it.
 * The other contents follow below the table as their probes end. */
static int print_table(int reactor, int root, const struct inventory *inventory,
	const struct shown *shown, bool brief)
{
	_cleanup_free_ bool *late = calloc(shown->count + 1, sizeof(*late));
	int r = 0;

	if (!late)
		return -ENOMEM;
	if (shown->count > 0)
		disk_table_print(stdout, shown->disks, brief ? NULL : shown->parts, shown->count,
			inventory_is_settled(inventory) ? "not read" : "no answer yet");
	else
		puts("No disk found.");
	for (size_t i = 0; i < shown->count; i++)
		late[i] = shown->disks[i]->content.state == CONTENT_PENDING;
	while (r >= 0) {
		for (size_t i = 0; i < shown->count; i++) {
			if (!late[i] || shown->disks[i]->content.state == CONTENT_PENDING)
				continue;
			late[i] = false;
			print_late(root, shown->disks[i], brief);
		}
		(void)fflush(stdout);
		if (inventory_is_settled(inventory))
			return 0;
		r = reactor_dispatch(reactor, -1);
	}
	return r;
}

static int show(
	int reactor, int root, const struct inventory *inventory, const struct options *options)
{
	struct shown shown;
	int r = wait_for_probes(reactor, inventory, options->json ? 0 : now_ms() + PATIENCE_MS);

	if (r == 0)
		r = select_disks(root, inventory, options, &shown);
	if (r < 0)
		return r;
	if (options->json) {
		write_json(&shown, options);
	} else {
		r = print_table(reactor, root, inventory, &shown, options->brief);
		print_limits(&shown);
	}
	free_shown(&shown);
	return r;
}

static int list(int reactor, int root, const struct options *options,
	const struct inventory_options *inventory_options)
{
	struct inventory *inventory =
		inventory_new(reactor, root, !options->sysroot, inventory_options);
	int r = inventory ? 0 : -errno;

	if (r == 0) {
		inventory_set_job(inventory, &(struct judge_job){.allow = options->allow});
		r = inventory_refresh(inventory, false);
	}
	if (r == 0)
		r = show(reactor, root, inventory, options);
	inventory_free(inventory);
	return r;
}

static int refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int refuse(const char *format, ...)
{
	va_list args;

	(void)fputs("boardstrap: ", stderr);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
	return EXIT_REFUSED;
}

int cmd_list_with(int argc, char **argv, const struct inventory_options *inventory_options)
{
	struct options options = {0};
	_cleanup_close_ int root = -1, reactor = -1;
	struct diag diag;
	int r;

	if (options_parse(COMMAND_LIST, argc, argv, &options, &diag) < 0)
		return refuse("%s", diag.text);
	if (!options.sysroot)
		service_put_back(); /* settings of a killed install affect the list */
	root = sysroot_open(options.sysroot ? options.sysroot : "/");
	if (root < 0)
		return refuse("cannot open %s: %s", options.sysroot ? options.sysroot : "/",
			strerror(-root));
	reactor = reactor_new();
	r = reactor < 0 ? reactor : list(reactor, root, &options, inventory_options);
	if (r < 0)
		return refuse("the disks in %s cannot be listed: %s",
			options.sysroot ? options.sysroot : "/sys", strerror(-r));
	if (fflush(stdout) != 0 || ferror(stdout))
		return refuse("the list could not be written: %s", strerror(errno));
	return EXIT_OK;
}

int cmd_list(int argc, char **argv)
{
	return cmd_list_with(argc, argv, NULL);
}
