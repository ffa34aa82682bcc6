/* SPDX-License-Identifier: MIT */
#include "core/disks/judge.h"
#include "core/plan/boot_only.h"
#include "core/process/child.h"
#include "device/base/util.h"
#include "device/disk/disk_scan.h"
#include "device/layout/mkfs.h"
#include "device/target/loop.h"
#include "device/target/mount.h"
#include "device/target/target.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static bool has_utf8_locale(void)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);

	if (!locale)
		return false;
	freelocale(locale);
	return true;
}

/* Finds other users of the file behind an image or a loop device, which no list of mounts shows. */
static void judge_file(struct disk *disk, const struct plan *plan, int root)
{
	uint64_t dev = disk->id.file_dev, ino = disk->id.file_ino;
	const char *own = "";
	char other[32];

	if (disk->kind == DISK_LOOP && loop_file(root, NULL, disk->name, &dev, &ino) == 0)
		own = disk->name;
	else if (disk->kind != DISK_IMAGE)
		return;
	for (uint32_t i = 0; i < plan->archives.count; i++)
		if (dev == plan->archives.list[i].id.dev && ino == plan->archives.list[i].id.ino)
			disk_refuse(disk, REASON_SOURCE, "it is the archive itself");
	for (size_t i = 0; i < plan->layout.copy_count; i++) {
		const struct layout_copy *copy = &plan->layout.copies[i];
		struct stat st;

		if (stat(copy->file, &st) == 0 && dev == st.st_dev && ino == st.st_ino)
			disk_refuse(disk, REASON_SOURCE, "it is the layout's file %s itself",
				copy->name);
	}
	if (loop_other_user(root, NULL, dev, ino, own, other) > 0)
		disk_refuse(disk, REASON_LOOP, "the same file is in use through /dev/%s", other);
}

static void judge_target(struct plan_facts *ret, const struct plan *plan, int root)
{
	struct inuse_file files[PLAN_FILES_MAX];
	/* No need_bytes: plan_check's own message on space is more precise. */
	const struct judge_job job = {
		.allow = plan->allow,
		.files = files,
		.file_count = plan_files(&plan->archives, &plan->layout, files),
	};
	int r = disk_scan_target(root, plan->target.path, &ret->target);

	if (r < 0) {
		ret->target = (struct disk){.kind = DISK_OTHER};
		STR_COPY(ret->target_error, judge_target_error(r));
		return;
	}
	/* Content as probed when the target was picked; a different disk is refused by
	 * its identity. */
	ret->target.content = plan->target.content;
	judge_disk(root, &job, &ret->target);
	judge_file(&ret->target, plan, root);
}

/* A sparse image may be larger than the free space of the filesystem below it. ramfs and some FUSE
 * filesystems report no size at all. */
static uint64_t image_room(const struct plan *plan)
{
	struct statvfs space;
	struct stat st;

	if (plan->target.kind != DISK_IMAGE || statvfs(plan->target.path, &space) < 0 ||
		stat(plan->target.path, &st) < 0 || space.f_blocks == 0)
		return UINT64_MAX;
	return (uint64_t)space.f_bavail * space.f_frsize + (uint64_t)st.st_blocks * 512;
}

/* A path that names another disk by now is refused by its identity. */
static void look_at_table(struct plan_facts *ret, const struct plan *plan)
{
	_cleanup_close_ int fd = open(plan->target.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct diag diag = {0};

	if (fd < 0)
		STR_FORMAT(ret->occupied_error, "it cannot be opened: %s", strerror(errno));
	else if (occupied_read(fd, &ret->occupied, &diag) < 0)
		STR_COPY(ret->occupied_error, diag.text);
}

void plan_look(struct plan_facts *ret, const struct plan *plan, int root)
{
	memset(ret, 0, sizeof(*ret));
	ret->is_root = geteuid() == 0;
	ret->utf8_locale = has_utf8_locale();
	ret->syncfs_reports = kernel_is_at_least(5, 8);
	for (uint32_t i = 0; i < plan->archives.count; i++)
		ret->archive_changed[i] =
			!file_id_is(&plan->archives.list[i].id, plan->archives.list[i].path);
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
	if (plan->scope == SCOPE_BOOT && boot_only_writes_disk(plan))
		look_at_table(ret, plan);
	judge_target(ret, plan, root);
	ret->locked = target_locked_by(root, &plan->target, &ret->owner);
}
