/* SPDX-License-Identifier: MIT */
#include "core/plan/plan.h"

#include "core/plan/space.h"
#include "core/process/child.h"
#include "device/base/util.h"
#include "device/disk/disk_scan.h"
#include "device/layout/mkfs.h"
#include "device/target/loop.h"
#include "device/target/mount.h"
#include "device/usage/rules.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#define BLOCK_BYTES 4096u

/* Why a FAT filesystem cannot hold @entry, or NULL. */
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
		/* Holes take no room, and the totals know of them. */
		if (root < plan->layout.count &&
			plan->shares[root].block_bytes > plan->totals.block_bytes)
			plan->shares[root].block_bytes = plan->totals.block_bytes;
	} else if (root < plan->layout.count) {
		plan->shares[root].block_bytes = plan->totals.block_bytes;
		plan->shares[root].inodes = totals_inodes(&plan->totals);
	}
}

/* The engine works in another folder: a path from here must hold there. */
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
		/* A name that was given stays, so that the sentence can say it. */
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

	if (layout_plan(request->layout, request->target->size_bytes, &ret->layout, &diag) == 0) {
		layout_assign_ids(&ret->layout, layout_random);
	} else {
		ret->layout = *request->layout;
		ret->layout.count = 0;
		STR_COPY(ret->layout_error, diag.text);
	}
	make_shares(ret, request->manifest);
	find_tar(ret, request->tar_program);
}

static bool has_utf8_locale(void)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);

	if (!locale)
		return false;
	freelocale(locale);
	return true;
}

static bool kernel_reports_syncfs(void)
{
	struct utsname name;
	unsigned major, minor;

	if (uname(&name) < 0 || sscanf(name.release, "%u.%u", &major, &minor) != 2)
		return false;
	return major > 5 || (major == 5 && minor >= 8);
}

static const char *target_error_text(int error)
{
	switch (-error) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return "it is not there";
	case ENOTBLK:
		return "it is a partition or a boot area; name the whole disk";
	case EINVAL:
		return "it is neither a disk nor a regular file";
	case ENOMEDIUM:
		return "there is no card in the slot";
	default:
		return strerror(-error);
	}
}

/* Another install holds it: the lock step will wait for that one, and tell. */
static bool is_locked(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

/* What no list of mounts knows: who else uses the file that an image or a loop device is. */
static void look_at_file(struct disk *disk, const struct plan *plan, int root)
{
	uint64_t dev = disk->id.file_dev, ino = disk->id.file_ino;
	const char *own = "";
	char other[32];

	if (disk->kind == DISK_LOOP && loop_file(root, NULL, disk->name, &dev, &ino) == 0)
		own = disk->name;
	else if (disk->kind != DISK_IMAGE)
		return;
	if (dev == plan->archive_id.dev && ino == plan->archive_id.ino)
		disk_refuse(disk, REASON_SOURCE, "it is the archive itself");
	if (!is_locked(disk->path) && loop_other_user(root, NULL, dev, ino, own, other) > 0)
		disk_refuse(disk, REASON_LOOP, "the same file is in use through /dev/%s", other);
}

/* The disks in use, and those that hold the job's files. One that is not there any more has changed,
 * and that is said elsewhere. */
static int load_inuse(struct inuse *ret, const struct plan *plan, int root)
{
	struct inuse_file files[PLAN_FILES_MAX];
	size_t count = plan_files(plan->archive, &plan->layout, files);
	int r = inuse_load(root, ret);

	return r < 0 ? r : inuse_add_files(ret, root, files, count);
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

static void look_at_target(struct plan_facts *ret, const struct plan *plan, int root)
{
	struct inuse inuse = {0};
	struct rules_facts rules = {
		.inuse = &inuse, .allow = plan->allow,
		/* Space is plan_check's own: its sentence says more. */
	};
	int error = disk_scan_target(root, plan->target.path, &ret->target);

	if (error == 0) {
		/* What was seen on it when it was picked; where it is another now, that is said. */
		ret->target.content = plan->target.content;
		error = load_inuse(&inuse, plan, root);
		if (error == 0)
			error = inuse_add_content(&inuse, &ret->target);
		if (error == 0)
			rules_judge(&ret->target, &rules);
		inuse_finish(&inuse);
		look_at_file(&ret->target, plan, root);
	}
	if (error < 0) {
		memset(&ret->target, 0, sizeof(ret->target));
		ret->target.kind = DISK_OTHER;
		STR_COPY(ret->target_error, target_error_text(error));
	}
}

/* A sparse image promises more than the disk that it lies on may have. */
static uint64_t image_room(const struct plan *plan)
{
	struct statvfs space;
	struct stat st;

	if (plan->target.kind != DISK_IMAGE || statvfs(plan->target.path, &space) < 0 ||
		stat(plan->target.path, &st) < 0)
		return UINT64_MAX;
	return (uint64_t)space.f_bavail * space.f_frsize + (uint64_t)st.st_blocks * 512;
}

void plan_look(struct plan_facts *ret, const struct plan *plan, int root)
{
	memset(ret, 0, sizeof(*ret));
	ret->is_root = geteuid() == 0;
	ret->utf8_locale = has_utf8_locale();
	ret->syncfs_reports = kernel_reports_syncfs();
	ret->archive_unchanged = file_id_is(&plan->archive_id, plan->archive);
	for (size_t i = 0; i < plan->layout.blob_count; i++)
		ret->blob_changed[i] =
			!file_id_is(&plan->layout.blobs[i].id, plan->layout.blobs[i].file);
	ret->image_room_bytes = image_room(plan);
	ret->tar_found = plan->tar_program[0] == '/' && access(plan->tar_program, X_OK) == 0;

	for (size_t i = 0; i < plan->layout.count; i++) {
		enum fs_kind fs = plan->layout.partitions[i].fs;
		const char *program = mkfs_program(fs);
		char path[256];

		if (fs == FS_NONE)
			continue;
		ret->mkfs_found[fs] =
			program && child_find_program(program, path, sizeof(path)) == 0;
		ret->fs_supported[fs] = mount_supported(fs);
	}
	look_at_target(ret, plan, root);
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
