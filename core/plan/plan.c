/* SPDX-License-Identifier: MIT */
#include "core/plan/plan.h"

#include "core/plan/space.h"
#include "core/process/child.h"
#include "device/base/util.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 4096u

/* Returns why a FAT filesystem cannot hold @entry, or NULL if it can. */
static const char *vfat_unfit(const struct manifest_entry *entry)
{
	static const char *const types[MANIFEST_TYPE_COUNT] = {
		[MANIFEST_SYMLINK] = "a symbolic link",
		[MANIFEST_HARDLINK] = "a hard link",
		[MANIFEST_CHAR] = "a device node",
		[MANIFEST_BLOCK] = "a device node",
		[MANIFEST_FIFO] = "a named pipe",
	};

	if (types[entry->type])
		return types[entry->type];
	if (entry->size > UINT32_MAX)
		return "a file of 4 GiB or more";
	if (strpbrk(entry->path, "\"*:<>?\\|"))
		return "a name with one of \"*:<>?\\|";
	return NULL;
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
		share->block_bytes += (entry->size + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
	else if (entry->type == MANIFEST_DIR)
		share->block_bytes += BLOCK_BYTES;
	share->inodes += entry->type != MANIFEST_HARDLINK;

	if (plan->layout.partitions[i].fs == FS_VFAT)
		why = vfat_unfit(entry);
	else if (entry->type == MANIFEST_HARDLINK &&
		 layout_partition_of(&plan->layout, entry->link) != i)
		why = "a hard link to another partition";
	if (why && share->unfit++ == 0) {
		STR_COPY(share->unfit_path, entry->path);
		str_sanitise(share->unfit_path);
		STR_COPY(share->unfit_why, why);
	}
	return 0;
}

static uint64_t totals_inodes(const struct manifest_totals *totals)
{
	return totals->entries - totals->hardlinks;
}

static void make_shares(struct plan *plan, const struct manifest *manifest)
{
	size_t root = layout_partition_of(&plan->layout, "");

	if (manifest) {
		plan->plain_names = true;
		(void)manifest_each(manifest, share_entry, plan);
		/* An entry's size includes its holes; the totals do not. */
		if (root < plan->layout.count &&
			plan->shares[root].block_bytes > plan->totals.block_bytes)
			plan->shares[root].block_bytes = plan->totals.block_bytes;
	} else if (root < plan->layout.count) {
		plan->shares[root].block_bytes = plan->totals.block_bytes;
		plan->shares[root].inodes = totals_inodes(&plan->totals);
	}
}

/* The engine runs in another working directory. */
static void make_absolute(char *path, size_t size)
{
	char *real = strchr(path, '/') && path[0] != '/' ? realpath(path, NULL) : NULL;

	if (real)
		(void)str_copy(path, size, real);
	free(real);
}

static void find_tar(struct plan *plan, const char *program)
{
	if (child_find_program(
		    program ? program : "tar", plan->tar_program, sizeof(plan->tar_program)) < 0) {
		/* Keep the requested name for plan_check's message. */
		STR_COPY(plan->tar_program, program ? program : "");
		return;
	}
	make_absolute(plan->tar_program, sizeof(plan->tar_program));
	if (tar_identify(plan->tar_program, &plan->tar, plan->tar_version,
		    sizeof(plan->tar_version)) < 0) {
		plan->tar = TAR_UNKNOWN;
		plan->tar_version[0] = '\0';
	}
}

void plan_make(struct plan *ret, const struct plan_request *request)
{
	const struct inspect_result *archive = request->archive;
	struct diag diag = {0};

	memset(ret, 0, sizeof(*ret));
	ret->target = *request->target;
	STR_COPY(ret->archive, archive->path);
	ret->archive_id = archive->id;
	ret->compression = archive->compression;
	STR_COPY(ret->sha256, archive->sha256);
	ret->sidecar = archive->sidecar;
	ret->totals = archive->totals;
	STR_COPY(ret->expect_id, request->expect_id ? request->expect_id : "");
	ret->allow = request->allow;
	ret->verify = request->verify;
	ret->tar_needs = (archive->totals.xattrs ? TAR_NEED_XATTRS : 0u) |
			 (archive->totals.acls ? TAR_NEED_ACLS : 0u) |
			 (archive->totals.sparse ? TAR_NEED_SPARSE : 0u);

	if (layout_place(request->layout, request->target->size_bytes, &ret->layout, &diag) == 0) {
		layout_assign_ids(&ret->layout, layout_random);
	} else {
		ret->layout = *request->layout;
		ret->layout.count = 0;
		STR_COPY(ret->layout_error, diag.text);
	}
	make_shares(ret, request->manifest);
	find_tar(ret, request->tar_program);
}

size_t plan_files(
	const char *archive, const struct layout *layout, struct inuse_file ret[PLAN_FILES_MAX])
{
	size_t count = 0;

	if (archive)
		ret[count++] = (struct inuse_file){.path = archive, .what = "archive"};
	if (layout && layout->file[0])
		ret[count++] = (struct inuse_file){.path = layout->file, .what = "layout file"};
	for (size_t i = 0; layout && i < layout->blob_count; i++)
		ret[count++] = (struct inuse_file){
			.path = layout->blobs[i].file, .what = layout->blobs[i].name};
	return count;
}

uint64_t plan_need_bytes(const struct manifest_totals *totals, const struct layout *layout)
{
	struct layout needed = *layout;
	size_t i = layout_partition_of(&needed, "");

	if (i < needed.count) {
		struct layout_partition *root = &needed.partitions[i];
		uint64_t bytes =
			space_partition_bytes(root->fs, totals->block_bytes, totals_inodes(totals));

		if (root->grow && root->min_bytes < bytes)
			root->min_bytes = bytes;
	}
	return layout_min_bytes(&needed);
}
