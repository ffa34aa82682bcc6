/* SPDX-License-Identifier: MIT */
/* The steps that write the files to the medium and verify them: extract, flush, verify. */
#include "core/install/phases.h"

#include "core/install/copying.h"
#include "core/manifest/tar_fixup.h"
#include "device/layout/layout_table.h"
#include "device/target/flush.h"
#include "device/target/partitions.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>

/* ---- extract ---- */

static int mount_work(void *arg, int report_fd)
{
	return job_mount_all(arg, false, report_fd);
}

enum phase_result phase_mount(struct job *job)
{
	job_list_mounts(job);
	return job_work(job, "mount", mount_work);
}

static void extract_message(void *owner, const char *text)
{
	struct job *job = owner;

	job->message(job, text);
}

static void extract_ended(void *owner, const char *why)
{
	struct job *job = owner;

	if (why)
		job_fail(job, 0, "%s", why);
	job->settled(job);
}

enum phase_result phase_begin_writing(struct job *job)
{
	struct flush_stat stat = {0};

	if (job_open_mounts(job) == PHASE_FAILED)
		return PHASE_FAILED;
	if (flush_read_stat(job->world.root, job->target.disk.name, &stat) == 0) {
		job->medium_start = stat.written_bytes;
		job->medium_counts = true;
	}
	/* Early write-back keeps the gauges current; the install is safe without it. */
	if (job_change_settings(job) == 0)
		(void)settings_write_back_early(&job->settings, job->target.disk.name);
	return PHASE_DONE;
}

/* Says which of several archives is extracted. */
static void tell_archive(struct job *job, const struct archive *archive)
{
	char text[200];

	STR_FORMAT(text, "Extracting %.120s to /%s", archive_name(archive), archive->folder);
	job->message(job, text);
}

/* Extracts the next archive into its folder. */
static enum phase_result extract_next(struct job *job)
{
	const struct archive *archive = &job->plan.archives.list[job->extracting];
	char path[256];
	struct diag diag;
	struct extract_spec spec = {
		.archive = archive->path,
		.target = job_target_name(job),
		.dir = path,
		.tar_program = job->plan.tar_program,
		.flavour = job->plan.tar,
		.needs = job->plan.tar_needs,
		.strip = job->plan.archive_options.strip,
		.stream_bytes = archive->stream_bytes,
		.on_message = extract_message,
		.on_end = extract_ended,
		.owner = job,
	};

	if (job->plan.archives.count > 1)
		tell_archive(job, archive);
	job_folder_path(job, archive->folder, path);
	if (extract_start(&job->extracts[job->extracting], job->reactor, job->world.root, &spec,
		    &diag) < 0)
		return job_fail(job, 0, "%s", diag.text);
	return PHASE_AGAIN;
}

/* Extracts the archives one after another. */
enum phase_result phase_extract(struct job *job)
{
	if (job->extract_begun && job->extracting + 1 == job->plan.archives.count)
		return PHASE_DONE;
	job->extracting += job->extract_begun;
	job->extract_begun = true;
	return extract_next(job);
}

struct copy_call {
	int report_fd;
	uint64_t total;
};

static void copy_progressed(void *arg, uint64_t bytes)
{
	const struct copy_call *call = arg;

	child_report_send(call->report_fd, bytes, call->total);
}

static int copy_work(void *arg, int report_fd)
{
	struct job *job = arg;
	struct copy_call call = {.report_fd = report_fd, .total = job->plan.copy_bytes};
	struct copying copying = {
		.root_fd = job_open_tree(job),
		.layout = &job->plan.layout,
		.manifest = job->manifest,
		.progress = copy_progressed,
		.arg = &call,
	};
	struct diag diag = {0};
	bool at_target = false;
	int r = copying.root_fd < 0 ? copying.root_fd : copying_run(&copying, &at_target, &diag);

	close_fd(&copying.root_fd);
	if (r == 0)
		return 0;
	if (!at_target && diag.text[0])
		return child_report_fail(report_fd, r, "%s", diag.text);
	return child_report_fail(report_fd, r, "%s could not be written to %s: %s",
		diag.text[0] ? diag.text : "Files", job_target_name(job), job_error_text(job, r));
}

/* Copies the files of the layout. */
enum phase_result phase_copy(struct job *job)
{
	if (job->plan.layout.copy_count == 0)
		return PHASE_DONE;
	job->message(job, "Copying the files of the layout");
	job->done = 0;
	job->copying = true;
	return job_work(job, "copy", copy_work);
}

/* An archive that was extracted into a mount point has changed the mtime that another one gave it. */
static int fix_up_folders(const struct job *job, int tree, struct diag *diag)
{
	int r = 0;

	for (unsigned i = 1; r == 0 && i < job->plan.archives.count; i++)
		r = tar_fixup_entry(tree, job->manifest, job->plan.archives.list[i].folder, diag);
	return r;
}

/* GNU tar has set all that is its own. */
static bool fixes_folders(const struct job *job)
{
	return job->plan.tar == TAR_GNU && job->plan.layout.copy_count == 0;
}

