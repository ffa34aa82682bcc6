/* SPDX-License-Identifier: MIT */
#include "core/install/job.h"

#include "device/layout/layout_table.h"
#include "device/target/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define UNMOUNT_WAIT_MS 5000

void job_folder_path(const struct job *job, const char *folder, char ret[256])
{
	(void)str_format(ret, 256, "%s/target%s%s", job->world.dir, *folder ? "/" : "", folder);
}

void job_mount_path(const struct job *job, unsigned index, char ret[256])
{
	job_folder_path(
		job, job->plan.layout.partitions[job->mounts[index].partition].mount + 1, ret);
}

int job_open_tree(const struct job *job)
{
	char path[256];
	int fd;

	job_folder_path(job, "", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Sorted by path length, so that parents come before children. */
void job_list_mounts(struct job *job)
{
	const struct layout *layout = &job->plan.layout;

	job->mount_count = 0;
	for (unsigned i = 0; i < layout->count; i++) {
		unsigned at = job->mount_count;

		if (layout->partitions[i].fs == FS_NONE || layout->partitions[i].mount[0] == '\0')
			continue;
		for (; at > 0 && strlen(layout->partitions[job->mounts[at - 1].partition].mount) >
					 strlen(layout->partitions[i].mount);
			at--)
			job->mounts[at] = job->mounts[at - 1];
		job->mounts[at] = (struct job_mount){.partition = i, .dir_fd = -1};
		job->mount_count++;
	}
}

enum phase_result job_open_mounts(struct job *job)
{
	char path[256];

	for (unsigned i = 0; i < job->mount_count; i++) {
		job_mount_path(job, i, path);
		job->mounts[i].dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (job->mounts[i].dir_fd < 0)
			return job_fail(
				job, 0, "%s could not be opened: %s", path, strerror(errno));
	}
	return PHASE_DONE;
}

int job_mount_all(const struct job *job, bool read_only, int report_fd)
{
	for (unsigned i = 0; i < job->mount_count; i++) {
		unsigned partition = job->mounts[i].partition;
		enum fs_kind fs = job->plan.layout.partitions[partition].fs;
		char node[TARGET_NODE_MAX], path[256];
		int r;

		target_node(&job->target, table_number(&job->plan.layout, partition), node);
		job_mount_path(job, i, path);
		r = mount_fs(node, path, fs, read_only);
		if (r < 0)
			return child_report_fail(report_fd, r,
				"The %s of partition %u on %s could not be mounted: %s",
				fs_name(fs), table_number(&job->plan.layout, partition),
				job_target_name(job), job_error_text(job, r));
	}
	return 0;
}

int job_unmount_all(const struct job *job, int report_fd)
{
	for (unsigned i = job->mount_count; i-- > 0;) {
		char path[256], holders[160] = "";
		int r;

		job_mount_path(job, i, path);
		r = mount_unmount(path, UNMOUNT_WAIT_MS, holders, sizeof(holders));
		/* A failed job may have mounted none of them, or only some. */
		if (r < 0 && r != -EINVAL && r != -ENOENT)
			return child_report_fail(report_fd, r,
				"Partition %u of %s could not be unmounted: %s%s%s",
				table_number(&job->plan.layout, job->mounts[i].partition),
				job_target_name(job), job_error_text(job, r),
				holders[0] ? ", held by " : "", holders);
	}
	return 0;
}
