/* SPDX-License-Identifier: MIT */
#include "core/plan/plan.h"

#include "core/plan/loader_check.h"
#include "core/plan/namesakes.h"
#include "core/plan/space.h"
#include "core/plan/unfit.h"
#include "core/process/child.h"
#include "device/base/util.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_BYTES 4096u

/* mkfs makes this folder, which GNU tar and bsdtar replace. */
static bool is_lost_found(
	const struct layout_partition *partition, const struct manifest_entry *entry)
{
	const char *mount = partition->mount + 1, *name = entry->path;

	if (*mount && path_is_below(name, mount) && name[strlen(mount)] == '/')
		name += strlen(mount) + 1;
	return partition->fs == FS_EXT4 && strcmp(name, "lost+found") == 0;
}

static void need_over_dir(struct plan *plan, const struct manifest_entry *entry)
{
	struct manifest_need *need = &plan->totals.needs[TAR_NEED_OVER_DIR];

	if (need->count++ > 0)
		return;
	need->archive = entry->archive;
	STR_COPY(need->path, entry->path);
	str_sanitise(need->path);
}

static bool is_mount_point(const struct layout *layout, const char *path)
{
	for (size_t i = 0; i < layout->count; i++)
		if (layout->partitions[i].mount[0] &&
			strcmp(layout->partitions[i].mount + 1, path) == 0)
			return true;
	return false;
}

/* Counts an entry of another archive than the one that fills its partition: both would be extracted on
 * top of each other. The folder of a mount point is in both, and copies are made after all archives. */
static void note_stray(struct plan *plan, size_t i, const struct manifest_entry *entry)
{
	struct plan_share *share = &plan->shares[i];

	if (entry->archive == share->archive || entry->archive == MANIFEST_NO_ARCHIVE ||
		(entry->type == MANIFEST_DIR && is_mount_point(&plan->layout, entry->path)) ||
		share->stray++ > 0)
		return;
	share->stray_archive = entry->archive;
	STR_COPY(share->stray_path, entry->path);
	str_sanitise(share->stray_path);
}

/* An entry that was replaced is extracted too. */
static int share_replaced(void *arg, const struct manifest_entry *entry)
{
	struct plan *plan = arg;
	size_t i = layout_partition_of(&plan->layout, entry->path);

	if (i < plan->layout.count)
		note_stray(plan, i, entry);
	return 0;
}

static int share_entry(void *arg, const struct manifest_entry *entry)
{
	struct plan *plan = arg;
	size_t i = layout_partition_of(&plan->layout, entry->path);
	struct plan_share *share = &plan->shares[i];
	const char *why = NULL;

	for (const char *c = entry->path; *c; c++)
		if ((unsigned char)*c >= 0x80)
			plan->plain_names = false;
	if (i == plan->layout.count)
		return 0;

	if (entry->type == MANIFEST_FILE)
		share->block_bytes += entry->block_bytes;
	else if (entry->type == MANIFEST_DIR)
		share->block_bytes += BLOCK_BYTES;
	share->inodes += entry->type != MANIFEST_HARDLINK;
	plan->has_firmware =
		plan->has_firmware || loader_is_firmware(&plan->layout.partitions[i], entry->path);

	why = unfit_reason(&plan->layout.partitions[i], entry);
	if (!why && entry->type == MANIFEST_HARDLINK &&
		layout_partition_of(&plan->layout, entry->link) != i)
		why = "is a hard link to another partition";
	if (entry->type != MANIFEST_DIR && is_lost_found(&plan->layout.partitions[i], entry))
		need_over_dir(plan, entry);
	note_stray(plan, i, entry);
	if (why && share->unfit++ == 0) {
		STR_COPY(share->unfit_path, entry->path);
		str_sanitise(share->unfit_path);
		STR_COPY(share->unfit_why, why);
	}
	return 0;
}

