/* SPDX-License-Identifier: MIT */
/*
 * The commit step makes the target bootable: blobs and boot areas first, then the partition table,
 * then the boot settings of an eMMC. Each is read back; the kernel must accept the table as well.
 * Until the table is written, an incomplete install cannot boot. An install of the boot loader alone
 * leaves the table as it is.
 */
#include "core/install/phases.h"

#include "device/base/util.h"
#include "device/layout/layout_table.h"
#include "device/target/blob.h"
#include "device/target/emmc.h"
#include "device/target/partitions.h"
#include "device/target/ptable.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct blob_call {
	int report_fd;
	/* Bytes of the finished blobs and of all blobs; each byte counts twice, for writing and
	 * reading back. */
	uint64_t done, total;
};

static int blob_progressed(void *arg, uint64_t done_bytes, uint64_t total_bytes)
{
	const struct blob_call *call = arg;

	(void)total_bytes;
	child_report_send(call->report_fd, call->done + done_bytes, call->total);
	return 0;
}

/* Returns the descriptor of the device for @blob and its offset there. */
static int blob_device(const struct job *job, const struct layout_blob *blob, uint64_t *ret_offset)
{
	const struct layout *layout = &job->plan.layout;

	*ret_offset = blob->offset_bytes;
	switch (blob->target) {
	case BLOB_BOOT0:
	case BLOB_BOOT1:
		return job->target.boot_fds[blob->target == BLOB_BOOT1];
	case BLOB_PARTITION:
		*ret_offset +=
			layout->partitions[layout_partition_named(layout, blob->partition)].start *
			SECTOR_BYTES;
		return job->target.excl_fd;
	case BLOB_DISK:
		break;
	}
	return job->target.excl_fd;
}

/* Returns 0, or -errno with the sentence reported. */
static int write_blob(const struct job *job, const struct layout_blob *spec, struct blob_call *call)
{
	_cleanup_close_ int file = open(spec->file, O_RDONLY | O_CLOEXEC);
	struct blob blob = {
		.src = file,
		.size_bytes = spec->size_bytes,
		.progress = blob_progressed,
		.arg = call,
	};
	struct diag diag = {0};
	int r;

	if (file < 0)
		return child_report_fail(call->report_fd, -errno, "%s could not be opened: %s",
			spec->file, strerror(errno));
	if (!file_id_is(&spec->id, spec->file))
		return child_report_fail(call->report_fd, -ESTALE,
			"%s has changed since the layout was read", spec->file);
	blob.dst = blob_device(job, spec, &blob.offset_bytes);
	if (table_splits(spec)) {
		blob.gap_start = TABLE_HEAD_START;
		blob.gap_end = TABLE_HEAD_END;
	}
	r = blob_write(&blob, &diag);
	if (r < 0)
		return child_report_fail(call->report_fd, r, "%s could not be written to %s: %s",
			spec->file, job_target_name(job), diag.text);
	call->done += 2 * spec->size_bytes;
	return 0;
}

static int blobs_work(void *arg, int report_fd)
{
	struct job *job = arg;
	const struct layout *layout = &job->plan.layout;
	struct blob_call call = {.report_fd = report_fd};

	for (size_t i = 0; i < layout->blob_count; i++)
		if (scope_writes_blob(job->plan.scope, &layout->blobs[i]))
			call.total += 2 * layout->blobs[i].size_bytes;
	for (size_t i = 0; i < layout->blob_count; i++) {
		int r = 0;

		if (scope_writes_blob(job->plan.scope, &layout->blobs[i]))
			r = write_blob(job, &layout->blobs[i], &call);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool uses_boot_area(const struct layout *layout, unsigned index)
{
	for (size_t i = 0; i < layout->blob_count; i++)
		if (layout->blobs[i].target == (index == 0 ? BLOB_BOOT0 : BLOB_BOOT1))
			return true;
	return false;
}

/* The engine, not a child, journals the boot areas' write protection: the journal must outlive the
 * child. */
static enum phase_result boot_areas_open(struct job *job)
{
	struct diag diag = {0};

	for (unsigned i = 0; i < ARRAY_SIZE(job->target.boot_fds); i++) {
		int r;

		if (!uses_boot_area(&job->plan.layout, i))
			continue;
		r = job_change_settings(job);
		if (r == 0)
			r = emmc_unlock_boot_area(
				&job->settings, job->target.disk.boot[i].name, &diag);
		if (r == 0)
			r = target_open_boot(&job->target, i, &diag);
		if (r < 0)
			return job_fail(job, job->written ? 0 : EXIT_REFUSED,
				"Boot area boot%u of %s: %s", i, job_target_name(job),
				diag.text[0] ? diag.text : strerror(-r));
	}
	return PHASE_DONE;
}

/* Sets the boot registers of an eMMC. */
static int set_boot_configuration(const struct job *job, struct diag *diag)
{
	const struct emmc_card card = {.fd = job->target.excl_fd, .command = emmc_command};
	const struct layout_emmc *emmc = &job->plan.layout.emmc;
	int r = 0;

	if (emmc->set_boot_bus)
		r = emmc_write_byte(&card, EXT_CSD_BOOT_BUS_CONDITIONS, emmc->boot_bus, diag);
	return r < 0 ? r : emmc_set_boot(&card, emmc->boot, emmc->ack, diag);
}

static int commit_work(void *arg, int report_fd)
{
	struct job *job = arg;
	struct table_bytes table;
	struct diag diag = {0};
	int r;

	table_bytes_make(&job->plan.layout, &table);
	r = ptable_write(job->target.excl_fd, &table, &diag);

	if (r == 0)
		r = ptable_compare(job->target.excl_fd, &job->plan.layout, &table, &diag);
	if (r < 0)
		return child_report_fail(report_fd, r,
			"The partition table of %s could not be written: %s", job_target_name(job),
			diag.text[0] ? diag.text : job_error_text(job, r));
	r = partitions_reread(
		job->target.excl_fd, job->world.root, &job->target.disk, &job->plan.layout, &diag);
	if (r < 0)
		return child_report_fail(report_fd, r,
			"The kernel did not read the new partition table of %s: %s",
			job_target_name(job), diag.text);
	return 0;
}

static int set_boot_work(void *arg, int report_fd)
{
	struct job *job = arg;
	struct diag diag = {0};
	int r = set_boot_configuration(job, &diag);

	return r < 0 ? child_report_fail(report_fd, r,
			       "The boot configuration of %s could not be set: %s",
			       job_target_name(job), diag.text)
		     : 0;
}

/* In an install of the boot loader alone, nothing was written before. */
enum phase_result phase_write_blobs(struct job *job)
{
	if (boot_areas_open(job) == PHASE_FAILED)
		return PHASE_FAILED;
	job->written = true; /* before the first byte: a kill in between counts as written */
	return job_work(job, "blobs", blobs_work);
}

enum phase_result phase_close_boot_areas(struct job *job)
{
	target_close_boot(&job->target);
	job_restore_settings(job);
	return PHASE_DONE;
}

enum phase_result phase_write_table(struct job *job)
{
	target_close_partitions(&job->target);
	return job_work(job, "commit", commit_work);
}

/* The boot areas are closed: see emmc.h. */
enum phase_result phase_set_boot(struct job *job)
{
	return job->target.disk.kind == DISK_EMMC ? job_work(job, "boot settings", set_boot_work)
						  : PHASE_DONE;
}