static int fix_up_work(void *arg, int report_fd)
{
	struct job *job = arg;
	_cleanup_close_ int tree = job_open_tree(job);
	struct diag diag = {.text = "The tree"};
	int r = tree;

	if (r >= 0)
		r = fixes_folders(job) ? fix_up_folders(job, tree, &diag)
				       : tar_fixup_tree(tree, job->manifest, &diag);
	return r < 0 ? child_report_fail(report_fd, r, "%s on %s could not be completed: %s",
			       diag.text, job_target_name(job), job_error_text(job, r))
		     : 0;
}

enum phase_result phase_fix_up(struct job *job)
{
	/* A process left behind by tar or its wrapper would keep the target mounted. */
	if (job->world.end_strays)
		job->world.end_strays();
	job->copying = false;
	if (fixes_folders(job) && job->plan.archives.count == 1)
		return PHASE_DONE;
	return job_work(job, "fix-up", fix_up_work);
}

/* ---- flush ---- */

static int flush_work(void *arg, int report_fd)
{
	struct job *job = arg;

	for (unsigned i = job->mount_count; i-- > 0;) {
		int r = flush_filesystem(job->mounts[i].dir_fd);

		if (r < 0)
			return child_report_fail(report_fd, r,
				"%s lost data while it was written: %s", job_target_name(job),
				job_error_text(job, r));
	}
	return 0;
}

enum phase_result phase_flush_files(struct job *job)
{
	return job_work(job, "flush", flush_work);
}

static int unmount_work(void *arg, int report_fd)
{
	struct job *job = arg;
	int r = job_unmount_all(job, report_fd);

	for (unsigned i = 0; r == 0 && i < job->plan.layout.count; i++) {
		r = flush_device(job_partition_fd(job, i));
		if (r < 0)
			return child_report_fail(report_fd, r,
				"Partition %u of %s lost data while it was written: %s",
				table_number(&job->plan.layout, i), job_target_name(job),
				job_error_text(job, r));
	}
	return r;
}

enum phase_result phase_unmount(struct job *job)
{
	job_close_mounts(job);
	return job_work(job, "unmount", unmount_work);
}

enum phase_result phase_restore_settings(struct job *job)
{
	job_restore_settings(job);
	return PHASE_DONE;
}

/* ---- verify ---- */

struct verify_call {
	struct job *job;
	int report_fd;
};

static int verify_progressed(void *arg, const struct verify_result *so_far)
{
	struct verify_call *call = arg;

	*call->job->verified = *so_far;
	child_report_send(call->report_fd, so_far->bytes, so_far->total_bytes);
	return 0;
}

/* Verify must read the medium, not the page cache. */
static int drop_caches(const struct job *job, int report_fd)
{
	for (unsigned i = 0; i < job->plan.layout.count; i++)
		if (ioctl(job_partition_fd(job, i), BLKFLSBUF, 0) < 0)
			return child_report_fail(report_fd, -errno,
				"The caches of %s could not be dropped: %s", job_target_name(job),
				job_error_text(job, errno));
	return 0;
}

/* blkid must find what was planned, and nothing else: a left-over of an earlier use beside it would
 * make LABEL= and UUID= lead nowhere. */
static int identify_work(void *arg, int report_fd)
{
	struct job *job = arg;
	int r = drop_caches(job, report_fd);

	for (unsigned i = 0; r == 0 && i < job->plan.layout.count; i++) {
		const struct layout_partition *partition = &job->plan.layout.partitions[i];
		struct diag diag = {0};

		if (partition->fs == FS_NONE)
			continue;
		r = partitions_identify(job_partition_fd(job, i), partition, &diag);
		if (r < 0)
			return child_report_fail(report_fd, r,
				"The filesystem of partition %u on %s cannot be identified: %s",
				table_number(&job->plan.layout, i), job_target_name(job),
				diag.text);
	}
	return r;
}

enum phase_result phase_identify(struct job *job)
{
	return job->plan.verify ? job_work(job, "identify", identify_work) : PHASE_SKIP_STEP;
}

static int verify_work(void *arg, int report_fd)
{
	struct job *job = arg;
	struct verify_call call = {.job = job, .report_fd = report_fd};
	struct verify_result result = {0};
	struct verify_spec spec = {
		.manifest = job->manifest,
		.layout = &job->plan.layout,
		.progress = verify_progressed,
		.arg = &call,
	};
	int r = drop_caches(job, report_fd), u;

	if (r == 0)
		r = job_mount_all(job, true, report_fd);
	if (r < 0)
		return r;
	spec.root_fd = job_open_tree(job);
	if (spec.root_fd < 0)
		return child_report_fail(report_fd, spec.root_fd,
			"The tree on %s could not be opened: %s", job_target_name(job),
			strerror(-spec.root_fd));
	r = verify_tree(&spec, &result);
	close_fd(&spec.root_fd);
	*job->verified = result;
	u = job_unmount_all(job, report_fd);
	if (r < 0)
		return child_report_fail(report_fd, r, "%s could not be read back: %s: %s",
			job_target_name(job), result.first, job_error_text(job, r));
	if (result.mismatches > 0)
		return child_report_fail(report_fd, -EILSEQ,
			"%" PRIu64 " of %" PRIu64 " entries on %s are wrong: %s", result.mismatches,
			result.entries, job_target_name(job), result.first);
	return u;
}

enum phase_result phase_verify(struct job *job)
{
	return job_work(job, "verify", verify_work);
}