/* tar, or a file of the layout, would replace the other one without a word. */
static void note_namesakes(struct plan *plan, const struct manifest *manifest, size_t i)
{
	struct plan_share *share = &plan->shares[i];
	struct namesakes found;
	const char *slash;

	if (plan->layout.partitions[i].fs != FS_VFAT ||
		!namesakes_find(manifest, &plan->layout, i, &found))
		return;
	if (share->unfit == 0) {
		slash = strrchr(found.other, '/');
		STR_COPY(share->unfit_path, found.path);
		str_sanitise(share->unfit_path);
		(void)STR_FORMAT(share->unfit_why, "differs only in case from %s",
			slash ? slash + 1 : found.other);
		str_sanitise(share->unfit_why);
	}
	share->unfit += found.count;
}

/* The installer makes the mount point before it runs tar, which cannot replace it. */
static void find_obstacle(struct plan *plan, const struct manifest *manifest, size_t i)
{
	const char *mount = plan->layout.partitions[i].mount;
	struct plan_share *share = &plan->shares[i];
	struct manifest_entry entry;

	if (mount[0] == '\0' || !manifest_find_obstacle(manifest, mount + 1, &entry))
		return;
	share->blocked_archive = entry.archive;
	STR_COPY(share->blocked_path, entry.path);
	str_sanitise(share->blocked_path);
	(void)STR_FORMAT(share->blocked_why, "%s%s%s", unfit_type(entry.type),
		entry.link[0] ? " to " : "", entry.link);
	str_sanitise(share->blocked_why);
}

static void make_shares(struct plan *plan, const struct manifest *manifest)
{
	const struct archive_list *archives = &plan->archives;

	for (size_t i = 0; i < plan->layout.count; i++)
		plan->shares[i].archive =
			archive_list_of(archives, plan->layout.partitions[i].mount);
	plan->has_firmware = !manifest;
	if (manifest) {
		plan->plain_names = true;
		(void)manifest_each(manifest, share_entry, plan);
		(void)manifest_each_replaced(manifest, share_replaced, plan);
		for (size_t i = 0; i < plan->layout.count; i++) {
			note_namesakes(plan, manifest, i);
			find_obstacle(plan, manifest, i);
		}
		return;
	}
	for (uint32_t n = 0; n < archives->count; n++) {
		size_t i = layout_partition_of(&plan->layout, archives->list[n].folder);

		if (i == plan->layout.count)
			continue;
		plan->shares[i].block_bytes += archives->list[n].block_bytes;
		plan->shares[i].inodes += archives->list[n].inodes;
	}
}

static void find_tar(struct plan *plan, const char *program)
{
	char found[sizeof(plan->tar_program)];

	/* Keep the requested name for plan_check's message. */
	if (child_find_program(program ? program : "tar", found, sizeof(found)) < 0)
		STR_COPY(plan->tar_program, program ? program : "");
	else if (found[0] == '/')
		STR_COPY(plan->tar_program, found);
	else
		(void)path_make_absolute(found, plan->tar_program, sizeof(plan->tar_program));
}

static void identify_tar(struct plan *plan)
{
	if (plan->tar_program[0] != '/' ||
		tar_identify(plan->tar_program, &plan->tar, plan->tar_version,
			sizeof(plan->tar_version)) < 0) {
		plan->tar = TAR_UNKNOWN;
		plan->tar_version[0] = '\0';
	}
}

/* A path that does not exist is made absolute too: it must not name another file elsewhere. */
static void make_absolute(struct archive *archive)
{
	char path[sizeof(archive->path)];

	if (path_make_absolute(archive->path, path, sizeof(path)))
		STR_COPY(archive->path, path);
}

void plan_begin(struct plan *ret, const struct plan_request *request)
{
	memset(ret, 0, sizeof(*ret));
	ret->scope = request->scope;
	ret->target = *request->target;
	if (scope_has_archive(request->scope))
		archive_list_make(&ret->archives, request->archive, request->layout);
	for (uint32_t i = 0; i < ret->archives.count; i++)
		make_absolute(&ret->archives.list[i]);
	ret->archive_options = request->archive_options;
	ret->layout = *request->layout;
	STR_COPY(ret->expect_id, request->expect_id ? request->expect_id : "");
	ret->allow = request->allow;
	ret->verify = request->verify || !scope_has_files(request->scope);
	ret->tar = TAR_UNKNOWN;
	find_tar(ret, request->tar_program);
}

static void take_archives(struct plan *plan, const struct inspect_result *scan)
{
	plan->archives = scan->archives;
	plan->warnings = scan->warnings;
	plan->totals = scan->totals;
	plan->copy_bytes = scan->copy_bytes;
}

static void place(struct plan *plan, const struct manifest *manifest)
{
	struct layout placed;
	struct diag diag = {0};

	if (layout_place(&plan->layout, plan->target.size_bytes, plan->target.sector_bytes, &placed,
		    &diag) == 0) {
		plan->layout = placed;
		if (manifest)
			identities_take(manifest, &plan->layout, &plan->identities);
		if (scope_makes_table(plan->scope))
			layout_assign_ids(&plan->layout, layout_random);
	} else {
		plan->layout.count = 0;
		STR_COPY(plan->layout_error, diag.text);
	}
}

void plan_complete(
	struct plan *plan, const struct inspect_result *archive, const struct manifest *manifest)
{
	bool can_place = plan->target.name[0] && plan->layout.name[0];
	bool needs_scan = scope_has_files(plan->scope);

	plan->complete = can_place && (archive || !needs_scan);
	plan->unread = needs_scan && !archive;
	if (archive)
		take_archives(plan, archive);
	if (can_place)
		place(plan, manifest);
	if (!needs_scan)
		return;
	make_shares(plan, manifest);
	if (!scope_has_archive(plan->scope))
		return;
	if (manifest)
		bootcheck(manifest, plan->layout.count > 0 ? &plan->layout : NULL, &plan->boot);
	for (unsigned need = 0; need < TAR_NEED_COUNT; need++)
		if (plan->totals.needs[need].count > 0)
			plan->tar_needs |= TAR_NEED_BIT(need);
	identify_tar(plan);
	plan->tar_built_without = tar_built_without(plan->tar_program, plan->tar, plan->tar_needs);
}

size_t plan_files(const struct archive_list *archives, const struct layout *layout,
	struct inuse_file ret[PLAN_FILES_MAX])
{
	size_t count = 0;

	for (uint32_t i = 0; archives && i < archives->count; i++)
		if (archives->list[i].path[0])
			ret[count++] = (struct inuse_file){
				.path = archives->list[i].path, .what = "archive"};
	if (layout && layout->file[0])
		ret[count++] = (struct inuse_file){.path = layout->file, .what = "layout file"};
	for (size_t i = 0; layout && i < layout->blob_count; i++)
		if (!layout->blobs[i].missing)
			ret[count++] = (struct inuse_file){
				.path = layout->blobs[i].file, .what = layout->blobs[i].name};
	for (size_t i = 0; layout && i < layout->copy_count; i++)
		ret[count++] = (struct inuse_file){
			.path = layout->copies[i].file, .what = layout->copies[i].name};
	return count;
}

uint64_t plan_need_bytes(const struct archive_list *archives, const struct layout *layout)
{
	struct layout needed = *layout;

	for (uint32_t n = 0; n < archives->count; n++) {
		const struct archive *archive = &archives->list[n];
		size_t i = layout_partition_of(&needed, archive->folder);
		struct layout_partition *p = &needed.partitions[i];
		uint64_t bytes;

		if (i == needed.count || !p->grow)
			continue;
		bytes = space_partition_bytes(p->fs, archive->block_bytes, archive->inodes);
		if (p->min_bytes < bytes)
			p->min_bytes = bytes;
	}
	return layout_min_bytes(&needed);
}
